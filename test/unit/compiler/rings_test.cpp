// SPDX-License-Identifier: Apache-2.0
// Maps for which there is no room as wholes lie in rings of rows. compile() proves each program: legal, and equal to
// the network's own execution on every tensor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "isa/interpret.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using test::NetworkBuilder;

constexpr Format bits8 = Format::signed_bits(8);

BufferParameters& buffer(Platform& p, BufferId id) { return p.machine.buffers[static_cast<std::size_t>(index(id))]; }

Platform cramped(std::int64_t fixed, std::int64_t binary, const test::MachineSizes& sizes = {}) {
  Platform p = test::platform_of(sizes);
  buffer(p, BufferId::act_fixed).depth = fixed;
  buffer(p, BufferId::act_binary).depth = binary;
  return p;
}

std::vector<TensorView> rings_of(const Program& program) {
  std::vector<TensorView> rings;
  for (const ProgramLayer& layer : program.layers) {
    for (const TensorView& view : layer.results) {
      if (view.in_bands()) rings.push_back(view);
    }
  }
  return rings;
}

bool is_in_patches(const Program& program) {
  return std::ranges::any_of(program.layers, [](const ProgramLayer& layer) {
    return std::ranges::any_of(layer.results, [](const TensorView& view) { return view.left > 0; });
  });
}

// `layers` convolutions of 3x3, stride 1, on 16 channels.
IntegerNetwork chain(int height, int layers, int width = 16) {
  NetworkBuilder b(3);
  TensorId x = b.input(16, height, width, bits8);
  for (int l = 0; l < layers; ++l)
    x = b.post(b.conv(x, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, false, bits8).fixed;
  b.output(x);
  return b.net;
}

bool compiles(const IntegerNetwork& network, const Platform& platform) {
  try {
    (void)compile(network, platform);
    return true;
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code, Code("does-not-fit")) << error.what();
    return false;
  }
}

// A row takes 32 addresses, and 512 bytes, which are loaded at once. Between two layers there have to be the three rows
// of a window, and two rows are held twice, at the end of the ring and at its beginning: five, of maps of any height.
// What is loaded can be loaded again when it is wanted, and takes four; what is stored needs one. With less than that,
// a layer is gone through in patches.
TEST(Rings, OfAChainTakeFiveRowsAMapHoweverTallTheMapsAre) {
  constexpr int row = 32;
  for (const int height : {40, 100, 250}) {
    for (const int layers : {1, 3}) {
      const std::int64_t rows = 4 + 5 * (layers - 1) + 1;
      Platform p = cramped(rows * row, 16);
      buffer(p, BufferId::act_fixed).regions = 1;
      EXPECT_EQ(compile(chain(height, layers, row), p).program.scratch_bytes, 0U) << layers << " layers of " << height;
      buffer(p, BufferId::act_fixed).depth -= 1;
      const Program less = compile(chain(height, layers, row), p).program;
      if (layers == 1) EXPECT_TRUE(is_in_patches(less)) << "one layer of " << height;
      else EXPECT_GT(less.scratch_bytes, 0U) << layers << " of " << height;
    }
  }
}

TEST(Rings, AreOfMapsThatDoNotFitAlone) {
  EXPECT_TRUE(rings_of(compile(chain(40, 2), cramped(2048, 16)).program).empty());
  EXPECT_FALSE(rings_of(compile(chain(40, 2), cramped(400, 16)).program).empty());
}

// A ring costs a second write of two rows in each turn, and no instruction reads a row that is not there.
TEST(Rings, HoldTheRowsThatTheirBandsSay) {
  const Program program = compile(chain(100, 2), cramped(200, 16)).program;
  const std::vector<TensorView> rings = rings_of(program);
  ASSERT_FALSE(rings.empty());
  for (const TensorView& ring : rings) {
    EXPECT_EQ(static_cast<std::int64_t>(ring.bands.size()), ceil_divide(ring.height, ring.band_rows)) << ring.name;
    // A turn later a row lies where it did a turn before.
    for (std::size_t k = 1; k < ring.bands.size(); ++k) {
      const auto turn = static_cast<std::uint32_t>(ring.band_rows * ring.width) * ring.slices * ring.bytes;
      EXPECT_EQ((ring.bands[k - 1] - ring.bands[k]) % fixed_map_addresses, turn) << ring.name << " band " << k;
    }
  }
}

// A hint names what a patch's ring needs, not the depth for whole maps: of two maps of 100 rows of 32 words, of which
// the one between the layers can wait in DRAM, each gone through in patches of at least a column and its neighbours.
TEST(Rings, AreWhatAHintMakesRoomFor) {
  const IntegerNetwork network = chain(100, 2, 32);
  try {
    const Platform platform =
        load_platform("zu3eg", {"buffers.act_fixed.regions=1", "buffers.act_fixed.depth=8"}, {BLENDSIM_CONFIGS});
    (void)compile(network, platform);
    FAIL() << "there is no room for 3 rows of 3 columns";
  } catch (const DiagnosticError& error) {
    const std::string hint = error.diagnostics().back().hint, key = "buffers.act_fixed.depth=";
    ASSERT_NE(hint.find(key), std::string::npos) << hint;
    const int depth = std::stoi(hint.substr(hint.find(key) + key.size()));
    EXPECT_EQ(depth, 3 * 3 + 1) << "three rows of three columns, and a pixel of the next map";
  }
}

struct Room {
  const char* name;
  std::int64_t fixed, binary;
  test::MachineSizes sizes;
};
class CrampedMachine : public testing::TestWithParam<Room> {};

TEST_P(CrampedMachine, ComputesWhatTheReferenceSaysOnEveryTensor) {
  const Platform platform = cramped(GetParam().fixed, GetParam().binary, GetParam().sizes);
  int compiled = 0, in_rings = 0;
  for (std::uint64_t seed = 500; seed < 560; ++seed) {
    test::RandomNetworkOptions options;
    options.largest_map = 30;
    options.layers = 4;
    options.channels = {3, 8, 16, 20, 32};
    const IntegerNetwork network = test::random_integer_network(seed, options);
    try {
      const Program program = compile(network, platform).program;
      ++compiled;
      in_rings += rings_of(program).empty() ? 0 : 1;
    } catch (const DiagnosticError& error) {
      const Code code = error.diagnostics().front().code;
      EXPECT_TRUE(code == Code("not-lowerable") || code == Code("does-not-fit"))
          << "seed " << seed << ": " << error.what();
    } catch (const InvariantError& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  }
  EXPECT_GE(compiled, 25);
  EXPECT_GE(in_rings, 8);
}

INSTANTIATE_TEST_SUITE_P(Rooms, CrampedMachine,
                         testing::Values(Room{"small", 400, 60, {}},
                                         Room{"wide_cells", 400, 60, {16, 6, 16, 8, 32, 32}},
                                         Room{"hardly_any_bits", 1200, 24, {}},
                                         Room{"unequal_arrays", 500, 80, {32, 12, 16, 16, 16, 16}}),
                         [](const auto& one) { return std::string(one.param.name); });

// --- constants that stay, and those that pass ---------------------------------------------------------------------
std::int64_t loaded_words(const std::vector<Word>& words, const MachineParameters& machine, BufferId id) {
  const std::int64_t bus = machine.memory.bus_bytes();
  const std::int64_t stored = ceil_divide(ceil_divide(machine.buffer(id).width, 8), bus) * bus;
  std::int64_t sum = 0;
  for (const Instruction& i : decode(words)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load == nullptr || load->form != static_cast<std::uint32_t>(TransferForm::linear)) continue;
    if (load->buffer == static_cast<std::uint32_t>(index(id))) sum += load->run_bytes / stored;
  }
  return sum;
}

// A 3x3 convolution of 16 to 16 channels takes 36 words of mac_array (16 x 4): 180 in all.
TEST(Constants, StayAsFarAsTheyLeaveRoomForTwoBlocksAndPassOnceAnImage) {
  const IntegerNetwork network = chain(12, 5);
  constexpr std::int64_t layer = 36, all = 5 * layer;
  for (const std::int64_t depth : {all, all - 1, 3 * layer + 2 * layer - 4, 4 * layer - 1, 3 * layer, 2 * layer}) {
    Platform p = test::platform_of();
    buffer(p, BufferId::weights_fixed).depth = depth;
    const Program program = compile(network, p).program;
    const std::int64_t kept = loaded_words(program.init, p.machine, BufferId::weights_fixed);
    const std::int64_t passed = loaded_words(program.main, p.machine, BufferId::weights_fixed);
    EXPECT_EQ(kept + passed, all) << depth << " words: each weight is read once";
    const std::int64_t most = depth >= all ? 5 : (depth - 2 * layer) / layer;
    EXPECT_EQ(kept, most * layer) << depth << " words";
  }
}

// Rings go through a segment row by row, again and again: what its layers need has to be there as long. Of three layers
// in segments of one, each one's weights pass once an image.
TEST(Constants, OfRingsStayOrPassWithTheirSegment) {
  constexpr std::int64_t layer = 36;
  Platform p = cramped(200, 16);
  buffer(p, BufferId::weights_fixed).depth = 3 * layer;
  const Program stays = compile(chain(60, 3), p).program;
  EXPECT_EQ(stays.scratch_bytes, 0U);
  EXPECT_EQ(loaded_words(stays.main, p.machine, BufferId::weights_fixed), 0);
  buffer(p, BufferId::weights_fixed).depth = layer;
  const Program passes = compile(chain(60, 3), p).program;
  EXPECT_GT(passes.scratch_bytes, 0U);
  EXPECT_EQ(loaded_words(passes.main, p.machine, BufferId::weights_fixed), 3 * layer);
  buffer(p, BufferId::weights_fixed).depth = layer - 1;
  EXPECT_FALSE(compiles(chain(60, 3), p));
}

}  // namespace
}  // namespace blendsim
