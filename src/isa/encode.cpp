// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding and disassembly, all derived from the tables of fields.
#include <fmt/format.h>

#include <array>

#include "base/diagnostic.h"
#include "isa/fields.h"

namespace blendsim {
namespace {

constexpr int chunk_bits = 64;

// Up to two 128-bit words as 64-bit chunks, filled and read from bit 0.
class BitString {
 public:
  void put(std::uint64_t value, int bits) {
    const std::size_t chunk = static_cast<std::size_t>(position_ / chunk_bits);
    const int offset = position_ % chunk_bits;
    chunks_[chunk] |= value << offset;
    if (offset + bits > chunk_bits) chunks_[chunk + 1] |= value >> (chunk_bits - offset);
    position_ += bits;
  }
  std::uint64_t take(int bits) {
    const std::size_t chunk = static_cast<std::size_t>(position_ / chunk_bits);
    const int offset = position_ % chunk_bits;
    std::uint64_t value = chunks_[chunk] >> offset;
    if (offset + bits > chunk_bits) value |= chunks_[chunk + 1] << (chunk_bits - offset);
    position_ += bits;
    return value & ((std::uint64_t{1} << bits) - 1);
  }
  // True when every bit from the reading position on is 0.
  [[nodiscard]] bool rest_is_zero() const {
    BitString rest = *this;
    while (rest.position_ < 2 * word_bits) {
      if (rest.take(1) != 0) return false;
    }
    return true;
  }
  void set_word(int word, Word value) {
    chunks_[static_cast<std::size_t>(2 * word)] = value.low;
    chunks_[static_cast<std::size_t>(2 * word + 1)] = value.high;
  }
  [[nodiscard]] Word word(int word) const {
    return {chunks_[static_cast<std::size_t>(2 * word)], chunks_[static_cast<std::size_t>(2 * word + 1)]};
  }

 private:
  std::array<std::uint64_t, 4> chunks_{};
  int position_ = 0;
};

struct Encoded {
  Word first, second;
  bool two_words = false;
};

Encoded encode_bits(const Instruction& instruction) {
  const UnitId unit = unit_of(instruction);
  BitString bits;
  bits.put(static_cast<std::uint64_t>(unit), opcode_bits);
  bits.put(0, 1);
  std::visit(
      [&](const auto& i) {
        for_each_field(i, [&](std::string_view field, int width, std::uint32_t value) {
          if (width < 32 && value >> width != 0) {
            throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("{}.{}", name(unit), field)},
                                  fmt::format("the value {} exceeds the field's {} bits", value, width),
                                  "split the tile or place its data at a lower address");
          }
          bits.put(value, width);
        });
      },
      instruction);
  Encoded result{bits.word(0), bits.word(1), false};
  result.two_words = result.second != Word{};
  if (result.two_words) result.first.low |= std::uint64_t{1} << opcode_bits;
  return result;
}

[[noreturn]] void invalid(std::size_t index, const std::string& message) {
  throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("instruction word {}", index)}, message,
                        "the program was not written by this version of the compiler; compile the network again");
}

Instruction decode_one(BitString bits, UnitId unit, std::size_t index) {
  (void)bits.take(header_bits);
  Instruction instruction = make_instruction(unit);
  std::visit(
      [&](auto& i) {
        for_each_field(i, [&](std::string_view, int width, std::uint32_t& value) {
          value = static_cast<std::uint32_t>(bits.take(width));
        });
      },
      instruction);
  if (!bits.rest_is_zero()) invalid(index, fmt::format("bits beyond the fields of {} are set", name(unit)));
  return instruction;
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
  const Encoded encoded = encode_bits(i);
  words.push_back(encoded.first);
  if (encoded.two_words) words.push_back(encoded.second);
}

int encoded_words(const Instruction& i) { return encode_bits(i).two_words ? 2 : 1; }

void encode_end(std::vector<Word>& words) { words.push_back({end_opcode, 0}); }

std::vector<Instruction> decode(std::span<const Word> words) {
  std::vector<Instruction> instructions;
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
    BitString bits;
    bits.set_word(0, words[first]);
    if ((words[first].low >> opcode_bits & 1) != 0) {
      if (index == words.size()) invalid(first, "the instruction's second word is missing");
      if (words[index] == Word{}) invalid(index, "a second word of zeros is never written");
      bits.set_word(1, words[index++]);
    }
    instructions.push_back(decode_one(bits, static_cast<UnitId>(opcode), first));
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
