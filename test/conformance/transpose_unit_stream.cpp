// SPDX-License-Identifier: Apache-2.0
#include "transpose_unit_stream.h"

#include <algorithm>
#include <cstring>

#include "units/transpose_unit/law.h"

namespace blendsim::conformance {
namespace {

// Words [first, end) of act_fixed, all in one region.
struct TransposeArea {
  std::int64_t first = 0, end = 0;
  [[nodiscard]] bool meets(const TransposeArea& other) const { return first < other.end && other.first < end; }
};

// Instructions of transpose_unit: blocks that are full and not, views of maps, a fence where one reads what is in
// flight.
class TransposeGenerator {
 public:
  TransposeGenerator(const MachineParameters& machine, std::mt19937_64& random) : machine_(machine), random_(random) {}

  Instruction next() {
    while (true) {
      TransposeInstruction i;
      TransposeArea read, written;
      if (!shape(i) || !place(i, read, written) || read.meets(written)) continue;
      if (std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& area) { return area.meets(read); })) {
        i.sync.fence = 1;
        in_flight_.clear();
      }
      in_flight_.push_back(written);
      return i;
    }
  }

 private:
  static constexpr Cycles longest = 900, usual = 150;

  std::uint32_t in(std::int64_t lo, std::int64_t hi) {
    return static_cast<std::uint32_t>(lo +
                                      static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(hi - lo + 1)));
  }
  bool one_in(int n) { return in(1, n) == 1; }
  std::uint32_t side() { return one_in(4) ? 16 * in(1, 4) : one_in(5) ? 1 : one_in(10) ? in(1, 400) : in(1, 70); }

  bool shape(TransposeInstruction& i) {
    i.pixels = side();
    i.channels = side();
    i.in_slices = static_cast<std::uint32_t>(slices_of(i.channels)) + (one_in(2) ? 0 : in(0, 3));
    i.out_slices = static_cast<std::uint32_t>(slices_of(i.pixels)) + (one_in(2) ? 0 : in(0, 3));
    return occupancy(i, machine_.transpose_unit) <= (one_in(25) ? longest : usual);
  }

  bool room(std::int64_t words, TransposeArea& area) {
    const BufferParameters& b = machine_.buffer(BufferId::act_fixed);
    if (words > b.depth) return false;
    area.first = in(0, b.regions - 1) * b.depth + (one_in(4) ? b.depth - words : std::int64_t{in(0, b.depth - words)});
    area.end = area.first + words;
    return true;
  }
  bool place(TransposeInstruction& i, TransposeArea& read, TransposeArea& written) {
    if (!room(std::int64_t{i.pixels} * i.in_slices, read) || !room(std::int64_t{i.channels} * i.out_slices, written))
      return false;
    i.source = static_cast<std::uint32_t>(read.first) + in(0, i.in_slices - slices_of(i.channels));
    i.destination = static_cast<std::uint32_t>(written.first) + in(0, i.out_slices - slices_of(i.pixels));
    return true;
  }

  const MachineParameters& machine_;
  std::mt19937_64& random_;
  std::vector<TransposeArea> in_flight_;  // written since the last fence
};

}  // namespace

std::vector<Instruction> random_transpose_unit_stream(const MachineParameters& machine, std::mt19937_64& random,
                                                      int count) {
  TransposeGenerator generator(machine, random);
  std::vector<Instruction> stream;
  for (int n = 0; n < count; ++n) stream.push_back(generator.next());
  return stream;
}

void fill_transpose_unit(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
                         Buffers& buffers) {
  fill_random(machine, random, buffers);
}

std::vector<WordWrite> transpose_unit_writes(const Executed& executed, const MachineParameters& machine,
                                             const Buffers& after) {
  const auto& i = std::get<TransposeInstruction>(executed.instruction);
  std::vector<WordWrite> writes;
  for (std::uint32_t pixel = 0; pixel < i.channels; ++pixel) {
    for (std::uint32_t slice = 0; slice < slices_of(i.pixels); ++slice) {
      const std::uint32_t word = i.destination + pixel * i.out_slices + slice;
      std::vector<std::uint32_t> data(4);
      std::memcpy(data.data(), after.fixed(word, 1).data(), 16);
      writes.push_back({executed.record.start + write_time(i, machine.transpose_unit, pixel, slice), Place::act_fixed,
                        word, std::move(data)});
    }
  }
  return writes;
}

}  // namespace blendsim::conformance
