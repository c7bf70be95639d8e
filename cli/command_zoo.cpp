// SPDX-License-Identifier: Apache-2.0
// blendsim zoo: list the built-in networks, or write one.
#include <fmt/format.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/validators.h"
#include "network/zoo.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string name;
  std::string output;
  ZooOptions options;
};

void list() {
  TextTable table({"network", "summary"}, {true, true});
  for (const ZooEntry& entry : zoo_entries()) table.row({entry.name, entry.summary});
  std::cout << table.text();
}

void write(const Arguments& arguments) {
  if (arguments.output.empty()) usage_error("a network's name needs -o FILE", "blendsim zoo NAME -o net.onnx");
  write_whole(arguments.output,
              [&](const std::string& temporary) { write_zoo_network(arguments.name, arguments.options, temporary); });
  std::cout << fmt::format("wrote {}: {}, seed {}\n", arguments.output, arguments.name, arguments.options.seed);
}

}  // namespace

void declare_zoo(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  ZooOptions& options = arguments->options;
  command.add_option("name", arguments->name, "Network; without it the networks are listed");
  command.add_option("-o,--output", arguments->output, "ONNX file to write");
  command.add_option("--seed", options.seed, "Seed of weights and calibration images")
      ->check(whole_number(false))
      ->capture_default_str();
  command.add_option("--dialect", options.dialect, "onnx: QuantizeLinear and compare; qonnx: Quant and BipolarQuant")
      ->check(CLI::IsMember({"onnx", "qonnx"}))
      ->capture_default_str();
  command.add_option("--skip", options.skip, "One 1x1 skip convolution a block or a convolution")
      ->check(CLI::IsMember({"block", "convolution"}))
      ->capture_default_str();
  command.add_flag("--float-bn", options.float_batch_norm, "Ordinary float batch-normalization statistics");
  command.add_option("--width", options.width, "Channels of the first stage")->capture_default_str();
  command.add_option("--blocks", options.blocks, "Basic blocks a stage")->capture_default_str();
  command.callback([arguments] { arguments->name.empty() ? list() : write(*arguments); });
}

}  // namespace blendsim::cli
