// SPDX-License-Identifier: Apache-2.0
#include "estimate/clock.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "estimate/module_delay.h"
#include "platform/platform_schema.h"

namespace blendsim {
namespace {

constexpr std::int64_t picoseconds = 1'000'000'000'000, megahertz = 1'000'000;

// Clock uncertainty of the same routed reports as the cells' delays (scripts/longest_path.py).
constexpr std::int64_t uncertainty_ps = 35;

// Such an analysis of yosys' netlists of 18 public designs gives 1.38 times (median) the period that Vivado reaches,
// routed, on the same part: its netlists are deeper. The band is the range of these designs, 0.87 to 2.44 times. Each
// was alone in its part, and the delays are of the same reports.
constexpr std::int64_t netlist_percent = 138, low_percent = 87 * 100 / 138, high_percent = 244 * 100 / 138;

ClockEstimate::Part part(std::string unit, LongestPath path, const Device& device) {
  ClockEstimate::Part p{std::move(unit), std::move(path)};
  p.routing_ps = (p.path.levels + 1) * routing_per_net_ps;
  p.period_ps = (p.path.logic_ps + p.routing_ps + uncertainty_ps) * device.delay / netlist_percent;
  return p;
}

// A path that ends at a port to a buffer goes on in it: rtl/ has no register between them. The ports' names begin with
// the buffer's. Without the launch of a register that stands for the port.
LongestPath with_buffer(LongestPath path, const MachineParameters& machine) {
  constexpr std::string_view port = "port ";
  constexpr std::int64_t launch_ps = 96;
  for (std::size_t b = 0; b < buffer_names.size() && path.to.starts_with(port); ++b) {
    if (!path.to.substr(port.size()).starts_with(buffer_names[b])) continue;
    const LongestPath rest = buffer_path(static_cast<BufferId>(b), machine);
    if (!rest.from.starts_with(port)) continue;
    path.to = buffer_names[b];
    path.levels += rest.levels;
    path.logic_ps += rest.logic_ps - launch_ps;
    path.grows_with.insert(path.grows_with.end(), rest.grows_with.begin(), rest.grows_with.end());
  }
  return path;
}

// Values of a parameter below its own: powers of two, which buffers are fastest with, in the parameter's steps.
std::vector<std::int64_t> smaller(const Leaf& leaf) {
  std::vector<std::int64_t> values;
  if (*leaf.number < 2) return values;
  auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(*leaf.number - 1)));
  for (; power > 0; power /= 2) {
    const std::int64_t value = leaf.row.step > 1 ? power - power % leaf.row.step : power;
    if (value > 0 && value >= leaf.row.minimum) values.push_back(value);
  }
  return values;
}

// The first smaller value of a parameter that the part's path grows with, with which the part is no longer too slow.
std::optional<std::string> shortened(const Platform& platform, const ClockEstimate& estimate) {
  Platform copy = platform;
  const std::vector<Leaf> leaves = platform_leaves(copy);
  for (const std::string_view key : estimate.limit().path.grows_with) {
    const auto leaf = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& l) { return l.path == key; });
    if (leaf == leaves.end()) throw InvariantError("clock", fmt::format("there is no parameter {}", key));
    for (const std::int64_t value : smaller(*leaf)) {
      *leaf->number = value;
      const std::string set = fmt::format("{}={}", key, leaf->value_text());
      try {
        const ClockEstimate with = estimate_clock(with_sets(platform, {set}));
        if (with.parts[estimate.limiting].period_ps * platform.machine.clock_hz <= picoseconds) return set;
      } catch (const DiagnosticError&) {  // another parameter needs the larger value
      }
    }
  }
  return std::nullopt;
}

// As a shell takes them.
std::string set_options(const Lever& sets) {
  std::string out;
  for (const std::string& set : sets) {
    const bool blank = set.find(' ') != std::string::npos;
    out += fmt::format("{}--set {}", out.empty() ? "" : " ", blank ? '"' + set + '"' : set);
  }
  return out;
}

// Parameters to change so that no path is too slow; none where a path has none that would do.
Lever shorten(Platform platform) {
  Lever sets;
  if (!platform.source) return sets;
  for (ClockEstimate e = estimate_clock(platform); platform.machine.clock_hz > e.fmax_hz;
       e = estimate_clock(platform)) {
    const std::optional<std::string> set = shortened(platform, e);
    if (!set) return {};
    sets.push_back(*set);
    platform = with_sets(platform, {*set});
  }
  return sets;
}

}  // namespace

ClockEstimate estimate_clock(const Platform& platform) {
  ClockEstimate e;
  const auto add = [&](std::string unit, LongestPath path) {
    e.parts.push_back(part(std::move(unit), std::move(path), platform.device));
  };
  for (const std::string_view module : delayed_modules(platform.machine))
    add(std::string(module), with_buffer(module_path(module, platform.machine), platform.machine));
  for (std::size_t b = 0; b < buffer_names.size(); ++b)
    add(fmt::format("buffer {}", buffer_names[b]), buffer_path(static_cast<BufferId>(b), platform.machine));
  const auto longest = std::max_element(e.parts.begin(), e.parts.end(),
                                        [](const auto& a, const auto& b) { return a.period_ps < b.period_ps; });
  e.limiting = static_cast<std::size_t>(longest - e.parts.begin());
  e.fmax_hz = picoseconds / longest->period_ps;
  e.low_hz = e.fmax_hz * low_percent / 100;
  e.high_hz = e.fmax_hz * high_percent / 100;
  return e;
}

std::string clock_text(std::int64_t hertz) { return fmt::format("{} MHz", hertz / megahertz); }

std::optional<Diagnostic> clock_warning(const Platform& platform) {
  const ClockEstimate e = estimate_clock(platform);
  if (platform.machine.clock_hz <= e.fmax_hz) return std::nullopt;
  const auto& mhz = clock_text;
  const ClockEstimate::Part& limit = e.limit();
  Diagnostic d{"clock-above-estimate",
               {.file = platform.file, .node = "clock"},
               fmt::format("{} is above the estimate of {} ({} to {}): {} limits it, {} levels from {} to {}",
                           format_quantity(platform.machine.clock_hz, Unit::hertz), mhz(e.fmax_hz), mhz(e.low_hz),
                           mhz(e.high_hz), limit.unit, limit.path.levels, limit.path.from, limit.path.to),
               {}};
  const Lever clock = {"clock=" + mhz(e.fmax_hz)};
  d.levers.push_back(clock);
  if (Lever sets = shorten(platform); !sets.empty()) {
    d.hint = fmt::format("{}, which {} reaches; or {}", set_options(sets), mhz(platform.machine.clock_hz),
                         set_options(clock));
    d.levers.insert(d.levers.begin(), std::move(sets));
  } else {
    d.hint = set_options(clock) + "; no parameter shortens this path enough";
  }
  return d;
}

}  // namespace blendsim
