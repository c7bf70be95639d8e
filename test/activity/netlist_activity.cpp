// SPDX-License-Identifier: Apache-2.0
// netlist_activity: a compiled program on the netlist of its machine, and how often what toggles. scripts/activity.sh
// makes the netlist. Exit status 0: the netlist does what the model, and with --rtl what rtl/ does; 4: they part; 1:
// what was given is wrong; 2: wrong usage.
//
// --csv FILE: a row a window of cycles of main and a unit:
//   network, platform   names
//   window              number of the window, from 0
//   first, cycles       the window's first cycle, counted from the first doorbell, and its length; the last is shorter
//   unit                a unit with its queue, control, dispatcher, a buffer, or `machine`: what lies between them
//   lut ... ram_write_bit   counts (counts.h says of what) of the toggles from each of those cycles to the next, and of
//   the
//                       accesses at its edge. Values are those of zero-delay logic: glitches are not counted.
// --terms FILE: a row a window, module, term and layer of the power estimate: how often the model says that it happens.
//   Rows of the module `density` hold bits that differ (`count`) of the bits compared (`window`), by port.
// --parts FILE: a row a unit: LUTs and MUXFs, CARRY4s, flip-flops, SRLs, LUT memories, DSPs, RAMB18s, RAMB36s, and the
//   nets and pins that `net` and `pin` count the toggles of.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "activity_run.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "platform/platform.h"
#include "terms.h"

namespace {

using namespace blendsim;
using activity::Counts;

struct Arguments {
  std::string program, netlist, scale = "1", csv, parts, terms, network;
  std::vector<std::string> inputs;
  std::uint64_t seed = 1;
  bool summary = false;
  activity::RecordOptions record;
  activity::ActivityOptions options;
};

std::string read_text(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

template <class Row>
void write_names(std::ostream& out, std::size_t kinds) {
  for (std::size_t n = 0; n < kinds; ++n) out << "," << activity::name(static_cast<Row>(n));
  out << "\n";
}

void write_windows(const std::string& file, const std::string& names, const activity::Netlist& netlist,
                   const activity::ActivityResult& result) {
  std::ofstream out(file);
  out << "network,platform,window,first,cycles,unit";
  write_names<activity::Count>(out, activity::count_kinds);
  for (std::size_t w = 0; w < result.windows.size(); ++w) {
    const activity::Window& window = result.windows[w];
    for (std::size_t group = 0; group < netlist.groups.size(); ++group) {
      out << fmt::format("{},{},{},{},{},{}\n", names, w, window.first, window.cycles, netlist.groups[group],
                         fmt::join(window.groups[group], ","));
    }
  }
  if (!out) throw std::runtime_error("cannot write " + file);
}

void write_terms(const std::string& file, const std::string& names, const activity::TermCounts& terms) {
  std::ofstream out(file);
  out << "network,platform,window,module,term,layer,count\n";
  for (const auto& [key, counts] : terms.counts) {
    for (std::size_t w = 0; w < counts.size(); ++w) {
      if (w == 0 || counts[w] != 0)
        out << fmt::format("{},{},{},{},{},{:.6g}\n", names, w, std::get<0>(key), std::get<1>(key), std::get<2>(key),
                           counts[w]);
    }
  }
  for (std::size_t d = 0; d < distance_names.size(); ++d) {
    DistanceSum sum;
    for (const LayerSwitching& layer : terms.run.switching->layers) sum += layer.distances[d];
    out << fmt::format("{},{},density,{},,{}\n", names, sum.compared, distance_names[d], sum.bits);
  }
  if (!out) throw std::runtime_error("cannot write " + file);
}

void write_parts(const std::string& file, const std::string& platform, const activity::Netlist& netlist) {
  std::ofstream out(file);
  const activity::Counter counter(netlist);
  out << "platform,unit";
  write_names<activity::Part>(out, activity::part_kinds);
  for (std::size_t group = 0; group < netlist.groups.size(); ++group)
    out << fmt::format("{},{},{}\n", platform, netlist.groups[group], fmt::join(counter.parts()[group], ","));
  if (!out) throw std::runtime_error("cannot write " + file);
}

// Totals of a class over all cycles, a cycle.
void print_summary(const activity::Netlist& netlist, const activity::ActivityResult& result) {
  fmt::print("{:<16}", "a cycle");
  for (std::size_t n = 0; n < activity::count_kinds; ++n)
    fmt::print(" {:>18}", activity::name(static_cast<activity::Count>(n)));
  fmt::print("\n");
  for (std::size_t group = 0; group < netlist.groups.size(); ++group) {
    Counts total{};
    for (const activity::Window& window : result.windows) {
      for (std::size_t n = 0; n < total.size(); ++n) total[n] += window.groups[group][n];
    }
    fmt::print("{:<16}", netlist.groups[group]);
    for (const std::uint64_t count : total)
      fmt::print(" {:>18.2f}", static_cast<double>(count) / static_cast<double>(result.cycles));
    fmt::print("\n");
  }
}

int run(const Arguments& arguments) {
  const Program program = read_program(arguments.program);
  const Platform platform = parse_platform(program.platform_yaml, arguments.program, cli::config_paths());
  const cli::Inputs inputs =
      arguments.inputs.empty()
          ? cli::random_input(arguments.seed, program.host_input)
          : cli::read_inputs(arguments.inputs, cli::parse_scale(arguments.scale), program.host_input);
  const activity::Netlist netlist =
      activity::read_netlist(read_text(arguments.netlist), "machine", activity::machine_group);
  activity::ActivityOptions options = arguments.options;
  if (!arguments.record.folder.empty()) options.record = arguments.record;
  activity::ActivityRun activity_run(platform.machine, program, netlist, inputs.quantised);
  const activity::ActivityResult result = activity_run.run(options);
  const std::string network = arguments.network.empty() ? program.network : arguments.network;
  if (!arguments.csv.empty()) write_windows(arguments.csv, network + "," + platform.name, netlist, result);
  if (!arguments.terms.empty()) {
    write_terms(arguments.terms, network + "," + platform.name,
                activity::count_terms(platform.machine, program, inputs.quantised, options.window));
  }
  if (!arguments.parts.empty()) write_parts(arguments.parts, platform.name, netlist);
  if (arguments.summary) print_summary(netlist, result);
  if (!result.divergence.empty()) {
    fmt::print("{}\n", result.divergence);
    return 4;
  }
  fmt::print("no difference: {} cycles of {} cells in {:.1f} s, {} outputs of units compared with rtl/\n",
             result.cycles, netlist.cells.size(), result.seconds, result.compared_outputs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs a compiled program on the netlist of its machine and counts toggles by unit and class.");
  app.add_option("program", arguments.program, "what `blendsim compile` wrote")->required();
  app.add_option("--netlist", arguments.netlist, "JSON of the platform's machine, from scripts/activity.sh")
      ->required();
  auto* input =
      app.add_option("--input", arguments.inputs, ".npy or .png, one inference each; without it a seeded image");
  app.add_option("--input-scale", arguments.scale, "factor for every input value")->needs(input);
  app.add_option("--seed", arguments.seed, "of the made-up image")->excludes(input);
  app.add_option("--window", arguments.options.window, "cycles of a row")->check(CLI::PositiveNumber);
  app.add_option("--network", arguments.network, "name in the rows, instead of the program's");
  app.add_option("--csv", arguments.csv, "file for counts by window");
  app.add_option("--terms", arguments.terms, "file for what the model says that happens, by window");
  app.add_option("--parts", arguments.parts, "file for what the units are built of");
  app.add_flag("--rtl", arguments.options.compare_with_rtl, "compare every unit's outputs with rtl/ in every cycle");
  auto* record = app.add_option("--record", arguments.record.folder, "folder for what --instance gets and toggles");
  app.add_option("--instance", arguments.record.instance, "instance of the machine")->needs(record);
  app.add_option("--from", arguments.record.from, "first cycle of main that is counted")->needs(record);
  app.add_option("--to", arguments.record.to, "cycle behind the last")->needs(record);
  app.add_flag("--summary", arguments.summary, "print totals a cycle");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (!arguments.record.folder.empty()) cli::make_folder(arguments.record.folder);
    return run(arguments);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
