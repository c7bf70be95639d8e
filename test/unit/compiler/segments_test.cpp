// SPDX-License-Identifier: Apache-2.0
// Where not even rings find room, maps wait in DRAM between segments. compile() proves each program: legal, and equal
// to the network's own execution on every tensor.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "compiler/passes.h"
#include "compiler/segments.h"
#include "isa/interpret.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using test::NetworkBuilder;

constexpr Format bits8 = Format::signed_bits(8);
constexpr int width = 32;  // words of a row of 16 channels

BufferParameters& buffer(Platform& p, BufferId id) { return p.machine.buffers[static_cast<std::size_t>(index(id))]; }

Platform with_rows(int rows) {
  Platform p = test::platform_of();
  buffer(p, BufferId::act_fixed).depth = rows * width;
  buffer(p, BufferId::act_fixed).regions = 1;
  return p;
}

// Convolutions of 3x3, stride 1, to so many channels each.
IntegerNetwork chain(int height, const std::vector<int>& channels) {
  NetworkBuilder b(3);
  TensorId x = b.input(16, height, width, bits8);
  for (const int c : channels)
    x = b.post(b.conv(x, c, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, false, bits8).fixed;
  b.output(x);
  return b.net;
}
// `layers` of them on 16 channels.
IntegerNetwork chain(int height, int layers) {
  return chain(height, std::vector<int>(static_cast<std::size_t>(layers), 16));
}

struct Traffic {
  std::int64_t stored = 0, loaded = 0;  // bytes: to the output area, and from there
};
Traffic traffic_of(const Program& program) {
  Traffic sum;
  for (const Instruction& i : decode(program.main)) {
    if (const auto* store = std::get_if<StoreInstruction>(&i))
      sum.stored += std::int64_t{store->runs} * store->run_bytes;
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::output))
      sum.loaded += std::int64_t{load->runs} * load->run_bytes;
  }
  return sum;
}

// Segments of one layer each need four rows of what is read and one of what is written, however many layers there are.
// Each map between them is stored once; of every band but the first two rows are loaded twice.
TEST(Segments, OfAChainTakeWhatOneLayerTakes) {
  constexpr std::int64_t row = std::int64_t{width} * slice_channels;
  for (const int layers : {2, 5}) {
    for (const int height : {40, 100}) {
      const IntegerNetwork network = chain(height, layers);
      CompileOptions options;
      std::string said;
      options.explain = true;
      options.print = [&](const std::string& lines) { said += lines; };
      const Program program = compile(network, with_rows(5), options).program;
      EXPECT_EQ(said.find("chosen: order 'one by one'"), std::string::npos) << "layers of a segment overlap";
      const std::int64_t between = std::int64_t{layers - 1} * height * row;
      EXPECT_EQ(static_cast<std::int64_t>(program.scratch_bytes), between);
      const Traffic traffic = traffic_of(program);
      EXPECT_EQ(traffic.stored, between + height * row) << "and the output";
      EXPECT_GE(traffic.loaded, between);
      EXPECT_LE(traffic.loaded, 2 * between) << "bands of two rows and two of the band before";
      Platform less = with_rows(5);
      buffer(less, BufferId::act_fixed).depth -= 1;
      EXPECT_GT(traffic_of(compile(network, less).program).loaded, between)
          << "a column of two patches is loaded twice";
    }
  }
}

// More room, fewer bytes: never a cut that there is no need for.
TEST(Segments, CrossWithFewerBytesWhereThereIsMoreRoom) {
  const IntegerNetwork network = chain(60, 4);
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();
  for (const int rows : {5, 8, 10, 14, 16, 20}) {
    const std::uint64_t bytes = compile(network, with_rows(rows)).program.scratch_bytes;
    EXPECT_LE(bytes, before) << rows << " rows";
    before = bytes;
  }
  EXPECT_EQ(before, 0U) << "five rows a layer";
}

// The input is where the host has put it: a later segment that reads it loads it again, and nothing stores it.
TEST(Segments, LoadTheInputAgain) {
  NetworkBuilder b(5);
  const TensorId in = b.input(16, 60, width, bits8);
  TensorId x = in;
  for (int l = 0; l < 3; ++l)
    x = b.post(b.conv(x, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, false, bits8).fixed;
  const TensorId skip = b.conv(in, 16, NetworkBuilder::square(1), bits8);
  b.output(b.post(b.conv(x, 16, NetworkBuilder::square(1), bits8), skip, true, bits8, false, bits8).fixed);
  const Program program = compile(b.net, with_rows(9)).program;
  EXPECT_GT(program.scratch_bytes, 0U);
  std::int64_t loaded = 0;
  for (const Instruction& i : decode(program.main)) {
    const auto* load = std::get_if<LoadInstruction>(&i);
    if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::input)) loaded += load->runs;
  }
  EXPECT_GE(loaded, 2 * 60);
}

// A layer whose weights are more than their buffer is gone through in parts, each with some of its output channels: the
// input is loaded for each, and every weight once. Sixteen channels of 3x3 over 16 take 36 words.
TEST(Segments, OfALayerWithTooManyWeightsAreGoneThroughInParts) {
  NetworkBuilder b(9);
  const auto layer = [&](TensorId from, int channels, Window w) {
    return b.post(b.conv(from, channels, w, bits8), no_tensor, true, bits8, false, bits8).fixed;
  };
  TensorId x = layer(b.input(16, 60, width, bits8), 64, NetworkBuilder::square(3, 1, 1));
  x = layer(x, 16, NetworkBuilder::square(1));
  b.output(layer(x, 16, NetworkBuilder::square(3, 1, 1)));
  Platform p = with_rows(22);
  buffer(p, BufferId::weights_fixed).depth = 144;  // of 144, 16 and 36
  const Program whole = compile(b.net, p).program;
  buffer(p, BufferId::weights_fixed).depth = 143;
  const Program parts = compile(b.net, p).program;
  const auto bytes_of_input = [](const Program& program) {
    std::int64_t bytes = 0;
    for (const Instruction& i : decode(program.main)) {
      const auto* load = std::get_if<LoadInstruction>(&i);
      if (load != nullptr && load->dram_base == static_cast<std::uint32_t>(DramBase::input))
        bytes += std::int64_t{load->runs} * load->run_bytes;
    }
    return bytes;
  };
  EXPECT_GE(bytes_of_input(parts), 2 * bytes_of_input(whole) - 4 * width * slice_channels);
  EXPECT_GT(parts.scratch_bytes, 0U);
}

// A global average of a map that is no ring's friend: three rows at a time, so that five rows of it are enough.
TEST(Segments, PoolAWholeMapInBlocks) {
  for (const auto kind : {Pooling::Kind::sum, Pooling::Kind::max}) {
    for (const auto& [height, columns] : {std::pair(40, 32), std::pair(70, 70), std::pair(17, 5), std::pair(16, 100)}) {
      NetworkBuilder b(11);
      const TensorId in = b.input(16, height, columns, bits8);
      Window w = NetworkBuilder::square(1);
      w.kernel_h = height;
      w.kernel_w = columns;
      const TensorId pooled = b.pool(in, kind, w);
      b.output(b.post(pooled, no_tensor, true, bits8, false, bits8).fixed);
      Platform p = test::platform_of();
      buffer(p, BufferId::act_fixed).regions = 1;
      buffer(p, BufferId::act_fixed).depth =
          5 * columns + 4 * ceil_divide(height, 3) * (columns > 63 ? ceil_divide(columns, 9) : 1) + 32;
      EXPECT_NO_THROW((void)compile(b.net, p)) << height << " x " << columns;
    }
  }
}

// A window as large as the map that slides over it, beyond its end or its padding, has more results than one.
TEST(Segments, PoolInBlocksWhereThereIsOneWindowAlone) {
  for (const int beyond : {1, 8}) {
    NetworkBuilder b(15);
    const TensorId in = b.input(16, 17, 5, bits8);
    Window w = NetworkBuilder::square(1);
    w.kernel_h = 17;
    w.kernel_w = 5;
    w.pad_bottom = beyond;
    w.pad_right = 1;
    b.output(b.post(b.pool(in, Pooling::Kind::sum, w), no_tensor, true, bits8, false, bits8).fixed);
    EXPECT_NO_THROW((void)compile(b.net, test::platform_of())) << beyond;
  }
}

// Two levels of blocks, and what follows the pooling in another segment: blocks are none of the layer's results,
// wherever they lie.
TEST(Segments, MayEndBehindAPoolingInBlocks) {
  for (const int rows : {8, 12, 16, 24}) {
    NetworkBuilder b(13);
    TensorId x = b.input(16, 101, width, bits8);
    x = b.post(b.conv(x, 16, NetworkBuilder::square(3, 1, 1), bits8), no_tensor, true, bits8, false, bits8).fixed;
    Window w = NetworkBuilder::square(1);
    w.kernel_h = 101;
    w.kernel_w = width;
    x = b.post(b.pool(x, Pooling::Kind::sum, w), no_tensor, true, bits8, false, bits8).fixed;
    b.output(b.post(b.conv(x, 16, NetworkBuilder::square(1), bits8), no_tensor, true, bits8, false, bits8).fixed);
    for (const std::int64_t weights : {36, 37, 40, 52}) {  // 36 and 4
      Platform p = with_rows(rows);
      buffer(p, BufferId::weights_fixed).depth = weights;
      EXPECT_NO_THROW((void)compile(b.net, p)) << rows << " rows, " << weights << " words";
    }
  }
}

// --- where to cut ------------------------------------------------------------------------------------------------
// What crosses cuts, counted by hand: the nodes of each segment that read or write each map.
struct Counted {
  std::int64_t bytes = 0;
  bool fits = true;
};
Counted count(const compiler::Plan& plan, const std::set<int>& cuts, const Platform& platform) {
  using compiler::MapId, compiler::NodeId, compiler::View;
  const auto segment_of = [&](int node) {
    return static_cast<int>(std::ranges::count_if(cuts, [&](int cut) { return cut <= node; }));
  };
  std::map<MapId, std::set<int>> readers, writers;  // segments
  std::map<int, std::set<MapId>> touched;
  for (const NodeId n : plan.nodes.keys()) {
    if (std::holds_alternative<compiler::StorePart>(plan.nodes[n].work)) continue;
    const int segment = segment_of(n.value());
    const auto note = [&](auto& list) {
      return [&list, &touched, segment](const View& v) {
        if (!v.exists()) return;
        list[v.map].insert(segment);
        touched[segment].insert(v.map);
      };
    };
    for_views_read(plan.nodes[n], note(readers));
    for_views_written(plan.nodes[n], note(writers));
  }
  Counted all;
  for (const MapId m : plan.maps.keys()) {
    const std::int64_t bytes =
        std::int64_t{plan.maps[m].height} * plan.maps[m].width * plan.maps[m].slices * slice_channels;
    const int written = *writers[m].begin();
    const auto later = std::ranges::count_if(readers[m], [&](int segment) { return segment > written; });
    all.bytes += bytes * (later + (later > 0 && m != MapId(0) ? 1 : 0));
  }
  for (const auto& [segment, maps] : touched) {
    std::int64_t rows =
        0;  // of 32 words: where a window of 3x3 reads, four if they are loaded, else five; one if nothing reads
    for (const MapId m : maps) {
      const bool loaded = m == MapId(0) || !writers[m].contains(segment);
      rows += plan.maps[m].slices * (!readers[m].contains(segment) ? 1 : loaded ? 4 : 5);
    }
    all.fits = all.fits && rows * width <= platform.machine.buffer(BufferId::act_fixed).depth;
  }
  return all;
}

// Of all sets of cuts with which the segments' rings fit, none has fewer bytes across.
TEST(Segments, AreCutWhereTheFewestBytesCross) {
  const IntegerNetwork network = chain(60, {32, 16, 48, 16, 32, 64, 16});
  const compiler::NetworkFacts facts(network);
  for (const int rows : {17, 20, 24, 29, 33, 40, 55}) {
    const Platform platform = with_rows(rows);
    compiler::Compilation c = compiler::begin(network, facts, platform.machine, nullptr);
    c.plan.wants_levers = false;
    run_passes(compiler::Stretch::network, c);
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (unsigned mask = 0; mask < 1U << 7; ++mask) {  // nodes: the input, seven layers, the output
      std::set<int> cuts;
      for (int n = 0; n < 6; ++n) {
        if ((mask >> n & 1) != 0) cuts.insert(n + 2);
      }
      const Counted way = count(c.plan, cuts, platform);
      if (way.fits) fewest = std::min(fewest, way.bytes);
    }
    std::set<int> chosen;
    for (const compiler::NodeId cut : cut_into_segments(c.plan).cuts) chosen.insert(cut.value());
    const Counted way = count(c.plan, chosen, platform);
    EXPECT_TRUE(way.fits) << rows << " rows";
    EXPECT_EQ(way.bytes, fewest) << rows << " rows";
  }
}

}  // namespace
}  // namespace blendsim
