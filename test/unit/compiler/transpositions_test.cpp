// SPDX-License-Identifier: Apache-2.0
// Maps whose pixels become channels. compile() proves each program: legal, and equal to the network's own execution on
// every tensor.
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
using testing::HasSubstr;

constexpr Format bits8 = Format::signed_bits(8);

TensorId convolved(NetworkBuilder& b, TensorId x, int channels, int kernel = 1) {
  return b
      .post(b.conv(x, channels, NetworkBuilder::square(kernel, 1, kernel / 2), bits8), no_tensor, true, bits8, false,
            bits8)
      .fixed;
}

std::vector<TransposeInstruction> turns_of(const Program& program) {
  std::vector<TransposeInstruction> turns;
  for (const Instruction& i : decode(program.main)) {
    if (const auto* turn = std::get_if<TransposeInstruction>(&i)) turns.push_back(*turn);
  }
  return turns;
}

// 6 x 5 pixels of 64 channels become 64 pixels in rows of `width`.
std::vector<TransposeInstruction> turns_to_width(int width) {
  NetworkBuilder b(4);
  const TensorId turned = b.transpose(convolved(b, b.input(3, 6, 5, bits8), 64), 64 / width);
  b.output(convolved(b, turned, 16));
  return turns_of(compile(b.net, test::platform_of()).program);
}

TEST(Transpositions, HaveTilesOfWholeSlices) {
  for (const int width : {1, 2, 8, 16, 32, 64}) {
    const std::vector<TransposeInstruction> turns = turns_to_width(width);
    std::uint32_t pixels = 0;
    for (const TransposeInstruction& i : turns) {
      EXPECT_EQ(i.channels % 16, 0U) << width;
      EXPECT_EQ(i.source - turns.front().source, pixels / 16) << width;
      EXPECT_EQ(i.destination - turns.front().destination, pixels * i.out_slices) << width;
      EXPECT_EQ(i.pixels, 30U);
      pixels += i.channels;
    }
    EXPECT_EQ(pixels, 64U) << width;
    EXPECT_EQ(turns.size(), width <= 16 ? 2U : static_cast<std::size_t>(64 / width)) << "32 cycles a slice, 64 a tile";
  }
}

// 48 pixels in rows of 3: tiles of 16 rows at least. In rows of 24: of two rows, which are three slices.
TEST(Transpositions, OfRowsThatAreNoSlicesHaveTilesOfSeveralRows) {
  for (const int width : {3, 24}) {
    NetworkBuilder b(5);
    b.output(convolved(b, b.transpose(b.input(48, 9, 9, bits8), 48 / width), 20));
    const std::vector<TransposeInstruction> turns = turns_of(compile(b.net, test::platform_of()).program);
    ASSERT_EQ(turns.size(), 1U) << width;
    EXPECT_EQ(turns.front().channels, 48U);
    EXPECT_EQ(turns.front().pixels, 81U);
  }
}

TEST(Transpositions, TakeRangesOfMapsAndGiveThem) {
  NetworkBuilder b(6);
  const TensorId in = b.input(16, 4, 4, bits8);
  const TensorId parts = b.concat({convolved(b, in, 32), convolved(b, in, 16, 3)});
  const auto inputs = std::get<Concatenation>(b.net.layers.back().work).inputs;
  const TensorId turned = b.transpose(inputs[1], 4);      // a range of the concatenation's map
  const TensorId joined = b.concat({turned, inputs[1]});  // one of another map
  b.output(convolved(b, joined, 20));
  b.output(convolved(b, b.transpose(parts, 6), 16, 3));
  EXPECT_EQ(turns_of(compile(b.net, test::platform_of()).program).size(), 2U);
}

TEST(Transpositions, StandAtBothEndsOfANetwork) {
  NetworkBuilder b(7);
  b.output(b.transpose(convolved(b, b.transpose(b.input(20, 7, 3, bits8), 4), 40), 10));
  EXPECT_GE(turns_of(compile(b.net, test::platform_of()).program).size(), 2U);
}

TEST(Transpositions, OfChannelsWithGapsAreRefused) {
  NetworkBuilder b(8);
  const TensorId in = b.input(16, 4, 4, bits8);
  const TensorId gaps = b.concat({convolved(b, in, 20), convolved(b, in, 12)});
  b.output(convolved(b, b.transpose(gaps, 4), 16));
  try {
    (void)compile(b.net, test::platform_of());
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code, Code("not-lowerable"));
    EXPECT_THAT(error.what(), HasSubstr("no multiple of 16"));
  }
}

// --- where there is little room -----------------------------------------------------------------------------------
Platform of_room(std::int64_t fixed, std::int64_t regions = 4) {
  Platform p = test::platform_of();
  p.machine.buffers[static_cast<std::size_t>(index(BufferId::act_fixed))].depth = fixed;
  p.machine.buffers[static_cast<std::size_t>(index(BufferId::act_fixed))].regions = regions;
  return p;
}

// Tall maps in front, whose rows a ring holds; what is transposed, 16 x 8 pixels of 16 channels, and its transpose, 16
// pixels of 128, are not.
IntegerNetwork behind_tall_maps() {
  NetworkBuilder b(9);
  TensorId x = convolved(b, b.input(16, 64, 16, bits8), 16, 3);
  x = b.pool(x, Pooling::Kind::max, {4, 2, 4, 2, 1, 1, 0, 0, 0, 0});
  x = b.transpose(x, 4);
  b.output(convolved(b, x, 16));
  return b.net;
}

TEST(Transpositions, LieWholeBesideRings) {
  const Program program = compile(behind_tall_maps(), of_room(200)).program;
  int rings = 0;
  for (const ProgramLayer& layer : program.layers) {
    for (const TensorView& view : layer.results) {
      rings += view.in_bands() ? 1 : 0;
      EXPECT_FALSE(view.in_bands() && (layer.op == "Transpose" || layer.op == "MaxPool")) << view.name;
    }
  }
  EXPECT_GT(rings, 0);
}

TEST(Transpositions, OfMapsWithoutRoomAreRefused) {
  try {
    (void)compile(behind_tall_maps(), of_room(100));
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code, Code("does-not-fit")) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("act_fixed"));
    EXPECT_THAT(error.what(), HasSubstr("buffers.act_fixed.depth="));
  }
}

TEST(Transpositions, PassSegmentsWhole) {
  NetworkBuilder b(10);
  const TensorId in = convolved(b, b.input(16, 16, 16, bits8), 32);
  TensorId x = in;
  for (int n = 0; n < 3; ++n) {
    x = convolved(b, b.transpose(x, 16), 256);
    x = convolved(b, b.transpose(x, 16), 32);
  }
  x = b.post(x, in, true, bits8, false, bits8).fixed;
  b.output(x);
  const Program program = compile(b.net, of_room(600, 2)).program;
  EXPECT_GT(program.scratch_bytes, 0U) << "the shortcut waits in DRAM";
  EXPECT_GE(turns_of(program).size(), 6U);
}

struct TightRoom {
  const char* name;
  std::int64_t fixed;
  int images;
};
class TightMachine : public testing::TestWithParam<TightRoom> {};

TEST_P(TightMachine, ComputesWhatTheReferenceSaysOnEveryTensor) {
  int compiled = 0, turns = 0;
  for (std::uint64_t seed = 700; seed < 740; ++seed) {
    test::RandomNetworkOptions options;
    options.turn_percent = 40;
    options.largest_map = 14;
    options.layers = 4;
    options.channels = {3, 8, 16, 20, 32};
    CompileOptions compile_options;
    compile_options.images = GetParam().images;
    try {
      const Program program =
          compile(test::random_integer_network(seed, options), of_room(GetParam().fixed), compile_options).program;
      ++compiled;
      turns += turns_of(program).empty() ? 0 : 1;
    } catch (const DiagnosticError& error) {
      const Code code = error.diagnostics().front().code;
      EXPECT_TRUE(code == Code("not-lowerable") || code == Code("does-not-fit"))
          << "seed " << seed << ": " << error.what();
    } catch (const InvariantError& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  }
  EXPECT_GE(compiled, 15);
  EXPECT_GE(turns, 8);
}

INSTANTIATE_TEST_SUITE_P(Rooms, TightMachine,
                         testing::Values(TightRoom{"roomy", 4096, 1}, TightRoom{"tight", 400, 1},
                                         TightRoom{"two_images", 1024, 2}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace blendsim
