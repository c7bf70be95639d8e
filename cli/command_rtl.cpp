// SPDX-License-Identifier: Apache-2.0
// blendsim rtl: a platform's parameters and instruction formats as a SystemVerilog package, for the sources under rtl/.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "isa/verilog_package.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string platform, output;
  std::vector<std::string> sets;
};

void run(const Arguments& arguments) {
  const Platform platform = named_platform(arguments.platform, arguments.sets);
  const std::string path = (std::filesystem::path(arguments.output) / verilog_package_file).string();
  keep_apart({platform.file}, {path});
  make_folder(arguments.output);
  const std::string title = fmt::format("Platform {}, digest {}", platform.name, platform.digest());
  write_text(path, verilog_package(platform.machine, title));
  std::cout << fmt::format("wrote {}: package blendsim_pkg of {}; the units are in rtl/ of the source tree\n", path,
                           platform.name);
}

}  // namespace

void declare_rtl(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("platform", arguments->platform, "Name of a platform, or a YAML file")->required();
  command.add_option("--set", arguments->sets, "unit.parameter=value: change the platform; repeats")
      ->allow_extra_args(false);
  command.add_option("-o,--output", arguments->output, "Folder to write blendsim_pkg.sv to")->required();
  command.callback([arguments] { run(*arguments); });
}

}  // namespace blendsim::cli
