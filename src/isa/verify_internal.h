// SPDX-License-Identifier: Apache-2.0
// Internal to verify(): its parts. Each throws DiagnosticError program-invalid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isa/program.h"
#include "units/buffer/layout.h"

namespace blendsim::verification {

// One of a program's two instruction streams.
struct Stream {
  std::string_view name;  // "init" or "main"
  std::vector<Instruction> instructions;
};

// Throws program-invalid: "init instruction 12 (load): message".
[[noreturn]] void refuse(const Stream& stream, std::size_t index, const std::string& message, std::string hint = {});

// Each field legal by itself and together with the machine and the program's DRAM areas.
void check_fields(const Stream& stream, const Program& program, const MachineParameters& machine);

// What the dispatcher will read is the program: DRAM holds init's words, and main's or those that init's loads bring.
// After check_fields: transfers stay inside their areas.
void check_words(const Stream& init, const Program& program, const MachineParameters& machine);

// Rule 6 over both streams: tokens, order, ports, written words.
void check_order(const Stream& init, const Stream& main, const MachineParameters& machine);

// Every layer's results are written whole by its instructions, and the input is loaded as the host packs it.
// After check_fields: layers exist.
void check_results(const Stream& main, const Program& program, const MachineParameters& machine);

// The output area: nothing is stored twice, outputs are stored whole, and a load reads back what was stored before.
// After check_fields and check_container.
void check_outputs(const Stream& main, const Program& program, const MachineParameters& machine);

// What the constants prove: factors fit post_unit's multiplier, weights and
// activations mac_array's operands, accumulators their width; |x * M + B| < 2^47 for every x that can come.
// Last: records and operands are known to be written, in program order.
void check_values(const Stream& init, const Stream& main, const Program& program, const MachineParameters& machine);

// visit(word) for each word of an access to a buffer that has one word an address (all but act_binary).
template <class Visitor>
void each_word(const Access& access, Visitor&& visit) {
  if (!access.is_map) {
    for (std::size_t word = access.begin; word < access.end; ++word) visit(word);
    return;
  }
  for (std::uint32_t y = access.row0; y < access.row1; ++y) {
    for (std::uint32_t x = 0; x < access.width_of(y); ++x) {
      for (std::uint32_t s = access.slice0; s < access.slice1; ++s) visit(std::size_t{access.word(x, y, s)});
    }
  }
}

}  // namespace blendsim::verification
