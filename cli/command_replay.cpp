// SPDX-License-Identifier: Apache-2.0
// blendsim replay: recorded memory traffic on the same memory or another one.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/text_output.h"
#include "platform/platform_schema.h"
#include "replay/file.h"
#include "replay/foreign.h"
#include "replay/outcome.h"

namespace blendsim::cli {
namespace {

struct Arguments {
  std::string file, platform, csv, out;
  std::vector<std::string> sets;
  bool open_loop = false;
  TextOptions text;
};

std::string read_text(const std::string& path) {
  if (path == "-" || std::filesystem::is_regular_file(path) || !std::filesystem::exists(path) ||
      std::filesystem::is_directory(path)) {
    const FileKind kind = file_kind(path);  // not of a pipe, which is read once
    if (kind != FileKind::traffic && kind != FileKind::text && kind != FileKind::yaml && kind != FileKind::unknown)
      unexpected_kind(path, kind, "recorded memory traffic or a trace of DRAMSys or Ramulator");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) throw DiagnosticError("file-unreadable", {.file = path}, "cannot be read", "check the path");
  return text.str();
}

constexpr std::string_view same_bursts =
    "a replay changes the memory and the clock; the accelerator and the memory port's width decide which bursts there "
    "are, and stay as recorded";

// A key, or what differences() says of one.
bool is_of_memory(std::string_view key) {
  return key.starts_with("memory.") || key == "clock" || key.starts_with("clock:");
}

// A key that exists and would change nothing, or the bursts; what is no key is for the platform to refuse.
void require_keys_of_memory(const std::vector<std::string>& sets) {
  Platform any;
  const std::vector<Leaf> leaves = platform_leaves(any);
  for (const std::string& set : sets) {
    const std::string key = set.substr(0, set.find('='));
    const bool known = std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return leaf.path == key; });
    if (is_of_memory(key) || !known) continue;
    throw DiagnosticError("bad-override", {.file = "--set " + key}, std::string(same_bursts),
                          "simulate the changed machine with `blendsim run`");
  }
}

// The accelerator is the recorded one: a change of anything but its memory and clock changes which bursts there are.
void require_same_bursts(const Platform& recorded, const Platform& other, const Arguments& arguments) {
  MachineParameters machine = recorded.machine;
  machine.memory = other.machine.memory;
  machine.clock_hz = other.machine.clock_hz;
  if (other.machine.memory.port_width != recorded.machine.memory.port_width ||
      (arguments.platform.empty() && machine != other.machine)) {
    throw DiagnosticError("bad-override", {.file = arguments.file}, std::string(same_bursts),
                          "simulate the changed machine with `blendsim run`");
  }
}

// What the replay is on: the memory and clock of --platform, or the recorded ones, changed by --set.
Platform replayed_platform(const Arguments& arguments, const Platform& recorded) {
  Platform other = !arguments.platform.empty() ? named_platform(arguments.platform, arguments.sets)
                   : arguments.sets.empty()    ? recorded
                                               : with_sets(recorded, arguments.sets);
  require_same_bursts(recorded, other, arguments);
  return other;
}

std::vector<std::string> memory_changes(const Platform& a, const Platform& b) {
  std::vector<std::string> out;
  for (const std::string& line : differences(a, b)) {
    if (is_of_memory(line)) out.push_back(line);
  }
  return out;
}

// Requests as replayed: on the recorded memory they are the recorded ones.
void write_requests(const std::string& path, TrafficPhase phase, const ReplayedPhase& replayed,
                    const MemoryParameters& memory) {
  phase.images = replayed.images;
  if (path.ends_with(".stl")) {
    write_text(path, foreign_text(phase, TraceFormat::stl, memory));
  } else if (path.ends_with(".trace")) {
    write_text(path, foreign_text(phase, TraceFormat::load_store, memory));
  } else {
    usage_error(fmt::format("{} ends like no format that replay writes", path),
                ".stl for DRAMSys, .trace for Ramulator's load/store traces");
  }
}

ExitStatus run(const Arguments& arguments) {
  keep_apart({arguments.file, arguments.platform}, {arguments.csv, arguments.out});
  require_keys_of_memory(arguments.sets);
  const std::string text = read_text(arguments.file);
  const TraceFormat format = trace_format(text, arguments.file);
  Traffic traffic;
  std::optional<Platform> recorded;
  if (format == TraceFormat::recorded) {
    traffic = parse_traffic(text, arguments.file);
    recorded = parse_platform(traffic.platform_yaml, arguments.file, config_paths());
  } else {
    recorded = named_platform(arguments.platform, arguments.sets, "a trace that names no memory");
    traffic = parse_foreign(text, format, arguments.file, recorded->machine.memory);
  }
  if (format == TraceFormat::rstl && arguments.open_loop) {
    usage_error("--open-loop needs the cycles of the requests, and a relative trace has none of its own",
                "leave out --open-loop");
  }
  const Platform other = traffic.stamped ? replayed_platform(arguments, *recorded) : *recorded;
  const ReplayOutcome outcome = replay_beside(traffic, recorded->machine, other.machine,
                                              arguments.open_loop ? ReplayMode::open_loop : ReplayMode::dependencies);
  Outputs outputs;
  if (!arguments.csv.empty()) outputs.write([&] { write_text(arguments.csv, outcome_csv(traffic, outcome)); });
  if (!arguments.out.empty()) {
    outputs.write([&] {
      write_requests(arguments.out, traffic.of(Phase::main),
                     outcome.phases[static_cast<std::size_t>(Phase::main)].replayed, other.machine.memory);
    });
  }
  text_output(arguments.text, {arguments.csv, arguments.out})
      .say(outcome_text(traffic, outcome, memory_changes(*recorded, other)), 2);
  outputs.throw_if_any();
  return outcome.faithful() ? ExitStatus::done : ExitStatus::differs;
}

}  // namespace

void declare_replay(CLI::App& command, ExitStatus& status) {
  auto a = std::make_shared<Arguments>();
  command.add_option("FILE", a->file, "Recorded traffic (run --record), or a trace of DRAMSys or Ramulator")
      ->type_name("FILE")
      ->required();
  command.add_option("--platform", a->platform, "Take the memory and the clock of this platform")
      ->type_name("PLATFORM");
  command.add_option("--set", a->sets, "memory.parameter=value: change the memory, or the clock; repeats")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--open-loop", a->open_loop, "Send each request in its recorded cycle, whatever it waited for");
  command.add_option("--csv", a->csv, "Write every burst's stamps, recorded and replayed; - is standard output")
      ->type_name("FILE");
  command
      .add_option("-o,--output", a->out, "Write the requests, as replayed, for DRAMSys (.stl) or Ramulator (.trace)")
      ->type_name("FILE");
  add_quiet_option(command, a->text);
  command.callback([a, &status] { status = run(*a); });
}

}  // namespace blendsim::cli
