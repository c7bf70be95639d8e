// SPDX-License-Identifier: Apache-2.0
// blendsim platforms: list the platforms, or print one as YAML to start from.
#include <fmt/format.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "estimate/estimate.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

std::string giga(std::int64_t per_cycle, std::int64_t clock_hz) {
  return engineering(static_cast<double>(per_cycle) * static_cast<double>(clock_hz), "MAC/s");
}

std::string share(std::int64_t used, std::int64_t available) {
  return available > 0 ? percent(static_cast<double>(used) / static_cast<double>(available)) : "-";
}

void list() {
  const ConfigPaths paths = config_paths();
  TextTable table(
      {"platform", "device", "clock", "binary peak", "fixed peak", "dsp", "lut", "bram36", "fits", "summary"},
      {true, true, false, false, false, false, false, false, true, true});
  for (const std::string& name : platform_names(paths)) {
    const Platform p = load_platform(name, {}, paths);
    const ResourceEstimate r = estimate_resources(p);
    table.row({name, p.device.name, engineering(static_cast<double>(p.machine.clock_hz), "Hz"),
               giga(p.machine.xnor_array.peak_macs(), p.machine.clock_hz),
               giga(p.machine.mac_array.peak_macs(), p.machine.clock_hz), share(r.total.dsp, p.device.dsp_slices),
               "~" + share(r.total.lut, p.device.lut), share(r.total.bram36_halves, 2 * p.device.bram36),
               r.fits ? "yes" : "no", p.summary});
  }
  std::cout << table.text();
}

}  // namespace

void declare_platforms(CLI::App& command, ExitStatus&) {
  auto name = std::make_shared<std::string>();
  command.add_option("name", *name, "Name of a platform, or a YAML file");
  command.callback([name] {
    if (name->empty()) return list();
    std::cout << commented_yaml(load_platform(*name, {}, config_paths()));
  });
}

}  // namespace blendsim::cli
