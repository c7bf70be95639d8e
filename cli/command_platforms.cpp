// SPDX-License-Identifier: Apache-2.0
// blendsim platforms: list the platforms, or print one as YAML to start from.
#include <fmt/format.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
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

void list(const TextOptions& options) {
  const ConfigPaths paths = config_paths();
  TextTable table({{"platform", true},
                   {"device", true, 3},
                   {"clock"},
                   {"binary peak"},
                   {"fixed peak"},
                   {"dsp", false, 4},
                   {"lut", false, 5},
                   {"bram36", false, 6},
                   {"fits", true},
                   {"summary", true, 7}});
  for (const std::string& name : platform_names(paths)) {
    const Platform p = load_platform(name, {}, paths);
    const ResourceEstimate r = estimate_resources(p);
    table.row({name, p.device.name, engineering(static_cast<double>(p.machine.clock_hz), "Hz"),
               giga(p.machine.xnor_array.peak_macs(), p.machine.clock_hz),
               giga(p.machine.mac_array.peak_macs(), p.machine.clock_hz), share(r.total.dsp, p.device.dsp_slices),
               "~" + share(r.total.lut, p.device.lut), share(r.total.bram36_halves, 2 * p.device.bram36),
               r.fits ? "yes" : "no", p.summary});
  }
  const TextOutput text = text_output(options);
  text.stream << table.text(text.layout);
}

}  // namespace

void declare_platforms(CLI::App& command, ExitStatus&) {
  struct Arguments {
    std::string name;
    TextOptions text;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("PLATFORM", arguments->name, "Name of a platform, or a YAML file")->type_name("PLATFORM");
  add_wide_option(command, arguments->text);
  command.callback([arguments] {
    if (arguments->name.empty()) return list(arguments->text);
    std::cout << commented_yaml(named_platform(arguments->name, {}));
  });
}

}  // namespace blendsim::cli
