// SPDX-License-Identifier: Apache-2.0
// The units of the machine, listed once. Identifiers, instructions, opcodes, keys of a platform, the RTL's package and
// the rows of a report follow from the list; docs/adding.md says what a further unit takes.
#pragma once

#include "units/mac_array/unit.h"
#include "units/pool_unit/unit.h"
#include "units/post_unit/unit.h"
#include "units/transfer/unit.h"
#include "units/transpose_unit/unit.h"
#include "units/unit_list.h"
#include "units/xnor_array/unit.h"

namespace blendsim {

using Units = UnitList<units::Load, units::Store, units::XnorArray, units::MacArray, units::PostUnit, units::PoolUnit,
                       units::TransposeUnit>;

inline constexpr int unit_count = Units::count;
inline constexpr std::array<std::string_view, unit_count> unit_names = Units::names;
inline constexpr std::array<UnitId, unit_count> all_units = [] {
  std::array<UnitId, unit_count> all{};
  for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<UnitId>(u);
  return all;
}();
[[nodiscard]] constexpr std::string_view name(UnitId unit) { return unit_names[static_cast<std::size_t>(unit)]; }
[[nodiscard]] constexpr bool is_memory_unit(UnitId unit) { return unit == UnitId::load || unit == UnitId::store; }

// Whether the machine has it: a platform may leave one out that says so itself (`is_built`). Instructions, links and
// names are the same with it and without.
[[nodiscard]] bool has_unit(UnitId unit, const MachineParameters& machine);

// Calls f.template operator()<U>() for `unit`; throws InvariantError where there is none such.
[[noreturn]] void no_such_unit(UnitId unit);
template <class F>
decltype(auto) with_unit(UnitId unit, F&& f) {
  using Result = decltype(f.template operator()<units::Load>());
  Result (*chosen)(F&) = nullptr;
  Units::for_each([&]<class U>() {
    if (U::id == unit) chosen = +[](F& g) -> Result { return g.template operator()<U>(); };
  });
  if (chosen == nullptr) no_such_unit(unit);
  return chosen(f);
}

namespace unit_list_detail {
template <class... Us>
constexpr bool numbered(UnitList<Us...>) {
  int place = 0;
  return ((index(Us::id) == place++) && ...);
}
template <class... Us>
constexpr bool described(UnitList<Us...>) {
  static_assert((UnitDescriptor<Us> && ...));
  static_assert(((ComputeDescriptor<Us> || is_memory_unit(Us::id)) && ...));
  return true;
}
}  // namespace unit_list_detail
static_assert(unit_list_detail::described(Units{}));
static_assert(unit_list_detail::numbered(Units{}), "the list and UnitId have another order");

}  // namespace blendsim
