// SPDX-License-Identifier: Apache-2.0
// Resources of a machine: its modules' (module_resources.h) and what the platform reserves, against the device.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "estimate/estimate.h"
#include "estimate/module_resources.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

std::string thousands(std::int64_t value) {
  if (value < 1000) return fmt::format("{}", value);
  return fmt::format("{},{:03}", thousands(value / 1000), value % 1000);
}

// `used` and `available` in the same unit, `limit` in per cent.
void compare(ResourceEstimate& e, std::string_view what, std::int64_t used, std::int64_t available, std::int64_t limit,
             std::int64_t shown) {
  if (used * 100 <= available * limit) return;
  e.over.push_back(available == 0 ? fmt::format("{}: the device has none", what)
                                  : fmt::format("{}: {:.1f} % of {}, limit {} %", what,
                                                100.0 * static_cast<double>(used) / static_cast<double>(available),
                                                thousands(shown), limit));
}

}  // namespace

ResourceEstimate estimate_resources(const Platform& platform) {
  const MachineParameters& m = platform.machine;
  ResourceEstimate e;
  e.parts.push_back({"control", module_resources("control", m)});
  e.parts.push_back({"dispatcher", module_resources("dispatcher", m)});
  for (const UnitId unit : all_units) {
    if (!has_unit(unit, m)) continue;
    Resources used = module_resources(name(unit), m);
    used += module_resources("queue_unit", m);
    e.parts.push_back({std::string(name(unit)), used});
  }
  for (int i = 0; i < buffer_count; ++i) {
    const auto id = static_cast<BufferId>(i);
    e.parts.push_back({fmt::format("buffer {}", name(id)), buffer_resources(id, m)});
  }
  e.total = platform.reserved;
  for (const ResourceEstimate::Part& part : e.parts) e.total += part.used;

  // The forms are yosys's counts (module_resources.h). yosys counts 1.00 to 1.31 times (median) the LUTs of Vivado,
  // routed, on 18 public UltraScale+ designs, and 1.38 times the FFs. Upwards: what the fit leaves, and what nobody
  // synthesised here.
  e.lut_low = 1 / 1.3;
  e.lut_high = 1.3;
  e.ff_low = 1 / 1.4;
  e.ff_high = 1.3;

  const Device& d = platform.device;
  compare(e, "lut", e.total.lut, d.lut, platform.limits.lut, d.lut);
  compare(e, "ff", e.total.ff, d.ff, platform.limits.ff, d.ff);
  compare(e, "dsp", e.total.dsp, d.dsp_slices, platform.limits.dsp, d.dsp_slices);
  compare(e, "bram36", e.total.bram36_halves, 2 * d.bram36, platform.limits.bram36, d.bram36);
  compare(e, "uram", e.total.uram, d.uram, platform.limits.uram, d.uram);
  e.fits = e.over.empty();
  return e;
}

}  // namespace blendsim
