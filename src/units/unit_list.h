// SPDX-License-Identifier: Apache-2.0
// Lists of units, and what a unit's descriptor must have: the mechanism behind units.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/table.h"
#include "units/access.h"
#include "units/actions.h"
#include "units/buffer/storage.h"
#include "units/distance_meter.h"
#include "units/field_check.h"
#include "units/longest_path.h"
#include "units/machine_parameters.h"
#include "units/resources.h"
#include "units/transfer/dram_areas.h"
#include "units/unit_id.h"
#include "units/written.h"

namespace blendsim {

// A buffer that a unit reads or writes: in one region, or in any. `address`: the field that says where.
inline constexpr int any_region = -1;
struct PortUse {
  BufferId buffer;
  int region;
  std::string_view address;
};

// What every queue unit states about itself (units/X/unit.h). `resources` and `longest_path` are defined in
// estimate/, which knows the forms.
template <class U>
concept UnitDescriptor = requires(const typename U::Instruction& i, const MachineParameters& machine,
                                  std::vector<Access>& list, Accesses& accesses, ActionSums& actions,
                                  const FieldCheck& check, Buffers& buffers, const DramAreas& dram,
                                  DistanceMeter* meter) {
  requires std::is_same_v<std::remove_cvref_t<decltype(U::id)>, UnitId>;
  { U::name } -> std::convertible_to<std::string_view>;      // of the key in a platform, and everywhere
  { U::layout } -> std::convertible_to<std::string_view>;    // of the instruction's struct in RTL
  { U::sentence } -> std::convertible_to<std::string_view>;  // for the commented platform
  { machine.*(U::member) } -> std::convertible_to<const typename U::Parameters&>;
  U::parameters[0].member;  // tables
  U::fields[0].member;
  U::uses[0].buffer;
  {U::add_accesses(i, machine, accesses)};              // what it touches
  {U::add_actions(i, machine, actions)};                // what it does that costs energy
  {U::check(i, check)};                                 // its rules for an instruction alone
  { U::written(i, machine) } -> std::same_as<Written>;  // parts of tensors
  {U::execute(i, machine, buffers, dram, meter)};       // values, and distances where there is a meter
  { U::resources(machine) } -> std::same_as<Resources>;
  { U::longest_path(machine) } -> std::same_as<LongestPath>;
};

// A unit whose time follows from its instruction; the others' time is the memory's.
template <class U>
concept ComputeDescriptor = UnitDescriptor<U> &&
    requires(const typename U::Instruction& i, const MachineParameters& machine, typename U::Parameters& parameters) {
  { U::occupancy(i, machine) } -> std::same_as<Cycles>;        // law: cycles that it holds the front
  { parameters.depth } -> std::convertible_to<std::int64_t>;   // pipeline
  { U::least_depth(machine) } -> std::same_as<std::int64_t>;   // of the stages that the machine has
  { U::stages(machine) } -> std::convertible_to<std::string>;  // what they do
  U::depth_keys[0];                                            // keys of the platform that it follows from
};

template <class... Us>
struct UnitList {
  static constexpr int count = sizeof...(Us);
  static constexpr std::array<std::string_view, count> names = {Us::name...};
  using Instruction = std::variant<typename Us::Instruction...>;

  // f.template operator()<U>() for each unit, in order.
  template <class F>
  static constexpr void for_each(F&& f) {
    (f.template operator()<Us>(), ...);
  }
};

namespace unit_list_detail {
template <class I, class List>
struct Find;
template <class I, class... Us>
struct Find<I, UnitList<Us...>> {
  static constexpr std::size_t place() {
    std::size_t n = 0;
    (void)((std::is_same_v<typename Us::Instruction, I> ? true : (++n, false)) || ...);
    return n;
  }
  using type = typename std::variant_alternative_t<place(), std::variant<std::type_identity<Us>...>>::type;
};
}  // namespace unit_list_detail

// The unit of a list whose instructions are of type I.
template <class List, class I>
using UnitWith = typename unit_list_detail::Find<std::remove_cvref_t<I>, List>::type;

// f.template operator()<U>(instruction of unit U).
template <class List, class Instruction, class F>
constexpr decltype(auto) visit_unit(Instruction&& instruction, F&& f) {
  return std::visit(
      [&f](auto&& i) -> decltype(auto) {
        return f.template operator()<UnitWith<List, decltype(i)>>(std::forward<decltype(i)>(i));
      },
      std::forward<Instruction>(instruction));
}

}  // namespace blendsim
