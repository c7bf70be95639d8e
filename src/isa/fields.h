// SPDX-License-Identifier: Apache-2.0
// The tables of fields by instruction type: what disassembly, verify, compiler and the tests walk over.
#pragma once

#include "isa/instruction.h"
#include "units/instruction_word.h"

namespace blendsim {

template <class I>
[[nodiscard]] constexpr const auto& fields_of(const I*) {
  return UnitWith<Units, I>::fields;
}

template <class I>
[[nodiscard]] constexpr int instruction_bits() {
  return instruction_bits_of<Units, UnitWith<Units, I>>;
}

// Bit v: the unit has a link with unit v.
[[nodiscard]] inline std::uint32_t links(UnitId unit) {
  return with_unit(unit, []<class U>() { return links_of<Units, U>; });
}

template <class I>
[[nodiscard]] bool all_fields_fit(const I& i) {
  return all_values_fit<Units>(i);
}

// A decoded instruction of `unit` with every field at its default.
[[nodiscard]] Instruction make_instruction(UnitId unit);

}  // namespace blendsim
