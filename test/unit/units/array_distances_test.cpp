// SPDX-License-Identifier: Apache-2.0
// Distances of both arrays' words against the words themselves, step by step as the instructions' headers say.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "units/mac_array/execute.h"
#include "units/mac_array/law.h"
#include "units/xnor_array/execute.h"
#include "units/xnor_array/law.h"
#include "words.h"

namespace blendsim::test {
namespace {

template <class I>
void set_tile(I& i, Random& random) {
  i.out_row = random.u(0, i.out_height - 1);
  i.rows = random.u(1, std::min<std::int64_t>(3, i.out_height - i.out_row));
  i.destination = random.u(0, 9);
}

template <class I>
WindowShape set_random_window(I& i, Random& random, int largest_kernel) {
  WindowShape window;
  int height = 0, width = 0;
  do {
    window = random_window(random, largest_kernel);
    height = static_cast<int>(random.in(1, 9));
    width = static_cast<int>(random.in(1, 9));
  } while (!window.fits(height, width));
  set_window(i, window, height, width);
  Classes(window, height, width).set(i);
  set_tile(i, random);
  return window;
}

template <class I>
void each_pixel(const I& i, const std::function<void(std::uint32_t, std::uint32_t)>& visit) {
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) visit(i.out_row + row, x);
  }
}

// Tap (ky, kx) of output (y, x); false: outside the map.
template <class I>
bool tap_of(const I& i, std::uint32_t y, std::uint32_t x, std::uint32_t ky, std::uint32_t kx, std::uint32_t& row,
            std::uint32_t& column) {
  const std::int64_t at_y = std::int64_t{y} * i.stride_h + ky * i.dilation_h - i.pad_top;
  const std::int64_t at_x = std::int64_t{x} * i.stride_w + kx * i.dilation_w - i.pad_left;
  row = static_cast<std::uint32_t>(at_y);
  column = static_cast<std::uint32_t>(at_x);
  return at_y >= 0 && at_x >= 0 && at_y < i.in_height && at_x < i.in_width;
}

template <class I>
void expect_accumulators(const I& i, std::int64_t rows, const Buffers& buffers, Distance distance,
                         const DistanceMeter& meter) {
  Port results;
  for (std::uint32_t n = 0; n < i.rows * i.out_width * i.groups; ++n) {
    Word word;
    const auto sums = buffers.accumulators(i.destination + n, 1);
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
      push_bits(word, static_cast<std::uint32_t>(sums[r]), 32);
    results.pass(word);
  }
  expect_sum(meter, distance, results.sum());
}

struct XnorExperiment {
  Random random;
  MachineParameters machine;
  Buffers buffers;
  XnorInstruction i;
  DistanceMeter meter;
  DistanceMeter::Memo memo;

  explicit XnorExperiment(std::uint32_t seed, int ones = 8) : random(seed) {
    const int m = random.of({1, 2, 4});
    machine = make_machine({random.of({16, 32}), 3 * m, random.of({16, 48}), 8, 16});
    buffers.configure(machine, false);
    fill_with_random_bits(buffers, machine, random, ones);
    draw();
  }

  void draw() {
    set_random_window(i, random, 5);
    const bool bit_planes = random.coin();
    i.cells = random.u(1, random.coin() ? 2 : 12);
    i.use_and = bit_planes ? random.u(0, 1) : 0;
    i.activation_bits = bit_planes ? random.u(1, 3) : 1;
    i.weight_bits = i.use_and != 0 ? random.u(1, 2) : 1;
    i.first_cell = random.u(0, 2);
    i.plane_cells = i.cells + random.u(0, 1);
    i.map_cells = i.first_cell + i.activation_bits * i.plane_cells;
    i.last_cell_channels = random.u(0, 16 * machine.xnor_array.cell_slices() - 1);
    i.source = random.u(0, 3);
    i.groups = random.u(1, 3);
    i.start = static_cast<std::uint32_t>(machine.buffer(BufferId::parameters).depth);
    i.taps = xnor_steps(i).windows ? 0 : 1;
    const auto words = i.groups * i.weight_bits * static_cast<std::uint32_t>(xnor_steps(i).steps);
    if (words > 60) return draw();
    i.weights = random.u(0, 60 - words);
  }

  void execute_with_meter() {
    meter.begin(DistanceRange::of(UnitId::xnor_array), memo);
    execute(i, machine, buffers, &meter);
  }

  // Bits of cell c of a plane at tap (ky, kx); 0 where there is none.
  void push_cell(Word& word, std::uint32_t y, std::uint32_t x, std::uint32_t plane, std::uint32_t ky, std::uint32_t kx,
                 std::uint32_t c) const {
    const BinaryMap map{i.source, i.in_height, i.in_width, i.map_cells};
    std::uint32_t row = 0, column = 0;
    const bool there = c < i.cells && ky < i.kernel_h && kx < i.kernel_w && tap_of(i, y, x, ky, kx, row, column);
    for (std::uint32_t channel = 0; channel < 16U * static_cast<std::uint32_t>(buffers.cell_slices()); ++channel) {
      const bool used = there && (c + 1 < i.cells || channel <= i.last_cell_channels);
      word.push_back(used && (buffers.cell(map, column, row, i.first_cell + plane * i.plane_cells + c)[channel / 16] >>
                                  (channel % 16) &
                              1) != 0);
    }
  }
  [[nodiscard]] Word operand(std::uint32_t y, std::uint32_t x, std::uint32_t plane, std::uint32_t step) const {
    Word word;
    if (xnor_steps(i).windows) {
      const std::uint32_t across = (i.kernel_w + 2) / 3, window = step / i.cells;
      for (std::uint32_t n = 0; n < 9; ++n)
        push_cell(word, y, x, plane, window / across * 3 + n / 3, window % across * 3 + n % 3, step % i.cells);
    } else {
      const std::uint32_t nines = (i.cells + 8) / 9, tap = step / nines;
      for (std::uint32_t n = 0; n < 9; ++n)
        push_cell(word, y, x, plane, tap / i.kernel_w, tap % i.kernel_w, step % nines * 9 + n);
    }
    return word;
  }
  [[nodiscard]] Word weights(std::uint32_t address) const {
    Word word;
    for (const std::uint64_t bits : static_cast<const Buffers&>(buffers).binary_weights(address, 1))
      push_bits(word, bits, 48);
    return word;
  }
  // visit(operand, weight word) for every step, in the order of instruction.h.
  void each_step(const std::function<void(const Word&, const Word&)>& visit) const {
    const auto steps = static_cast<std::uint32_t>(xnor_steps(i).steps);
    each_pixel(i, [&](std::uint32_t y, std::uint32_t x) {
      for (std::uint32_t g = 0; g < i.groups; ++g) {
        for (std::uint32_t a = 0; a < i.activation_bits; ++a) {
          for (std::uint32_t w = 0; w < i.weight_bits; ++w) {
            for (std::uint32_t s = 0; s < steps; ++s)
              visit(operand(y, x, a, s), weights(i.weights + (g * i.weight_bits + w) * steps + s));
          }
        }
      }
    });
  }
};

TEST(XnorDistances, AreThoseOfTheWordsOfEveryStep) {
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    XnorExperiment experiment(seed);
    experiment.execute_with_meter();
    Port operands, weights;
    experiment.each_step([&](const Word& operand, const Word& weight) {
      operands.pass(operand);
      weights.pass(weight);
    });
    expect_sum(experiment.meter, Distance::xnor_operand, operands.sum());
    expect_sum(experiment.meter, Distance::xnor_weight, weights.sum());
    EXPECT_EQ(operands.sum().words + 1, occupancy(experiment.i, experiment.machine.xnor_array));
    expect_accumulators(experiment.i, experiment.machine.xnor_array.rows, experiment.buffers, Distance::xnor_result,
                        experiment.meter);
    if (testing::Test::HasFailure()) return;
  }
}

// What the instruction's memo keeps holds for other values, and for other weights it is found anew.
TEST(XnorDistances, FollowTheValuesAndTheWeights) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    XnorExperiment experiment(seed);
    experiment.execute_with_meter();
    fill_with_random_bits(experiment.buffers, experiment.machine, experiment.random);
    experiment.execute_with_meter();
    Port operands, weights;
    experiment.each_step([&](const Word& operand, const Word& weight) {
      operands.pass(operand);
      weights.pass(weight);
    });
    expect_sum(experiment.meter, Distance::xnor_operand, operands.sum());
    expect_sum(experiment.meter, Distance::xnor_weight, weights.sum());
  }
}

TEST(XnorDistances, OfEqualWordsAreNothing) {
  for (const int ones : {0, 16}) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      XnorExperiment experiment(seed, ones);
      experiment.i.pad_top = experiment.i.pad_left = 0;  // a border is no equal word
      experiment.i.in_height = experiment.i.in_width = 40;
      experiment.i.kernel_h = experiment.i.kernel_w = experiment.i.cells = 1;
      experiment.i.last_cell_channels = 15;
      experiment.i.taps = 0;
      experiment.execute_with_meter();
      EXPECT_EQ(experiment.meter.distances()[Distance::xnor_operand].bits, 0);
      EXPECT_EQ(experiment.meter.distances()[Distance::xnor_weight].bits, 0);
    }
  }
}

// Operands and weights change independently of each other: the words behind the XNOR gates change as the densities say.
TEST(XnorDistances, GiveThoseOfTheXnorWords) {
  for (const int ones : {2, 8, 13}) {
    SCOPED_TRACE(testing::Message() << ones << " ones of 16");
    XnorExperiment experiment(7, ones);
    XnorInstruction& i = experiment.i;
    i = {};
    i.in_height = i.in_width = 20;
    i.out_height = i.out_width = 18;
    i.kernel_h = i.kernel_w = 3;
    i.rows = 18;
    i.cells = i.map_cells = i.plane_cells = 4;
    i.last_cell_channels = 16 * static_cast<std::uint32_t>(experiment.buffers.cell_slices()) - 1;
    i.start = static_cast<std::uint32_t>(experiment.machine.buffer(BufferId::parameters).depth);
    i.groups = 3;
    experiment.execute_with_meter();
    Port words;
    experiment.each_step([&](const Word& operand, const Word& weight) {
      Word all;
      for (std::size_t b = 0; b < weight.size(); ++b) all.push_back(operand[b % operand.size()] == weight[b]);
      words.pass(all);
    });
    const auto density = [](const DistanceSum& sum) {
      return static_cast<double>(sum.bits) / static_cast<double>(sum.compared);
    };
    const Distances& of = experiment.meter.distances();
    const double predicted = xnor_density(density(of[Distance::xnor_operand]), density(of[Distance::xnor_weight]));
    EXPECT_NEAR(predicted / density(words.sum()), 1, 0.01);
  }
}

struct MacExperiment {
  Random random;
  MachineParameters machine;
  Buffers buffers;
  MacInstruction i;
  DistanceMeter meter;
  DistanceMeter::Memo memo;

  explicit MacExperiment(std::uint32_t seed, int ones = 8) : random(seed) {
    machine = make_machine({16, 3, random.of({16, 32}), static_cast<int>(random.in(1, 16)), 16});
    buffers.configure(machine, false);
    fill_with_random_bits(buffers, machine, random, ones);
    draw();
  }

  void draw() {
    set_random_window(i, random, 3);
    i.depthwise = random.u(0, 1);
    i.channels = random.u(1, 50);
    i.activation_signed = random.u(0, 1);
    i.map_slices = static_cast<std::uint32_t>(slices_of(i.channels)) + random.u(0, 1);
    i.source = random.u(0, 9);
    i.groups =
        i.depthwise != 0 ? static_cast<std::uint32_t>(ceil_divide(i.channels, machine.mac_array.rows)) : random.u(1, 3);
    i.start = 2 * static_cast<std::uint32_t>(machine.buffer(BufferId::parameters).depth);
    const auto words = i.groups * static_cast<std::uint32_t>(steps_per_result(i, machine.mac_array));
    if (words > 60) return draw();
    i.weights = random.u(0, 60 - words);
  }

  void execute_with_meter() {
    meter.begin(DistanceRange::of(UnitId::mac_array), memo);
    execute(i, machine, buffers, &meter);
  }

  // The lanes that column group k of a tap takes: first and end; one behind the last channel is none.
  struct LaneRange {
    std::uint32_t first, end;
  };
  [[nodiscard]] std::vector<LaneRange> column_groups_of() const {
    const auto columns = static_cast<std::uint32_t>(machine.mac_array.columns);
    std::vector<LaneRange> groups;
    for (std::uint32_t slice = 0; slice < i.channels; slice += 16) {
      const std::uint32_t end = std::min(i.channels, slice + 16);
      for (std::uint32_t lane = slice; lane < end; lane += columns)
        groups.push_back({lane, std::min(end, lane + columns)});
    }
    return groups;
  }
  [[nodiscard]] Word lanes(std::uint32_t y, std::uint32_t x, std::uint32_t tap, LaneRange range,
                           std::uint32_t width) const {
    Word word;
    const FixedMap map{i.source, i.in_height, i.in_width, i.map_slices, 1};
    std::uint32_t row = 0, column = 0;
    const bool inside = tap_of(i, y, x, tap / i.kernel_w, tap % i.kernel_w, row, column);
    for (std::uint32_t lane = range.first; lane < range.first + width; ++lane) {
      const bool there = inside && lane < range.end;
      push_bits(word, there ? buffers.fixed(map.word(column, row, lane / 16), 1)[lane % 16] : 0, 8);
    }
    return word;
  }
  [[nodiscard]] Word weights(std::uint32_t address, std::int64_t bytes) const {
    Word word;
    const auto all = static_cast<const Buffers&>(buffers).fixed_weights(address, 1);
    for (std::size_t b = 0; b < static_cast<std::size_t>(bytes); ++b)
      push_bits(word, static_cast<std::uint8_t>(all[b]), 8);
    return word;
  }

  void each_step(const std::function<void(const Word&, const Word&)>& visit) const {
    const auto rows = static_cast<std::uint32_t>(machine.mac_array.rows);
    const auto columns = static_cast<std::uint32_t>(machine.mac_array.columns);
    const auto dense = column_groups_of();
    each_pixel(i, [&](std::uint32_t y, std::uint32_t x) {
      std::uint32_t address = i.weights;
      for (std::uint32_t g = 0; g < i.groups; ++g) {
        for (std::uint32_t tap = 0; tap < i.kernel_h * i.kernel_w; ++tap) {
          if (i.depthwise != 0) {
            const auto there = static_cast<std::uint32_t>(16 * slices_of(i.channels));
            visit(lanes(y, x, tap, {g * rows, there}, rows), weights(address++, rows));
            continue;
          }
          for (const LaneRange& range : dense)
            visit(lanes(y, x, tap, range, columns), weights(address++, rows * columns));
        }
      }
    });
  }
};

TEST(MacDistances, AreThoseOfTheWordsOfEveryStep) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MacExperiment experiment(seed);
    experiment.execute_with_meter();
    Port operands, weights;
    experiment.each_step([&](const Word& operand, const Word& weight) {
      operands.pass(operand);
      weights.pass(weight);
    });
    expect_sum(experiment.meter, Distance::mac_activation, operands.sum());
    expect_sum(experiment.meter, Distance::mac_weight, weights.sum());
    EXPECT_EQ(operands.sum().words + 1, occupancy(experiment.i, experiment.machine.mac_array));
    expect_accumulators(experiment.i, experiment.machine.mac_array.rows, experiment.buffers, Distance::mac_accumulator,
                        experiment.meter);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(MacDistances, OfEqualWordsAreNothing) {
  MacExperiment experiment(3, 0);
  experiment.execute_with_meter();
  EXPECT_EQ(experiment.meter.distances()[Distance::mac_activation].bits, 0);
  EXPECT_EQ(experiment.meter.distances()[Distance::mac_weight].bits, 0);
}

}  // namespace
}  // namespace blendsim::test
