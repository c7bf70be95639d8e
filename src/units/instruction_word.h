// SPDX-License-Identifier: Apache-2.0
// What an instruction takes in bits: of its words, and in the registers of a unit that holds it.
#pragma once

#include "units/synchronisation.h"

namespace blendsim {

inline constexpr int opcode_bits = 3;
inline constexpr int header_bits = opcode_bits + 1;  // ... and whether a second word follows
inline constexpr int word_bits = 128;

// `fields`: a unit's own, behind those that every instruction has.
template <class Fields>
[[nodiscard]] constexpr int instruction_bits(const Fields& fields) {
  return header_bits + total_bits(synchronisation_fields) + total_bits(fields);
}

}  // namespace blendsim
