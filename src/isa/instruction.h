// SPDX-License-Identifier: Apache-2.0
// One instruction of the machine, decoded: what a unit's queue holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isa/encoding.h"
#include "units/units.h"

namespace blendsim {

// The alternative's index is the UnitId. END is not an instruction of a unit: a program ends where its words end.
using Instruction = Units::Instruction;

[[nodiscard]] inline UnitId unit_of(const Instruction& i) { return static_cast<UnitId>(i.index()); }
[[nodiscard]] const Synchronisation& sync_of(const Instruction& i);
[[nodiscard]] Synchronisation& sync_of(Instruction& i);

// Timing law of any instruction: cycles it holds its unit's front. Not defined for load and store (InvariantError):
// their time is the memory's.
[[nodiscard]] Cycles occupancy(const Instruction& i, const MachineParameters& p);
// Pipeline depth of a compute unit.
[[nodiscard]] Cycles depth_of(UnitId unit, const MachineParameters& p);

// --- encoding ---------------------------------------------------------------------------------------------------
// 128-bit words, little end first, from 1 to 3 an instruction: units/instruction_word.h says what lies where, ADR 0011
// why. Throws DiagnosticError program-invalid naming unit and field when a value exceeds its field.
void encode(const Instruction& i, std::vector<Word>& words);
[[nodiscard]] int encoded_words(const Instruction& i);  // 1 to most_words
void encode_end(std::vector<Word>& words);
// Decodes a whole stream up to and including END. Throws DiagnosticError program-invalid with the word's index.
[[nodiscard]] std::vector<Instruction> decode(std::span<const Word> words);
// Some fields of an instruction: bit f is field f of its unit's table.
using FieldMask = std::uint64_t;
[[nodiscard]] FieldMask set_fields(const Instruction& i);  // the ones that are not at their defaults
// Both of one unit.
[[nodiscard]] FieldMask differing_fields(const Instruction& a, const Instruction& b);
// Adds " rows=1 out_row=3".
void append_fields(std::string& text, const Instruction& i, FieldMask fields);
// Adds " fence wait data:load,post post space:post", what there is of it.
void append_synchronisation(std::string& text, const Instruction& i);
// One line: "xnor_array  rows=1 out_row=3 ... wait data:load,post post space:post".
[[nodiscard]] std::string disassemble(const Instruction& i);

// Every access of an instruction, reads first. Throws DiagnosticError program-invalid where one leaves its region.
[[nodiscard]] std::vector<Access> accesses(const Instruction& i, const MachineParameters& p);
void add_accesses(const Instruction& i, const MachineParameters& p, std::vector<Access>& list);  // behind what is there

}  // namespace blendsim
