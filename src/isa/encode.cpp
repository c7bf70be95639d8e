// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding and disassembly, all derived from the tables of fields.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/diagnostic.h"
#include "isa/fields.h"

namespace blendsim {
namespace {

constexpr int chunk_bits = 64;

// Up to two 128-bit words.
using Chunks = std::array<std::uint64_t, 4>;

[[noreturn]] __attribute__((noinline)) void too_wide(UnitId unit, std::string_view field, int width, std::uint32_t value) {
  throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("{}.{}", name(unit), field)},
                        fmt::format("the value {} exceeds the field's {} bits", value, width),
                        "split the tile or place its data at a lower address");
}

struct Encoded {
  Word first, second;
  bool two_words = false;
};

template <class I>
[[noreturn]] void refuse_fields(const I& instruction, UnitId unit) {
  for_each_field(instruction, [&](std::string_view field, int width, std::uint32_t value) {
    if (std::uint64_t{value} >> width != 0) too_wide(unit, field, width, value);
  });
  throw InvariantError("encode", "a field is too narrow, and none is");
}

template <class I>
Encoded encode_bits(const I& instruction, UnitId unit) {
  if (!all_fields_fit(instruction)) refuse_fields(instruction, unit);
  Chunks chunks{};
  for_each_placed_field(instruction, [&](const auto& field, std::uint32_t value, auto place) __attribute__((always_inline)) {
    constexpr int chunk = place / chunk_bits, offset = place % chunk_bits;
    chunks[chunk] |= std::uint64_t{value} << offset;
    if (offset + field.bits > chunk_bits) chunks[std::min(chunk + 1, 3)] |= std::uint64_t{value} >> ((chunk_bits - offset) % chunk_bits);
  });
  Encoded result{{chunks[0] | static_cast<std::uint64_t>(unit), chunks[1]}, {chunks[2], chunks[3]}, false};
  result.two_words = result.second != Word{};
  if (result.two_words) result.first.low |= std::uint64_t{1} << opcode_bits;
  return result;
}

// Whether any bit lies beyond the first word.
template <class I>
bool takes_two_words(const I& instruction) {
  std::uint64_t beyond = 0;
  for_each_placed_field(instruction, [&](const auto&, std::uint32_t value, auto place) __attribute__((always_inline)) {
    beyond |= std::uint64_t{value} >> std::clamp(word_bits - place, 0, 32);
  });
  return beyond != 0;
}

[[noreturn]] void invalid(std::size_t index, const std::string& message) {
  throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("instruction word {}", index)}, message,
                        "the program was not written by this version of the compiler; compile the network again");
}

// Whether nothing is set beyond the fields.
template <class I>
bool decode_bits(const Chunks& chunks, I& instruction) {
  for_each_placed_field(instruction, [&](const auto& field, std::uint32_t& value, auto place) __attribute__((always_inline)) {
    constexpr int chunk = place / chunk_bits, offset = place % chunk_bits;
    std::uint64_t bits = chunks[chunk] >> offset;
    if (offset + field.bits > chunk_bits) bits |= chunks[std::min(chunk + 1, 3)] << ((chunk_bits - offset) % chunk_bits);
    value = static_cast<std::uint32_t>(bits & field.maximum());
  });
  constexpr int used = instruction_bits<I>();
  for (int chunk = used / chunk_bits; chunk < 4; ++chunk) {
    const int offset = chunk == used / chunk_bits ? used % chunk_bits : 0;
    if (chunks[static_cast<std::size_t>(chunk)] >> offset != 0) return false;
  }
  return true;
}

// `instruction`: any of the unit.
void decode_one(const Chunks& chunks, std::size_t index, Instruction& instruction) {
  const bool whole = std::visit([&](auto& i) { return decode_bits(chunks, i); }, instruction);
  if (!whole) invalid(index, fmt::format("bits beyond the fields of {} are set", name(unit_of(instruction))));
}

std::string mask_text(std::string_view label, std::uint32_t mask) {
  std::string out;
  for (const UnitId unit : all_units) {
    if ((mask >> index(unit) & 1) != 0) out += fmt::format("{}{}", out.empty() ? "" : ",", name(unit));
  }
  return out.empty() ? out : fmt::format(" {}:{}", label, out);
}

std::string link_text(std::string_view verb, std::uint32_t data, std::uint32_t space) {
  const std::string links = mask_text("data", data) + mask_text("space", space);
  return links.empty() ? links : fmt::format(" {}{}", verb, links);
}

}  // namespace

void encode(const Instruction& i, std::vector<Word>& words) {
  const Encoded encoded = std::visit([&](const auto& unit) { return encode_bits(unit, unit_of(i)); }, i);
  words.push_back(encoded.first);
  if (encoded.two_words) words.push_back(encoded.second);
}

int encoded_words(const Instruction& i) {
  return std::visit([](const auto& unit) { return takes_two_words(unit) ? 2 : 1; }, i);
}

void encode_end(std::vector<Word>& words) { words.push_back({end_opcode, 0}); }

std::vector<Instruction> decode(std::span<const Word> words) {
  std::vector<Instruction> instructions;
  instructions.reserve(words.size());
  std::size_t index = 0;
  while (index < words.size()) {
    const std::size_t first = index++;
    const std::uint64_t opcode = words[first].low & ((1U << opcode_bits) - 1);
    if (opcode == end_opcode) {
      if (words[first] != Word{end_opcode, 0}) invalid(first, "END carries bits beyond its opcode");
      if (index != words.size()) invalid(index, "words follow END");
      return instructions;
    }
    if (opcode >= unit_count) invalid(first, fmt::format("{} is no unit's opcode", opcode));
    Chunks chunks{words[first].low, words[first].high, 0, 0};
    if ((words[first].low >> opcode_bits & 1) != 0) {
      if (index == words.size()) invalid(first, "the instruction's second word is missing");
      if (words[index] == Word{}) invalid(index, "a second word of zeros is never written");
      chunks[2] = words[index].low;
      chunks[3] = words[index++].high;
    }
    instructions.push_back(make_instruction(static_cast<UnitId>(opcode)));
    decode_one(chunks, first, instructions.back());
  }
  invalid(words.size(), "the stream ends without END");
}

std::string disassemble(const Instruction& instruction) {
  std::string out = fmt::format("{:<10}", name(unit_of(instruction)));
  const Instruction defaults = make_instruction(unit_of(instruction));
  std::visit(
      [&](const auto& i) {
        const auto& initial = std::get<std::decay_t<decltype(i)>>(defaults);
        for (const auto& field : fields_of(&i)) {
          const std::uint32_t value = i.*(field.member);
          if (value != initial.*(field.member)) out += fmt::format(" {}={}", field.name, value);
        }
      },
      instruction);
  const Synchronisation& sync = sync_of(instruction);
  out += fmt::format(" layer={}", sync.layer);
  if (sync.fence != 0) out += " fence";
  return out + link_text("wait", sync.wait_data, sync.wait_space) + link_text("post", sync.post_data, sync.post_space);
}

}  // namespace blendsim
