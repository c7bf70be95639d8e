// SPDX-License-Identifier: Apache-2.0
#include "power/power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/diagnostic.h"
#include "power/run_energies.h"
#include "power/spreads.h"
#include "power/terms.h"
#include "power/thermal.h"

namespace blendsim {
namespace {

// 9.2 kJ: of a run that no one waits for, or of constants that no process has.
[[noreturn]] void too_much() {
  throw DiagnosticError("out-of-range", {}, "an energy of the run exceeds 63 bits of femtojoules, 9.2 kJ",
                        "run fewer images; or look at the technology and the activities that the platform uses");
}

std::int64_t product(std::int64_t count, std::int64_t femtojoule) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(count, femtojoule, &out)) too_much();
  return out;
}

void add(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) too_much();
}

// Energies of counted actions, and how often each primitive worked for them.
struct Sum {
  std::int64_t logic_fj = 0, dram_fj = 0;
  Amounts amounts;
  Sum& operator+=(const Sum& more) {
    add(logic_fj, more.logic_fj);
    add(dram_fj, more.dram_fj);
    amounts.add(more.amounts, 1);
    return *this;
  }
};

// Those that the terms of a module's activity belong to.
std::vector<Action> own_actions(std::string_view module) {
  std::vector<Action> out;
  for (const Term& term : activity_terms()) {
    if (term.module == module && std::find(out.begin(), out.end(), term.action) == out.end())
      out.push_back(term.action);
  }
  return out;
}

Sum sum_of(const ActionCounts& counts, const ActionEnergies& energies) {
  Sum sum;
  for (std::size_t a = 0; a < counts.counts.size(); ++a) {
    const std::int64_t n = counts.counts[a];
    if (n == 0) continue;
    add(sum.logic_fj, product(n, energies.logic_fj[a]));
    add(sum.dram_fj, product(n, energies.dram_fj[a]));
    sum.amounts.add(energies.amounts[a], static_cast<double>(n));
  }
  return sum;
}

class Estimator {
 public:
  Estimator(const Run& run, std::int64_t images, const PowerModel& model, const PowerConditions& conditions)
      : run_(run), images_(static_cast<double>(images)), model_(model), conditions_(conditions), energies_(model, run) {
    out_.seconds = static_cast<double>(run.cycles) / static_cast<double>(model.platform().machine.clock_hz);
    out_.most_rate = images_ / out_.seconds;
    out_.rate = conditions.rate.value_or(out_.most_rate);
  }

  PowerEstimate estimate() {
    add_parts();
    add_layers();
    add_watts();
    add_bands();
    out_.profile = model_.profiled();
    out_.sampled = run_.switching.has_value();
    out_.fits = model_.resources().fits;
    return std::move(out_);
  }

 private:
  void add_parts() {
    for (std::size_t part = 0; part < model_.clocked().size(); ++part) {
      const ClockedPart& clocked = model_.clocked()[part];
      PartEnergy energy{clocked.name, 0, product(run_.cycles, clocked.cycle_fj), {}};
      std::vector<Spread> spreads;
      if (part < run_.actions.size()) {
        const Sum sum = sum_of_part(part);
        energy.action_fj = sum.logic_fj;
        add(out_.dynamic_fj, sum.logic_fj);
        add(out_.dram_fj, sum.dram_fj);
        all_.add(sum.amounts, 1);
        add_spreads(spreads, sum.amounts, model_.technology(), PrimitiveKinds::logic, 1 / out_.seconds);
        spreads.push_back(activity_spread(part, sum.logic_fj, 1 / out_.seconds));
        activity_.push_back(activity_spread(part, sum.logic_fj, 1));
      }
      add(out_.clock_fj, energy.clock_fj);
      clocked_.add(clocked.amounts, static_cast<double>(run_.cycles));
      const double seconds = out_.seconds;
      add_spreads(spreads, clocked.amounts, model_.technology(), PrimitiveKinds::logic,
                  static_cast<double>(run_.cycles) / seconds);
      energy.watts = band(femto * static_cast<double>(energy.action_fj + energy.clock_fj) / seconds, spreads);
      out_.parts.push_back(std::move(energy));
    }
  }

  // A unit's own actions, whose energies depend on the layer's data, layer by layer; what it does to buffers at once.
  [[nodiscard]] Sum sum_of_part(std::size_t part) const {
    ActionCounts rest = run_.actions[part];
    Sum sum;
    for (const Action own : own_actions(model_.clocked()[part].name)) {
      for (std::size_t l = 0; run_.switching && l < run_.layer_actions.size(); ++l) {
        ActionCounts of_layer;
        of_layer[own] = run_.layer_actions[l][own];
        rest[own] -= of_layer[own];
        sum += sum_of(of_layer, energies_.of_layer(l));
      }
    }
    sum += sum_of(rest, energies_.of_rest());
    return sum;
  }

  // Of a unit's or the dispatcher's activity.
  [[nodiscard]] Spread activity_spread(std::size_t part, std::int64_t fj, double scale) const {
    const std::string& name = model_.clocked()[part].name;
    const double off = static_cast<double>(model_.activity_error(name)) / 100;
    const double by = femto * static_cast<double>(fj) * off * scale;
    return {name, name, by, by};
  }

  void add_layers() {
    out_.unattributed_fj = out_.dynamic_fj;
    add(out_.unattributed_fj, out_.dram_fj);
    for (const ActionCounts& layer : run_.layer_actions) {
      const Sum sum = sum_of(layer, energies_.of_layer(out_.layers.size()));
      const std::int64_t fj = sum.logic_fj + sum.dram_fj;
      std::vector<Spread> spreads;
      add_spreads(spreads, sum.amounts, model_.technology(), PrimitiveKinds::all, 1);
      out_.layers.push_back({fj, band(femto * static_cast<double>(fj), spreads)});
      out_.unattributed_fj -= fj;
    }
    if (out_.unattributed_fj < 0) throw InvariantError("power", "the layers' energies exceed the run's");
  }

  void add_watts() {
    const Platform& platform = model_.platform();
    const Device& device = platform.device;
    const double busy = out_.rate / out_.most_rate;  // share of the time
    Rails& w = out_.watts;
    w.clock = femto * static_cast<double>(out_.clock_fj) / out_.seconds;
    w.dynamic = busy * femto * static_cast<double>(out_.dynamic_fj) / out_.seconds;
    w.dram = busy * femto * static_cast<double>(out_.dram_fj) / out_.seconds;
    w.other_static = micro * static_cast<double>(device.rails_microwatt);
    if (device.processor != 0) w.processor = micro * static_cast<double>(model_.technology().processor.value);
    const auto doubling = static_cast<double>(model_.technology().leakage_doubling.value);
    const Junction junction = junction_of(doubling);
    out_.junction_celsius = junction.celsius;
    out_.too_hot = junction.too_hot;
    w.core_static = core_static_w(device, junction.celsius, doubling);
    out_.marginal_j = femto * static_cast<double>(out_.dynamic_fj + out_.dram_fj) / images_;
    out_.all_in_j = w.total() / out_.rate;
  }

  [[nodiscard]] Junction junction_of(double doubling) const {
    const Platform& platform = model_.platform();
    if (conditions_.junction_celsius) return {static_cast<double>(*conditions_.junction_celsius), false};
    const auto ambient = static_cast<double>(conditions_.ambient_celsius.value_or(platform.ambient_celsius));
    return find_junction(platform.device, ambient, out_.watts.on_chip(), doubling);
  }

  void add_bands() {
    const Technology& technology = model_.technology();
    const double busy = out_.rate / out_.most_rate / out_.seconds;
    std::vector<Spread> dynamic, dram, clock, still;
    add_spreads(dynamic, all_, technology, PrimitiveKinds::logic, busy);
    add_spreads(dram, all_, technology, PrimitiveKinds::dram, busy);
    for (Spread s : activity_) dynamic.push_back({s.constant, s.group, s.down * busy, s.up * busy});
    add_spreads(clock, clocked_, technology, PrimitiveKinds::logic, 1 / out_.seconds);
    clock.push_back(flip_flop_spread());
    add_static(still);
    const auto joined = [](std::vector<std::vector<Spread>> lists) {
      std::vector<Spread> all;
      for (std::vector<Spread>& list : lists) all.insert(all.end(), list.begin(), list.end());
      return all;
    };
    const Rails& w = out_.watts;
    out_.dynamic = band(w.dynamic + w.clock, joined({dynamic, clock}));
    out_.dram = band(w.dram, dram);
    out_.static_power = band(w.core_static + w.other_static, still);
    out_.core = band(w.core(), joined({dynamic, clock, still}));
    std::vector<Spread> all = joined({dynamic, clock, still, dram});
    if (w.processor > 0) all.push_back(spread_of("processor", technology.processor, micro));
    out_.total = band(w.total(), all);
    out_.from = largest(all, 3);
  }

  // The clocks of flip-flops that the estimate of resources counts too many or too few of.
  [[nodiscard]] Spread flip_flop_spread() const {
    const ResourceEstimate& r = model_.resources();
    return {"count of flip-flops", "resources", out_.watts.clock * (1 - r.ff_low), out_.watts.clock * (r.ff_high - 1)};
  }

  void add_static(std::vector<Spread>& spreads) const {
    const Device& device = model_.platform().device;
    const double off = static_cast<double>(device.static_band) / 100;
    const double w = out_.watts.core_static + out_.watts.other_static;
    spreads.push_back({"static", "static", w * (1 - 1 / (1 + off)), w * off});
    const PhysicalConstant& doubling = model_.technology().leakage_doubling;
    const auto at = [&](std::int64_t kelvin) {
      return core_static_w(device, out_.junction_celsius, static_cast<double>(kelvin));
    };
    const double slow = at(doubling.high), fast = at(doubling.low), now = out_.watts.core_static;
    spreads.push_back({"leakage_doubling", doubling.group, std::max(0.0, now - std::min(slow, fast)),
                       std::max(0.0, std::max(slow, fast) - now)});
  }

  const Run& run_;
  double images_;
  const PowerModel& model_;
  const PowerConditions& conditions_;
  RunEnergies energies_;
  PowerEstimate out_;
  Amounts all_, clocked_;         // of the run
  std::vector<Spread> activity_;  // joules of the run, by part
};

}  // namespace

PowerEstimate estimate_power(const Run& run, std::int64_t images, const PowerModel& model,
                             const PowerConditions& conditions) {
  if (images < 1 || run.cycles < 1) throw InvariantError("power", "power of a run without images or cycles");
  const double most = static_cast<double>(images) * static_cast<double>(model.platform().machine.clock_hz) /
                      static_cast<double>(run.cycles);
  if (conditions.rate && !(*conditions.rate > 0)) {
    throw DiagnosticError("usage", {"--rate", 0, {}}, fmt::format("{:g} inferences a second", *conditions.rate),
                          "a rate is above 0");
  }
  if (conditions.rate && *conditions.rate > most) {
    throw DiagnosticError(
        "usage", {"--rate", 0, {}},
        fmt::format("{:g} inferences a second, but back to back there are {:.6g}", *conditions.rate, most),
        "give a lower rate, or leave it out for back to back");
  }
  return Estimator(run, images, model, conditions).estimate();
}

}  // namespace blendsim
