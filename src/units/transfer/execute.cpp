// SPDX-License-Identifier: Apache-2.0
#include "units/transfer/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/diagnostic.h"
#include "units/word_sequence.h"

namespace blendsim {
namespace {

constexpr std::uint32_t fixed_word_bytes = 16, stem_pixels = 4, stem_pixel_bytes = 4;

// Bytes of run `run`, checked against the area: verify() refuses programs that leave it.
template <class Area>
Area run_of(const TransferInstruction& i, std::uint32_t run, Area area) {
  const std::uint64_t begin = i.dram_address + std::uint64_t{run} * i.dram_stride;
  if (begin > area.size() || i.run_bytes > area.size() - begin) {
    throw InvariantError("transfer", fmt::format("DRAM bytes {} to {} are outside an area of {}", begin,
                                                 begin + i.run_bytes, area.size()));
  }
  return area.subspan(begin, i.run_bytes);
}

// Linear runs: each buffer word takes a whole number of bus words in DRAM; what a run holds beyond is filler.
void load_linear(const TransferInstruction& i, const MachineParameters& machine, std::span<const std::uint8_t> area,
                 Buffers& buffers) {
  const auto buffer = static_cast<BufferId>(i.buffer);
  const auto bus = static_cast<std::size_t>(machine.memory.bus_bytes());
  const auto bytes = static_cast<std::size_t>(ceil_divide(machine.buffer(buffer).width, 8));
  const std::size_t stored = (bytes + bus - 1) / bus * bus;
  std::uint32_t address = i.buffer_address;
  std::vector<std::uint8_t> packed;
  for (std::uint32_t run = 0; run < i.runs; ++run) {
    const auto source = run_of(i, run, area);
    const std::size_t words = source.size() / stored;
    packed.clear();
    for (std::size_t w = 0; w < words; ++w) {
      const auto word = source.subspan(w * stored, bytes);
      packed.insert(packed.end(), word.begin(), word.end());
    }
    buffers.write_words(buffer, address, packed);
    address += static_cast<std::uint32_t>(words);
  }
}

// visit(x, y, slice, bytes of the run) for every element of `size` bytes, in DRAM order.
template <class Area, class Visitor>
void each_element(const TransferInstruction& i, Area area, std::size_t size, Visitor&& visit) {
  for (std::uint32_t run = 0; run < i.runs; ++run) {
    auto row = run_of(i, run, area);
    for (std::uint32_t x = 0; x < i.width; ++x) {
      for (std::uint32_t s = 0; s < i.slices; ++s) {
        visit(x, i.row + run, s, row.first(size));
        row = row.subspan(size);
      }
    }
  }
}

FixedMap fixed_map(const TransferInstruction& i) {
  return {i.buffer_address, i.height, i.width, i.map_slices, 1U << i.bytes_log2};
}
BinaryMap binary_map(const TransferInstruction& i) { return {i.buffer_address, i.height, i.width, i.map_slices}; }

// A word of which some pixels lie outside the map.
void load_border(const TransferInstruction& i, std::span<const std::uint8_t> source, std::int64_t first,
                 std::span<std::uint8_t> word) {
  for (std::uint32_t k = 0; k < stem_pixels; ++k) {
    const std::int64_t pixel = first + k;
    const auto lanes = word.subspan(k * stem_pixel_bytes, stem_pixel_bytes);
    if (pixel < 0 || pixel >= i.in_width) {
      std::fill(lanes.begin(), lanes.end(), static_cast<std::uint8_t>(i.fill));
    } else {
      const auto bytes = source.subspan(static_cast<std::size_t>(pixel) * stem_pixel_bytes, stem_pixel_bytes);
      std::copy(bytes.begin(), bytes.end(), lanes.begin());
    }
  }
}

void load_stem(const TransferInstruction& i, std::span<const std::uint8_t> area, Buffers& buffers) {
  const FixedMap map{i.buffer_address, i.height, i.width, 1, 1};
  for (std::uint32_t run = 0; run < i.runs; ++run) {
    const auto source = run_of(i, run, area);
    const auto words = buffers.fixed(map.word(0, i.row + run, 0), i.width);
    for (std::uint32_t x = 0; x < i.width; ++x) {
      const auto word = words.subspan(x * fixed_word_bytes, fixed_word_bytes);
      const std::int64_t first = std::int64_t{x} - i.pad_left;
      if (first >= 0 && first + stem_pixels <= i.in_width) {
        const auto bytes = source.subspan(static_cast<std::size_t>(first) * stem_pixel_bytes, fixed_word_bytes);
        std::memcpy(word.data(), bytes.data(), fixed_word_bytes);
      } else {
        load_border(i, source, first, word);
      }
    }
  }
}

}  // namespace

void execute_load(const TransferInstruction& i, const MachineParameters& machine, std::span<const std::uint8_t> area,
                  Buffers& buffers) {
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::linear: return load_linear(i, machine, area, buffers);
    case TransferForm::stem: return load_stem(i, area, buffers);
    case TransferForm::fixed: {
      const FixedMap map = fixed_map(i);
      return each_element(i, area, map.bytes * fixed_word_bytes, [&](auto x, auto y, auto s, auto bytes) {
        std::copy(bytes.begin(), bytes.end(), buffers.fixed(map.word(x, y, s), map.bytes).begin());
      });
    }
    case TransferForm::binary: {
      const BinaryMap map = binary_map(i);
      const auto m = static_cast<std::size_t>(buffers.cell_slices());
      return each_element(i, area, 2 * m, [&](auto x, auto y, auto s, auto bytes) {
        const auto cell = buffers.cell(map, x, y, i.first + s);
        for (std::size_t k = 0; k < m; ++k) cell[k] = static_cast<std::uint16_t>(bytes[2 * k] | bytes[2 * k + 1] << 8);
      });
    }
  }
}

void execute_store(const TransferInstruction& i, const MachineParameters&, const Buffers& buffers,
                   std::span<std::uint8_t> area) {
  switch (static_cast<TransferForm>(i.form)) {
    case TransferForm::fixed: {
      const FixedMap map = fixed_map(i);
      return each_element(i, area, map.bytes * fixed_word_bytes, [&](auto x, auto y, auto s, auto bytes) {
        const auto words = buffers.fixed(map.word(x, y, s), map.bytes);
        std::copy(words.begin(), words.end(), bytes.begin());
      });
    }
    case TransferForm::binary: {
      const BinaryMap map = binary_map(i);
      const auto m = static_cast<std::size_t>(buffers.cell_slices());
      return each_element(i, area, 2 * m, [&](auto x, auto y, auto s, auto bytes) {
        const auto cell = buffers.cell(map, x, y, i.first + s);
        for (std::size_t k = 0; k < m; ++k) {
          bytes[2 * k] = static_cast<std::uint8_t>(cell[k] & 0xFF);
          bytes[2 * k + 1] = static_cast<std::uint8_t>(cell[k] >> 8);
        }
      });
    }
    case TransferForm::linear:
    case TransferForm::stem: throw InvariantError("store", "has maps only: verify() refuses the linear and stem forms");
  }
}

void add_run_distances(const TransferInstruction& i, const MachineParameters& machine,
                       std::span<const std::uint8_t> area, Distance distance, DistanceMeter& meter) {
  const auto bus = static_cast<std::size_t>(machine.memory.bus_bytes());
  std::int64_t bits = 0, words = 0;
  const std::uint8_t* before = nullptr;  // the last word of the run before
  for (std::uint32_t run = 0; run < i.runs; ++run) {
    const auto bytes = run_of(i, run, area);
    const std::size_t count = bytes.size() / bus;
    bits += WordSequence(bytes.data(), bus, bus).successive(0, count);
    if (before != nullptr) bits += differing_bits(before, bytes.data(), bus);
    before = bytes.data() + (count - 1) * bus;
    words += static_cast<std::int64_t>(count);
  }
  meter.add(distance, bits, words - 1, static_cast<std::int64_t>(8 * bus));
}

}  // namespace blendsim
