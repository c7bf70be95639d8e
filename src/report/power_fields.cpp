// SPDX-License-Identifier: Apache-2.0
#include "report/power_fields.h"

#include <array>

#include "report/field_table.h"

namespace blendsim {
namespace {

using F = Figures;
using Field0 = ReportField<Figures>;

Json pair_of(const Band& band) { return Json::array({band.low, band.high}); }

constexpr std::array rail_fields = {
    Field0{"core", "W", "VCCINT and VCCBRAM: leakage of the core, clocks, and what works.",
           [](const F& f) { return Json(f.in.power.watts.core()); }},
    Field0{"core_static", "W", "Of it, leakage at `junction_celsius`.",
           [](const F& f) { return Json(f.in.power.watts.core_static); }},
    Field0{"clock", "W", "Of it, clocks: every flip-flop and memory in every cycle, busy or not.",
           [](const F& f) { return Json(f.in.power.watts.clock); }},
    Field0{"dynamic", "W", "Of it, what the units' actions take.",
           [](const F& f) { return Json(f.in.power.watts.dynamic); }},
    Field0{"other", "W", "VCCAUX, VCCO and their like: constant.",
           [](const F& f) { return Json(f.in.power.watts.other_static); }},
    Field0{"processor", "W", "The hard processor system, running; 0 where the device has none.",
           [](const F& f) { return Json(f.in.power.watts.processor); }},
    Field0{"dram", "W", "Accesses to DRAM; its standby is not modelled.",
           [](const F& f) { return Json(f.in.power.watts.dram); }},
};

Json rail_ranges(const F& f) {
  const PowerEstimate& p = f.in.power;
  return {{"core", pair_of(p.core)},
          {"static", pair_of(p.static_power)},
          {"dynamic", pair_of(p.dynamic)},
          {"dram", pair_of(p.dram)}};
}

double part_watts(const F& f, const PartEnergy& part) {
  return static_cast<double>(part.action_fj + part.clock_fj) / 1e15 / f.in.power.seconds;
}

Json by_unit(const F& f) {
  Json out = Json::object();
  for (const PartEnergy& part : f.in.power.parts) out[part.name] = part_watts(f, part);
  return out;
}

Json clock_by_unit(const F& f) {
  Json out = Json::object();
  for (const PartEnergy& part : f.in.power.parts)
    out[part.name] = static_cast<double>(part.clock_fj) / 1e15 / f.in.power.seconds;
  return out;
}

Json unit_ranges(const F& f) {
  Json out = Json::object();
  for (const PartEnergy& part : f.in.power.parts) out[part.name] = pair_of(part.watts);
  return out;
}

Json band_from(const F& f) {
  Json out = Json::array();
  for (const Spread& s : f.in.power.from)
    out.push_back({{"constant", s.constant}, {"group", s.group}, {"down_w", s.down}, {"up_w", s.up}});
  return out;
}

Json peak_by_unit(const F& f) {
  Json out = Json::object();
  for (std::size_t part = 0; part < f.in.power.parts.size() && part < f.in.peak.part_w.size(); ++part)
    out[f.in.power.parts[part].name] = f.in.peak.part_w[part];
  return out;
}

constexpr std::array peak_fields = {
    Field0{"total_w", "W", "Its dynamic_w, leakage and the processor.",
           [](const F& f) { return Json(f.in.peak.total_w); }},
    Field0{"dynamic_w", "W", "Clocks, actions and DRAM, averaged over the window.",
           [](const F& f) { return Json(f.in.peak.dynamic_w); }},
    Field0{"from_cycle", "cycles", "Its first.", [](const F& f) { return Json(f.in.peak.from); }},
    Field0{"to_cycle", "cycles", "The first behind it.", [](const F& f) { return Json(f.in.peak.to); }},
    Field0{"window_cycles", "cycles",
           "Width of the windows (--power-window); the first inference's end cuts the last one.",
           [](const F& f) { return Json(f.in.peak.width); }},
    Field0{"by_unit", "W", "As power.by_unit, in the window.", peak_by_unit},
};

constexpr std::array power_fields = {
    Field0{"total_w", "W", "Sum of the rails at `rate_per_s`.",
           [](const F& f) { return Json(f.in.power.watts.total()); }},
    Field0{"total_w_range", "W",
           "[low, high]: errors of constants that come from one cause are added, others as squares.",
           [](const F& f) { return pair_of(f.in.power.total); }},
    Field0{"accelerator_w", "W", "Of it, without the processor.",
           [](const F& f) { return Json(f.in.power.watts.accelerator()); }},
    Field0{"static_w", "W", "Of it, what leaks: rails.core_static and rails.other.",
           [](const F& f) { return Json(f.in.power.watts.core_static + f.in.power.watts.other_static); }},
    Field0{"dynamic_w", "W", "Of it, clocks and actions of the logic: rails.clock and rails.dynamic.",
           [](const F& f) { return Json(f.in.power.watts.clock + f.in.power.watts.dynamic); }},
    Field0{"rails", "W", "The same by the rails that boards measure.",
           [](const F& f) { return object(rail_fields, f); }},
    Field0{"rails_range", "W", "[low, high] of rails.core, static_w, dynamic_w and rails.dram.", rail_ranges},
    Field0{"by_unit", "W",
           "Dynamic power by part while inferences run back to back: clocks, actions, accesses to buffers.", by_unit},
    Field0{"by_unit_range", "W", "[low, high] of the same.", unit_ranges},
    Field0{"clock_by_unit", "W", "Of by_unit, the part's clocks.", clock_by_unit},
    Field0{"peak", "", "The window of the first inference's cycles that takes most.",
           [](const F& f) { return object(peak_fields, f); }},
    Field0{"band_from", "", "The constants that make most of total_w_range.", band_from},
    Field0{"rate_per_s", "1/s", "Inferences a second that the watts are stated for (--rate).",
           [](const F& f) { return Json(f.in.power.rate); }},
    Field0{"most_rate_per_s", "1/s", "Inferences a second back to back.",
           [](const F& f) { return Json(f.in.power.most_rate); }},
    Field0{"energy_per_inference_j", "J", "All-in: total_w / rate_per_s.",
           [](const F& f) { return Json(f.in.power.all_in_j); }},
    Field0{"dynamic_energy_j", "J",
           "Marginal: what one more inference takes, its actions and DRAM; clocks, leakage and processor not.",
           [](const F& f) { return Json(f.in.power.marginal_j); }},
    Field0{"unattributed_j", "J",
           "Of dynamic_energy_j, what belongs to no layer: END, refreshes, fetch of a program not resident.",
           [](const F& f) { return Json(f.energy_of_one(f.in.power.unattributed_fj)); }},
    Field0{"junction_celsius", "C", "Junction temperature: of --junction, or ambient + theta_ja x power on chip.",
           [](const F& f) { return Json(f.in.power.junction_celsius); }},
    Field0{"too_hot", "", "true: it would lie beyond 125 C, for which the watts are stated.",
           [](const F& f) { return Json(f.in.power.too_hot); }},
    Field0{"activity", "",
           "How data toggle: `sampled` from the run's own, or `profile`: as in the networks of `profile`.",
           [](const F& f) { return Json(f.in.power.sampled ? "sampled" : "profile"); }},
    Field0{"profile", "", "Networks whose data the activity profile comes from.",
           [](const F& f) { return Json(f.in.power.profile); }},
    Field0{"fits", "", "false: the device cannot hold the machine, and its power is that of no board.",
           [](const F& f) { return Json(f.in.power.fits); }},
};

Json per_watt(const F& f, double watt) { return watt > 0 ? Json(f.gops / watt) : Json(nullptr); }

constexpr std::array efficiency_fields = {
    Field0{"gops", "GOP/s", "2 x useful MACs of the run / its time.", [](const F& f) { return Json(f.gops); }},
    Field0{"gops_per_w", "GOP/s/W", "Back to back, without the processor: gops / power.accelerator_w.",
           [](const F& f) { return per_watt(f, f.in.power.watts.accelerator()); }},
    Field0{"gops_per_w_all", "GOP/s/W", "With the processor.",
           [](const F& f) { return per_watt(f, f.in.power.watts.total()); }},
    Field0{"peak_gops", "GOP/s", "Both arrays at their peak.", [](const F& f) { return Json(f.peak_gops); }},
};

}  // namespace

Json power_object(const Figures& figures) { return object(power_fields, figures); }
Json efficiency_object(const Figures& figures) { return object(efficiency_fields, figures); }

void add_power_rows(std::vector<FieldRow>& rows) {
  add_rows(rows, "power.", power_fields);
  add_rows(rows, "power.rails.", rail_fields);
  add_rows(rows, "power.peak.", peak_fields);
  rows.push_back({"power.peak.by_unit.PART", "W", "DRAM is not among them: what is left of dynamic_w."});
  rows.push_back({"power.by_unit.PART", "W",
                  "A unit, `dispatcher`, `buffers` or `control`; these sum to dynamic_w back to back."});
  rows.push_back({"power.by_unit_range.PART", "W", "[low, high]."});
  rows.push_back({"power.clock_by_unit.PART", "W", "These sum to rails.clock."});
  rows.push_back({"power.rails_range.PART", "W", "[low, high] of `core`, `static`, `dynamic`, `dram`."});
  rows.push_back(
      {"power.band_from[].constant", "", "Key of the technology file, or a part whose activity is uncertain."});
  rows.push_back({"power.band_from[].group", "", "Constants that are off together."});
  rows.push_back({"power.band_from[].down_w", "W", "By which its least moves total_w."});
  rows.push_back({"power.band_from[].up_w", "W", "By which its most does."});
  add_rows(rows, "efficiency.", efficiency_fields);
}

}  // namespace blendsim
