// SPDX-License-Identifier: Apache-2.0
// blendsim debug: a session over a run (docs/debug.md). What a command does is src/debug's; here are lines in and out.
#include <editline/readline.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <variant>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/loading.h"
#include "cli/terminal.h"
#include "debug/session.h"
#include "report/format_text.h"
#include "sim/machine.h"

namespace blendsim::cli {

namespace {

struct Arguments {
  LoadArguments load;
  InputArguments input;
  std::vector<std::string> scripts, commands;
  bool echo = false;
};

// Lines of a script: the first that cannot be performed ends it all. `number`: of the line before the first.
void perform_script(debug::Session& session, std::istream& lines, const std::string& name, bool echo, int number = 0) {
  for (std::string line; !session.over() && std::getline(lines, line);) {
    ++number;
    if (echo) std::cout << session.prompt() << line << '\n';
    try {
      std::cout << session.perform(line);
    } catch (const DiagnosticError& problem) {
      std::vector<Diagnostic> placed = problem.diagnostics();
      for (Diagnostic& diagnostic : placed) {
        if (diagnostic.place.file.empty()) diagnostic.place = {name, number, {}};
      }
      throw DiagnosticError(std::move(placed), problem.status());
    }
  }
}

void perform_file(debug::Session& session, const std::string& name, bool echo) {
  if (name == "-") return perform_script(session, std::cin, "standard input", echo);
  std::ifstream file(name);
  if (std::filesystem::is_directory(name))
    throw DiagnosticError("file-unreadable", {.file = name}, "is a folder, a file is expected", "name a file in it");
  if (!file) throw DiagnosticError("file-unreadable", {.file = name}, "cannot be opened", "check the path of -x");
  perform_script(session, file, name, echo);
}

// The line editor calls back without an argument of ours.
debug::Session* completing = nullptr;

char** complete(const char* /*word*/, int /*begin*/, int end) {
  rl_attempted_completion_over = 1;  // no names of files behind ours
  const std::vector<std::string> found =
      completing->completions(std::string_view(rl_line_buffer, static_cast<std::size_t>(end)));
  if (found.empty()) return nullptr;
  // The first entry is what all of them begin with; the editor frees the list.
  std::string common = found.front();
  for (const std::string& word : found) {
    std::size_t same = 0;
    while (same < common.size() && same < word.size() && common[same] == word[same]) ++same;
    common.resize(same);
  }
  auto** list = static_cast<char**>(std::malloc((found.size() + 2) * sizeof(char*)));
  if (list == nullptr) return nullptr;
  std::fill_n(list, found.size() + 2, nullptr);
  list[0] = ::strdup(common.c_str());
  for (std::size_t n = 0; found.size() > 1 && n < found.size(); ++n) list[n + 1] = ::strdup(found[n].c_str());
  return list;
}

void converse(debug::Session& session) {
  completing = &session;
  ::rl_initialize();
  rl_attempted_completion_function = complete;
  static char breaks[] = " \t";
  rl_completer_word_break_characters = breaks;
  ::using_history();
  std::string last;
  while (!session.over()) {
    std::cout.flush();
    const std::unique_ptr<char, void (*)(void*)> read(::readline(session.prompt().c_str()), std::free);
    if (!read) {  // end of input
      std::cout << '\n';
      return;
    }
    std::string line = read.get();
    const bool empty = line.find_first_not_of(" \t") == std::string::npos;
    if (!empty) ::add_history(line.c_str());
    try {
      if (empty) line = !last.empty() && debug::Session::repeats(last) ? last : "";
      std::cout << session.perform(line);
      last = line;
    } catch (const DiagnosticError& problem) {
      for (const Diagnostic& d : problem.diagnostics()) std::cout << d.message << "\n  " << d.hint << '\n';
      last.clear();
    }
  }
}

// What --tensors writes too: a compiled program no longer has them.
std::vector<debug::Joined> concatenations(const std::optional<IntegerNetwork>& network) {
  std::vector<debug::Joined> out;
  if (!network) return out;
  for (const Layer& layer : network->layers) {
    const auto* concat = std::get_if<Concatenation>(&layer.work);
    if (concat == nullptr) continue;
    debug::Joined& joined = out.emplace_back();
    joined.name = network->tensor(concat->output).name;
    for (const TensorId id : concat->inputs) joined.parts.push_back(network->tensor(id).name);
  }
  return out;
}

void debug_run(const Arguments& arguments) {
  const Loaded loaded = load(arguments.load);
  const Inputs inputs = prepare_inputs(arguments.input, loaded.program);
  progress("recording the run");
  Recording recording;
  RunOptions options;
  options.values = false;  // time does not depend on them: the session computes those that are looked at
  options.consumers = {&recording};
  const Run run = Machine::instance().run(loaded.platform.machine, loaded.program, inputs.quantised, options);
  debug::Session session(
      {loaded.program, loaded.platform.machine, recording, inputs.quantised, concatenations(loaded.network)});
  for (std::size_t n = 0; n < arguments.commands.size(); ++n) {
    std::istringstream line(arguments.commands[n]);
    perform_script(session, line, "--command", arguments.echo, static_cast<int>(n));
  }
  for (const std::string& script : arguments.scripts) perform_file(session, script, arguments.echo);
  if (session.over()) return;
  if (::isatty(STDIN_FILENO) != 0) {
    std::cout << fmt::format("{} on {}: {} cycles, {} instructions; `help` lists the commands\n",
                             loaded.program.network, loaded.platform.name, grouped(run.cycles),
                             grouped(static_cast<std::int64_t>(run.records.size())));
    converse(session);
  } else if (arguments.scripts.empty() && arguments.commands.empty()) {
    perform_file(session, "-", arguments.echo);
  }
}

}  // namespace

void declare_debug(CLI::App& command, ExitStatus&) {
  auto a = std::make_shared<Arguments>();
  add_load_options(command, a->load);
  add_input_options(command, a->input);
  const std::string session = "Session";
  command.add_option("-e,--command", a->commands, "Command to perform first")
      ->type_name("COMMAND")
      ->allow_extra_args(false)
      ->group(session);
  command.add_option("-x,--script", a->scripts, "File of commands to perform next, - for standard input")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group(session);
  command.add_flag("--echo", a->echo, "Print each command of a script behind its prompt, as a terminal shows it")
      ->group(session);
  command.callback([a] { debug_run(*a); });
}

}  // namespace blendsim::cli
