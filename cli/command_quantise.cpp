// SPDX-License-Identifier: Apache-2.0
// blendsim quantise: a float network becomes one of QuantizeLinear and DequantizeLinear, or gets other bits.
#include <fmt/format.h>

#include <cmath>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/network_options.h"
#include "cli/terminal.h"
#include "cli/text_output.h"

#include "report/format_text.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string network, output;
  NetworkArguments reading;
  TextOptions text;
};

std::string bits_of(int bits) { return bits == 0 ? "file's" : fmt::format("{}", bits); }

void run(const Arguments& arguments) {
  std::vector<std::string> read = arguments.reading.images;
  read.insert(read.end(), {arguments.network, arguments.reading.plan});
  keep_apart(read, {arguments.output});
  const FileKind kind = file_kind(arguments.network);
  if (kind != FileKind::onnx) unexpected_kind(arguments.network, kind, "an ONNX network");
  if (!arguments.reading.quantises()) {
    usage_error("neither --calibrate nor --bits says what to quantise",
                "--calibrate IMAGES quantises what the file does not; --bits PLAN changes what it does");
  }
  const QuantisedNetwork network = quantise_file(arguments.network, arguments.reading);
  (void)lower(network.quantised.graph);  // what the machine cannot do is said now, not when the file is used
  Outputs outputs;
  outputs.write([&] {
    write_whole(arguments.output,
                [&](const std::string& temporary) { write_network(network.quantised.graph, temporary); });
  });
  outputs.throw_if_any();
  const TextOutput text = text_output(arguments.text, {arguments.output});
  TextTable table({{"layer", true}, {"parameters"}, {"weights", false}, {"activations", false}});
  for (const QuantisedLayer& layer : network.quantised.layers)
    table.row({layer.name, grouped(layer.parameters), bits_of(layer.weights), bits_of(layer.activations)});
  text.stream << table.text(text.layout);
  text.say(fmt::format("\nwrote {}: {}\n", name_of_output(arguments.output), network.account), 2);
}

}  // namespace

void declare_quantise(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("FILE", arguments->network, "ONNX network")->type_name("FILE")->required();
  add_calibration_options(command, arguments->reading);
  command.add_option("-o,--output", arguments->output, "ONNX file to write; - is standard output")
      ->type_name("FILE")
      ->required()
      ->group("Results");
  add_quiet_option(command, arguments->text);
  add_wide_option(command, arguments->text);
  command.callback([arguments] { run(*arguments); });
}

}  // namespace blendsim::cli
