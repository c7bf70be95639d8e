// SPDX-License-Identifier: Apache-2.0
// Everything that is not exact, with bands: resources from parameters, energy from action counts x a technology table.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/platform.h"
#include "result/run.h"

namespace blendsim {

// Estimated resources; LUT and FF are estimates with a band, DSP, BRAM and URAM follow from structure.
struct ResourceEstimate {
  struct Part {
    std::string unit;  // "xnor_array", "buffer act_fixed", ...
    Resources used;
  };
  std::vector<Part> parts;
  Resources total;                                                    // parts + platform.reserved
  double lut_low = 1.0, lut_high = 1.0, ff_low = 1.0, ff_high = 1.0;  // factors on total
  bool fits = false;                                                  // total within the platform's limits
  std::vector<std::string> over;                                      // "lut: 81 % of 70,560, limit 70 %"
};
[[nodiscard]] ResourceEstimate estimate_resources(const Platform& platform);

// Energies in femtojoules per action (bits: per bit; bytes: per byte), each with source and band.
struct TechnologyEntry {
  std::int64_t femtojoule = 0, low = 0, high = 0;
  std::string source;
};
struct Technology {
  std::string name;
  std::array<TechnologyEntry, action_count> energy;
  std::string source;
};
// Throws DiagnosticError naming file:line: unknown-name, unknown-key, missing-key (an action without entry),
// wrong-unit, ...
[[nodiscard]] Technology load_technology(const std::string& name, const ConfigPaths& paths);

// Summed as integers (femtojoules), converted once. Actions are counted exactly; the table's energies assume data that
// toggle at random, whatever the values are.
struct EnergyBand {
  std::int64_t low_fj = 0, high_fj = 0;
};
struct PowerEstimate {
  std::int64_t dynamic_fj = 0, dynamic_low_fj = 0, dynamic_high_fj = 0;  // PL, of the whole run
  std::int64_t dram_fj = 0;
  EnergyBand dram_band;
  std::array<std::int64_t, unit_count + 1> unit_fj{};  // last: dispatcher
  std::array<EnergyBand, unit_count + 1> unit_band{};
  // Per program layer, DRAM accesses for its transfers included. What belongs to no layer (END's dispatch, the fetch of
  // a program that is not resident, refreshes) is unattributed: layers + unattributed = units + dispatcher + DRAM.
  std::vector<std::int64_t> layer_fj;
  std::vector<EnergyBand> layer_band;
  std::int64_t unattributed_fj = 0;
  std::int64_t static_microwatt = 0;  // PL static at the platform's junction temperature
  double seconds = 0;                 // of the run
  double static_low_w = 0, static_high_w = 0;
  double dynamic_w = 0, static_w = 0, dram_w = 0, total_w = 0, low_w = 0, high_w = 0;
  double energy_per_inference_j = 0;  // total, static included
  std::vector<std::string> notes;     // parameters that change the machine but no energy of the table
};
[[nodiscard]] PowerEstimate estimate_power(const Run& run, std::int64_t images, const Platform& platform,
                                           const Technology& technology);

}  // namespace blendsim
