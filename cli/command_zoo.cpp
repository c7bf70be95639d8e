// SPDX-License-Identifier: Apache-2.0
// blendsim zoo: list the built-in networks, or write one.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "cli/validators.h"
#include "network/zoo.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string name;
  std::string output;
  ZooOptions options;
  TextOptions text;
};

void list(const TextOptions& options) {
  TextTable table({{"network", true}, {"summary", true}});
  for (const ZooEntry& entry : zoo_entries()) table.row({entry.name, entry.summary});
  const TextOutput text = text_output(options);
  text.stream << table.text(text.layout);
}

void write(const Arguments& arguments) {
  if (arguments.output.empty()) usage_error("a network's name needs -o FILE", "blendsim zoo NAME -o net.onnx");
  write_whole(arguments.output,
              [&](const std::string& temporary) { write_zoo_network(arguments.name, arguments.options, temporary); });
  text_output(arguments.text, {arguments.output}).stream << fmt::format(
      "wrote {}: {}, seed {}\n", name_of_output(arguments.output), arguments.name, arguments.options.seed);
}

}  // namespace

void declare_zoo(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  ZooOptions& options = arguments->options;
  const std::string network = "Network";
  command.add_option("NETWORK", arguments->name, "Network to write; without it they are listed")->type_name("NETWORK");
  command.add_option("-o,--output", arguments->output, "ONNX file to write; - is standard output")
      ->type_name("FILE")
      ->group("Results");
  command.add_option("--seed", options.seed, "Seed of weights and calibration images")
      ->type_name("N")
      ->check(whole_number(false))
      ->capture_default_str()
      ->group(network);
  add_choice(command, "--dialect", options.dialect, "onnx|qonnx",
             "QuantizeLinear and compare, or Quant and BipolarQuant")
      ->group(network);
  add_choice(command, "--skip", options.skip, "block|convolution",
             "One 1x1 skip convolution a basic block, or one a convolution")
      ->group(network);
  command.add_flag("--float-bn", options.float_batch_norm, "Ordinary float batch-normalization statistics")
      ->group(network);
  command.add_option("--width", options.width, "Channels of the first stage")->type_name("N")->group(network);
  command.add_option("--blocks", options.blocks, "Basic blocks a stage")->type_name("N")->group(network);
  command.add_option("--size", options.size, "Rows and columns of the image of neuroblend20 or neuroblend18")
      ->type_name("N")
      ->group(network);
  add_quiet_option(command, arguments->text);
  add_wide_option(command, arguments->text);
  command.callback([arguments] { arguments->name.empty() ? list(arguments->text) : write(*arguments); });
}

}  // namespace blendsim::cli
