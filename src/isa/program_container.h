// SPDX-License-Identifier: Apache-2.0
// Internal to isa: the FlatBuffers container (program.fbs) without the file's trailer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isa/program.h"

namespace blendsim {

// Another one is refused: its words mean something else. 2: ADR 0011. 3: xnor_array's field `taps`. 4: post_unit's
// table. 5: its products. 6: links with transpose_unit. 7: patches.
inline constexpr std::uint32_t program_format = 7;

[[nodiscard]] std::vector<std::uint8_t> pack_program(const Program& program);

struct StoredProgram {
  Program program;
  std::string digest;  // as stored: nobody has compared it yet
};
// Never takes more memory than a small multiple of the container's size, whatever its offsets say.
// Throws DiagnosticError program-damaged naming `path`.
[[nodiscard]] StoredProgram unpack_program(std::span<const std::uint8_t> container, const std::string& path);

// "BLNS" at its place.
[[nodiscard]] bool has_program_identifier(std::span<const std::uint8_t> bytes);

}  // namespace blendsim
