// SPDX-License-Identifier: Apache-2.0
#include "cause/waits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/diagnostic.h"
#include "isa/layer_names.h"

namespace blendsim {

namespace {

bool matches(const RecordedRun& run, const IntervalEvent& wait, const WaitFilter& filter) {
  if (wait.activity == Activity::busy || wait.activity == Activity::idle) return false;
  if (filter.unit && *filter.unit != wait.unit) return false;
  const std::int32_t layer = run.record(wait.record).layer;
  const bool asked = std::find(filter.layers.begin(), filter.layers.end(), layer) != filter.layers.end();
  if (!filter.layers.empty() && !asked) return false;
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

std::vector<std::int32_t> find_layers(const Program& program, const std::string& pattern) {
  std::vector<std::int32_t> found = layers_named(program, pattern);
  if (!found.empty()) return found;
  throw DiagnosticError("unknown-name", {.node = pattern}, "there is no layer of this name, nor one of this pattern",
                        layer_hint(program, pattern, "`blendsim inspect` of the program lists them"));
}

UnitId find_unit(const std::string& name) {
  const std::vector<std::string> names(unit_names.begin(), unit_names.end());
  for (const UnitId unit : all_units) {
    if (blendsim::name(unit) == name) return unit;
  }
  const std::string near = nearest(name, names);
  throw DiagnosticError(
      "unknown-name", {.node = name}, "there is no unit of this name",
      near.empty() ? fmt::format("the units are {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
}

}  // namespace blendsim
