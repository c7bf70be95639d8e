// SPDX-License-Identifier: Apache-2.0
#include "cause/waits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/diagnostic.h"

namespace blendsim {

namespace {

bool matches(const RecordedRun& run, const IntervalEvent& wait, const WaitFilter& filter) {
  if (wait.activity == Activity::busy || wait.activity == Activity::idle) return false;
  if (filter.unit && *filter.unit != wait.unit) return false;
  if (filter.layer && *filter.layer != run.record(wait.record).layer) return false;
  return !filter.cycle || (wait.from <= *filter.cycle && *filter.cycle < wait.to);
}

// This wait was the last that its record waited for, and its start is on the critical path.
bool decides(const RecordedRun& run, const IntervalEvent& wait) {
  const InstructionRecord& record = run.record(wait.record);
  return run.is_critical(wait.record) && record.start == wait.to && record.released_by == wait.waited_for;
}

}  // namespace

std::vector<WaitGroup> find_waits(const RecordedRun& run, const WaitFilter& filter) {
  std::map<std::tuple<UnitId, std::int32_t, Activity, int, std::int32_t>, WaitGroup> groups;
  for (const IntervalEvent& wait : run.run().intervals) {
    if (!matches(run, wait, filter)) continue;
    const bool for_record = wait.waited_for >= 0;
    const int other = for_record ? index(run.record(wait.waited_for).unit) : -1;
    const std::int32_t other_layer = for_record ? run.record(wait.waited_for).layer : -1;
    WaitGroup& group = groups[{wait.unit, run.record(wait.record).layer, wait.activity, other, other_layer}];
    const Cycles cycles = wait.to - wait.from;
    if (cycles > group.longest.to - group.longest.from) group.longest = wait;
    ++group.count;
    group.cycles += cycles;
    if (decides(run, wait)) group.critical += cycles;
  }
  std::vector<WaitGroup> sorted;
  for (const auto& [key, group] : groups) sorted.push_back(group);
  std::stable_sort(sorted.begin(), sorted.end(), [](const WaitGroup& a, const WaitGroup& b) {
    return a.cycles != b.cycles ? a.cycles > b.cycles : a.longest.from < b.longest.from;
  });
  return sorted;
}

std::vector<IntervalEvent> intervals_at(const RecordedRun& run, Cycles cycle) {
  std::vector<IntervalEvent> found;
  for (const IntervalEvent& interval : run.run().intervals) {
    if (interval.from <= cycle && cycle < interval.to) found.push_back(interval);
  }
  std::sort(found.begin(), found.end(), [](const IntervalEvent& a, const IntervalEvent& b) { return a.unit < b.unit; });
  return found;
}

namespace {

[[noreturn]] void unknown(const std::string& what, const std::string& name, const std::vector<std::string>& names,
                          const std::string& otherwise) {
  const std::string near = nearest(name, names);
  throw DiagnosticError("unknown-name", {.node = name}, fmt::format("there is no {} of this name", what),
                        near.empty() ? otherwise : fmt::format("did you mean '{}'?", near));
}

}  // namespace

std::int32_t find_layer(const Program& program, const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    if (program.layers[i].name == name) return static_cast<std::int32_t>(i);
    names.push_back(program.layers[i].name);
  }
  unknown("layer", name, names, "`blendsim inspect` of the program lists them");
}

UnitId find_unit(const std::string& name) {
  const std::vector<std::string> names(unit_names.begin(), unit_names.end());
  for (const UnitId unit : all_units) {
    if (blendsim::name(unit) == name) return unit;
  }
  unknown("unit", name, names, fmt::format("the units are {}", fmt::join(names, ", ")));
}

}  // namespace blendsim
