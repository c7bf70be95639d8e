// SPDX-License-Identifier: Apache-2.0
// What the buffers of a bench hold: random contents, and words as a bench takes them.
#include <algorithm>

#include "unit_bench.h"
#include "units/buffer/layout.h"

namespace blendsim::conformance {
namespace {

std::size_t words_of(const MachineParameters& machine, BufferId id) {
  const BufferParameters& b = machine.buffer(id);
  return static_cast<std::size_t>(b.regions * b.depth);
}

void fill_words(const MachineParameters& machine, BufferId id, std::mt19937_64& random, Buffers& buffers) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(machine.buffer(id).width / 8));
  for (std::uint32_t word = 0; word < words_of(machine, id); ++word) {
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (id == BufferId::weights_fixed) {
      const auto spare = static_cast<int>(8 - machine.mac_array.weight_bits);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(static_cast<std::int8_t>(byte) >> spare);
    }
    buffers.write_words(id, word, bytes);
  }
}

template <class T>
std::vector<std::uint32_t> pack(std::span<const T> values, std::size_t bits) {
  std::vector<std::uint32_t> out((values.size() * bits + 31) / 32, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<std::uint64_t>(values[i]);
    for (std::size_t bit = 0; bit < bits;) {
      const std::size_t at = i * bits + bit, room = std::min(32 - at % 32, bits - bit);
      out[at / 32] |= static_cast<std::uint32_t>((value >> bit & ((std::uint64_t{1} << room) - 1)) << at % 32);
      bit += room;
    }
  }
  return out;
}

}  // namespace

void fill_random(const MachineParameters& machine, std::mt19937_64& random, Buffers& buffers) {
  const std::size_t cells =
      words_of(machine, BufferId::act_binary) * binary_banks * static_cast<std::size_t>(buffers.cell_slices());
  std::generate_n(buffers.cells(), cells, [&] { return static_cast<std::uint16_t>(random()); });
  const std::size_t fixed = words_of(machine, BufferId::act_fixed);
  std::generate_n(buffers.fixed_bytes(0, fixed), fixed * 16, [&] { return static_cast<std::uint8_t>(random()); });
  for (std::int32_t& value :
       buffers.accumulators(0, static_cast<std::uint32_t>(words_of(machine, BufferId::accumulators)))) {
    value = static_cast<std::int32_t>(random());
  }
  for (const BufferId id : {BufferId::weights_binary, BufferId::weights_fixed, BufferId::parameters}) {
    fill_words(machine, id, random, buffers);
  }
}

std::vector<std::uint32_t> buffer_word(const Buffers& buffers, BufferId buffer, std::uint32_t address) {
  switch (buffer) {
    case BufferId::act_binary: {
      const auto cells = static_cast<std::size_t>(binary_banks * buffers.cell_slices());
      return pack(std::span(buffers.cells() + address * cells, cells), 16);
    }
    case BufferId::act_fixed: return pack(std::span(buffers.fixed_bytes(address, 1), 16), 8);
    case BufferId::weights_binary: return pack(buffers.binary_weights(address, 1), dsp_word_bits);
    case BufferId::weights_fixed: {
      const std::span<const std::int8_t> weights = buffers.fixed_weights(address, 1);
      const std::vector<std::uint8_t> bytes(weights.begin(), weights.end());
      return pack(std::span<const std::uint8_t>(bytes), 8);
    }
    case BufferId::accumulators: {
      const std::span<const std::int32_t> lanes = buffers.accumulators(address, 1);
      return {lanes.begin(), lanes.end()};
    }
    case BufferId::parameters: return pack(buffers.parameters(address, 1), 8);
    case BufferId::instructions: break;
  }
  return {};
}

}  // namespace blendsim::conformance
