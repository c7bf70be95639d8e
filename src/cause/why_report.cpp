// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "cause/why_text.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

struct Stall {
  std::string unit;
  Activity activity = Activity::idle;
  Cycles cycles = 0;
};

// Most cycles first.
std::vector<Stall> stalls_of(const SavedRun& run) {
  std::vector<Stall> stalls;
  for (const SavedRun::Unit& unit : run.units) {
    for (std::size_t a = 0; a < activity_names.size(); ++a) {
      const auto activity = static_cast<Activity>(a);
      const bool waits = activity != Activity::busy && activity != Activity::idle;
      if (waits && unit.cycles[activity] > 0) stalls.push_back({unit.name, activity, unit.cycles[activity]});
    }
  }
  std::stable_sort(stalls.begin(), stalls.end(), [](const Stall& a, const Stall& b) { return a.cycles > b.cycles; });
  return stalls;
}

std::string share(Cycles part, const SavedRun& run) {
  return percent(run.cycles == 0 ? 0 : static_cast<double>(part) / static_cast<double>(run.cycles));
}

std::string stalls_text(const SavedRun& run, const std::vector<Stall>& stalls, std::size_t top) {
  TextTable waits({{"cycles waited"}, {""}, {"unit", true}, {"cause", true}});
  for (std::size_t i = 0; i < std::min(top, stalls.size()); ++i) {
    waits.row({grouped(stalls[i].cycles), share(stalls[i].cycles, run), stalls[i].unit,
               std::string(name(stalls[i].activity))});
  }
  return waits.text();
}

std::string more_text(const SavedRun& run) {
  return fmt::format(
      "\nA report knows no instructions. What they waited for, and what a run without it would take, says\n"
      "`blendsim why` of the program ({}, digest {}) or of the network on {}\n",
      run.network, run.program_digest, run.platform);
}

}  // namespace

std::string saved_unit_text(const SavedRun& run, UnitId unit) {
  std::vector<Stall> stalls = stalls_of(run);
  std::erase_if(stalls, [&](const Stall& stall) { return stall.unit != name(unit); });
  if (stalls.empty()) return fmt::format("{} waited for nothing\n", name(unit)) + more_text(run);
  return stalls_text(run, stalls, stalls.size()) + more_text(run);
}

std::string saved_layer_text(const SavedRun& run, const std::string& layer) {
  std::vector<std::string> names;
  for (const SavedRun::Layer& l : run.layers) {
    names.push_back(l.name);
    if (l.name != layer) continue;
    const std::string path = l.critical == 0 ? "none of the run's critical cycles"
                                             : fmt::format("{} of {} critical cycles ({})", grouped(l.critical),
                                                           grouped(run.cycles), share(l.critical, run));
    return fmt::format("layer {}  {}, bound by {}; of the first inference cycles {}..{}\n", l.name, path, l.bound_by,
                       grouped(l.start), grouped(std::max(l.start, l.end - 1))) +
           more_text(run);
  }
  const std::string near = nearest(layer, names);
  throw DiagnosticError(
      "unknown-name", {.node = layer}, "the report has no layer of this name",
      near.empty() ? "`blendsim report --all` of it lists them" : fmt::format("did you mean '{}'?", near));
}

std::string saved_run_text(const SavedRun& run, std::size_t top) {
  std::vector<SavedRun::Layer> layers = run.layers;
  std::stable_sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) { return a.critical > b.critical; });
  std::erase_if(layers, [](const auto& layer) { return layer.critical == 0; });
  std::string text;
  if (!layers.empty()) {
    text = fmt::format("cause  layer {} has {} of {} critical cycles ({}), bound by {}\n\n", layers[0].name,
                       grouped(layers[0].critical), grouped(run.cycles), share(layers[0].critical, run),
                       layers[0].bound_by);
  }
  TextTable path({{"critical cycles"}, {""}, {"layer", true}, {"bound by", true}});
  for (std::size_t i = 0; i < std::min(top, layers.size()); ++i)
    path.row({grouped(layers[i].critical), share(layers[i].critical, run), layers[i].name, layers[i].bound_by});
  return text + path.text() + '\n' + stalls_text(run, stalls_of(run), top) + more_text(run);
}

}  // namespace blendsim
