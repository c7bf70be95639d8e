// SPDX-License-Identifier: Apache-2.0
// One instruction of the machine, decoded: what a unit's queue holds.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "units/mac_array/instruction.h"
#include "units/machine_parameters.h"
#include "units/pool_unit/instruction.h"
#include "units/post_unit/instruction.h"
#include "units/transfer/instruction.h"
#include "units/unit_id.h"
#include "units/xnor_array/instruction.h"

namespace blendsim {

struct LoadInstruction : TransferInstruction { bool operator==(const LoadInstruction&) const = default; };
struct StoreInstruction : TransferInstruction { bool operator==(const StoreInstruction&) const = default; };

// The alternative's index is the UnitId. END is not an instruction of a unit: a program ends where its words end.
using Instruction = std::variant<LoadInstruction, StoreInstruction, XnorInstruction, MacInstruction, PostInstruction, PoolInstruction>;

[[nodiscard]] inline UnitId unit_of(const Instruction& i) { return static_cast<UnitId>(i.index()); }
[[nodiscard]] const Synchronisation& sync_of(const Instruction& i);
[[nodiscard]] Synchronisation& sync_of(Instruction& i);

// Timing law of any instruction: cycles it holds its unit's front. Not defined for load and store (InvariantError):
// their time is the memory's.
[[nodiscard]] Cycles occupancy(const Instruction& i, const MachineParameters& p);
// Pipeline depth of a compute unit.
[[nodiscard]] Cycles depth_of(UnitId unit, const MachineParameters& p);

// --- encoding ---------------------------------------------------------------------------------------------------
// 128-bit words, little end first: the first 3 bits of the first word are the opcode (UnitId; 7 = END), bit 3 tells
// whether a second word follows, then Synchronisation, then the unit's fields in table order. An instruction whose bits
// beyond the first word are all 0 is one word long.
struct Word {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Word&) const = default;
};
inline constexpr std::uint32_t end_opcode = 7;

// Throws DiagnosticError program-invalid naming unit and field when a value exceeds its field.
void encode(const Instruction& i, std::vector<Word>& words);
[[nodiscard]] int encoded_words(const Instruction& i);  // 1 or 2
void encode_end(std::vector<Word>& words);
// Decodes a whole stream up to and including END. Throws DiagnosticError program-invalid with the word's index.
[[nodiscard]] std::vector<Instruction> decode(std::span<const Word> words);
// One line: "xnor_array  rows=1 out_row=3 ... wait data:load,post post space:post".
[[nodiscard]] std::string disassemble(const Instruction& i);

// --- what an instruction touches ---------------------------------------------------------------------------------
// A rectangle of a map or an interval of words, in one region of one buffer.
struct Access {
  BufferId buffer = BufferId::act_fixed;
  std::uint32_t region = 0;
  bool write = false;
  std::uint32_t begin = 0, end = 0;              // buffer addresses [begin, end) that enclose everything touched
  bool is_map = false;                           // then rows [row0, row1) and slices [slice0, slice1) of the map at `base`
  std::uint32_t base = 0, width = 0, slices = 0; // the map's identity
  std::uint32_t row0 = 0, row1 = 0, slice0 = 0, slice1 = 0;
};
[[nodiscard]] bool overlap(const Access& a, const Access& b);  // of the same words; read/write is the caller's business
// Every access of an instruction, reads first. Throws DiagnosticError program-invalid where one leaves its region.
[[nodiscard]] std::vector<Access> accesses(const Instruction& i, const MachineParameters& p);
void add_accesses(const Instruction& i, const MachineParameters& p, std::vector<Access>& list);  // behind what is there

}  // namespace blendsim
