// SPDX-License-Identifier: Apache-2.0
// Distances of the words of post_unit, pool_unit, load and store against the words themselves, in the hardware's order.
#include <gtest/gtest.h>

#include "units/pool_unit/execute.h"
#include "units/post_unit/execute.h"
#include "units/post_unit/law.h"
#include "units/transfer/execute.h"
#include "words.h"

namespace blendsim::test {
namespace {

struct PostExperiment {
  Random random;
  MachineParameters machine;
  Buffers buffers;
  PostInstruction i;
  DistanceMeter meter;
  DistanceMeter::Memo memo;

  explicit PostExperiment(std::uint32_t seed, int ones = 8) : random(seed) {
    machine =
        make_machine({random.of({16, 32}), 3 * random.of({1, 2, 4}), random.of({16, 48}), 8, random.of({8, 16, 32})});
    machine.post_unit.operand = random.in(16, 32);
    buffers.configure(machine, false);
    fill_with_random_bits(buffers, machine, random, ones);
    i.rows = random.u(1, 3);
    i.width = random.u(1, 30);
    i.slices = random.u(1, 5);
    operand(random.u(1, 3), i.a_source, i.a, i.a_stride, i.a_bytes_log2, i.a_signed, 0);
    if (random.coin()) operand(random.u(1, 3), i.b_source, i.b, i.b_stride, i.b_bytes_log2, i.b_signed, 1);
    choose_results();
  }

  void operand(std::uint32_t kind, std::uint32_t& source, std::uint32_t& address, std::uint32_t& stride,
               std::uint32_t& bytes_log2, std::uint32_t& is_signed, std::uint32_t region) {
    source = kind;
    const auto rows = static_cast<std::uint32_t>(kind == 1 ? machine.xnor_array.rows : machine.mac_array.rows);
    const std::uint32_t groups = (16 * i.slices + rows - 1) / rows;
    stride = region == 1 && random.in(0, 3) == 0 ? 0 : (kind == 3 ? i.slices : groups) + random.u(0, 2);
    address = (kind == 3 ? region : kind - 1) * 4096 + random.u(0, 9);
    bytes_log2 = kind == 3 ? random.u(0, 2) : 0;
    is_signed = random.u(0, 1);
  }

  // Thresholds of 0 need no record of their own: one level a channel, out of the parameters' zeros.
  void choose_results() {
    i.write_fixed = random.u(0, 1);
    i.write_bits = i.write_fixed == 0 ? 1 : random.u(0, 1);
    i.fixed_is_code = i.write_fixed != 0 ? random.u(0, 1) : 0;
    i.fixed_bytes_log2 = random.u(0, 2);
    i.fixed = 2 * 4096 + random.u(0, 9);
    i.fixed_slices = i.slices + random.u(0, 2);
    if (random.coin()) {
      i.code_bipolar = 0;
      i.use_thresholds = 1;
      i.code_bits = random.u(1, 4);
      i.levels = random.u(1, (1 << i.code_bits) - 1);
      const auto words = record_words(i, machine.buffer(BufferId::parameters).width) * i.slices;
      Bits bits(static_cast<std::size_t>(words * machine.buffer(BufferId::parameters).width));
      for (std::size_t b = 0; b < 8 * bits.bytes().size(); ++b) bits.set(b, random.u(0, 1));
      buffers.write_words(BufferId::parameters, 0, bits.bytes());
    }
    i.bits = 2048 + random.u(0, 3);
    i.bits_slice = random.u(0, 3);
    i.bits_plane_cells = (i.bits_slice + i.slices + 7) / static_cast<std::uint32_t>(buffers.cell_slices()) + 1;
    i.bits_cells = i.code_bits * i.bits_plane_cells;
    i.bits_row = random.u(0, 2);
  }

  void execute_with_meter() {
    meter.begin(DistanceRange::of(UnitId::post_unit), memo);
    execute(i, machine, buffers, &meter);
  }

  // Calls visit(slice, first lane, lanes, pixel) for what passes place `place`, in its order.
  template <class Visitor>
  void each_cell(std::uint32_t place, Visitor&& visit) const {
    const auto lanes = static_cast<std::uint32_t>(machine.post_unit.lanes);
    const std::uint32_t at_once = std::max(1U, lanes / 16), halves = lanes == 8 ? 2 : 1;
    for (std::uint32_t first = 0; first < i.slices; first += at_once) {
      for (std::uint32_t half = 0; half < halves; ++half) {
        for (std::uint32_t p = 0; p < i.rows * i.width; ++p) {
          if (first + place < i.slices) visit(first + place, 8 * half, 16 / halves, p);
        }
      }
    }
  }
  [[nodiscard]] std::uint32_t places() const {
    return std::max(1U, static_cast<std::uint32_t>(machine.post_unit.lanes) / 16);
  }

  [[nodiscard]] std::int64_t value(std::uint32_t source, std::uint32_t address, std::uint32_t stride,
                                   std::uint32_t bytes_log2, std::uint32_t is_signed, std::uint32_t pixel,
                                   std::uint32_t channel) const {
    const Buffers& read = buffers;
    if (source != 3) {
      const auto rows = static_cast<std::uint32_t>(source == 1 ? machine.xnor_array.rows : machine.mac_array.rows);
      return read.accumulators(address + pixel * stride + channel / rows, 1)[channel % rows];
    }
    const std::uint32_t bytes = 1U << bytes_log2;
    const auto words = read.fixed(address + (pixel * stride + channel / 16) * bytes, bytes);
    std::int64_t sum = 0;
    for (std::uint32_t b = 0; b < bytes; ++b) sum += std::int64_t{words[channel % 16 * bytes + b]} << (8 * b);
    if (is_signed != 0 && sum >= std::int64_t{1} << (8 * bytes - 1)) sum -= std::int64_t{1} << (8 * bytes);
    return sum;
  }

  [[nodiscard]] DistanceSum operands() const {
    Port port;
    const auto pass = [&](std::uint32_t source, std::uint32_t address, std::uint32_t stride, std::uint32_t bytes_log2,
                          std::uint32_t is_signed) {
      for (std::uint32_t place = 0; place < places(); ++place) {
        port.next_sequence();
        each_cell(place, [&](std::uint32_t s, std::uint32_t lane, std::uint32_t lanes, std::uint32_t p) {
          Word word;
          for (std::uint32_t c = 16 * s + lane; c < 16 * s + lane + lanes; ++c) {
            push_bits(word, static_cast<std::uint64_t>(value(source, address, stride, bytes_log2, is_signed, p, c)),
                      static_cast<int>(machine.post_unit.operand));
          }
          port.pass(word);
        });
      }
    };
    pass(i.a_source, i.a, i.a_stride, i.a_bytes_log2, i.a_signed);
    if (i.b_source != 0) pass(i.b_source, i.b, i.b_stride, i.b_bytes_log2, i.b_signed);
    return port.sum();
  }

  // rtl/post_results.sv: of the bytes x SLICES words of a pixel's lane group, write w holds words w * SLICES and up.
  void pass_fixed(Port& port) const {
    const auto lanes = static_cast<std::uint32_t>(machine.post_unit.lanes);
    const std::uint32_t bytes = 1U << i.fixed_bytes_log2, at_once = places(), halves = lanes == 8 ? 2 : 1;
    for (std::uint32_t place = 0; place < at_once; ++place) {
      port.next_sequence();
      for (std::uint32_t group = 0; group < (i.slices + at_once - 1) / at_once * halves; ++group) {
        for (std::uint32_t p = 0; p < i.rows * i.width; ++p) {
          std::vector<std::uint8_t> all;  // of the group's pixel
          for (std::uint32_t s = group / halves * at_once; s < std::min(i.slices, (group / halves + 1) * at_once);
               ++s) {
            const auto words =
                static_cast<const Buffers&>(buffers).fixed(i.fixed + (p * i.fixed_slices + s) * bytes, bytes);
            const std::size_t size = words.size() / halves, first = halves == 2 ? group % 2 * size : 0;
            all.insert(all.end(), words.begin() + static_cast<std::ptrdiff_t>(first),
                       words.begin() + static_cast<std::ptrdiff_t>(first + size));
          }
          const std::size_t word = std::min<std::size_t>(16, all.size());
          for (std::size_t at = place * word; at < all.size(); at += at_once * word) {
            Word bits;
            for (std::size_t b = at; b < at + word; ++b) push_bits(bits, all[b], 8);
            port.pass(bits);
          }
        }
      }
    }
  }
  void pass_codes(Port& port) const {
    const auto m = static_cast<std::uint32_t>(buffers.cell_slices());
    const BinaryMap map{i.bits, i.bits_row + i.rows, i.width, i.bits_cells};
    for (std::uint32_t place = 0; place < places(); ++place) {
      port.next_sequence();
      each_cell(place, [&](std::uint32_t s, std::uint32_t lane, std::uint32_t lanes, std::uint32_t p) {
        for (std::uint32_t plane = 0; plane < i.code_bits; ++plane) {
          const std::uint32_t slice = i.bits_slice + s;
          const std::uint16_t bits = static_cast<const Buffers&>(buffers).cell(
              map, p % i.width, i.bits_row + p / i.width, slice / m + plane * i.bits_plane_cells)[slice % m];
          Word word;
          push_bits(word, bits >> lane, static_cast<int>(lanes));
          port.pass(word);
        }
      });
    }
  }
};

TEST(PostDistances, AreThoseOfTheWordsThatEnterAndLeaveTheLanes) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    PostExperiment experiment(seed);
    const DistanceSum operands = experiment.operands();
    experiment.execute_with_meter();
    Port results;
    if (experiment.i.write_fixed != 0) experiment.pass_fixed(results);
    if (experiment.i.write_bits != 0) experiment.pass_codes(results);
    expect_sum(experiment.meter, Distance::post_operand, operands);
    expect_sum(experiment.meter, Distance::post_result, results.sum());
    if (testing::Test::HasFailure()) return;
  }
}

TEST(PostDistances, OfEqualWordsAreNothing) {
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    PostExperiment experiment(seed, 16);
    experiment.i.use_thresholds = experiment.i.levels = 0;
    experiment.i.code_bipolar = experiment.i.code_bits = 1;
    experiment.execute_with_meter();
    if (experiment.i.a_source != 3) EXPECT_EQ(experiment.meter.distances()[Distance::post_operand].bits, 0);
    EXPECT_EQ(experiment.meter.distances()[Distance::post_result].bits, 0);
  }
}

// The operand is what was there before its place was written.
TEST(PostDistances, OfAnOperandThatIsOverwrittenAreOfWhatWasRead) {
  PostExperiment experiment(5);
  PostInstruction& i = experiment.i;
  i = {};
  i.a_source = 3;
  i.a_stride = i.fixed_slices = i.slices = 2;
  i.rows = i.write_fixed = i.fixed_is_code = 1;
  i.width = 9;
  const DistanceSum before = experiment.operands();
  experiment.execute_with_meter();
  expect_sum(experiment.meter, Distance::post_operand, before);
  EXPECT_NE(experiment.operands().bits, before.bits);
}

struct PoolExperiment {
  Random random;
  MachineParameters machine;
  Buffers buffers;
  PoolInstruction i;
  DistanceMeter meter;
  DistanceMeter::Memo memo;

  PoolExperiment(std::uint32_t seed, bool binary) : random(seed) {
    machine = make_machine({16, 3 * random.of({1, 2, 4}), 16, 8, random.of({16, 32, 48})});
    buffers.configure(machine, false);
    fill_with_random_bits(buffers, machine, random);
    WindowShape window;
    int height = 0, width = 0;
    do {
      window = random_window(random, 5);
      height = static_cast<int>(random.in(1, 9));
      width = static_cast<int>(random.in(1, 9));
    } while (!window.fits(height, width));
    set_window(i, window, height, width);
    i.out_row = random.u(0, i.out_height - 1);
    i.rows = random.u(1, i.out_height - i.out_row);
    i.binary = binary ? 1 : 0;
    i.sum = binary ? 0 : random.u(0, 1);
    i.slices = random.u(1, 4);
    i.in_first = binary ? random.u(0, 2) : 0;
    i.out_first = binary ? random.u(0, 2) : 0;
    i.in_slices = i.in_first + i.slices + random.u(0, 1);
    i.out_slices = i.out_first + i.slices + random.u(0, 1);
    i.in_bytes_log2 = binary ? 0 : random.u(0, 2);
    i.out_bytes_log2 = i.sum != 0 ? random.u(0, 2) : i.in_bytes_log2;
    i.source = random.u(0, 9);
    i.destination = (binary ? 2048 : 4096) + random.u(0, 9);
  }
  void execute_with_meter() {
    meter.begin(DistanceRange::of(UnitId::pool_unit), memo);
    execute(i, machine, buffers, &meter);
  }
  bool tap(std::uint32_t row, std::uint32_t x, std::uint32_t ky, std::uint32_t kx, std::uint32_t& at_y,
           std::uint32_t& at_x) const {
    const std::int64_t y = std::int64_t{i.out_row + row} * i.stride_h + ky * i.dilation_h - i.pad_top;
    const std::int64_t column = std::int64_t{x} * i.stride_w + kx * i.dilation_w - i.pad_left;
    at_y = static_cast<std::uint32_t>(y);
    at_x = static_cast<std::uint32_t>(column);
    return ky < i.kernel_h && kx < i.kernel_w && y >= 0 && column >= 0 && y < i.in_height && column < i.in_width;
  }
};

// A pixel's slices that go at once: their words are numbered slice by slice, and as many leave a cycle.
void pass_pixel(Port& port, const Buffers& buffers, const FixedMap& map, std::uint32_t x, std::uint32_t y,
                std::uint32_t first, std::uint32_t end, std::uint32_t at_once, std::uint32_t place) {
  std::vector<Word> words;
  for (std::uint32_t s = first; s < end; ++s) {
    const auto bytes = buffers.fixed(map.word(x, y, s), map.bytes);
    for (std::uint32_t w = 0; w < map.bytes; ++w) {
      Word& word = words.emplace_back();
      for (std::uint32_t b = 0; b < 16; ++b) push_bits(word, bytes[16 * w + b], 8);
    }
  }
  for (std::size_t n = place; n < words.size(); n += at_once) port.pass(words[n]);
}

TEST(PoolDistances, OfFixedMapsAreThoseOfTheWordsReadAndWritten) {
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    PoolExperiment e(seed, false);
    e.execute_with_meter();
    const PoolInstruction& i = e.i;
    const auto at_once = static_cast<std::uint32_t>(e.machine.pool_unit.lanes / 16);
    const FixedMap in{i.source, i.in_height, i.in_width, i.in_slices, 1U << i.in_bytes_log2};
    const FixedMap out{i.destination, i.rows, i.out_width, i.out_slices, 1U << i.out_bytes_log2};
    Port read, written;
    for (std::uint32_t place = 0; place < at_once; ++place) {
      read.next_sequence();
      written.next_sequence();
      for (std::uint32_t first = 0; first < i.slices; first += at_once) {
        const std::uint32_t end = std::min(i.slices, first + at_once);
        for (std::uint32_t p = 0; p < i.rows * i.out_width; ++p) {
          const std::uint32_t row = p / i.out_width, x = p % i.out_width;
          for (std::uint32_t n = 0; n < i.kernel_h * i.kernel_w; ++n) {
            std::uint32_t at_y = 0, at_x = 0;
            if (!e.tap(row, x, n / i.kernel_w, n % i.kernel_w, at_y, at_x)) continue;
            pass_pixel(read, e.buffers, in, at_x, at_y, first, end, at_once, place);
          }
          pass_pixel(written, e.buffers, out, x, row, first, end, at_once, place);
        }
      }
    }
    expect_sum(e.meter, Distance::pool_operand, read.sum());
    expect_sum(e.meter, Distance::pool_result, written.sum());
    if (testing::Test::HasFailure()) return;
  }
}

TEST(PoolDistances, OfPackedBitsAreThoseOfTheCellsOfEveryStep) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    PoolExperiment e(seed, true);
    e.execute_with_meter();
    const PoolInstruction& i = e.i;
    const BinaryMap in{i.source, i.in_height, i.in_width, i.in_slices};
    const BinaryMap out{i.destination, i.out_height, i.out_width, i.out_slices};
    const std::uint32_t side = i.dilation_h == 1 && i.dilation_w == 1 ? 3 : 1;
    const Buffers& buffers = e.buffers;
    Port read, written;
    for (std::uint32_t c = 0; c < i.slices; ++c) {
      for (std::uint32_t p = 0; p < i.rows * i.out_width; ++p) {
        const std::uint32_t row = p / i.out_width, x = p % i.out_width;
        for (std::uint32_t ky = 0; ky < i.kernel_h; ky += side) {
          for (std::uint32_t kx = 0; kx < i.kernel_w; kx += side) {
            Word word;
            for (std::uint32_t n = 0; n < side * side; ++n) {
              std::uint32_t at_y = 0, at_x = 0;
              const bool there = e.tap(row, x, ky + n / side, kx + n % side, at_y, at_x);
              for (std::size_t k = 0; k < static_cast<std::size_t>(buffers.cell_slices()); ++k)
                push_bits(word, there ? buffers.cell(in, at_x, at_y, i.in_first + c)[k] : 0, 16);
            }
            read.pass(word);
          }
        }
        Word word;
        for (const std::uint16_t bits : buffers.cell(out, x, i.out_row + row, i.out_first + c))
          push_bits(word, bits, 16);
        written.pass(word);
      }
    }
    expect_sum(e.meter, Distance::pool_operand, read.sum());
    expect_sum(e.meter, Distance::pool_result, written.sum());
    if (testing::Test::HasFailure()) return;
  }
}

TEST(TransferDistances, AreThoseOfTheBusWordsOfAllRuns) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    MachineParameters machine = make_machine({});
    machine.memory.port_width = random.of({32, 64, 128});
    const auto bus = static_cast<std::uint32_t>(machine.memory.bus_bytes());
    TransferInstruction i;
    i.dram_address = bus * random.u(0, 3);
    i.runs = random.u(1, 4);
    i.run_bytes = bus * random.u(1, 9);
    i.dram_stride = i.run_bytes + bus * random.u(0, 2);
    std::vector<std::uint8_t> area(i.dram_address + i.runs * i.dram_stride);
    for (std::uint8_t& byte : area) byte = static_cast<std::uint8_t>(random.u(0, 255));
    Port port;
    for (std::uint32_t run = 0; run < i.runs; ++run) {
      for (std::uint32_t at = 0; at < i.run_bytes; at += bus) {
        Word word;
        for (std::uint32_t b = 0; b < bus; ++b) push_bits(word, area[i.dram_address + run * i.dram_stride + at + b], 8);
        port.pass(word);
      }
    }
    DistanceMeter meter;
    DistanceMeter::Memo memo;
    meter.begin(DistanceRange::of(UnitId::load), memo);
    add_run_distances(i, machine, area, Distance::load_data, meter);
    expect_sum(meter, Distance::load_data, port.sum());
  }
}

}  // namespace
}  // namespace blendsim::test
