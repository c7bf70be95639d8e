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
  TextTable table(
      {{"network", true}, {"binary MAC"}, {"other"}, {"weights", false, 1}, {"KiB"}, {"of float"}, {"summary", true}});
  const auto counted = [](std::int64_t n) {
    if (n == 0) return std::string();
    const double k = static_cast<double>(n) * 1e-3;
    return n < 100'000 ? fmt::format("{:.0f} k", k) : fmt::format("{:.1f} M", k * 1e-3);
  };
  for (const ZooEntry& entry : zoo_entries()) {
    const ZooSize size = zoo_size(entry.name);
    table.row({entry.name, counted(size.binary_macs), counted(size.other_macs), grouped(size.weights),
               grouped((size.weight_bits + 8191) / 8192),
               fmt::format("1 / {:.2f}", static_cast<double>(size.float_bits) / static_cast<double>(size.weight_bits)),
               entry.summary});
  }
  const TextOutput text = text_output(options);
  text.stream
      << table.text(text.layout)
      << wrapped(
             "\nKiB of weights; of float: against the network with 32-bit weights and without the 8-bit path beside "
             "the binary one.\n",
             0, text.layout);
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
             "One 1x1 skip convolution a basic block, or one a convolution; default: the network's own")
      ->group(network);
  std::string repairs = "none";
  for (const ZooEntry& repair : zoo_repairs()) repairs += "|" + repair.name;
  add_choice(command, "--repair", options.repair, repairs,
             "Of resnet20-bnn and resnet18-bnn: what mends the accuracy of binary layers")
      ->type_name("NAME")
      ->group(network);
  command.add_flag("--float-bn", options.float_batch_norm, "Ordinary float batch-normalization statistics")
      ->group(network);
  command.add_option("--width", options.width, "Channels of the first stage; of a token of blendmixer")
      ->type_name("N")
      ->group(network);
  command.add_option("--blocks", options.blocks, "Basic blocks a stage; of blendmixer")->type_name("N")->group(network);
  command
      .add_option("--size", options.size, "Rows and columns of the image of neuroblend20, neuroblend18 or blendmixer")
      ->type_name("N")
      ->group(network);
  add_quiet_option(command, arguments->text);
  add_wide_option(command, arguments->text);
  command.callback([arguments] { arguments->name.empty() ? list(arguments->text) : write(*arguments); });
}

}  // namespace blendsim::cli
