// SPDX-License-Identifier: Apache-2.0
#include "power/foreign.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/diagnostic.h"
#include "platform/schema.h"
#include "power/spreads.h"
#include "power/thermal.h"

namespace blendsim {
namespace {

constexpr double million = 1e6;
constexpr double product_bits = 35, dsp_input_bits = 45, dsp_output_bits = 48;  // of a 27 x 18 multiplication
constexpr double random_toggles = 0.5;
constexpr std::int64_t most = 16'000'000;  // 16 a cycle

constexpr std::array class_parameters = {
    Parameter<ActivityClass>{
        "lut", &ActivityClass::lut, 0, most, Unit::none, "toggles of a LUT's output a million cycles", {}, true},
    Parameter<ActivityClass>{
        "ff", &ActivityClass::ff, 0, most, Unit::none, "toggles of a flip-flop's output a million cycles", {}, true},
    Parameter<ActivityClass>{
        "dsp", &ActivityClass::dsp, 0, most, Unit::none, "multiplications of a DSP slice a million cycles", {}, true},
    Parameter<ActivityClass>{
        "bram", &ActivityClass::bram, 0, most, Unit::none, "accesses of an 18-Kb block RAM a million cycles", {}, true},
    Parameter<ActivityClass>{
        "pins", &ActivityClass::pins, 0, 64 * most, Unit::none, "pins that a million nets lead to", {}, true},
};

Amounts clocks_of(const Resources& used) {
  Amounts out;
  out[Primitive::ff_clock] = static_cast<double>(used.ff);
  out[Primitive::bram18_clock] = static_cast<double>(used.bram36_halves);
  out[Primitive::uram_clock] = static_cast<double>(used.uram);
  return out;
}

Amounts work_of(const Resources& used, const ActivityClass& activity) {
  Amounts out;
  const double lut = static_cast<double>(used.lut) * static_cast<double>(activity.lut) / million;
  const double ff = static_cast<double>(used.ff) * static_cast<double>(activity.ff) / million;
  const double dsp = static_cast<double>(used.dsp) * static_cast<double>(activity.dsp) / million;
  out[Primitive::lut_toggle] = lut;
  out[Primitive::ff_toggle] = ff;
  out[Primitive::net_toggle] = lut + ff;
  out[Primitive::pin_toggle] = (lut + ff) * static_cast<double>(activity.pins) / million;
  out[Primitive::dsp_multiply_cycle] = dsp;
  out[Primitive::dsp_multiply_input] = dsp * dsp_input_bits * random_toggles;
  out[Primitive::dsp_product] = dsp * product_bits * random_toggles;
  out[Primitive::dsp_output] = dsp * dsp_output_bits * random_toggles;
  out[Primitive::bram18_access] =
      static_cast<double>(used.bram36_halves) * static_cast<double>(activity.bram) / million;
  return out;
}

double joules(const Amounts& amounts, const Technology& technology) {
  double sum = 0;
  for (std::size_t p = 0; p < primitive_count; ++p)
    sum += femto * amounts[p] * static_cast<double>(technology.primitives[p].value);
  return sum;
}

struct State {
  Rails watts;
  Band total, core;
  Junction junction;
};

State state_of(const ForeignDesign& d, const Technology& t, const Amounts& clocks, const Amounts& work,
               const PowerConditions& conditions) {
  State s;
  const auto hertz = static_cast<double>(d.clock_hz);
  s.watts.clock = hertz * joules(clocks, t);
  s.watts.dynamic = hertz * joules(work, t);
  s.watts.other_static = micro * static_cast<double>(d.device.rails_microwatt);
  if (d.device.processor != 0) s.watts.processor = micro * static_cast<double>(t.processor.value);
  const auto doubling = static_cast<double>(t.leakage_doubling.value);
  s.junction = conditions.junction_celsius
                   ? Junction{static_cast<double>(*conditions.junction_celsius), false}
                   : find_junction(d.device, static_cast<double>(conditions.ambient_celsius.value_or(25)),
                                   s.watts.on_chip(), doubling);
  s.watts.core_static = core_static_w(d.device, s.junction.celsius, doubling);
  std::vector<Spread> core;
  add_spreads(core, clocks, t, PrimitiveKinds::logic, hertz);
  add_spreads(core, work, t, PrimitiveKinds::logic, hertz);
  const double off = static_cast<double>(d.device.static_band) / 100;
  core.push_back({"static", "static", s.watts.core_static * (1 - 1 / (1 + off)), s.watts.core_static * off});
  s.core = band(s.watts.core(), core);
  std::vector<Spread> total = core;
  total.push_back({"rails", "static", s.watts.other_static * (1 - 1 / (1 + off)), s.watts.other_static * off});
  if (s.watts.processor > 0) total.push_back(spread_of("processor", t.processor, micro));
  s.total = band(s.watts.total(), total);
  return s;
}

}  // namespace

ActivityClass load_activity_class(const std::string& name, const ConfigPaths& paths) {
  Diagnostics diagnostics;
  const std::string file = paths.root + "/activity/classes.yaml";
  const YamlTree tree = read_yaml(file, diagnostics);
  require_schema(tree, "blendsim.activity-classes/1", diagnostics);
  diagnostics.throw_if_any();
  const YamlTree* classes = tree.find("classes");
  const YamlTree* entry = classes == nullptr ? nullptr : classes->find(name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    if (classes != nullptr) {
      for (const YamlTree::Entry& known : classes->entries) names.push_back(known.key);
    }
    throw DiagnosticError("unknown-name", {.file = file}, fmt::format("no class of activity '{}'", name),
                          suggestion(name, names));
  }
  ActivityClass out;
  out.name = name;
  std::vector<Leaf> leaves;
  append_leaves(leaves, "", out, class_parameters);
  append_text(leaves, "source", out.source, "where the figures come from", true);
  static_cast<void>(bind(*entry, leaves, {}, diagnostics));
  diagnostics.throw_if_any();
  return out;
}

ForeignPower estimate_foreign(const ForeignDesign& design, const Technology& technology,
                              const PowerConditions& conditions) {
  const Amounts clocks = clocks_of(design.used);
  const State idle = state_of(design, technology, clocks, {}, conditions);
  const State active = state_of(design, technology, clocks, work_of(design.used, design.activity), conditions);
  return {.idle = idle.watts,
          .active = active.watts,
          .idle_total = idle.total,
          .active_total = active.total,
          .idle_core = idle.core,
          .active_core = active.core,
          .idle_junction_celsius = idle.junction.celsius,
          .active_junction_celsius = active.junction.celsius,
          .too_hot = active.junction.too_hot};
}

}  // namespace blendsim
