// SPDX-License-Identifier: Apache-2.0
// The tables of fields by instruction type: what encode, decode, disassemble, verify and the tests walk over.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "isa/instruction.h"
#include "units/instruction_word.h"

namespace blendsim {

template <class I>
[[nodiscard]] constexpr const auto& fields_of(const I*) {
  return UnitWith<Units, I>::fields;
}

template <class I>
[[nodiscard]] constexpr int instruction_bits() {
  return instruction_bits(fields_of(static_cast<const I*>(nullptr)));
}
static_assert([] {
  int longest = 0;
  Units::for_each([&]<class U>() { longest = std::max(longest, instruction_bits<typename U::Instruction>()); });
  return longest <= 2 * word_bits;
}());

// visit(field name, bits, value&) for every field of `i` in encoding order: Synchronisation first.
template <class I, class Visitor>
void for_each_field(I& i, Visitor&& visit) {
  for (const auto& field : synchronisation_fields) visit(field.name, field.bits, i.sync.*(field.member));
  for (const auto& field : fields_of(&i)) visit(field.name, field.bits, i.*(field.member));
}

// visit(field, value&, place) for every field in encoding order, unrolled: `place`, an integral_constant, is its first
// bit in the instruction. What encodes and decodes is then shifts and masks by constants.
template <class I, class Visitor>
[[gnu::always_inline]] inline void for_each_placed_field(I& i, Visitor&& visit) {
  constexpr const auto& fields = fields_of(static_cast<const std::remove_const_t<I>*>(nullptr));
  constexpr auto place_of = [](const auto& table, int first, std::size_t field) {
    for (std::size_t n = 0; n < field; ++n) first += table[n].bits;
    return first;
  };
  [&]<std::size_t... N>(std::index_sequence<N...>) __attribute__((always_inline)) {
    (visit(synchronisation_fields[N], i.sync.*(synchronisation_fields[N].member),
           std::integral_constant<int, place_of(synchronisation_fields, header_bits, N)>{}),
     ...);
  }(std::make_index_sequence<synchronisation_fields.size()>{});
  constexpr int first = header_bits + total_bits(synchronisation_fields);
  [&]<std::size_t... N>(std::index_sequence<N...>) __attribute__((always_inline)) {
    (visit(fields[N], i.*(fields[N].member), std::integral_constant<int, place_of(fields, first, N)>{}), ...);
  }(std::make_index_sequence<fields.size()>{});
}

// Whether every value, Synchronisation's included, is within its field: one test in the end instead of one a field.
template <class I>
[[nodiscard]] bool all_fields_fit(const I& i) {
  std::uint64_t beyond = 0;
  for_each_placed_field(i, [&](const auto& field, std::uint32_t value, auto) __attribute__((always_inline)) {
    beyond |= std::uint64_t{value} >> field.bits;
  });
  return beyond == 0;
}

// A decoded instruction of `unit` with every field at its default.
[[nodiscard]] Instruction make_instruction(UnitId unit);

}  // namespace blendsim
