// SPDX-License-Identifier: Apache-2.0
// What a report says beyond the run itself, computed once and used by the JSON and the text alike.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/report.h"

namespace blendsim {

struct LayerFigures {
  std::string name, op, unit;
  Cycles start = 0, end = 0;          // of the first inference; half-open
  Cycles critical_cycles = 0;         // of the whole run
  std::int64_t macs = 0;              // of one inference
  std::optional<double> utilization;  // none: the unit does not multiply, or nothing was executed
  std::string bound_by;  // unit with the largest share of the critical cycles, else of the waits; or "dispatch"
  Cycles busy = 0;       // of its unit's front with it, in the first inference
  double energy_j = 0, energy_low_j = 0, energy_high_j = 0;  // dynamic, of one inference
  std::int64_t dram_bytes = 0, buffer_bits = 0;              // read and written, of one inference

  [[nodiscard]] Cycles cycles() const { return end - start; }
};

struct UnitFigures {
  std::string name;
  UnitCycles cycles;
  Cycles critical_cycles = 0;  // of the run
  double busy_fraction = 0;
  std::optional<double> utilization, mapping_efficiency;  // none: the unit does not multiply, or was never busy
};

// Resources of one part in the units a report uses: whole BRAM36.
struct ResourceFigures {
  std::string name;
  std::int64_t dsp = 0, lut = 0, ff = 0, uram = 0;
  double bram36 = 0;
};

struct Figures {
  explicit Figures(const ReportInput& input);

  const ReportInput& in;
  std::int64_t images = 1, in_flight = 1;  // of the run; ... that the program computes side by side
  std::int64_t macs = 0, binary_macs = 0;  // of one inference
  std::int64_t instructions = 0;           // of the program: of in_flight inferences
  Cycles latency = 0;                      // doorbell to the first completion, of in_flight inferences
  std::optional<Cycles> interval;          // from one inference to the next; none with one
  std::vector<LayerFigures> layers;
  std::array<UnitFigures, unit_count> units;
  std::array<Cycles, unit_count + 1> critical_by{};  // the run's critical cycles by unit; last: dispatch
  ResourceFigures used, available, limit;
  std::vector<ResourceFigures> parts;  // units, then "reserved"
  std::vector<std::string> notes;      // on this run, the program's, the power estimate's
  double gops = 0, peak_gops = 0;

  [[nodiscard]] double seconds(Cycles cycles) const;
  [[nodiscard]] bool clock_above_estimate() const { return in.platform.machine.clock_hz > in.clock.fmax_hz; }
  // Of the delay of the path that limits the clock.
  [[nodiscard]] double logic_share() const {
    const ClockEstimate::Part& p = in.clock.limit();
    return static_cast<double>(p.path.logic_ps) / static_cast<double>(p.path.logic_ps + p.routing_ps);
  }
  // What DRAM and the machine's port to it can carry, the smaller of the two.
  [[nodiscard]] double dram_peak_bytes_per_s() const;
  // What every read and every write port of the buffers' regions carries together, a word a cycle each.
  [[nodiscard]] double buffer_peak_bits_per_s() const;
  [[nodiscard]] double run_seconds() const { return seconds(in.run.cycles); }
  // Joule of one inference, of the run's femtojoules.
  [[nodiscard]] double energy_of_one(std::int64_t femtojoule) const {
    return static_cast<double>(femtojoule) / 1e15 / static_cast<double>(images);
  }
  // Index of the unit with most of the run's critical cycles; unit_count: dispatch.
  [[nodiscard]] std::size_t bottleneck() const;
  [[nodiscard]] std::size_t second_on_path() const;

 private:
  void find_layers();
  void add_repeated(const LayerFigures& row, LayerFigures& first) const;
  void find_traffic(const ActionCounts& counts, LayerFigures& row) const;
  void find_units();
  void find_resources();
};

// "xnor_array", ... and "dispatch" for unit_count.
[[nodiscard]] std::string_view critical_name(std::size_t unit);

// Every parameter by the name that --set uses, as canonical text: {"xnor_array.rows", "16"}, in the schema's order.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parameter_list(Platform platform);

}  // namespace blendsim
