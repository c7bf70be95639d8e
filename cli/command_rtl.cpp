// SPDX-License-Identifier: Apache-2.0
// blendsim rtl: a platform's parameters and instruction formats as a SystemVerilog package, for the sources under rtl/.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/text_output.h"
#include "isa/verilog_package.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string platform, output;
  std::vector<std::string> sets;
  TextOptions text;
};

void run(const Arguments& arguments) {
  const Platform platform = named_platform(arguments.platform, arguments.sets);
  const bool to_folder = !is_standard_output(arguments.output);
  const std::string path =
      to_folder ? (std::filesystem::path(arguments.output) / verilog_package_file).string() : arguments.output;
  keep_apart({platform.file}, {path});
  if (to_folder) make_folder(arguments.output);
  const std::string title = fmt::format("Platform {}, digest {}", platform.name, platform.digest());
  write_text(path, verilog_package(platform.machine, title));
  text_output(arguments.text, {path}).stream
      << fmt::format("wrote {}: package blendsim_pkg of {}; the units are in rtl/ of the source tree\n",
                     name_of_output(path), platform.name);
}

}  // namespace

void declare_rtl(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("PLATFORM", arguments->platform, "Name of a platform, or a YAML file")
      ->type_name("PLATFORM")
      ->required();
  add_set_option(command, arguments->sets);
  command.add_option("-o,--output", arguments->output, "Folder for blendsim_pkg.sv; - prints it instead")
      ->type_name("DIR")
      ->required()
      ->group("Results");
  add_quiet_option(command, arguments->text);
  command.callback([arguments] { run(*arguments); });
}

}  // namespace blendsim::cli
