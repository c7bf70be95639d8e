// SPDX-License-Identifier: Apache-2.0
// What each pass made, as text for people: whole lines.
#pragma once

#include <string>

#include "compiler/passes.h"

namespace blendsim::compiler {

[[nodiscard]] std::string dump_assign(const Compilation& c);
[[nodiscard]] std::string dump_place(const Compilation& c);
[[nodiscard]] std::string dump_spill(const Compilation& c);
[[nodiscard]] std::string dump_images(const Compilation& c);
[[nodiscard]] std::string dump_split(const Compilation& c);
[[nodiscard]] std::string dump_tile(const Compilation& c);
[[nodiscard]] std::string dump_depend(const Compilation& c);
[[nodiscard]] std::string dump_schedule(const Compilation& c);
[[nodiscard]] std::string dump_allocate(const Compilation& c);
[[nodiscard]] std::string dump_instructions(const Compilation& c);
[[nodiscard]] std::string dump_emit(const Compilation& c);
[[nodiscard]] std::string dump_verify(const Compilation& c);

}  // namespace blendsim::compiler
