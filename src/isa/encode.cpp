// SPDX-License-Identifier: Apache-2.0
// Encoding, decoding and disassembly of this machine's instructions, all derived from the tables of fields.
#include <fmt/format.h>

#include <bit>

#include "isa/encoding.h"
#include "isa/fields.h"

namespace blendsim {
namespace {

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
