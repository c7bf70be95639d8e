// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

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
  const std::vector<Stall> stalls = stalls_of(run);
  TextTable waits({{"cycles waited"}, {""}, {"unit", true}, {"cause", true}});
  for (std::size_t i = 0; i < std::min(top, stalls.size()); ++i) {
    waits.row({grouped(stalls[i].cycles), share(stalls[i].cycles, run), stalls[i].unit,
               std::string(name(stalls[i].activity))});
  }
  return text + path.text() + '\n' + waits.text() +
         fmt::format(
             "\nA report knows no instructions. What they waited for, and what a run without it would take, says\n"
             "`blendsim why` of the program ({}, digest {}) or of the network on {}\n",
             run.network, run.program_digest, run.platform);
}

}  // namespace blendsim
