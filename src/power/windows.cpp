// SPDX-License-Identifier: Apache-2.0
#include "power/windows.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "power/run_energies.h"

namespace blendsim {
namespace {

constexpr Cycles least_window = 64;

// Of `fj` that are spread evenly over `cycles`, those of the first `at`: rounded down, so that parts of a stretch sum
// to it exactly.
std::int64_t until(std::int64_t fj, Cycles at, Cycles cycles) {
  return static_cast<std::int64_t>(static_cast<__int128>(fj) * at / cycles);
}

// Adds what is spread evenly over [from, to) to the windows that it touches.
void spread(std::vector<std::int64_t>& line, const PowerWindows& windows, std::int64_t fj, Cycles from, Cycles to) {
  if (fj == 0 || to <= windows.first || from >= windows.last) return;
  const Cycles cycles = to - from;
  for (std::size_t window = windows.window_of(std::max(from, windows.first));
       window < line.size() && windows.begin(window) < to; ++window) {
    line[window] += until(fj, std::min(to, windows.end(window)) - from, cycles) -
                    until(fj, std::max(from, windows.begin(window)) - from, cycles);
  }
}

struct Femtojoules {
  std::int64_t logic = 0, dram = 0;
};
Femtojoules energy_of(const ActionCounts& counts, const ActionEnergies& energies) {
  Femtojoules out;
  for (std::size_t a = 0; a < counts.counts.size(); ++a) {
    out.logic += counts.counts[a] * energies.logic_fj[a];
    out.dram += counts.counts[a] * energies.dram_fj[a];
  }
  return out;
}

}  // namespace

Cycles default_window(Cycles image) {
  Cycles width = least_window;
  while (width * most_windows < image) width *= 2;
  return width;
}

EnergyOverTime::EnergyOverTime(const Program& program, const PowerModel& model, const Run& run,
                               const PowerEstimate& power)
    : cycles_(run.cycles) {
  const RunEnergies energies(model, run);
  const auto images = static_cast<std::int64_t>(run.completions.size());
  for (const PartEnergy& part : power.parts) {
    parts_.push_back(part.name);
    rest_fj_.push_back(part.action_fj);
    cycle_fj_.push_back(part.clock_fj / run.cycles);  // exact: it is a product with the cycles
  }
  constexpr auto dispatcher = static_cast<std::size_t>(unit_count);
  const std::size_t dram = parts_.size();
  parts_.emplace_back("dram");
  rest_fj_.push_back(power.dram_fj);
  cycle_fj_.push_back(0);
  for (const Instruction& instruction : decode(program.main)) {
    const Femtojoules own = energy_of(actions(instruction, model.platform().machine),
                                      energies.of_layer(static_cast<std::size_t>(sync_of(instruction).layer)));
    ActionCounts words;
    words[Action::dispatch] = encoded_words(instruction);
    if (program.resident) words[Action::instructions_read] = words[Action::dispatch] * std::int64_t{8 * sizeof(Word)};
    const InstructionEnergy& e =
        instructions_.emplace_back(InstructionEnergy{static_cast<std::size_t>(index(unit_of(instruction))), own.logic,
                                                     own.dram, energy_of(words, energies.of_rest()).logic});
    rest_fj_[e.part] -= images * e.logic_fj;
    rest_fj_[dispatcher] -= images * e.dispatch_fj;
    rest_fj_[dram] -= images * e.dram_fj;
  }
  if (std::any_of(rest_fj_.begin(), rest_fj_.end(), [](std::int64_t fj) { return fj < 0; }))
    throw InvariantError("power", "the instructions' energies exceed the run's");
}

PowerWindows EnergyOverTime::windows(std::span<const InstructionRecord> executed, Cycles from, Cycles to,
                                     Cycles width) const {
  PowerWindows out;
  out.first = from;
  out.last = std::min(to, cycles_);
  out.width = std::min(width, cycles_);
  out.parts = parts_;
  out.fj.assign(parts_.size(), std::vector<std::int64_t>(out.count(), 0));
  std::vector<std::int64_t>& dispatcher = out.fj[unit_count];
  std::vector<std::int64_t>& dram = out.fj.back();
  for (const InstructionRecord& r : executed) {
    const InstructionEnergy& e = instructions_[static_cast<std::size_t>(r.instruction)];
    spread(out.fj[e.part], out, e.logic_fj, r.start, std::max(r.front_free, r.start + 1));
    spread(dram, out, e.dram_fj, r.start, r.end + 1);
    spread(dispatcher, out, e.dispatch_fj, r.visible - 1, r.visible);
  }
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    spread(out.fj[part], out, rest_fj_[part], 0, cycles_);
    for (std::size_t w = 0; w < out.count(); ++w) out.fj[part][w] += cycle_fj_[part] * (out.end(w) - out.begin(w));
  }
  return out;
}

PowerPeak find_peak(const PowerWindows& windows, const PowerEstimate& power, std::int64_t clock_hz) {
  const auto watt = [&](std::size_t part, std::size_t window) {
    return watts(windows.fj[part][window], windows.end(window) - windows.begin(window), clock_hz);
  };
  if (windows.count() == 0) throw InvariantError("power", "a peak of no window");
  std::size_t window = 0;
  double most = -1;
  const bool has_whole = windows.last / windows.width > (windows.first + windows.width - 1) / windows.width;
  for (std::size_t w = 0; w < windows.count(); ++w) {
    if (has_whole && windows.end(w) - windows.begin(w) < windows.width) continue;
    double sum = 0;
    for (std::size_t part = 0; part < windows.parts.size(); ++part) sum += watt(part, w);
    if (sum > most) window = w;
    most = std::max(most, sum);
  }
  PowerPeak peak{windows.begin(window), windows.end(window), windows.width, most, 0, {}};
  peak.total_w = most + power.watts.core_static + power.watts.other_static + power.watts.processor;
  for (std::size_t part = 0; part < windows.parts.size(); ++part) peak.part_w.push_back(watt(part, window));
  return peak;
}

}  // namespace blendsim
