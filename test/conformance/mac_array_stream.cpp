// SPDX-License-Identifier: Apache-2.0
#include "mac_array_stream.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "units/mac_array/law.h"

namespace blendsim::conformance {
namespace {

// Instructions of mac_array: small on the whole, with the edges of every field in turn.
class Generator {
 public:
  Generator(const MachineParameters& machine, std::mt19937_64& random) : machine_(machine), random_(random) {}

  Instruction next() {
    while (true) {
      MacInstruction i;
      if (shape(i) && place(i)) return i;
    }
  }

 private:
  static constexpr Cycles longest = 700, usual = 120;

  std::uint32_t in(std::int64_t lo, std::int64_t hi) {
    return static_cast<std::uint32_t>(lo +
                                      static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(hi - lo + 1)));
  }
  bool one_in(int n) { return in(1, n) == 1; }

  void window(MacInstruction& i) {
    const int largest = one_in(12) ? 31 : one_in(3) ? 5 : 3;
    i.kernel_h = one_in(3) ? 1 : in(1, largest);
    i.kernel_w = one_in(3) ? 1 : in(1, largest);
    i.stride_h = one_in(2) ? 1 : in(1, 7);
    i.stride_w = one_in(2) ? 1 : in(1, 7);
    i.dilation_h = one_in(2) ? 1 : in(1, 7);
    i.dilation_w = one_in(2) ? 1 : in(1, 7);
    i.pad_top = one_in(2) ? 0 : in(0, 15);
    i.pad_left = one_in(2) ? 0 : in(0, 15);
    i.in_height = one_in(4) ? 1 : in(1, 20);
    i.in_width = one_in(4) ? 1 : in(1, 20);
  }
  void tile(MacInstruction& i) {
    i.out_width = one_in(3) ? 1 : in(1, 9);
    i.rows = one_in(2) ? 1 : in(1, 4);
    i.out_row = one_in(3) ? 0 : one_in(8) ? in(0, 500 / i.stride_h) : in(0, 9);
    i.out_height = i.out_row + i.rows + (one_in(2) ? 0 : in(0, 5));
    i.class_top = in(0, std::min<std::int64_t>(one_in(3) ? 15 : 2, i.out_height));
    i.class_bottom = in(0, std::min<std::int64_t>(one_in(3) ? 15 : 2, i.out_height - i.class_top));
    i.class_left = in(0, std::min<std::int64_t>(one_in(3) ? 15 : 2, i.out_width));
    i.class_right = in(0, std::min<std::int64_t>(one_in(3) ? 15 : 2, i.out_width - i.class_left));
  }
  bool shape(MacInstruction& i) {
    window(i);
    tile(i);
    const std::int64_t rows = machine_.mac_array.rows;
    i.depthwise = one_in(3);
    i.activation_signed = in(0, 1);
    i.channels = one_in(4) ? 1 : one_in(10) ? in(1, 700) : in(1, 70);
    const std::int64_t most_groups = i.depthwise != 0 ? ceil_divide(slices_of(i.channels) * slice_channels, rows) : 6;
    i.groups = one_in(2) ? 1 : in(1, std::min<std::int64_t>(most_groups, 63));
    i.map_slices = static_cast<std::uint32_t>(slices_of(i.channels)) + (one_in(2) ? 0 : in(0, 3));
    return occupancy(i, machine_.mac_array) <= (one_in(25) ? longest : usual);
  }

  // The first of `words` words in a region, wherever it fits; false where it does not.
  bool room(BufferId id, std::uint32_t region, std::int64_t words, std::uint32_t& address) {
    const std::int64_t depth = machine_.buffer(id).depth;
    if (words > depth) return false;
    address = static_cast<std::uint32_t>(region * depth) +
              (one_in(4) ? static_cast<std::uint32_t>(depth - words) : in(0, depth - words));
    return true;
  }
  bool place(MacInstruction& i) {
    const std::int64_t classes =
        BorderClasses{i.class_top, i.class_bottom}.count() * BorderClasses{i.class_left, i.class_right}.count();
    const std::int64_t words = i.groups * steps_per_result(i, machine_.mac_array);
    const std::int64_t slices = slices_of(i.channels);
    std::uint32_t map = 0;
    if (!room(BufferId::act_fixed, in(0, machine_.buffer(BufferId::act_fixed).regions - 1),
              std::int64_t{i.in_height} * i.in_width * i.map_slices, map) ||
        !room(BufferId::weights_fixed, 0, words, i.weights) ||
        !room(BufferId::parameters, mac_start_region, i.groups * classes, i.start) ||
        !room(BufferId::accumulators, mac_accumulator_region, std::int64_t{i.rows} * i.out_width * i.groups,
              i.destination)) {
      return false;
    }
    i.source = map + in(0, i.map_slices - slices);
    return true;
  }

  const MachineParameters& machine_;
  std::mt19937_64& random_;
};

}  // namespace

std::vector<Instruction> random_mac_array_stream(const MachineParameters& machine, std::mt19937_64& random, int count) {
  Generator generator(machine, random);
  std::vector<Instruction> stream;
  for (int n = 0; n < count; ++n) stream.push_back(generator.next());
  return stream;
}

void fill_mac_array(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
                    Buffers& buffers) {
  fill_random(machine, random, buffers);
  // Start words that leave every sum inside the accumulator.
  const BufferParameters& parameters = machine.buffer(BufferId::parameters);
  const int spare = static_cast<int>(32 - machine.mac_array.accumulator) + 2;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(parameters.width / 8));
  for (std::int64_t word = mac_start_region * parameters.depth; word < parameters.regions * parameters.depth; ++word) {
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
      const std::int32_t value = static_cast<std::int32_t>(random()) >> spare;
      std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    buffers.write_words(BufferId::parameters, static_cast<std::uint32_t>(word), bytes);
  }
}

std::vector<WordWrite> mac_array_writes(const Executed& executed, const MachineParameters& machine,
                                        const Buffers& after) {
  const auto& i = std::get<MacInstruction>(executed.instruction);
  std::vector<WordWrite> writes;
  std::uint32_t address = i.destination;
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      for (std::uint32_t group = 0; group < i.groups; ++group, ++address) {
        const auto word = after.accumulators(address, 1).first(static_cast<std::size_t>(machine.mac_array.rows));
        WordWrite write{
            executed.record.start + write_time(i, machine.mac_array, row, x, group), Place::accumulators, address, {}};
        for (const std::int32_t sum : word) write.data.push_back(static_cast<std::uint32_t>(sum));
        writes.push_back(std::move(write));
      }
    }
  }
  return writes;
}

}  // namespace blendsim::conformance
