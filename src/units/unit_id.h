// SPDX-License-Identifier: Apache-2.0
// Identifiers of the units that have an instruction queue. units.h has the list that they number and says all else.
#pragma once

#include <cstdint>

namespace blendsim {

using Cycles = std::int64_t;  // a time or a duration of the accelerator clock

// In the order of the list, in which links are numbered and ties are broken; the value is the opcode.
enum class UnitId : std::uint8_t { load, store, xnor_array, mac_array, post_unit, pool_unit, transpose_unit };
[[nodiscard]] constexpr int index(UnitId unit) { return static_cast<int>(unit); }

}  // namespace blendsim
