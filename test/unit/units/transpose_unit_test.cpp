// SPDX-License-Identifier: Apache-2.0
// transpose_unit against a corner turn written out value by value, its law and the distances of its words.
#include "units/transpose_unit/execute.h"

#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "units/transpose_unit/law.h"
#include "units/units.h"
#include "words.h"

namespace blendsim::test {
namespace {

// A random view of a map, and where its transpose goes: other regions.
struct TurnExperiment {
  Random random;
  MachineParameters machine = make_machine({});
  Buffers buffers;
  TransposeInstruction i;

  explicit TurnExperiment(std::uint32_t seed) : random(seed) {
    buffers.configure(machine, true);
    i.pixels = random.u(1, random.coin() ? 50 : 16);
    i.channels = random.u(1, random.coin() ? 70 : 16);
    i.in_slices = in_slices() + random.u(0, 3);
    i.out_slices = out_slices() + random.u(0, 3);
    i.source = random.u(0, 9) + random.u(0, i.in_slices - in_slices());
    i.destination = 4096 + random.u(0, 9) + random.u(0, i.out_slices - out_slices());
    for (std::uint32_t p = 0; p < i.pixels; ++p) {
      for (std::uint8_t& value : buffers.fixed(i.source + p * i.in_slices, in_slices()))
        value = static_cast<std::uint8_t>(random.u(0, 255));
    }
  }
  [[nodiscard]] std::uint32_t in_slices() const { return (i.channels + 15) / 16; }
  [[nodiscard]] std::uint32_t out_slices() const { return (i.pixels + 15) / 16; }
  [[nodiscard]] std::uint8_t read(std::uint32_t pixel, std::uint32_t channel) const {
    return buffers.fixed(i.source + pixel * i.in_slices + channel / 16, 1)[channel % 16];
  }
  [[nodiscard]] std::span<const std::uint8_t> written(std::uint32_t pixel, std::uint32_t slice) const {
    return buffers.fixed(i.destination + pixel * i.out_slices + slice, 1);
  }
};

TEST(TransposeUnit, MakesEachPixelsChannelsTheChannelOfEachPixel) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    TurnExperiment e(seed);
    execute(e.i, e.buffers);
    for (std::uint32_t o = 0; o < e.i.channels; ++o) {
      for (std::uint32_t c = 0; c < 16 * e.out_slices(); ++c) {
        const int expected = c < e.i.pixels ? e.read(c, o) : 0;
        ASSERT_EQ(e.written(o, c / 16)[c % 16], expected) << "pixel " << o << ", channel " << c;
      }
    }
  }
}

TEST(TransposeUnit, WritesNothingBesideItsPixels) {
  TurnExperiment e(3);
  e.i.pixels = 16;
  e.i.channels = 17;
  e.i.in_slices = 2;
  e.i.out_slices = 3;
  e.i.source = 0;
  e.i.destination = 4096;
  for (std::uint8_t& value : e.buffers.fixed(0, 32)) value = 1;
  execute(e.i, e.buffers);
  EXPECT_NO_THROW((void)e.written(16, 0));
  EXPECT_THROW((void)e.written(17, 0), DiagnosticError) << "unwritten: the slice's other channels are no pixels";
  EXPECT_THROW((void)e.written(16, 1), DiagnosticError) << "unwritten: another slice of the map";
}

TEST(TransposeUnit, TakesSixteenCyclesABlockAndReadsAWholeOneBeforeItWrites) {
  TransposeUnitParameters p;
  TransposeInstruction i;
  i.pixels = 33;
  i.channels = 17;
  EXPECT_EQ(occupancy(i, p), 2 * 3 * 16);
  i.pixels = i.channels = 16;
  EXPECT_EQ(occupancy(i, p), 16);
  i.pixels = i.channels = 1;
  EXPECT_EQ(occupancy(i, p), 16) << "a block that is not full takes as long";
  const MachineParameters machine = make_machine({});
  EXPECT_EQ(units::TransposeUnit::least_depth(machine), 16 + 6 + 2) << "a block, six stages, a read";
}

TEST(TransposeUnit, WritesPixelsInTheirOrderABlockOfThemAtATime) {
  TransposeUnitParameters p;
  TransposeInstruction i;
  i.pixels = 33;
  i.channels = 17;
  EXPECT_EQ(write_time(i, p, 0, 0), p.depth);
  EXPECT_EQ(write_time(i, p, 15, 0), p.depth + 15);
  EXPECT_EQ(write_time(i, p, 0, 1), p.depth + 16) << "the next 16 channels of the same pixels";
  EXPECT_EQ(write_time(i, p, 2, 2), p.depth + 2 * 16 + 2);
  EXPECT_EQ(write_time(i, p, 16, 0), p.depth + 3 * 16) << "the next slice of the input";
  EXPECT_EQ(write_time(i, p, 16, 2), p.depth + 5 * 16);
}

TEST(TransposeDistances, AreThoseOfTheWordsReadAndWritten) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    TurnExperiment e(seed);
    DistanceMeter meter;
    DistanceMeter::Memo memo;
    meter.begin(DistanceRange::of(UnitId::transpose_unit), memo);
    execute(e.i, e.buffers, &meter);
    Port read, written;
    for (std::uint32_t s = 0; s < e.in_slices(); ++s) {
      for (std::uint32_t p = 0; p < e.i.pixels; ++p) {
        Word word;
        for (std::uint32_t c = 0; c < 16; ++c) push_bits(word, e.read(p, 16 * s + c), 8);
        read.pass(word);
      }
      for (std::uint32_t c = 0; c < e.out_slices(); ++c) {
        for (std::uint32_t o = 16 * s; o < std::min(16 * s + 16, e.i.channels); ++o) {
          Word word;
          for (const std::uint8_t value : e.written(o, c)) push_bits(word, value, 8);
          written.pass(word);
        }
      }
    }
    expect_sum(meter, Distance::transpose_operand, read.sum());
    expect_sum(meter, Distance::transpose_result, written.sum());
  }
}

}  // namespace
}  // namespace blendsim::test
