// SPDX-License-Identifier: Apache-2.0
#include "cause/written_words.h"

#include <fmt/format.h>

#include <vector>

namespace blendsim {

namespace {

template <class T>
std::span<const std::uint8_t> bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

// The 48 bits of each DSP word, one after the other as in the buffer.
void pack(std::span<const std::uint64_t> dsp_words, std::vector<std::uint8_t>& packed) {
  packed.clear();
  for (const std::uint64_t word : dsp_words) {
    for (int byte = 0; byte < dsp_word_bits / 8; ++byte) packed.push_back(static_cast<std::uint8_t>(word >> 8 * byte));
  }
}

// A word of a buffer that has one an address. Empty: the buffer holds no values. `packed`: room for it.
std::span<const std::uint8_t> word_of(const Buffers& buffers, BufferId buffer, std::uint32_t address,
                                      std::vector<std::uint8_t>& packed) {
  switch (buffer) {
    case BufferId::act_fixed: return buffers.fixed(address, 1);
    case BufferId::weights_binary: pack(buffers.binary_weights(address, 1), packed); return packed;
    case BufferId::weights_fixed: return bytes_of(buffers.fixed_weights(address, 1));
    case BufferId::accumulators: return bytes_of(buffers.accumulators(address, 1));
    case BufferId::parameters: return buffers.parameters(address, 1);
    default: return {};
  }
}

// visit(x, y, slice) over the rectangle of a map.
template <class Visitor>
void each_place(const Access& access, Visitor&& visit) {
  for (std::uint32_t y = access.row0; y < access.row1; ++y) {
    for (std::uint32_t x = 0; x < access.width; ++x) {
      for (std::uint32_t s = access.slice0; s < access.slice1; ++s) visit(x, y, s);
    }
  }
}

}  // namespace

std::string WordPlace::text() const {
  if (in_output) return fmt::format("byte {} of the output area", address);
  const std::string in_bank = buffer == BufferId::act_binary ? fmt::format("bank {} of ", bank) : "";
  return fmt::format("word {} of {}{} (region {})", address, in_bank, name(buffer), region);
}

void each_written_word(const Instruction& i, const MachineParameters& machine, const Buffers& buffers,
                       const DramAreas& areas,
                       const std::function<void(const WordPlace&, std::span<const std::uint8_t>)>& visit) {
  std::vector<std::uint8_t> packed;
  for (const Access& access : accesses(i, machine)) {
    if (!access.write) continue;
    WordPlace place{false, access.buffer, access.region, 0, 0};
    const auto word = [&](std::uint32_t address) {
      place.address = address;
      const auto bytes = word_of(buffers, access.buffer, address, packed);
      if (!bytes.empty()) visit(place, bytes);
    };
    if (access.buffer == BufferId::act_binary) {
      const BinaryMap map{access.base, access.row1, access.width, access.slices};
      each_place(access, [&](std::uint32_t x, std::uint32_t y, std::uint32_t s) {
        const BinaryMap::Cell cell = map.cell(x, y, s);
        place.address = cell.address;
        place.bank = cell.bank;
        visit(place, bytes_of(buffers.cell(map, x, y, s)));
      });
    } else if (access.is_map) {
      each_place(access, [&](std::uint32_t x, std::uint32_t y, std::uint32_t s) { word(access.word(x, y, s)); });
    } else {
      for (std::uint32_t address = access.begin; address < access.end; ++address) word(address);
    }
  }
  const auto* store = std::get_if<StoreInstruction>(&i);
  if (store == nullptr || static_cast<DramBase>(store->dram_base) != DramBase::output) return;
  for (std::uint32_t run = 0; run < store->runs; ++run) {
    const std::uint64_t begin = store->dram_address + std::uint64_t{run} * store->dram_stride;
    for (std::uint64_t at = begin; at < begin + store->run_bytes; ++at)
      visit({true, {}, 0, static_cast<std::uint32_t>(at), 0}, areas.output.subspan(at, 1));
  }
}

}  // namespace blendsim
