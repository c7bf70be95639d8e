// SPDX-License-Identifier: Apache-2.0
// The instruction words themselves: what the dispatcher reads, from DRAM or from the buffer, is the program.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "isa/verify_internal.h"

namespace blendsim::verification {
namespace {

constexpr std::size_t word_bytes = sizeof(Word);

[[noreturn]] void refuse_words(std::string_view stream, std::string message) {
  throw DiagnosticError("program-invalid", Place{{}, 0, std::string(stream)}, std::move(message));
}

std::array<std::uint8_t, word_bytes> bytes_of(const Word& word) {
  std::array<std::uint8_t, word_bytes> bytes;
  for (std::size_t b = 0; b < word_bytes; ++b) {
    bytes[b] = static_cast<std::uint8_t>((b < 8 ? word.low : word.high) >> (8 * (b % 8)));
  }
  return bytes;
}

// Fetched words lie packed, from a bus word and a whole word on, so that none crosses a burst.
void check_fetched(std::string_view stream, const std::vector<Word>& words, std::uint64_t address,
                   std::span<const std::uint8_t> area, const MachineParameters& machine) {
  const auto border = std::max<std::uint64_t>(static_cast<std::uint64_t>(machine.memory.bus_bytes()), word_bytes);
  if (address % border != 0 || address > area.size() || words.size() * word_bytes > area.size() - address) {
    refuse_words(stream, "is fetched from DRAM but does not lie inside the program area on a bus word");
  }
  for (std::size_t n = 0; n < words.size(); ++n) {
    const auto bytes = bytes_of(words[n]);
    if (!std::equal(bytes.begin(), bytes.end(), area.begin() + static_cast<std::ptrdiff_t>(address + n * word_bytes)))
      refuse_words(stream, fmt::format("word {} is not what DRAM holds at byte {} of the program area", n,
                                       address + n * word_bytes));
  }
}

// The instructions buffer as init's loads leave it. Fields have been checked.
void check_resident(const Stream& init, const std::vector<Word>& words, std::span<const std::uint8_t> area,
                    const MachineParameters& machine) {
  std::vector<bool> right(words.size(), false);
  const auto bus = static_cast<std::size_t>(machine.memory.bus_bytes());
  const std::size_t stored = (word_bytes + bus - 1) / bus * bus;
  for (const Instruction& instruction : init.instructions) {
    const auto* load = std::get_if<LoadInstruction>(&instruction);
    if (load == nullptr || load->buffer != static_cast<std::uint32_t>(BufferId::instructions) ||
        load->dram_base != static_cast<std::uint32_t>(DramBase::program)) {
      continue;
    }
    std::size_t at = load->buffer_address;
    for (std::uint32_t run = 0; run < load->runs; ++run) {
      const std::size_t from = load->dram_address + std::size_t{run} * load->dram_stride;
      for (std::size_t w = 0; w < load->run_bytes / stored; ++w, ++at) {
        if (at >= words.size()) continue;
        const auto bytes = bytes_of(words[at]);
        const auto there = area.begin() + static_cast<std::ptrdiff_t>(from + w * stored);
        right[at] = std::equal(bytes.begin(), bytes.end(), there);
      }
    }
  }
  const auto wrong = std::find(right.begin(), right.end(), false);
  if (wrong == right.end()) return;
  refuse_words("main", fmt::format("is resident, but init does not bring its word {} into the instructions buffer",
                                   wrong - right.begin()));
}

}  // namespace

void check_words(const Stream& init, const Program& program, const MachineParameters& machine) {
  const std::vector<std::uint8_t> area = program_area(program);
  if (!init.instructions.empty()) check_fetched("init", program.init, program.init_address, area, machine);
  if (program.resident) {
    check_resident(init, program.main, area, machine);
  } else {
    check_fetched("main", program.main, program.main_address, area, machine);
  }
}

}  // namespace blendsim::verification
