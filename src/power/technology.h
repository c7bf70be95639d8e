// SPDX-License-Identifier: Apache-2.0
// configs/technologies/NAME.yaml: what each primitive of a process takes, where the figure comes from, how far it may
// be off and with which others it is off together.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/platform.h"
#include "power/primitives.h"

namespace blendsim {

// In femtojoules, microwatts or kelvin. What lies below `value` by the same cause lies below it together: constants of
// one `group` move as one, groups are independent of each other.
struct PhysicalConstant {
  std::int64_t value = 0, low = 0, high = 0;
  std::int64_t kind = 0;  // index in constant_kinds
  std::string at;         // process and voltage, or the conditions of a measurement
  std::string group;
  std::string source;
};

// How a figure came about, the most trustworthy first.
inline constexpr std::array<std::string_view, 4> constant_kinds = {"measured", "vendor-tool", "fit", "assumed"};

struct Technology {
  std::string name, source;
  std::array<PhysicalConstant, primitive_count> primitives;
  PhysicalConstant processor;         // microwatts of the processor system beside the logic, running
  PhysicalConstant leakage_doubling;  // kelvin in which the core's static power doubles

  [[nodiscard]] const PhysicalConstant& operator[](Primitive p) const {
    return primitives[static_cast<std::size_t>(p)];
  }
};

// Throws DiagnosticError naming file:line: unknown-name, unknown-key, missing-key (a primitive without entry),
// wrong-unit, contradiction (value outside of low to high), ...
[[nodiscard]] Technology load_technology(const std::string& name, const ConfigPaths& paths);

}  // namespace blendsim
