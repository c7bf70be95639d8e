// SPDX-License-Identifier: Apache-2.0
#include "cause/tunable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "cause/candidates.h"
#include "platform/platform_schema.h"

namespace blendsim {

namespace {

std::string_view group_of(std::string_view path) { return path.substr(0, path.find('.')); }

std::optional<UnitId> compute_unit(std::string_view group) {
  for (const UnitId unit : all_units) {
    if (name(unit) == group && !is_memory_unit(unit)) return unit;
  }
  return std::nullopt;
}

// What the cycles of a run cannot depend on, what buffer_candidates() and dram_candidates() try with more sense, and
// widths that only bound what may be compiled.
bool is_left_out(const Leaf& leaf, bool of_compute_unit) {
  const std::string_view path = leaf.path, group = group_of(path);
  if (leaf.number == nullptr || !leaf.row.choices.empty() || group == path || group == "board") return true;
  if (path.starts_with("memory.timing.") || path == "memory.capacity") return true;
  if (group == "buffers" && leaf.row.unit != Unit::cycle) return true;
  return of_compute_unit && leaf.row.unit == Unit::bit;
}

bool decides_times_only(std::string_view path) {
  constexpr std::array groups = {"control", "dispatcher", "memory", "load", "store"};
  return path != "memory.port_width" &&  // the layout in DRAM follows it
         std::find(groups.begin(), groups.end(), group_of(path)) != groups.end();
}

std::int64_t on_step(std::int64_t number, const ParameterRow& row) {
  return row.step > 1 ? number / row.step * row.step : number;
}

std::vector<Tunable::Value> values(const ParameterRow& row, const std::vector<std::int64_t>& numbers) {
  std::vector<Tunable::Value> out;
  for (const std::int64_t number : numbers) out.push_back({number, format_value(number, row)});
  return out;
}

std::vector<std::vector<Tunable::Value>> ways_of(const Leaf& leaf, bool of_compute_unit) {
  const ParameterRow& row = leaf.row;
  const std::int64_t number = *leaf.number;
  std::vector<std::vector<Tunable::Value>> ways;
  if (of_compute_unit && row.unit != Unit::cycle) {
    const std::int64_t twice = on_step(std::min(row.maximum, 2 * number), row);
    if (twice > number) ways.push_back(values(row, {twice}));
    return ways;
  }
  // What else the platform says may forbid the least: then the least that there can be, of the first few.
  std::vector<std::int64_t> less;
  for (std::int64_t l = row.minimum; l < number && less.size() < 16; l += row.step) less.push_back(on_step(l, row));
  if (!less.empty()) ways.push_back(values(row, less));
  if (row.unit == Unit::cycle || row.unit == Unit::percent) return ways;  // less is better
  std::vector<std::int64_t> more;
  for (std::int64_t m = row.maximum; m > number; m /= 2) more.push_back(on_step(m, row));
  std::erase_if(more, [number](std::int64_t m) { return m <= number; });
  if (!more.empty()) ways.push_back(values(row, more));
  return ways;
}

}  // namespace

std::vector<Tunable> tunables(const MachineParameters& machine) {
  Platform platform;
  platform.machine = machine;
  std::vector<Tunable> out;
  for (const Leaf& leaf : platform_leaves(platform)) {
    const std::optional<UnitId> unit = compute_unit(group_of(leaf.path));
    if (is_left_out(leaf, unit.has_value())) continue;
    Tunable tunable{leaf.path, leaf.value_text(), ways_of(leaf, unit.has_value()), unit, decides_times_only(leaf.path)};
    if (leaf.row.unit == Unit::cycle) tunable.unit.reset();
    if (!tunable.ways.empty()) out.push_back(std::move(tunable));
  }
  return out;
}

MachineParameters with(const MachineParameters& machine, const std::string& key, std::int64_t number) {
  Platform platform;
  platform.machine = machine;
  for (const Leaf& leaf : platform_leaves(platform)) {
    if (leaf.path == key) *leaf.number = number;
  }
  return platform.machine;
}

std::string set_option(const std::string& set) {
  return set.find(' ') == std::string::npos ? "--set " + set : fmt::format("--set \"{}\"", set);
}

namespace {

std::optional<Trial> try_value(const RecordedRun& run, const Reruns& reruns, const Tunable& tunable,
                               const Tunable::Value& value) {
  if (reruns.compiled) return compiled_trial(reruns, fmt::format("{}={}", tunable.key, value.text));
  if (!tunable.times_only) return std::nullopt;
  return same_program_trial(reruns, run.program(), with(run.machine(), tunable.key, value.number),
                            fmt::format("the same program with {}={}", tunable.key, value.text));
}

std::optional<Trial> try_tunable(const RecordedRun& run, const Reruns& reruns, const Tunable& tunable) {
  std::optional<Trial> best;
  for (const std::vector<Tunable::Value>& way : tunable.ways) {
    std::optional<Trial> trial;
    for (auto value = way.begin(); !trial && value != way.end(); ++value)
      trial = try_value(run, reruns, tunable, *value);
    if (trial && (!best || trial->cycles < best->cycles)) best = std::move(trial);
  }
  return best;
}

}  // namespace

std::vector<Candidate> parameter_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  for (const Tunable& tunable : tunables(run.machine())) {
    // Only fetched instructions pass through it.
    if (tunable.key == "dispatcher.prefetch" && run.program().resident) continue;
    candidates.push_back({tunable.unit ? Cause::Kind::size : Cause::Kind::machine,
                          fmt::format("{} is {}", tunable.key, tunable.value),
                          [&run, &reruns, tunable] { return try_tunable(run, reruns, tunable); }, tunable.unit});
  }
  return candidates;
}

}  // namespace blendsim
