// SPDX-License-Identifier: Apache-2.0
// blendsim why: what a run lost its cycles to.
#include <fmt/format.h>

#include <memory>

#include "cause/why_text.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/print.h"
#include "cli/recording.h"
#include "cli/terminal.h"
#include "cli/validators.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  LoadArguments load;
  std::string unit, layer;
  std::optional<Cycles> cycle;
  std::size_t top = 5;
};

void explain_report(const Arguments& arguments) {
  const bool unit = !arguments.unit.empty(), layer = !arguments.layer.empty();
  if (arguments.cycle || (unit && layer)) {
    usage_error("a report knows no instructions: --cycle, and --unit with --layer, ask for them",
                "give the program or the network");
  }
  const SavedRun run = read_saved_run(arguments.load.file);
  print(unit    ? saved_unit_text(run, find_unit(arguments.unit))
        : layer ? saved_layer_text(run, arguments.layer)
                : saved_run_text(run, arguments.top));
}

void explain(const Arguments& arguments) {
  if (file_kind(arguments.load.file) == FileKind::report) {
    return explain_report(arguments);
  }
  const Loaded loaded = load(arguments.load);
  const RecordedRun run = record_timing(loaded);
  WaitFilter filter;
  if (!arguments.unit.empty()) filter.unit = find_unit(arguments.unit);
  if (!arguments.layer.empty()) filter.layers = find_layers(loaded.program, arguments.layer);
  if (arguments.cycle) {
    if (!filter.layers.empty())
      usage_error("--cycle asks what the units do, in whichever layer", "leave out --layer, or --cycle");
    if (*arguments.cycle >= run.cycles()) {
      usage_error(fmt::format("the run has no cycle {}", *arguments.cycle),
                  fmt::format("its cycles are 0 to {}", run.cycles() - 1));
    }
    print(cycle_text(run, *arguments.cycle, filter.unit));
    return;
  }
  if (arguments.unit.empty() && arguments.layer.empty()) {
    progress("running again without each cause");
    const Reruns again = reruns(arguments.load, loaded);
    print(causes_text(run, find_causes(run, again), arguments.top, again.compiled != nullptr) + '\n');
  }
  print("longest waits\n" + waits_text(run, filter, arguments.top));
}

}  // namespace

void declare_why(CLI::App& command, ExitStatus&) {
  auto a = std::make_shared<Arguments>();
  add_load_options(command, a->load);
  const char* const question = "Question";
  command.add_option("--unit", a->unit, "Only waits of this unit")->type_name("UNIT")->group(question);
  command.add_option("--layer", a->layer, "Only waits in this layer, or those of a pattern")
      ->type_name("PATTERN")
      ->group(question);
  command.add_option("--cycle", a->cycle, "What every unit does in this cycle, and why")
      ->type_name("N")
      ->check(whole_number(false))
      ->group(question);
  command.add_option("--top", a->top, "How many causes and waits to show")
      ->type_name("N")
      ->group(question)
      ->check(whole_number(true))
      ->capture_default_str();
  command.callback([a] { explain(*a); });
}

}  // namespace blendsim::cli
