// SPDX-License-Identifier: Apache-2.0
// Power over time: the energy of a run in windows of its cycles, by part, in whole femtojoules that sum to the run's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isa/program.h"
#include "power/power.h"

namespace blendsim {

// Of an energy spent within so many cycles.
[[nodiscard]] constexpr double watts(std::int64_t femtojoule, Cycles cycles, std::int64_t clock_hz) {
  return femto * static_cast<double>(femtojoule) * static_cast<double>(clock_hz) / static_cast<double>(cycles);
}

inline constexpr int power_parts = unit_count + 4;  // the units, dispatcher, buffers, control, DRAM

// Windows end at multiples of `width`; what is covered cuts the first and the last one.
struct PowerWindows {
  Cycles width = 1;
  Cycles first = 0, last = 0;                 // covered: [first, last)
  std::vector<std::string> parts;             // PowerEstimate::parts, then "dram"
  std::vector<std::vector<std::int64_t>> fj;  // [part][window], a part's clocks included

  [[nodiscard]] std::size_t count() const {
    return first < last ? static_cast<std::size_t>((last - 1) / width - first / width + 1) : 0;
  }
  [[nodiscard]] std::size_t window_of(Cycles at) const { return static_cast<std::size_t>(at / width - first / width); }
  [[nodiscard]] Cycles begin(std::size_t window) const { return std::max(first, mark(window)); }
  [[nodiscard]] Cycles end(std::size_t window) const { return std::min(last, mark(window + 1)); }

 private:
  [[nodiscard]] Cycles mark(std::size_t window) const { return (first / width + static_cast<Cycles>(window)) * width; }
};

// The smallest power of two, 64 or more, of which an image of so many cycles has at most `most_windows`.
inline constexpr Cycles most_windows = 64;
[[nodiscard]] Cycles default_window(Cycles image);

// Where a run's energy goes in time: an instruction's evenly over the cycles of its front, an instruction word's to the
// cycle before it is visible in its queue, DRAM accesses evenly from an instruction's start to its end; what belongs to
// none (END, row activations, refreshes, the fetch of a program) evenly over the run.
class EnergyOverTime {
 public:
  // Throws what decode() throws. `power` is of `run`.
  EnergyOverTime(const Program& program, const PowerModel& model, const Run& run, const PowerEstimate& power);

  // Of the cycles [from, to) of main, or to its end. `executed`: every instruction that touches them, in any order. Of
  // the whole run they sum to the estimate's parts and its dram_fj, of one whatever the width.
  [[nodiscard]] PowerWindows windows(std::span<const InstructionRecord> executed, Cycles from, Cycles to,
                                     Cycles width) const;

 private:
  struct InstructionEnergy {
    std::size_t part = 0;
    std::int64_t logic_fj = 0, dram_fj = 0, dispatch_fj = 0;
  };
  std::vector<InstructionEnergy> instructions_;
  std::vector<std::string> parts_;
  std::vector<std::int64_t> rest_fj_, cycle_fj_;  // by part: of the run, of a cycle
  Cycles cycles_;
};

// The window that takes most.
struct PowerPeak {
  Cycles from = 0, to = 0, width = 0;
  double dynamic_w = 0;        // clocks, actions and DRAM
  double total_w = 0;          // with leakage and the processor
  std::vector<double> part_w;  // dynamic, by PowerWindows::parts
};
// The first of them where several take as much; none that is cut, unless there is no other. There must be one.
[[nodiscard]] PowerPeak find_peak(const PowerWindows& windows, const PowerEstimate& power, std::int64_t clock_hz);

}  // namespace blendsim
