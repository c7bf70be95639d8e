// SPDX-License-Identifier: Apache-2.0
#include "trial.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "sim/machine.h"

namespace blendsim::differential {

namespace {

struct PlatformChoice {
  const char* name;
  std::vector<std::string> sets;
};

const PlatformChoice& platform_of(int index) {
  static const std::array<PlatformChoice, platform_count> all{
      {{"k26", {}},
       {"zu3eg", {}},
       {"z7020", {}},
       {"zu3eg",  // a small machine with odd widths
        {"xnor_array.words=3", "xnor_array.rows=16", "mac_array.rows=16", "mac_array.columns=2", "post_unit.lanes=16",
         "dispatcher.queue_depth=2", "buffers.weights_fixed.depth=2048"}},
       {"zu3eg",  // hardly any room for maps: rings of rows
        {"buffers.act_fixed.regions=2", "buffers.act_fixed.depth=96", "buffers.act_binary.regions=1",
         "buffers.act_binary.depth=48"}}}};
  return all[static_cast<std::size_t>(index) % all.size()];
}

std::string diagnostics_text(const DiagnosticError& error) {
  const Diagnostic& first = error.diagnostics().front();
  return std::string(first.code.name()) + ": " + skeleton(first.message);
}

Outcome broken(const std::string& kind, const std::string& detail) {
  Outcome out;
  out.kind = Outcome::Kind::fault;
  out.reason = kind;
  out.detail = detail;
  return out;
}

std::optional<Run> on_machine(const IntegerNetwork& network, const Case& c, Outcome& outcome) {
  const PlatformChoice& choice = platform_of(c.platform);
  const Platform platform = load_platform(choice.name, choice.sets, {BLENDSIM_CONFIGS});
  std::optional<Program> program;
  try {
    program = compile(network, platform).program;
  } catch (const DiagnosticError& error) {
    outcome.not_compiled = diagnostics_text(error);
    return std::nullopt;
  }
  const std::vector<std::vector<std::int32_t>> images{quantize_input(program->host_input, c.input)};
  RunOptions options;
  options.check_hazards = true;
  options.capture_tensors = true;
  return Machine::instance().run(platform.machine, *program, images, options);
}

// Everything that BlendSim does with the file. What it throws is sorted: only a DiagnosticError about the input is
// right.
Outcome subject(const Case& c, const std::string& path, const Judgement& judgement) {
  Outcome out;
  std::string stage = "lowering";
  try {
    IntegerNetwork network;
    try {
      network = load_network(path);
    } catch (const DiagnosticError& error) {
      if (error.status() != ExitStatus::bad_input) return broken("exit status", error.what());
      out.kind = Outcome::Kind::refused;
      out.reason = diagnostics_text(error);
      return out;
    }
    stage = "machine";
    const std::optional<Run> run = on_machine(network, c, out);
    stage = "comparison";
    const Comparison comparison = compare(network, run ? &*run : nullptr, judgement, c.traits, c.input);
    out.tally = comparison.tally;
    if (!comparison.faults.empty()) {
      out.kind = Outcome::Kind::fault;
      out.reason = comparison.faults.front().kind;
      out.where = comparison.faults.front().where;
      for (const Fault& fault : comparison.faults) out.detail += fault.kind + ": " + fault.detail + "\n";
    }
  } catch (const InvariantError& error) {
    return broken("invariant in " + stage + ": " + skeleton(error.what()), error.what());
  } catch (const DiagnosticError& error) {
    return broken("diagnostic in " + stage + ": " + diagnostics_text(error), error.what());
  } catch (const std::exception& error) {
    return broken("exception in " + stage + ": " + skeleton(error.what()), error.what());
  }
  return out;
}

std::string packed(const Outcome& o) {
  return nlohmann::json{{"kind", static_cast<int>(o.kind)},
                        {"reason", o.reason},
                        {"where", o.where},
                        {"detail", o.detail},
                        {"not_compiled", o.not_compiled},
                        {"layers", o.tally.layers},
                        {"exact_layers", o.tally.exact_layers},
                        {"values", o.tally.values},
                        {"uncertain", o.tally.uncertain},
                        {"admitted", o.tally.admitted},
                        {"tensors", o.tally.tensors},
                        {"hidden", o.tally.hidden},
                        {"moved", o.tally.moved}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Outcome unpacked(const std::string& text) {
  const auto j = nlohmann::json::parse(text);
  Outcome o;
  o.kind = static_cast<Outcome::Kind>(j.at("kind").get<int>());
  o.reason = j.at("reason"), o.where = j.at("where"), o.detail = j.at("detail"), o.not_compiled = j.at("not_compiled");
  o.tally = {j.at("layers"),   j.at("exact_layers"), j.at("values"), j.at("uncertain"),
             j.at("admitted"), j.at("tensors"),      j.at("hidden"), j.at("moved")};
  return o;
}

void limit_child() {
#if !defined(__SANITIZE_ADDRESS__)
  const rlimit memory{rlim_t{6} << 30, rlim_t{6} << 30};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

// What the child wrote until it closed the pipe; nullopt: the time is over.
std::optional<std::string> read_all(int from, int seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd waits{from, POLLIN, 0};
    if (left <= 0 || ::poll(&waits, 1, static_cast<int>(left)) == 0) return std::nullopt;
    char buffer[65536];
    const ssize_t n = ::read(from, buffer, sizeof buffer);
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

Outcome in_child(const Case& c, const std::string& path, const Judgement& judgement) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    limit_child();
    const std::string text = packed(subject(c, path, judgement));
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::write(ends[1], text.data() + at, text.size() - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  const std::optional<std::string> text = read_all(ends[0], seconds_a_network);
  ::close(ends[0]);
  if (!text) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!text) return broken("hang", fmt::format("no end within {} s", seconds_a_network));
  if (WIFSIGNALED(status)) return broken(fmt::format("crash: {}", strsignal(WTERMSIG(status))), "");
  if (text->empty()) return broken(fmt::format("ended with status {}", WEXITSTATUS(status)), "");
  return unpacked(*text);
}

}  // namespace

std::string skeleton(const std::string& message) {
  std::string out;
  bool quoted = false;
  for (const char c : message.substr(0, message.find('\n'))) {
    if (c == '\'') quoted = !quoted;
    const bool digit = c >= '0' && c <= '9';
    if (quoted || (digit && !out.empty() && out.back() == '#')) continue;
    out += digit ? '#' : c;
  }
  return out;
}

std::string platform_text(int index) {
  std::string out = platform_of(index).name;
  for (const std::string& set : platform_of(index).sets) out += " --set '" + set + "'";
  return out;
}

Trials::Trials() {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  (void)Machine::instance();  // elaborated once, inherited by every child
}

Outcome Trials::run(const Case& c) {
  Judgement judgement;
  std::string unjudged;
  try {
    judgement = judge_.judge(c.model, c.traits, c.input);
  } catch (const std::exception& error) {
    unjudged = skeleton(error.what());
  }
  const std::string path = fmt::format("/tmp/blendsim_differential_{}.onnx", ::getpid());
  std::ofstream(path, std::ios::binary) << c.model;
  Outcome out = in_child(c, path, judgement);
  out.unjudged = unjudged;
  ::unlink(path.c_str());
  return out;
}

void Trials::write(const std::string& folder, const Case& c, const Outcome& outcome, const std::string& origin) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/model.onnx", std::ios::binary) << c.model;
  write_npy(folder + "/x.npy", c.input);
  std::string expected;
  try {
    onnx::ModelProto model;
    model.ParseFromString(c.model);
    const Judgement judgement = judge_.judge(c.model, c.traits, c.input);
    for (int i = 0; i < model.graph().output_size(); ++i) {
      const std::string& name = model.graph().output(i).name();
      const std::string file = i == 0 ? "expected.npy" : fmt::format("expected_{}.npy", i);
      write_npy(folder + "/" + file, judgement.at(name).array);
      expected += fmt::format("  {}: output '{}' as ONNX Runtime computes it\n", file, name);
    }
  } catch (const std::exception& error) {
    expected = std::string("  the judge: ") + error.what() + "\n";
  }
  std::ofstream(folder + "/README.txt") << outcome.reason << "\n\n"
                                        << outcome.detail << "\n"
                                        << (outcome.not_compiled.empty()
                                                ? ""
                                                : "not compiled: " + outcome.not_compiled + "\n")
                                        << "\n  blendsim run model.onnx --platform " << platform_text(c.platform)
                                        << " --input x.npy\n"
                                        << expected << "\n"
                                        << origin << "\n";
}

}  // namespace blendsim::differential
