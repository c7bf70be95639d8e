// SPDX-License-Identifier: Apache-2.0
// blendsim compile: a network becomes a program for one platform.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/machine_evaluate.h"
#include "cli/terminal.h"
#include "cli/text_output.h"
#include "network/integer_network.h"
#include "report/format_text.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  std::string network, platform, output, lowered, dump_after;
  std::vector<std::string> sets;
  bool explain = false;
  NetworkArguments reading;
  std::optional<int> in_flight;
  TextOptions text;
};

std::string pass_list() {
  std::string names;
  for (const PassDescription& pass : passes()) names += fmt::format("{}{}", names.empty() ? "" : ", ", pass.name);
  return names;
}

void check_pass(const std::string& name) {
  const auto named = [&](const PassDescription& pass) { return pass.name == name; };
  if (name.empty() || std::any_of(passes().begin(), passes().end(), named)) return;
  usage_error(fmt::format("no pass is named '{}'", name), "the passes are " + pass_list());
}

std::string written_text(const std::string& file, const Program& program, const Platform& platform) {
  return fmt::format("wrote {}: {} for {}, {} layers, {} instructions {}, digest {}\n", name_of_output(file),
                     program.network, platform.name, program.layers_an_image(),
                     grouped(static_cast<std::int64_t>(decode(program.main).size())),
                     program.images == 1 ? "an inference" : fmt::format("for {} images side by side", program.images),
                     program.digest());
}

void run(const Arguments& arguments) {
  check_pass(arguments.dump_after);
  keep_apart({arguments.network, arguments.platform}, {arguments.output, arguments.lowered});
  const FileKind kind = file_kind(arguments.network);
  if (kind != FileKind::onnx) unexpected_kind(arguments.network, kind, "an ONNX network");
  const Platform platform = named_platform(arguments.platform, arguments.sets);
  progress("lowering " + arguments.network);
  const IntegerNetwork network = read_network(arguments.network, arguments.reading);
  progress("compiling for " + platform.name);
  CompileOptions options;
  options.dump_after = arguments.dump_after;
  options.explain = arguments.explain;
  options.evaluate = machine_evaluate();
  options.images = arguments.in_flight.value_or(1);
  const TextOutput text = text_output(arguments.text, {arguments.output, arguments.lowered});
  options.print = [&text](const std::string& lines) {
    text.say(lines, 4);
    text.stream << std::flush;
  };
  const CompileResult result = compile(network, platform, options);
  Outputs outputs;
  if (!arguments.lowered.empty()) {
    outputs.write([&] {
      write_whole(arguments.lowered, [&](const std::string& temporary) { export_lowered(network, temporary); });
      text.say(fmt::format("wrote {}: the lowered network as standard ONNX\n", name_of_output(arguments.lowered)), 2);
    });
  }
  outputs.write([&] {
    write_whole(arguments.output, [&](const std::string& temporary) { write_program(result.program, temporary); });
    text.say(written_text(arguments.output, result.program, platform), 2);
  });
  outputs.throw_if_any();
}

}  // namespace

void declare_compile(CLI::App& command, ExitStatus&) {
  auto arguments = std::make_shared<Arguments>();
  command.add_option("FILE", arguments->network, "ONNX network")->type_name("FILE")->required();
  add_platform_option(command, arguments->platform);
  add_set_option(command, arguments->sets);
  add_network_options(command, arguments->reading);
  add_in_flight_option(command, arguments->in_flight);
  command.add_option("-o,--output", arguments->output, "Program to write; - is standard output")
      ->type_name("FILE")
      ->required()
      ->group("Results");
  command.add_option("--lowered", arguments->lowered, "Also write the lowered network as standard ONNX")
      ->type_name("FILE")
      ->group("Results");
  command
      .add_option("--dump-after", arguments->dump_after, "Print what this pass of the compiler made: " + pass_list())
      ->type_name("PASS")
      ->group("Text");
  command.add_flag("--explain", arguments->explain, "Print the compiler's decisions")->group("Text");
  add_quiet_option(command, arguments->text);
  command.callback([arguments] { run(*arguments); });
}

}  // namespace blendsim::cli
