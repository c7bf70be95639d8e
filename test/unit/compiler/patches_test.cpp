// SPDX-License-Identifier: Apache-2.0
// Segments of which even rings find no room, or whose maps are larger than instructions name, are gone through patch by
// patch. compile() proves each program: legal, and equal to the network's own execution on every tensor.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "compiler/passes.h"
#include "compiler/patches.h"
#include "isa/interpret.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"
#include "units/field_limits.h"

namespace blendsim {
namespace {

using compiler::Grid;
using compiler::MapId;
using compiler::NodeId;
using compiler::Patch;
using test::NetworkBuilder;

constexpr Format bits8 = Format::signed_bits(8);

BufferParameters& buffer(Platform& p, BufferId id) { return p.machine.buffers[static_cast<std::size_t>(index(id))]; }

Platform with_depths(std::int64_t fixed, std::int64_t binary = 4096, const test::MachineSizes& sizes = {}) {
  Platform p = test::platform_of(sizes);
  buffer(p, BufferId::act_fixed).depth = fixed;
  buffer(p, BufferId::act_binary).depth = binary;
  return p;
}

TensorId coded(NetworkBuilder& b, TensorId acc) { return b.post(acc, no_tensor, true, bits8, false, bits8).fixed; }

// 3x3 convolutions with one pixel of padding.
IntegerNetwork chain_of(int height, int width, const std::vector<int>& strides, int channels = 16) {
  NetworkBuilder b(5);
  TensorId x = b.input(channels, height, width, bits8);
  for (const int stride : strides) x = coded(b, b.conv(x, 16, NetworkBuilder::square(3, stride, 1), bits8));
  b.output(x);
  return b.net;
}

// Corners of each tensor's patches, by name.
std::map<std::string, std::set<std::pair<int, int>>> corners_of(const Program& program) {
  std::map<std::string, std::set<std::pair<int, int>>> corners;
  for (const ProgramLayer& layer : program.layers) {
    for (const TensorView& view : layer.results) corners[view.name].emplace(view.top, view.left);
  }
  return corners;
}
bool is_in_patches(const Program& program) {
  return std::ranges::any_of(corners_of(program), [](const auto& tensor) { return tensor.second.size() > 1; });
}

compiler::Compilation placed(const IntegerNetwork& network, const compiler::NetworkFacts& facts,
                             const Platform& platform) {
  compiler::Compilation c = compiler::begin(network, facts, platform.machine, nullptr);
  c.plan.wants_levers = false;
  run_passes(compiler::Stretch::network, c);
  return c;
}

// All nodes but those that store, which write the output's map.
compiler::Segment all_of(const compiler::Plan& plan) {
  compiler::Segment segment;
  segment.first = NodeId(0);
  for (const NodeId n : plan.nodes.keys()) {
    if (const auto* output = std::get_if<compiler::StorePart>(&plan.nodes[n].work))
      segment.stored.push_back(output->view.map);
    else segment.last = n + 1;
  }
  return segment;
}

// Layer l of L computes, on each side that is no border of the map, one row or column more for each layer behind it.
TEST(MapPatches, GrowByAPixelALayerFromTheLastOneBackwards) {
  constexpr int height = 30, width = 50, layers = 4;
  const IntegerNetwork network = chain_of(height, width, std::vector<int>(layers, 1));
  const compiler::NetworkFacts facts(network);
  const Platform platform = with_depths(16384);
  const compiler::Compilation c = placed(network, facts, platform);
  for (const Grid& grid : {Grid{1, 2}, Grid{1, 5}, Grid{3, 1}, Grid{2, 4}}) {
    const auto patches = cut_into_patches(c.plan, all_of(c.plan), grid);
    ASSERT_TRUE(patches);
    ASSERT_EQ(std::ssize(*patches), grid.down * grid.across);
    for (int i = 0; i < grid.down; ++i) {
      for (int j = 0; j < grid.across; ++j) {
        const Patch& patch = (*patches)[static_cast<std::size_t>(i * grid.across + j)];
        for (NodeId n(1); n <= NodeId(layers); ++n) {  // behind the input
          const int halo = layers - n.value();
          const auto extent = [&](int size, int parts, int k) {
            const auto border = [&](int b) { return (b * size + parts - 1) / parts; };
            return compiler::Extent{std::max(0, border(k) - halo), std::min(size, border(k + 1) + halo)};
          };
          EXPECT_EQ(patch.nodes[n].rows, extent(height, grid.down, i)) << i << ", " << j << " of layer " << n.value();
          EXPECT_EQ(patch.nodes[n].columns, extent(width, grid.across, j)) << i << ", " << j;
        }
      }
    }
  }
}

// Each pixel of the output is some patch's share, and of no two.
TEST(MapPatches, ShareTheOutputOut) {
  const IntegerNetwork network = chain_of(23, 61, {1, 2, 1});
  const compiler::NetworkFacts facts(network);
  for (const std::int64_t bus : {16, 64}) {
    Platform platform = with_depths(16384);
    platform.machine.memory.port_width = 8 * bus;
    const compiler::Compilation c = placed(network, facts, platform);
    const compiler::Segment segment = all_of(c.plan);
    for (const Grid& grid : {Grid{1, 2}, Grid{5, 7}, Grid{12, 1}, Grid{1, 31}}) {
      const auto patches = cut_into_patches(c.plan, segment, grid);
      if (!patches) continue;  // a row of a patch would begin between two bus words
      const compiler::Map& map = c.plan.maps[segment.stored.front()];
      std::vector<int> times(static_cast<std::size_t>(map.height * map.width), 0);
      for (const Patch& patch : *patches) {
        const compiler::Rectangle& own = patch.stored[segment.stored.front()];
        for (int y = own.rows.begin; y < own.rows.end; ++y) {
          for (int x = own.columns.begin; x < own.columns.end; ++x)
            ++times[static_cast<std::size_t>(y * map.width + x)];
        }
        EXPECT_EQ(own.columns.begin * 16 % bus, 0);
      }
      EXPECT_TRUE(std::ranges::all_of(times, [](int n) { return n == 1; })) << grid.down << " x " << grid.across;
    }
  }
}

// What the host packs is loaded once, but for the columns in the windows of two patches.
TEST(MapPatches, LoadTheInputOnceButForTheirBorders) {
  constexpr int height = 12, width = 700, layers = 3;
  const Program program = compile(chain_of(height, width, std::vector<int>(layers, 1)), with_depths(16384)).program;
  const auto corners = corners_of(program);
  const auto patches = std::ssize(corners.rbegin()->second);
  ASSERT_GT(patches, 1);
  std::int64_t loaded = 0, stored = 0;
  for (const Instruction& i : decode(program.main)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::input))
      loaded += std::int64_t{load->runs} * load->run_bytes;
    if (const auto* store = std::get_if<StoreInstruction>(&i)) stored += std::int64_t{store->runs} * store->run_bytes;
  }
  EXPECT_EQ(loaded, std::int64_t{16} * height * (width + 2 * layers * (patches - 1)));
  EXPECT_EQ(stored, std::int64_t{16} * height * width);
}

// The halo in a stem's columns: the input of at most four channels, four pixels a word.
TEST(MapPatches, TakeAnyWidthHeightAndStem) {
  for (const int kernel : {3, 5, 7}) {
    for (const int stride : {1, 2, 3}) {
      for (const int zero_point : {0, 5}) {
        NetworkBuilder b(static_cast<std::uint64_t>(kernel * 10 + stride));
        const TensorId in = b.input(3, 9, 1100 + kernel, bits8, zero_point);
        const TensorId x = coded(b, b.conv(in, 8, NetworkBuilder::square(kernel, stride, kernel / 2), bits8));
        b.output(coded(b, b.conv(x, 16, NetworkBuilder::square(3, 1, 1), bits8)));
        for (const std::int64_t port : {32, 128}) {
          Platform platform = with_depths(16384, 4096, {16, 3, 16, 16, 16, 16});
          platform.machine.memory.port_width = port;
          EXPECT_TRUE(is_in_patches(compile(b.net, platform).program)) << kernel << " by " << stride;
        }
      }
    }
  }
}

TEST(MapPatches, AreOfRowsWhereMapsAreTall) {
  const Program program = compile(chain_of(1200, 8, {1, 1}), with_depths(16384)).program;
  for (const auto& [name, corners] : corners_of(program)) {
    EXPECT_GE(corners.size(), 3U) << name;
    for (const auto& [top, left] : corners) EXPECT_EQ(left, 0) << name;
  }
  for (const ProgramLayer& layer : program.layers) {
    for (const TensorView& view : layer.results) EXPECT_LE(view.height, most_map_side);
  }
}

// The forms that a patch's operands take: joins with what lies further inside a map, two windows on one map that begin
// at different pixels, packed bits beside bytes, depthwise and pooled maps, ranges of a concatenation.
IntegerNetwork residual(int width, Format code) {
  NetworkBuilder b(21);
  const TensorId in = b.input(16, 10, width, bits8);
  auto x = b.post(b.conv(in, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, true, code);
  const TensorId main = b.conv(x.code, 16, NetworkBuilder::square(3, 1, 1), Format::bipolar());
  auto y = b.post(main, x.fixed, true, bits8, true, code);
  const TensorId down = b.conv(y.code, 32, NetworkBuilder::square(3, 2, 1), Format::bipolar());
  const TensorId skip = b.conv(y.fixed, 32, NetworkBuilder::square(1, 2), bits8);
  b.output(b.post(down, skip, true, bits8, false, code).fixed);
  return b.net;
}

TEST(MapPatches, JoinWhatLiesInsideAMap) {
  for (const int width : {600, 1023}) {
    for (const Format code : {Format::bipolar(), Format::unsigned_bits(2)})
      EXPECT_TRUE(is_in_patches(compile(residual(width, code), with_depths(16384)).program)) << width;
  }
}

// Bits of which a patch holds more than it stores: a row of them cannot begin inside a map.
TEST(MapPatches, StoreBitsOfWholePatchesAlone) {
  const IntegerNetwork network = residual(600, Format::bipolar());
  const compiler::NetworkFacts facts(network);
  const Platform platform = with_depths(16384);
  const compiler::Compilation c = placed(network, facts, platform);
  const auto bits_of = [&](NodeId n) {
    MapId bits;
    for_views_written(c.plan.nodes[n], [&](const compiler::View& v) {
      if (v.exists() && c.plan.map(v).binary) bits = v.map;
    });
    return bits;
  };
  const NodeId first(1), second(2);  // behind the input
  ASSERT_TRUE(bits_of(first).exists() && bits_of(second).exists());
  EXPECT_TRUE(cut_into_patches(c.plan, {NodeId(0), second + 1, {bits_of(second)}}, {1, 2}));
  EXPECT_FALSE(cut_into_patches(c.plan, {NodeId(0), second + 1, {bits_of(first), bits_of(second)}}, {1, 2}));
}

TEST(MapPatches, PoolAndConcatenate) {
  NetworkBuilder b(9);
  const TensorId in = b.input(16, 11, 777, bits8);
  const TensorId x = coded(b, b.conv(in, 16, NetworkBuilder::square(3, 1, 1), bits8));
  const TensorId most = b.pool(x, Pooling::Kind::max, NetworkBuilder::square(3, 2, 1));
  const TensorId depthwise = coded(b, b.conv(most, 16, NetworkBuilder::square(3, 1, 1), bits8, 16));
  const TensorId other = coded(b, b.conv(x, 32, NetworkBuilder::square(2, 2), bits8));
  TensorId small = most;
  ASSERT_EQ(b.net.tensor(small).width, 389);
  b.output(depthwise);
  b.output(other);
  EXPECT_TRUE(is_in_patches(compile(b.net, with_depths(16384)).program));

  NetworkBuilder c(10);
  const TensorId input = c.input(16, 6, 900, bits8);
  const TensorId left = coded(c, c.conv(input, 16, NetworkBuilder::square(3, 1, 1), bits8));
  const TensorId right = coded(c, c.conv(input, 32, NetworkBuilder::square(1), bits8));
  c.output(coded(c, c.conv(c.concat({left, right}), 16, NetworkBuilder::square(3, 1, 1), bits8)));
  EXPECT_TRUE(is_in_patches(compile(c.net, with_depths(16384)).program));
}

// All of a map in one window: of blocks that are gone through in patches.
TEST(MapPatches, PoolAllOfAWideMap) {
  for (const auto& [height, width] : {std::pair{20, 1400}, std::pair{1500, 12}, std::pair{600, 600}}) {
    NetworkBuilder b(33);
    const TensorId in = b.input(16, height, width, bits8);
    const TensorId x = coded(b, b.conv(in, 16, NetworkBuilder::square(1), bits8));
    Window all = NetworkBuilder::square(1);
    all.kernel_h = height;
    all.kernel_w = width;
    const TensorId sum = b.pool(x, Pooling::Kind::sum, all, 0);
    b.output(coded(b, sum));
    EXPECT_TRUE(is_in_patches(compile(b.net, with_depths(4096)).program)) << height << " x " << width;
  }
}

// Weights and records of all patches are the same words.
TEST(MapPatches, ShareTheirConstants) {
  const IntegerNetwork network = chain_of(8, 900, {1, 1, 1});
  Platform platform = with_depths(16384);
  const Program program = compile(network, platform).program;
  std::int64_t words = 0;
  for (const Instruction& i : decode(program.init)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load != nullptr && load->buffer == static_cast<std::uint32_t>(BufferId::weights_fixed))
      words += std::int64_t{load->runs} * load->run_bytes / 64;
  }
  EXPECT_EQ(words, 3 * 36) << "of 3 layers, 9 taps of 16 channels in fours";
  buffer(platform, BufferId::weights_fixed).depth = 2 * 36;  // they pass, chunk by chunk
  EXPECT_TRUE(is_in_patches(compile(network, platform).program));
}

struct Cramped {
  const char* name;
  std::int64_t fixed, binary;
  test::MachineSizes sizes;
};
class MachineWithoutRows : public testing::TestWithParam<Cramped> {};

// So little room that rows of whole maps find none.
TEST_P(MachineWithoutRows, ComputesWhatTheReferenceSaysOnEveryTensor) {
  const Platform platform = with_depths(GetParam().fixed, GetParam().binary, GetParam().sizes);
  int compiled = 0, in_patches = 0;
  for (std::uint64_t seed = 900; seed < 960; ++seed) {
    test::RandomNetworkOptions options;
    options.largest_map = 40;
    options.layers = 4;
    options.channels = {3, 8, 16, 20, 32};
    const IntegerNetwork network = test::random_integer_network(seed, options);
    try {
      const Program program = compile(network, platform).program;
      ++compiled;
      in_patches += is_in_patches(program) ? 1 : 0;
    } catch (const DiagnosticError& error) {
      const Code code = error.diagnostics().front().code;
      EXPECT_TRUE(code == Code("not-lowerable") || code == Code("does-not-fit"))
          << "seed " << seed << ": " << error.what();
    } catch (const InvariantError& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  }
  EXPECT_GE(compiled, 15);
  EXPECT_GE(in_patches, 4);
}

INSTANTIATE_TEST_SUITE_P(Rooms, MachineWithoutRows,
                         testing::Values(Cramped{"few", 120, 60, {}}, Cramped{"fewer", 70, 24, {}},
                                         Cramped{"wide_cells", 120, 60, {16, 6, 16, 8, 32, 32}},
                                         Cramped{"unequal_arrays", 150, 40, {32, 12, 16, 16, 16, 16}}),
                         [](const auto& one) { return std::string(one.param.name); });

// Several images: the next one's patches come behind this one's.
TEST(MapPatches, OfSeveralImagesFollowEachOther) {
  CompileOptions options;
  options.images = 2;
  EXPECT_TRUE(is_in_patches(compile(chain_of(8, 600, {1, 2}), with_depths(16384), options).program));
}

// 500 rows of one pixel each: tiles of single rows would want more tokens than counters hold.
TEST(MapPatches, OfOneColumnHaveTilesOfManyRows) {
  const Platform platform = load_platform("zu3eg", {}, {BLENDSIM_CONFIGS});
  EXPECT_TRUE(is_in_patches(compile(chain_of(2000, 1, {1, 1}, 3), platform).program));
}

TEST(MapPatches, AreRefusedWhereALayerNeedsAllOfAMap) {
  NetworkBuilder b(1);
  const TensorId in = b.input(16, 1, 528, bits8);
  const TensorId x = coded(b, b.conv(in, 16, NetworkBuilder::square(1), bits8));
  b.output(coded(b, b.conv(b.transpose(x, 1), 16, NetworkBuilder::square(1), bits8)));
  Platform platform = with_depths(16384);
  platform.machine.transpose_unit.lanes = 16;
  try {
    (void)compile(b.net, platform);
    FAIL() << "528 columns are more than instructions name";
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code, Code("not-lowerable"));
    EXPECT_NE(std::string(error.what()).find("528 columns, instructions name 511"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace blendsim
