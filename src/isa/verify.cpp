// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/diagnostic.h"
#include "isa/verify_container.h"
#include "isa/verify_internal.h"

namespace blendsim {
namespace verification {

void refuse(const Stream& stream, std::size_t index, const std::string& message, std::string hint) {
  const std::string place =
      fmt::format("{} instruction {} ({})", stream.name, index, name(unit_of(stream.instructions[index])));
  throw DiagnosticError("program-invalid", Place{{}, 0, place}, message, std::move(hint));
}

}  // namespace verification

void verify(const Program& program, const MachineParameters& machine) {
  verification::check_container(program, machine);
  const verification::Stream init{"init", decode(program.init)}, main{"main", decode(program.main)};
  verification::check_fields(init, program, machine);
  verification::check_fields(main, program, machine);
  verification::check_words(init, program, machine);
  verification::check_order(init, main, machine);
  verification::check_results(main, program, machine);
  verification::check_outputs(main, program, machine);
  verification::check_values(init, main, program, machine);
}

}  // namespace blendsim
