// SPDX-License-Identifier: Apache-2.0
#include "pool_unit_stream.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "units/pool_unit/law.h"

namespace blendsim::conformance {
namespace {

// Addresses [first, end) of a buffer.
struct Area {
  BufferId buffer = BufferId::act_fixed;
  std::int64_t first = 0, end = 0;
  [[nodiscard]] bool meets(const Area& other) const {
    return buffer == other.buffer && first < other.end && other.first < end;
  }
};

// Instructions of pool_unit: small on the whole, with the edges of every field in turn.
class Generator {
 public:
  Generator(const MachineParameters& machine, std::mt19937_64& random) : machine_(machine), random_(random) {}

  Instruction next() {
    while (true) {
      PoolInstruction i;
      Area read, written;
      if (!shape(i) || !place(i, read, written) || read.meets(written)) continue;
      const auto meets = [&](const Area& area) { return area.meets(read); };
      if (std::any_of(in_flight_.begin(), in_flight_.end(), meets)) {
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

  void window(PoolInstruction& i) {
    const int largest = one_in(10) ? 63 : one_in(3) ? 9 : 3;
    i.kernel_h = one_in(5) ? 1 : in(1, largest);
    i.kernel_w = one_in(5) ? 1 : in(1, largest);
    i.stride_h = one_in(3) ? 1 : in(1, one_in(6) ? 63 : 4);
    i.stride_w = one_in(3) ? 1 : in(1, one_in(6) ? 63 : 4);
    const bool dilated = one_in(3);
    i.dilation_h = dilated ? in(1, 7) : 1;
    i.dilation_w = dilated ? in(1, 7) : 1;
    i.pad_top = one_in(2) ? 0 : in(0, 15);
    i.pad_left = one_in(2) ? 0 : in(0, 15);
    i.in_height = one_in(6) ? 1 : in(1, 24);
    i.in_width = one_in(6) ? 1 : in(1, 24);
    i.out_width = one_in(3) ? 1 : in(1, 11);
    i.rows = one_in(3) ? 1 : in(1, 6);
    i.out_row = one_in(3) ? 0 : in(0, 9);
    i.out_height = i.out_row + i.rows + (one_in(2) ? 0 : in(0, 5));
  }

  // Taps inside the map, per position of one axis.
  static std::vector<std::int64_t> inside(std::int64_t first, std::int64_t count, std::int64_t stride,
                                          std::int64_t kernel, std::int64_t dilation, std::int64_t pad,
                                          std::int64_t size) {
    std::vector<std::int64_t> counts;
    for (std::int64_t position = first; position < first + count; ++position) {
      std::int64_t taps = 0;
      for (std::int64_t k = 0; k < kernel; ++k) {
        const std::int64_t at = position * stride - pad + k * dilation;
        taps += at >= 0 && at < size ? 1 : 0;
      }
      counts.push_back(taps);
    }
    return counts;
  }
  // A common multiple of all windows' tap counts, or 0; false where a window has no tap.
  bool divisor(PoolInstruction& i) {
    std::int64_t common = 1;
    for (const std::int64_t r :
         inside(i.out_row, i.rows, i.stride_h, i.kernel_h, i.dilation_h, i.pad_top, i.in_height)) {
      for (const std::int64_t c :
           inside(0, i.out_width, i.stride_w, i.kernel_w, i.dilation_w, i.pad_left, i.in_width)) {
        if (r * c == 0) return false;
        common = std::min<std::int64_t>(std::lcm(common, r * c), std::int64_t{1} << 20);
      }
    }
    constexpr std::int64_t most = (1 << 14) - 1;
    if (common <= most && !one_in(5))
      i.divisor = static_cast<std::uint32_t>(common * (one_in(2) ? 1 : in(1, most / common)));
    return true;
  }

  bool shape(PoolInstruction& i) {
    window(i);
    i.binary = one_in(3);
    i.sum = i.binary == 0 && one_in(2);
    i.in_bytes_log2 = in(0, 2);
    i.out_bytes_log2 = i.sum != 0 ? in(0, 2) : i.in_bytes_log2;
    i.in_signed = in(0, 1);
    i.zero_point = in(0, 511);
    i.slices = one_in(3) ? 1 : in(1, one_in(4) ? 40 : 7);
    i.in_slices = i.slices + (one_in(2) ? 0 : in(0, 5));
    i.out_slices = i.slices + (one_in(2) ? 0 : in(0, 5));
    i.in_first = i.binary != 0 ? in(0, i.in_slices - i.slices) : 0;
    i.out_first = i.binary != 0 ? in(0, i.out_slices - i.slices) : 0;
    return divisor(i) && occupancy(i, machine_.pool_unit) <= (one_in(25) ? longest : usual);
  }

  bool room(BufferId id, std::int64_t words, Area& area) {
    const BufferParameters& b = machine_.buffer(id);
    if (words > b.depth) return false;
    const std::int64_t first =
        in(0, b.regions - 1) * b.depth + (one_in(4) ? b.depth - words : std::int64_t{in(0, b.depth - words)});
    area = {id, first, first + words};
    return true;
  }
  bool place(PoolInstruction& i, Area& read, Area& written) {
    if (i.binary != 0) {
      const BinaryMap from{0, i.in_height, i.in_width, i.in_slices}, to{0, i.out_height, i.out_width, i.out_slices};
      if (!room(BufferId::act_binary, from.size(), read) || !room(BufferId::act_binary, to.size(), written))
        return false;
      i.source = static_cast<std::uint32_t>(read.first);
      i.destination = static_cast<std::uint32_t>(written.first);
      return true;
    }
    const std::uint32_t in_bytes = 1U << i.in_bytes_log2, out_bytes = 1U << i.out_bytes_log2;
    const FixedMap from{0, i.in_height, i.in_width, i.in_slices, in_bytes},
        to{0, i.rows, i.out_width, i.out_slices, out_bytes};
    if (!room(BufferId::act_fixed, from.size(), read) || !room(BufferId::act_fixed, to.size(), written)) return false;
    i.source = static_cast<std::uint32_t>(read.first) + in(0, i.in_slices - i.slices) * in_bytes;
    i.destination = static_cast<std::uint32_t>(written.first) + in(0, i.out_slices - i.slices) * out_bytes;
    return true;
  }

  const MachineParameters& machine_;
  std::mt19937_64& random_;
  std::vector<Area> in_flight_;  // written since the last fence
};

std::vector<std::uint32_t> word_of(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint32_t> word(bytes.size() / 4);
  for (std::size_t n = 0; n < word.size(); ++n) std::memcpy(&word[n], bytes.data() + 4 * n, 4);
  return word;
}

}  // namespace

std::vector<Instruction> random_pool_unit_stream(const MachineParameters& machine, std::mt19937_64& random, int count) {
  Generator generator(machine, random);
  std::vector<Instruction> stream;
  for (int n = 0; n < count; ++n) stream.push_back(generator.next());
  return stream;
}

// Every other word of act_fixed is made of the least and the greatest values; bits of act_binary are mostly 0, because
// an OR of random ones is 1.
void fill_pool_unit(const MachineParameters& machine, std::span<const Instruction>, std::mt19937_64& random,
                    Buffers& buffers) {
  fill_random(machine, random, buffers);
  const BufferParameters& fixed = machine.buffer(BufferId::act_fixed);
  for (std::uint32_t word = 0; word < fixed.regions * fixed.depth; word += 2) {
    for (std::uint8_t& byte : buffers.fixed(word, 1))
      byte = std::array<std::uint8_t, 4>{0x00, 0x7f, 0x80, 0xff}[random() % 4];
  }
  const BufferParameters& binary = machine.buffer(BufferId::act_binary);
  for (std::uint32_t address = 0; address < binary.regions * binary.depth; ++address) {
    const BinaryMap cells{address, 4, 4, 1};
    for (std::uint32_t n = 0; n < binary_banks; ++n) {
      for (std::uint16_t& bits : buffers.cell(cells, n % 4, n / 4, 0)) {
        bits = static_cast<std::uint16_t>(random() & random() & random() & random());
      }
    }
  }
}

std::vector<WordWrite> pool_unit_writes(const Executed& executed, const MachineParameters& machine,
                                        const Buffers& after) {
  const auto& i = std::get<PoolInstruction>(executed.instruction);
  const BinaryMap cells{i.destination, i.out_height, i.out_width, i.out_slices};
  const FixedMap words{i.destination, i.rows, i.out_width, i.out_slices, 1U << i.out_bytes_log2};
  std::vector<WordWrite> writes;
  const auto time = [&](std::uint32_t row, std::uint32_t x, std::uint32_t slice, std::uint32_t word) {
    return executed.record.start + write_time(i, machine.pool_unit, row, x, slice, word);
  };
  for (std::uint32_t row = 0; row < i.rows; ++row) {
    for (std::uint32_t x = 0; x < i.out_width; ++x) {
      for (std::uint32_t s = 0; s < i.slices; ++s) {
        if (i.binary == 0) {
          const std::uint32_t address = words.word(x, row, s);
          for (std::uint32_t w = 0; w < words.bytes; ++w) {
            writes.push_back({time(row, x, s, w), Place::act_fixed, address + w, word_of(after.fixed(address + w, 1))});
          }
          continue;
        }
        const BinaryMap::Cell place = cells.cell(x, i.out_row + row, i.out_first + s);
        const auto bits = after.cell(cells, x, i.out_row + row, i.out_first + s);
        for (std::uint32_t n = 0; n < bits.size(); ++n) {
          const auto address =
              static_cast<std::uint32_t>((place.address * binary_banks + place.bank) * bits.size() + n);
          writes.push_back({time(row, x, s, 0), Place::act_binary, address, {bits[n]}});
        }
      }
    }
  }
  return writes;
}

}  // namespace blendsim::conformance
