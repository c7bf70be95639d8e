// SPDX-License-Identifier: Apache-2.0
// The power of a design of which only the resources are known: any accelerator, through the same primitives, so that
// the estimate can be held against boards that were measured.
#pragma once

#include <cstdint>
#include <string>

#include "power/power.h"

namespace blendsim {

// How busy a design is, per cycle. From configs/activity/classes.yaml.
struct ActivityClass {
  std::string name;
  // In millionths: toggles of a LUT's output, of a flip-flop's; cycles in which a DSP slice multiplies, a block RAM is
  // read.
  std::int64_t lut = 0, ff = 0, dsp = 0, bram = 0;
  std::int64_t pins = 0;  // that a net leads to, in millionths
  std::string source;
};

// Throws DiagnosticError naming file:line, and unknown-name with the classes that there are.
[[nodiscard]] ActivityClass load_activity_class(const std::string& name, const ConfigPaths& paths);

struct ForeignDesign {
  Device device;
  Resources used;
  std::int64_t clock_hz = 0;
  ActivityClass activity;
};

struct ForeignPower {
  Rails idle, active;  // clocks on and nothing toggling; working in every cycle
  Band idle_total, active_total, idle_core, active_core;
  double idle_junction_celsius = 0, active_junction_celsius = 0;
  bool too_hot = false;
};

// Conditions' rate has no meaning here.
[[nodiscard]] ForeignPower estimate_foreign(const ForeignDesign& design, const Technology& technology,
                                            const PowerConditions& conditions);

}  // namespace blendsim
