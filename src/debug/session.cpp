// SPDX-License-Identifier: Apache-2.0
#include "debug/session.h"

#include <algorithm>

#include "debug/command.h"

namespace blendsim::debug {
namespace {

// What a word in a command's place can be.
std::vector<std::string> words_for(const Bench& bench, Completes completes) {
  std::vector<std::string> out;
  const auto add = [&](const auto& names) { out.insert(out.end(), std::begin(names), std::end(names)); };
  const auto add_tensors = [&] {
    for (const Tensor& tensor : bench.map.tensors()) out.push_back(tensor.name);
    for (const HostOutput& output : bench.subject.program.host_outputs) out.push_back(output.name);
  };
  const auto add_topics = [&] {
    for (const Topic& topic : topics()) out.emplace_back(topic.name);
  };
  switch (completes) {
    case Completes::nothing: break;
    case Completes::units: add(unit_names); break;
    case Completes::places:
      add(unit_names);
      for (const ProgramLayer& layer : bench.subject.program.layers) out.push_back(layer.name);
      for (const char* word : {"layer", "unit", "image", "stall", "saturation", "start", "end"}) out.emplace_back(word);
      break;
    case Completes::tensors: add_topics(); [[fallthrough]];
    case Completes::words:
      add(buffer_names);
      add_tensors();
      break;
    case Completes::topics: add_topics(); break;
    case Completes::commands:
      for (const DebugCommand& command : debug_commands()) out.emplace_back(command.name);
      break;
    case Completes::movements: add(movements); break;
  }
  return out;
}

}  // namespace

Session::Session(const Subject& subject) : bench_(std::make_unique<Bench>(subject)) {}
Session::~Session() = default;

std::string Session::perform(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  line.remove_prefix(first);
  if (line == "#" || line.starts_with("# ")) return {};
  return perform_line(*bench_, line);
}

bool Session::over() const { return bench_->over; }

std::string Session::prompt() const { return "(" + text(bench_->now) + ") "; }

bool Session::repeats(std::string_view line) {
  Arguments words(line);
  return !words.empty() && command_named(words.take()).repeats;
}

std::vector<std::string> Session::completions(std::string_view line) const {
  const std::size_t blank = line.find_last_of(" \t");
  const std::string_view last = blank == std::string_view::npos ? line : line.substr(blank + 1);
  Arguments before(line.substr(0, line.size() - last.size()));
  Completes completes = Completes::commands;
  if (!before.empty()) {
    try {
      const DebugCommand* command = &command_named(before.take());
      // "back step UNIT", "display print TENSOR", "info tensors": the words behind are those of the second.
      if (!before.empty() && (command->completes == Completes::commands || command->completes == Completes::movements))
        command = &command_named(before.take());
      completes = command->completes;
      if (completes == Completes::topics && !before.empty()) completes = Completes::words;
    } catch (const std::exception&) {  // no command: nothing to complete
      return {};
    }
  }
  std::vector<std::string> out = words_for(*bench_, completes);
  std::erase_if(out, [&](const std::string& word) { return !word.starts_with(last); });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace blendsim::debug
