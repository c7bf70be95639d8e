// SPDX-License-Identifier: Apache-2.0
// The units that have an instruction queue, in the order in which links are numbered and ties are broken.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace blendsim {

using Cycles = std::int64_t;  // a time or a duration of the accelerator clock

enum class UnitId : std::uint8_t { load, store, xnor_array, mac_array, post_unit, pool_unit };
inline constexpr int unit_count = 6;
inline constexpr std::array<UnitId, unit_count> all_units = {UnitId::load,      UnitId::store,     UnitId::xnor_array,
                                                             UnitId::mac_array, UnitId::post_unit, UnitId::pool_unit};
inline constexpr std::array<std::string_view, unit_count> unit_names = {"load",      "store",     "xnor_array",
                                                                        "mac_array", "post_unit", "pool_unit"};
[[nodiscard]] constexpr int index(UnitId unit) { return static_cast<int>(unit); }
[[nodiscard]] constexpr std::string_view name(UnitId unit) { return unit_names[static_cast<std::size_t>(unit)]; }
[[nodiscard]] constexpr bool is_memory_unit(UnitId unit) { return unit == UnitId::load || unit == UnitId::store; }

}  // namespace blendsim
