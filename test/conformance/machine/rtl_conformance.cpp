// SPDX-License-Identifier: Apache-2.0
// rtl_conformance: a compiled program on the Verilated machine beside the model's. Exit status 0: no difference, 4:
// they part, 1: what was given is wrong, 2: wrong usage.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/diagnostic.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "machine_bench.h"
#include "rtl_module.h"

namespace {

using namespace blendsim;

struct Arguments {
  std::string program, scale = "1", vcd;
  std::vector<std::string> inputs;
  std::uint64_t seed = 1;
  bool time = false;
  std::string corrupt_unit;
  Cycles corrupt_cycle = 0;
};

int run(const Arguments& arguments) {
  if (!arguments.vcd.empty()) cli::make_folder(arguments.vcd);
  const Program program = read_program(arguments.program);
  const Platform platform = parse_platform(program.platform_yaml, arguments.program, cli::config_paths());
  const cli::Inputs inputs =
      arguments.inputs.empty()
          ? cli::random_input(arguments.seed, program.host_input)
          : cli::read_inputs(arguments.inputs, cli::parse_scale(arguments.scale), program.host_input);
  if (arguments.time) {
    const conformance::BenchTime time = conformance::time_rtl(platform.machine, program, inputs.quantised);
    fmt::print("{} cycles in {:.3f} s: {:.0f} cycles/s\n", time.cycles, time.seconds,
               static_cast<double>(time.cycles) / time.seconds);
    return 0;
  }
  conformance::BenchOptions options;
  options.vcd_folder = arguments.vcd;
  if (!arguments.corrupt_unit.empty()) {
    for (const UnitId unit : all_units) {
      if (name(unit) == arguments.corrupt_unit) options.corrupt = {unit, arguments.corrupt_cycle};
    }
  }
  const conformance::BenchResult result =
      conformance::run_machine_bench(platform.machine, program, inputs.quantised, options);
  if (!result.divergence.empty()) {
    fmt::print("{}\n", result.divergence);
    return 4;
  }
  fmt::print("no difference: init {} and main {} cycles, {} instructions, {} written words\n", result.init_cycles,
             result.cycles, result.compared.instructions, result.compared.words);
  return 0;
}

// Units that write buffers: all but store.
std::vector<std::string> writers() {
  std::vector<std::string> names;
  for (const UnitId unit : all_units) {
    if (unit != UnitId::store) names.emplace_back(name(unit));
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs a compiled program on rtl/ in Verilator and on the model, and tells where they part first.");
  app.add_option("program", arguments.program, "what `blendsim compile` wrote")->required();
  auto* input =
      app.add_option("--input", arguments.inputs, ".npy or .png, one inference each; without it a seeded image");
  app.add_option("--input-scale", arguments.scale, "factor for every input value")->needs(input);
  app.add_option("--seed", arguments.seed, "of the made-up image")->excludes(input);
  auto* vcd = app.add_option("--vcd", arguments.vcd, "folder for both waveforms around the first divergence");
  auto* corrupt = app.add_option("--corrupt", arguments.corrupt_unit,
                                 "flip a bit of a word that this unit writes, to see the report");
  corrupt->check(CLI::IsMember(writers()));
  app.add_option("--corrupt-cycle", arguments.corrupt_cycle, "in the first write in or after this cycle of main")
      ->needs(corrupt)
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--time", arguments.time, "only run rtl/, and print simulated cycles a second")
      ->excludes(vcd)
      ->excludes(corrupt);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (!conformance::RtlModule::available()) throw std::runtime_error("verilator is not installed");
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
