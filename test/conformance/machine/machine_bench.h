// SPDX-License-Identifier: Apache-2.0
// A compiled program on the Verilated machine beside the model's: every start, end, account, output and written word,
// each with its cycle, without tolerance.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance_table.h"
#include "isa/program.h"
#include "units/machine_parameters.h"

namespace blendsim::conformance {

struct BenchOptions {
  std::string vcd_folder;  // where waveforms around a divergence go; empty: none are written
  // Complements a bit of what is noted of the RTL: the word that the unit writes at or after this cycle of main. For
  // tests. std::invalid_argument where it writes none there.
  std::optional<std::pair<UnitId, Cycles>> corrupt;
};

struct BenchResult {
  std::string divergence;              // where both part first; empty: nowhere
  Cycles init_cycles = 0, cycles = 0;  // the model's
  Compared compared;                   // init and main
  std::vector<std::string> waveforms;  // files written
};

// Images are quantised inputs [channels, height, width].
[[nodiscard]] BenchResult run_machine_bench(const MachineParameters& machine, const Program& program,
                                            const std::vector<std::vector<std::int32_t>>& images,
                                            const BenchOptions& options = {});

// The RTL alone: simulated cycles and wall seconds of main (init is not counted).
struct BenchTime {
  Cycles cycles = 0;
  double seconds = 0;
};
[[nodiscard]] BenchTime time_rtl(const MachineParameters& machine, const Program& program,
                                 const std::vector<std::vector<std::int32_t>>& images);

// Seeded integers of the input's range.
[[nodiscard]] std::vector<std::int32_t> random_image(const HostInput& input, std::uint64_t seed);

}  // namespace blendsim::conformance
