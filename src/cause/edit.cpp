// SPDX-License-Identifier: Apache-2.0
#include "cause/edit.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

constexpr std::size_t word_bytes = sizeof(Word);

std::array<std::uint8_t, word_bytes> bytes_of(const Word& word) {
  std::array<std::uint8_t, word_bytes> bytes;
  for (std::size_t b = 0; b < word_bytes; ++b)
    bytes[b] = static_cast<std::uint8_t>((b < 8 ? word.low : word.high) >> (8 * (b % 8)));
  return bytes;
}

void put(Program& program, std::uint64_t address, const Word& word) {
  const auto bytes = bytes_of(word);
  for (DramSegment& segment : program.segments) {
    if (address < segment.address || address + word_bytes > segment.address + segment.bytes.size()) continue;
    std::copy(bytes.begin(), bytes.end(),
              segment.bytes.begin() + static_cast<std::ptrdiff_t>(address - segment.address));
  }
}

// Where each word of a resident main lies in the program area: where init's loads bring it from.
std::map<std::size_t, std::uint64_t> resident_addresses(const Program& program, std::size_t stored) {
  std::map<std::size_t, std::uint64_t> addresses;
  for (const Instruction& instruction : decode(program.init)) {
    const auto* load = std::get_if<LoadInstruction>(&instruction);
    if (load == nullptr || load->buffer != static_cast<std::uint32_t>(BufferId::instructions)) continue;
    std::size_t at = load->buffer_address;
    for (std::uint32_t run = 0; run < load->runs; ++run) {
      const std::uint64_t from = load->dram_address + std::uint64_t{run} * load->dram_stride;
      for (std::size_t w = 0; w < load->run_bytes / stored; ++w) addresses[at++] = from + w * stored;
    }
  }
  return addresses;
}

// The link's bit in the masks of its two ends.
std::uint32_t& post_mask(std::vector<Instruction>& main, TokenKind kind, std::int32_t by) {
  Synchronisation& sync = sync_of(main.at(static_cast<std::size_t>(by)));
  return kind == TokenKind::data ? sync.post_data : sync.post_space;
}
std::uint32_t& wait_mask(std::vector<Instruction>& main, TokenKind kind, std::int32_t by) {
  Synchronisation& sync = sync_of(main.at(static_cast<std::size_t>(by)));
  return kind == TokenKind::data ? sync.wait_data : sync.wait_space;
}
std::uint32_t bit_of(const std::vector<Instruction>& main, std::int32_t instruction) {
  return 1U << index(unit_of(main.at(static_cast<std::size_t>(instruction))));
}

}  // namespace

Program with_main(const Program& program, const MachineParameters& machine, const std::vector<Instruction>& main) {
  Program changed = program;
  changed.main.clear();
  for (const Instruction& instruction : main) encode(instruction, changed.main);
  encode_end(changed.main);
  if (changed.main.size() != program.main.size()) throw InvariantError("with_main", "the number of words changed");
  // A word takes whole bus words where it is loaded; fetched words lie packed.
  std::map<std::size_t, std::uint64_t> addresses;
  if (program.resident) {
    const std::size_t bus = static_cast<std::size_t>(machine.memory.bus_bytes());
    addresses = resident_addresses(program, (word_bytes + bus - 1) / bus * bus);
  } else {
    for (std::size_t w = 0; w < changed.main.size(); ++w) addresses[w] = program.main_address + w * word_bytes;
  }
  for (const auto& [word, address] : addresses) {
    if (word < changed.main.size()) put(changed, address, changed.main[word]);
  }
  return changed;
}

void drop_token(std::vector<Instruction>& main, const TokenWay& token) {
  post_mask(main, token.kind, token.posted_by) &= ~bit_of(main, token.taken_by);
  wait_mask(main, token.kind, token.taken_by) &= ~bit_of(main, token.posted_by);
}

void move_post(std::vector<Instruction>& main, const TokenWay& token, std::int32_t by) {
  post_mask(main, token.kind, token.posted_by) &= ~bit_of(main, token.taken_by);
  post_mask(main, token.kind, by) |= bit_of(main, token.taken_by);
}

}  // namespace blendsim
