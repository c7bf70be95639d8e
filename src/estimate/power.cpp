// SPDX-License-Identifier: Apache-2.0
// Action counts x technology -> energy, summed as integers and converted once; static power from the device.
#include <fmt/format.h>

#include "base/diagnostic.h"
#include "estimate/estimate.h"

namespace blendsim {
namespace {

// Leakage doubles every 25 to 30 K (vendor estimators, rule of thumb); between doublings linear, at most 6 % above 2^x.
constexpr std::int64_t doubling_celsius = 28;
// Static figures of the catalogue are from memory or of one design: a factor of 1.6 either way.
constexpr double static_low = 1 / 1.6;
constexpr double static_high = 1.6;

constexpr bool is_dram(std::size_t action) {
  const auto a = static_cast<Action>(action);
  return a == Action::dram_read_byte || a == Action::dram_write_byte || a == Action::dram_activate ||
         a == Action::dram_refresh;
}

std::int64_t static_microwatt_at(const Device& device, std::int64_t junction_celsius) {
  std::int64_t degrees = junction_celsius - device.static_celsius;
  std::int64_t power = device.static_microwatt;
  for (; degrees >= doubling_celsius; degrees -= doubling_celsius) power *= 2;
  for (; degrees < 0; degrees += doubling_celsius) power /= 2;
  return power * (doubling_celsius + degrees) / doubling_celsius;
}

std::int64_t product(std::int64_t count, std::int64_t femtojoule) {
  std::int64_t out = 0;
  if (__builtin_mul_overflow(count, femtojoule, &out))
    throw InvariantError("estimate", "an energy exceeds 63 bits of femtojoules");
  return out;
}

void add(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum))
    throw InvariantError("estimate", "an energy exceeds 63 bits of femtojoules");
}

struct Sum {
  std::int64_t logic = 0, logic_low = 0, logic_high = 0;
  std::int64_t dram = 0, dram_low = 0, dram_high = 0;
};

Sum energy(const ActionCounts& counts, const Technology& technology) {
  Sum sum;
  for (std::size_t a = 0; a < counts.counts.size(); ++a) {
    const TechnologyEntry& e = technology.energy[a];
    const std::int64_t n = counts.counts[a];
    add(is_dram(a) ? sum.dram : sum.logic, product(n, e.femtojoule));
    add(is_dram(a) ? sum.dram_low : sum.logic_low, product(n, e.low));
    add(is_dram(a) ? sum.dram_high : sum.logic_high, product(n, e.high));
  }
  return sum;
}

// What a technology table has one figure for, whatever the platform chose: comparing such platforms shows no
// difference.
std::vector<std::string> energy_notes(const Platform& platform, const Technology& technology) {
  const std::string_view implementation =
      xnor_implementations[static_cast<std::size_t>(platform.machine.xnor_array.implementation)];
  return {fmt::format(
      "energy: technology {} has one figure an action: an XNOR word costs the same whichever "
      "xnor_array.implementation is chosen ({} here), a bit of a buffer whichever buffers.*.kind, a DRAM byte "
      "whichever memory.standard ({} here); these change resources and cycles alone",
      technology.name, implementation, platform.memory_standard)};
}

constexpr double joule(std::int64_t femtojoule) { return static_cast<double>(femtojoule) / 1e15; }

}  // namespace

PowerEstimate estimate_power(const Run& run, std::int64_t images, const Platform& platform,
                             const Technology& technology) {
  if (images < 1 || run.cycles < 1) throw InvariantError("estimate", "power of a run without images or cycles");
  PowerEstimate p;
  for (std::size_t u = 0; u < run.actions.size(); ++u) {
    const Sum sum = energy(run.actions[u], technology);
    p.unit_fj[u] = sum.logic;
    p.unit_band[u] = {sum.logic_low, sum.logic_high};
    add(p.dynamic_fj, sum.logic);
    add(p.dynamic_low_fj, sum.logic_low);
    add(p.dynamic_high_fj, sum.logic_high);
    add(p.dram_fj, sum.dram);
    add(p.dram_band.low_fj, sum.dram_low);
    add(p.dram_band.high_fj, sum.dram_high);
  }
  p.unattributed_fj = p.dynamic_fj;
  add(p.unattributed_fj, p.dram_fj);
  for (const ActionCounts& layer : run.layer_actions) {
    const Sum sum = energy(layer, technology);
    p.layer_fj.push_back(sum.logic + sum.dram);
    p.layer_band.push_back({sum.logic_low + sum.dram_low, sum.logic_high + sum.dram_high});
    p.unattributed_fj -= p.layer_fj.back();
  }
  if (p.unattributed_fj < 0) throw InvariantError("estimate", "the layers' energies exceed the run's");
  p.static_microwatt = static_microwatt_at(platform.device, platform.junction_celsius);
  p.seconds = static_cast<double>(run.cycles) / static_cast<double>(platform.machine.clock_hz);
  p.static_w = static_cast<double>(p.static_microwatt) / 1e6;
  p.static_low_w = p.static_w * static_low;
  p.static_high_w = p.static_w * static_high;
  p.dynamic_w = joule(p.dynamic_fj) / p.seconds;
  p.dram_w = joule(p.dram_fj) / p.seconds;
  p.total_w = p.static_w + p.dynamic_w + p.dram_w;
  p.low_w = p.static_low_w + joule(p.dynamic_low_fj) / p.seconds + joule(p.dram_band.low_fj) / p.seconds;
  p.high_w = p.static_high_w + joule(p.dynamic_high_fj) / p.seconds + joule(p.dram_band.high_fj) / p.seconds;
  p.energy_per_inference_j = p.total_w * p.seconds / static_cast<double>(images);
  p.notes = energy_notes(platform, technology);
  return p;
}

}  // namespace blendsim
