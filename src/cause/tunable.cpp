// SPDX-License-Identifier: Apache-2.0
#include "cause/tunable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
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
  std::map<UnitId, std::string> packing;  // by unit
  for (const Leaf& leaf : platform_leaves(platform)) {
    const std::optional<UnitId> unit = compute_unit(group_of(leaf.path));
    if (unit && leaf.path.ends_with(".products_per_dsp") && *leaf.number < leaf.row.maximum)
      packing[*unit] = fmt::format("{}={}", leaf.path, leaf.row.maximum);
  }
  for (const Leaf& leaf : platform_leaves(platform)) {
    const std::optional<UnitId> unit = compute_unit(group_of(leaf.path));
    if (is_left_out(leaf, unit.has_value())) continue;
    Tunable tunable{leaf.path, leaf.value_text(), ways_of(leaf, unit.has_value()), unit, decides_times_only(leaf.path)};
    if (leaf.row.unit == Unit::cycle) tunable.unit.reset();
    if (tunable.unit && packing.contains(*tunable.unit)) tunable.smaller = packing[*tunable.unit];
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

// What of a machine its program does not need: addresses of the buffers of weights (powers of two remain, which cost no
// more block RAM), comparators beyond the thresholds of a code.
std::vector<std::string> without_spare(const RecordedRun& run) {
  std::vector<std::string> sets;
  for (const BufferId id : {BufferId::weights_binary, BufferId::weights_fixed}) {
    const BufferParameters& buffer = run.machine().buffer(id);
    const auto at = static_cast<std::size_t>(index(id));
    const std::int64_t bits = at < run.program().buffers.size() ? run.program().buffers[at].peak_bits : 0;
    const std::int64_t row = buffer.regions * buffer.width;  // bits of an address of every region
    const auto used = row == 0 ? std::uint64_t{0} : static_cast<std::uint64_t>((bits + row - 1) / row);
    const auto depth = static_cast<std::int64_t>(std::bit_ceil(used));
    if (used > 0 && depth < buffer.depth) sets.push_back(fmt::format("buffers.{}.depth={}", name(id), depth));
  }
  std::int64_t levels = 1;
  for (const Instruction& instruction : run.instructions()) {
    if (const auto* post = std::get_if<PostInstruction>(&instruction))
      levels = std::max(levels, static_cast<std::int64_t>(post->levels));
  }
  if (levels < run.machine().post_unit.comparators) sets.push_back(fmt::format("post_unit.comparators={}", levels));
  return sets;
}

// A larger unit; where its part is too small for it alone, with what makes a machine smaller for the same work, if the
// part holds it so: more products of each DSP slice, then nothing that the program does not need.
std::optional<Trial> smallest_trial(const RecordedRun& run, const Reruns& reruns, const Tunable& tunable,
                                    const std::string& set) {
  std::optional<Trial> alone = compiled_trial(reruns, {set});
  if (!alone || alone->fits || !tunable.unit) return alone;
  std::vector<std::string> sets = {set};
  if (tunable.smaller) sets.push_back(*tunable.smaller);
  for (int step = 0; step < 2; ++step) {
    std::optional<Trial> smaller = sets.size() > 1 ? compiled_trial(reruns, sets) : std::nullopt;
    if (smaller && smaller->fits && smaller->cycles < run.cycles()) return smaller;
    const std::vector<std::string> spare = without_spare(run);
    sets.insert(sets.end(), spare.begin(), spare.end());
  }
  return alone;
}

std::optional<Trial> try_value(const RecordedRun& run, const Reruns& reruns, const Tunable& tunable,
                               const Tunable::Value& value) {
  if (reruns.compiled) return smallest_trial(run, reruns, tunable, fmt::format("{}={}", tunable.key, value.text));
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
