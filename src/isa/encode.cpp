// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding and disassembly of this machine's instructions, all derived from the tables of fields.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "isa/encoding.h"
#include "isa/fields.h"

namespace blendsim {
namespace {

std::string mask_text(std::string_view label, std::uint32_t mask) {
  std::string out;
  for (const UnitId unit : all_units) {
    if ((mask >> index(unit) & 1) == 0) continue;
    out.append(out.empty() ? " " : ",");
    if (out.size() == 1) out.append(label).append(":");
    out.append(name(unit));
  }
  return out;
}

void append_links(std::string& out, std::string_view verb, std::uint32_t data, std::uint32_t space) {
  if (data == 0 && space == 0) return;
  out.append(" ").append(verb).append(mask_text("data", data)).append(mask_text("space", space));
}

void append_field(std::string& out, std::string_view name, std::uint32_t value) {
  const fmt::format_int digits(value);
  out.append(" ").append(name).append("=").append(digits.data(), digits.size());
}

}  // namespace

namespace encoding_detail {

void refuse_value(std::string_view unit, std::string_view field, std::uint32_t legal, std::uint32_t value) {
  const Place place{{}, 0, fmt::format("{}.{}", unit, field)};
  const bool is_number = std::has_single_bit(std::uint64_t{legal} + 1);
  if (is_number && value > legal) {
    throw DiagnosticError("program-invalid", place,
                          fmt::format("the value {} exceeds the field's {} bits", value, std::popcount(legal)),
                          "split the tile or place its data at a lower address");
  }
  throw DiagnosticError("program-invalid", place,
                        fmt::format("the unit has no link with{}", mask_text("units", value & ~legal)),
                        "units that share no buffer need no order");
}

void refuse_word(std::size_t index, const std::string& message) {
  throw DiagnosticError("program-invalid", Place{{}, 0, fmt::format("instruction word {}", index)}, message,
                        "the program was not written by this version of the compiler; compile the network again");
}

}  // namespace encoding_detail

void encode(const Instruction& i, std::vector<Word>& words) { Encoding<Units>::encode(i, words); }
int encoded_words(const Instruction& i) { return Encoding<Units>::words(i); }
void encode_end(std::vector<Word>& words) { words.push_back({end_opcode, 0}); }
std::vector<Instruction> decode(std::span<const Word> words) { return Encoding<Units>::decode(words); }

FieldMask differing_fields(const Instruction& a, const Instruction& b) {
  return std::visit(
      [&b](const auto& i) {
        const auto& other = std::get<std::decay_t<decltype(i)>>(b);
        static_assert(fields_of<std::decay_t<decltype(i)>>(nullptr).size() <= 64, "FieldMask has a bit a field");
        FieldMask mask = 0, bit = 1;
        for (const auto& field : fields_of(&i)) {
          if (i.*(field.member) != other.*(field.member)) mask |= bit;
          bit <<= 1;
        }
        return mask;
      },
      a);
}

FieldMask set_fields(const Instruction& instruction) {
  return differing_fields(instruction, make_instruction(unit_of(instruction)));
}

void append_fields(std::string& out, const Instruction& instruction, FieldMask fields) {
  std::visit(
      [&](const auto& i) {
        FieldMask bit = 1;
        for (const auto& field : fields_of(&i)) {
          if ((fields & bit) != 0) append_field(out, field.name, i.*(field.member));
          bit <<= 1;
        }
      },
      instruction);
}

void append_synchronisation(std::string& out, const Instruction& instruction) {
  const Synchronisation& sync = sync_of(instruction);
  if (sync.fence != 0) out += " fence";
  append_links(out, "wait", sync.wait_data, sync.wait_space);
  append_links(out, "post", sync.post_data, sync.post_space);
}

std::string disassemble(const Instruction& instruction) {
  constexpr std::size_t unit_width = 10, usual_length = 240;
  std::string out(name(unit_of(instruction)));
  out.reserve(usual_length);
  out.resize(std::max(out.size(), unit_width), ' ');
  append_fields(out, instruction, set_fields(instruction));
  append_field(out, "layer", sync_of(instruction).layer);
  append_synchronisation(out, instruction);
  return out;
}

}  // namespace blendsim
