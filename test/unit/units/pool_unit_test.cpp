// SPDX-License-Identifier: Apache-2.0
// pool_unit against pooling written out on plain integers.
#include <gtest/gtest.h>

#include "support.h"
#include "units/pool_unit/execute.h"
#include "units/pool_unit/law.h"

namespace blendsim::test {
namespace {

constexpr int least_common_multiple_to_four = 12;  // of every count of 1, 2, 3 or 4 taps

struct Window {
  WindowShape shape;
  int height = 1, width = 1;
};

Window random_pool(Random& random, int kernel) {
  Window w;
  do {
    w.shape = random_window(random, kernel);
    w.shape.pad_top = std::min(w.shape.pad_top, w.shape.kernel_h - 1);
    w.shape.pad_left = std::min(w.shape.pad_left, w.shape.kernel_w - 1);
    w.height = static_cast<int>(random.in(1, 9));
    w.width = static_cast<int>(random.in(1, 9));
  } while (!w.shape.fits(w.height, w.width));
  return w;
}

// visit(row, column) for the taps of output (y, x) inside the map.
template <class Visitor>
int each_tap(const Window& w, int y, int x, Visitor&& visit) {
  int count = 0;
  for (int ky = 0; ky < w.shape.kernel_h; ++ky) {
    for (int kx = 0; kx < w.shape.kernel_w; ++kx) {
      const int row = y * w.shape.stride_h - w.shape.pad_top + ky * w.shape.dilation_h;
      const int column = x * w.shape.stride_w - w.shape.pad_left + kx * w.shape.dilation_w;
      if (row < 0 || column < 0 || row >= w.height || column >= w.width) continue;
      visit(row, column);
      ++count;
    }
  }
  return count;
}

void fixed_experiment(std::uint32_t seed) {
  Random random(seed);
  const MachineParameters machine = make_machine({});
  Buffers buffers;
  buffers.configure(machine, seed % 2 == 0);
  const Window w = random_pool(random, 2);
  PoolInstruction i;
  set_window(i, w.shape, w.height, w.width);
  i.sum = random.u(0, 1);
  i.in_bytes_log2 = random.u(0, 2);
  i.in_signed = random.u(0, 1);
  i.slices = random.u(1, 4);
  i.in_slices = i.slices + random.u(0, 2);
  i.out_slices = i.slices + random.u(0, 2);
  i.source = random.u(0, 9);
  i.destination = 4096 + random.u(0, 9);
  i.out_bytes_log2 = i.sum != 0 ? 2 : i.in_bytes_log2;
  const std::int64_t zero_point = i.sum != 0 ? random.in(-128, 255) : 0;
  i.zero_point = static_cast<std::uint32_t>(zero_point & 0x1FF);
  i.divisor = i.sum != 0 && random.coin() ? least_common_multiple_to_four : 0;
  const std::uint32_t in_bytes = 1U << i.in_bytes_log2, out_bytes = 1U << i.out_bytes_log2;
  Tensor x(static_cast<int>(i.slices * 16), w.height, w.width);
  for (int row = 0; row < w.height; ++row) {
    for (int column = 0; column < w.width; ++column) {
      for (int c = 0; c < x.channels; ++c) {
        const int bits = static_cast<int>(std::min<std::uint32_t>(8 * in_bytes, 24));
        const std::int64_t value =
            i.in_signed != 0 ? random.in(-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1)
                             : random.in(0, (std::int64_t{1} << bits) - 1);
        x.at(c, row, column) = value;
        const std::uint32_t pixel = static_cast<std::uint32_t>(row * w.width + column);
        const auto word =
            buffers.fixed(i.source + (pixel * i.in_slices + static_cast<std::uint32_t>(c / 16)) * in_bytes, in_bytes);
        for (std::uint32_t b = 0; b < in_bytes; ++b)
          word[static_cast<std::uint32_t>(c % 16) * in_bytes + b] = static_cast<std::uint8_t>(value >> (8 * b));
      }
    }
  }
  i.out_row = i.out_height > 1 ? 1 : 0;  // a tile that does not start at the map's first row
  i.rows = i.out_height - i.out_row;
  execute(i, machine, buffers);
  for (int y = static_cast<int>(i.out_row); y < static_cast<int>(i.out_height); ++y) {
    for (int column = 0; column < static_cast<int>(i.out_width); ++column) {
      for (int c = 0; c < x.channels; ++c) {
        std::int64_t sum = 0, largest = INT64_MIN;
        const int count = each_tap(w, y, column, [&](int ty, int tx) {
          sum += x.at(c, ty, tx) - zero_point;
          largest = std::max(largest, x.at(c, ty, tx));
        });
        if (count == 0) continue;  // verify() refuses windows without a tap
        const std::int64_t expected = i.sum == 0 ? largest : i.divisor == 0 ? sum : sum * i.divisor / count;
        const std::uint32_t pixel =
            (static_cast<std::uint32_t>(y) - i.out_row) * i.out_width + static_cast<std::uint32_t>(column);
        const auto word = static_cast<const Buffers&>(buffers).fixed(
            i.destination + (pixel * i.out_slices + static_cast<std::uint32_t>(c / 16)) * out_bytes, out_bytes);
        std::int64_t value = 0;
        for (std::uint32_t b = 0; b < out_bytes; ++b)
          value += std::int64_t{word[static_cast<std::uint32_t>(c % 16) * out_bytes + b]} << (8 * b);
        const bool is_signed = i.sum != 0 || i.in_signed != 0;
        if (is_signed && value >= std::int64_t{1} << (8 * out_bytes - 1)) value -= std::int64_t{1} << (8 * out_bytes);
        ASSERT_EQ(value, expected) << "output (" << c << ", " << y << ", " << column << ")";
      }
    }
  }
}

TEST(PoolUnit, EqualsMaximaAndSumsOfIntegersAtRandomShapes) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    fixed_experiment(seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(PoolUnit, BinaryMaximumIsTheOrOfTheTapsInside) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const int m = random.of({1, 2, 4});
    const MachineParameters machine = make_machine({16, 3 * m, 16, 8, 16});
    Buffers buffers;
    buffers.configure(machine, seed % 2 == 0);
    const Window w = random_pool(random, 4);
    PoolInstruction i;
    set_window(i, w.shape, w.height, w.width);
    i.binary = 1;
    i.slices = random.u(1, 3);
    i.in_first = random.u(0, 2);
    i.in_slices = i.in_first + i.slices + random.u(0, 1);
    i.out_first = random.u(0, 2);
    i.out_slices = i.out_first + i.slices + random.u(0, 1);
    i.destination = 2048 + random.u(0, 3);
    const BinaryMap in{i.source, i.in_height, i.in_width, i.in_slices},
        out{i.destination, i.out_height, i.out_width, i.out_slices};
    Tensor x(static_cast<int>(i.slices) * 16 * m, w.height, w.width);
    for (int c = 0; c < x.channels; ++c) {
      for (int row = 0; row < w.height; ++row) {
        for (int column = 0; column < w.width; ++column) {
          x.at(c, row, column) = random.in(0, 3) == 0 ? 1 : 0;
          auto& bits = buffers.cell(
              in, static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row),
              i.in_first + static_cast<std::uint32_t>(c / (16 * m)))[static_cast<std::size_t>(c % (16 * m) / 16)];
          bits = static_cast<std::uint16_t>(bits | x.at(c, row, column) << (c % 16));
        }
      }
    }
    i.rows = i.out_height;
    execute(i, machine, buffers);
    for (int c = 0; c < x.channels; ++c) {
      for (int y = 0; y < static_cast<int>(i.out_height); ++y) {
        for (int column = 0; column < static_cast<int>(i.out_width); ++column) {
          std::int64_t expected = 0;
          each_tap(w, y, column, [&](int ty, int tx) { expected |= x.at(c, ty, tx); });
          const auto cell = static_cast<const Buffers&>(buffers).cell(
              out, static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(y),
              i.out_first + static_cast<std::uint32_t>(c / (16 * m)));
          ASSERT_EQ(cell[static_cast<std::size_t>(c % (16 * m) / 16)] >> (c % 16) & 1, expected);
        }
      }
    }
  }
}

TEST(PoolUnit, OccupiesATapACycleAndAWindowACycleOnBits) {
  PoolUnitParameters p;
  p.lanes = 32;
  PoolInstruction i;
  i.kernel_h = i.kernel_w = 2;
  i.rows = 2;
  i.out_width = 8;
  i.slices = 3;
  EXPECT_EQ(occupancy(i, p), 2 * 8 * 4 * 2);
  i.in_bytes_log2 = 1;
  EXPECT_EQ(occupancy(i, p), 2 * 8 * 8 * 2);
  i.binary = 1;
  EXPECT_EQ(occupancy(i, p), 2 * 8 * 1 * 3) << "a 2x2 window of a cell is read as one 3x3 window";
  i.dilation_h = 2;
  EXPECT_EQ(occupancy(i, p), 2 * 8 * 4 * 3) << "dilated: tap by tap";
}

TEST(PoolUnit, TakesOneCellAtATimeHoweverManyLanesItHas) {
  PoolUnitParameters p;
  p.lanes = 256;
  PoolInstruction i;
  i.binary = 1;
  i.kernel_h = i.kernel_w = 3;
  i.slices = 5;
  i.rows = i.out_width = 1;
  EXPECT_EQ(occupancy(i, p), 5) << "a window takes 9 of 16 banks";
  i.kernel_w = 4;
  EXPECT_EQ(occupancy(i, p), 10);
}

TEST(PoolUnit, WritesAResultsWordsInTheLastCyclesOfItsSteps) {
  PoolUnitParameters p;
  p.lanes = 32;
  PoolInstruction i;
  i.sum = 1;
  i.kernel_w = 5;
  i.rows = 2;
  i.out_width = 3;
  i.slices = 3;
  i.out_bytes_log2 = 2;
  // Two slices at once: eight words, two a cycle; groups of slices outermost.
  EXPECT_EQ(write_time(i, p, 0, 0, 0, 0), 4 - 3 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 0, 0, 1), 4 - 3 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 0, 0, 2), 4 - 2 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 0, 1, 0), 4 - 1 + p.depth) << "the second slice's words follow the first's";
  EXPECT_EQ(write_time(i, p, 0, 0, 1, 3), 4 + p.depth);
  EXPECT_EQ(write_time(i, p, 1, 2, 0, 0), 29 - 3 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 0, 2, 3), 34 - 2 + p.depth) << "a last slice alone is done early";
  i.out_bytes_log2 = 0;
  EXPECT_EQ(write_time(i, p, 1, 2, 2, 0), occupancy(i, p) - 1 + p.depth);
  i.binary = 1;
  i.sum = 0;
  EXPECT_EQ(write_time(i, p, 1, 2, 2, 0), occupancy(i, p) - 1 + p.depth);
  EXPECT_EQ(write_time(i, p, 0, 0, 1, 0), 2 * 3 * 2 + 2 - 1 + p.depth) << "a cell at a time";
}

}  // namespace
}  // namespace blendsim::test
