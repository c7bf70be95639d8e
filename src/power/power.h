// SPDX-License-Identifier: Apache-2.0
// Power and energy of a run: energies of its actions, clocks of every cycle, what leaks at the temperature that
// follows, the processor beside; by the rails that boards measure, by unit and layer, each with a band.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "power/band.h"
#include "power/energies.h"
#include "result/run.h"

namespace blendsim {

struct PowerConditions {
  std::optional<std::int64_t> ambient_celsius;   // none: the platform's
  std::optional<std::int64_t> junction_celsius;  // none: what follows from ambient and power
  std::optional<double> rate;                    // inferences a second; none: back to back
};

// Watts by the rails that boards measure.
struct Rails {
  double core_static = 0, clock = 0, dynamic = 0;  // VCCINT and VCCBRAM
  double other_static = 0;                         // VCCAUX, VCCO and the like: constant
  double processor = 0;                            // its rails; 0 where the device has none
  double dram = 0;
  [[nodiscard]] double core() const { return core_static + clock + dynamic; }
  [[nodiscard]] double on_chip() const { return core() + other_static + processor; }
  [[nodiscard]] double total() const { return on_chip() + dram; }
  [[nodiscard]] double accelerator() const { return total() - processor; }
};

struct PartEnergy {
  std::string name;  // of a unit, "dispatcher", "buffers", "control"
  std::int64_t action_fj = 0, clock_fj = 0;
  Band watts;
};

struct LayerEnergy {
  std::int64_t fj = 0;  // of its actions, its DRAM accesses included
  Band joule;           // of all images
};

struct PowerEstimate {
  // Of the run, whole femtojoules: the parts' actions + clocks are dynamic_fj + clock_fj; the layers' + unattributed_fj
  // are dynamic_fj + dram_fj.
  std::int64_t dynamic_fj = 0, clock_fj = 0, dram_fj = 0;
  std::vector<PartEnergy> parts;
  std::vector<LayerEnergy> layers;
  std::int64_t unattributed_fj = 0;  // END, refreshes, the fetch of a program that is not resident
  double seconds = 0;                // of the run

  double rate = 0, most_rate = 0;  // inferences a second: stated for, and back to back
  Rails watts;
  Band total, core, static_power, dynamic, dram;
  std::vector<Spread> from;     // what makes most of the total's band
  double junction_celsius = 0;  // that `watts` are stated for
  bool too_hot = false;         // it lies beyond 125 C or finds no balance; then stated for 125 C
  double marginal_j = 0;        // of one inference: what one more takes, clocks and leakage not counted
  double all_in_j = 0;          // of one inference at `rate`: total watts / rate
  bool sampled = false;         // densities of the run's own data, not of the profile
  std::string profile;          // networks of the profile
  bool fits = true;             // the device has what the machine takes
  std::vector<std::string> notes;
};

// Throws DiagnosticError usage: a rate that is not above 0, or faster than back to back.
[[nodiscard]] PowerEstimate estimate_power(const Run& run, std::int64_t images, const PowerModel& model,
                                           const PowerConditions& conditions = {});

}  // namespace blendsim
