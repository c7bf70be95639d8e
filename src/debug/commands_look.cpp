// SPDX-License-Identifier: Apache-2.0
// Looking at the present cycle.
#include <fmt/format.h>

#include <algorithm>

#include "debug/command.h"
#include "debug/grid.h"
#include "debug/show.h"
#include "debug/show_words.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

constexpr std::int32_t listed = 5;         // instructions before and behind
constexpr std::int64_t most_words = 4096;  // that one command prints

std::string nothing_more(Arguments& arguments, std::string_view usage, std::string out) {
  arguments.done(usage);
  return out;
}

std::string info_units(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info units", units_now(bench));
}
std::string info_queues(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info queues", queues_now(bench));
}
std::string info_tokens(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info tokens", tokens_now(bench));
}
std::string info_dram(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info dram", dram_now(bench));
}
std::string info_layers(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info layers", layers_now(bench));
}
std::string info_buffers(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info buffers", buffers_now(bench));
}
std::string info_tensors(Bench& bench, Arguments& arguments) { return tensors_now(bench, arguments.rest()); }
std::string info_stops(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info stops", stops_text(bench));
}
std::string info_saturation(Bench& bench, Arguments& arguments) {
  return nothing_more(arguments, "info saturation", saturation_text(bench));
}

std::string info_instruction(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) refuse("which instruction?", "such as: info instruction #57");
  std::string word = arguments.take();
  if (number(word)) word = "#" + word;
  const RecordPlace place = record_named(bench, word);
  return nothing_more(arguments, "info instruction #N", instruction_text(bench, place.phase, place.record));
}

std::string info_run(Bench& bench, Arguments& arguments) {
  arguments.done("info run");
  const Program& program = bench.subject.program;
  std::string out = fmt::format(
      "network       {}\ninstructions  {} of init, {} of main; {}\ncycles        {} of init, {} of main\n"
      "images        {}\n",
      program.network, grouped(static_cast<std::int64_t>(bench.map.instructions(Phase::init).size())),
      grouped(static_cast<std::int64_t>(bench.map.instructions(Phase::main).size())),
      program.resident ? "resident on chip" : "fetched from DRAM", grouped(bench.init.end()), grouped(bench.main.end()),
      bench.main.images());
  if (bench.main.images() < 2) return out;
  constexpr std::int32_t shown = 10;
  for (std::int32_t i = 0; i < std::min(bench.main.images(), shown); ++i) {
    out += fmt::format("  image {:<6}  cycles {} to {}\n", i, grouped(bench.main.doorbell(i)),
                       grouped(bench.main.completion(i)));
  }
  if (bench.main.images() > shown) out += fmt::format("  and {} more\n", bench.main.images() - shown);
  return out;
}

// The longest waits of the phase.
std::string info_stalls(Bench& bench, Arguments& arguments) {
  constexpr std::int64_t usual = 10;
  const std::int64_t count = arguments.empty() ? usual : take_count(arguments);
  arguments.done("info stalls [N]");
  std::vector<IntervalEvent> waits;
  for (const UnitId unit : all_units) {
    for (const IntervalEvent& e : bench.line().intervals(unit)) {
      if (e.activity != Activity::busy && e.activity != Activity::idle) waits.push_back(e);
    }
  }
  std::stable_sort(waits.begin(), waits.end(),
                   [](const IntervalEvent& a, const IntervalEvent& b) { return a.to - a.from > b.to - b.from; });
  const std::size_t all = waits.size();
  waits.resize(std::min(all, static_cast<std::size_t>(count)));
  Grid table({"unit", "cycles", "from", "to", "state", "instruction", "waits for"},
             {true, false, false, false, true, true, true});
  for (const IntervalEvent& e : waits) {
    table.row({std::string(name(e.unit)), grouped(e.to - e.from), grouped(e.from), grouped(e.to - 1),
               std::string(name(e.activity)), described(bench, bench.now.phase, e.record), awaited(bench, e)});
  }
  return table.text() + (all > waits.size()
                             ? fmt::format("and {} more\n", grouped(static_cast<std::int64_t>(all - waits.size())))
                             : "");
}

constexpr std::array topic_table = {
    Topic{"units", "", "what each unit does, since when, until when (where)", info_units},
    Topic{"queues", "", "instructions waiting in each unit's queue, and what the dispatcher is at", info_queues},
    Topic{"tokens", "", "tokens posted and not taken, with who will take them", info_tokens},
    Topic{"dram", "", "bursts at hand; rows open in each bank", info_dram},
    Topic{"layers", "", "each layer's first and last cycle, and how far it is", info_layers},
    Topic{"buffers", "", "sizes, and the tensors that each holds now", info_buffers},
    Topic{"tensors", "[PATTERN]", "shape, place and state of each tensor", info_tensors},
    Topic{"instruction", "#N", "an instruction's stamps, tokens, bursts and words", info_instruction},
    Topic{"stalls", "[N]", "the longest waits of the run", info_stalls},
    Topic{"saturation", "", "values that post_unit's steps saturate in the whole run, by layer", info_saturation},
    Topic{"stops", "", "breakpoints and watches", info_stops},
    Topic{"run", "", "the network, its instructions, cycles and images", info_run},
};

const Topic* topic_named(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Topic& topic : topic_table) names.push_back(topic.name);
  const int found = by_beginning(names, word);
  return found < 0 ? nullptr : &topic_table[static_cast<std::size_t>(found)];
}

NumberForm take_form(Arguments& arguments) {
  if (arguments.empty() || !arguments.peek().starts_with('/')) return NumberForm::natural;
  const std::string form = arguments.take();
  if (form == "/x") return NumberForm::hexadecimal;
  if (form != "/d") refuse(fmt::format("'{}' is no form of a number", form), "/x is hexadecimal, /d decimal");
  return NumberForm::natural;
}

std::string words_command(Bench& bench, Arguments& arguments, NumberForm form) {
  const BufferId buffer = buffer_named(arguments.take());
  const std::uint32_t address = take_address(bench, buffer, arguments);
  const std::int64_t count = take_count(arguments);
  arguments.done("x BUFFER REGION ADDRESS [COUNT]");
  if (count > most_words) refuse(fmt::format("{} words are too many to read", count), "4096 at a time are printed");
  return words_text(bench, buffer, address, count, form);
}

// Around the last start of a unit, or the last of any.
std::int32_t centre_of(const Bench& bench, std::optional<UnitId> unit) {
  const Timeline& line = bench.line();
  if (unit) {
    const auto list = line.instructions(*unit);
    const auto next = std::partition_point(list.begin(), list.end(),
                                           [&](std::int32_t r) { return line.record(r).start <= bench.now.at; });
    if (list.empty()) refuse(fmt::format("{} has no instruction here", name(*unit)), "`info units` lists the units");
    return next == list.begin() ? *next : *(next - 1);
  }
  const std::size_t started = line.started(bench.now.at);
  return started == 0 ? 0 : line.by_start()[started - 1];
}

// Instructions of one unit, those around `centre`.
std::string unit_listing(const Bench& bench, UnitId unit, std::int32_t centre) {
  const auto list = bench.line().instructions(unit);
  const auto at = std::lower_bound(list.begin(), list.end(), centre) - list.begin();
  const auto end = static_cast<std::ptrdiff_t>(list.size());
  std::vector<std::int32_t> records;
  for (std::ptrdiff_t n = std::max<std::ptrdiff_t>(0, at - listed); n < std::min(end, at + listed + 1); ++n) {
    records.push_back(list[static_cast<std::size_t>(n)]);
  }
  return listing(bench, bench.now.phase, records);
}

std::vector<std::int32_t> around(const Timeline& line, std::int32_t centre) {
  std::vector<std::int32_t> records;
  const auto end = static_cast<std::int32_t>(line.records().size());
  for (std::int32_t r = std::max(0, centre - listed); r < std::min(end, centre + listed + 1); ++r) records.push_back(r);
  return records;
}

}  // namespace

std::span<const Topic> topics() { return topic_table; }

std::string perform_where(Bench& bench, Arguments& arguments) { return info_units(bench, arguments); }

std::string perform_why(Bench& bench, Arguments& arguments) {
  if (!arguments.empty()) {
    const std::string word = arguments.take();
    const auto unit = unit_named(word);
    if (!unit) refuse(fmt::format("'{}' is no unit", word), "`info units` lists them");
    arguments.done("why [UNIT]");
    return why_now(bench, {&*unit, 1});
  }
  std::vector<UnitId> waiting;
  for (const UnitId unit : all_units) {
    const IntervalEvent* e = bench.line().interval(unit, bench.now.at);
    if (e != nullptr && e->activity != Activity::busy && e->activity != Activity::idle) waiting.push_back(unit);
  }
  return waiting.empty() ? heading(bench) + ": no unit waits\n" : why_now(bench, waiting);
}

std::string perform_list(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) return listing(bench, bench.now.phase, around(bench.line(), centre_of(bench, std::nullopt)));
  const std::string word = arguments.take();
  arguments.done("list [UNIT|LAYER|#N]");
  if (looks_like_record(word)) {
    const RecordPlace place = record_named(bench, word);
    return listing(bench, place.phase, around(bench.line(place.phase), place.record));
  }
  if (bench.map.layers(word).empty()) {
    if (const auto unit = unit_named(word)) return unit_listing(bench, *unit, centre_of(bench, unit));
  }
  const std::int32_t layer = layers_named(bench, word).front();
  std::vector<std::int32_t> records;
  for (std::size_t r = 0; r < bench.main.records().size(); ++r) {
    const InstructionRecord& record = bench.main.records()[r];
    if (record.layer == layer && record.image == bench.image()) records.push_back(static_cast<std::int32_t>(r));
  }
  return listing(bench, Phase::main, records);
}

namespace {

// Of the network's outputs, by its name; a tensor of the machine goes first.
std::optional<std::size_t> output_named(const Bench& bench, std::string_view word) {
  const auto& outputs = bench.subject.program.host_outputs;
  const auto at = std::find_if(outputs.begin(), outputs.end(), [&](const HostOutput& o) { return o.name == word; });
  return at == outputs.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - outputs.begin()));
}

}  // namespace

std::string perform_print(Bench& bench, Arguments& arguments) {
  const NumberForm form = take_form(arguments);
  if (arguments.empty())
    refuse("print what?", "such as: print conv1, print conv1[3][0:4][7], print act_fixed 0 17, print queues");
  const std::string word = arguments.peek();
  if (is_tensor(bench, word)) {
    (void)arguments.take();
    arguments.done("print TENSOR[c][y][x]");
    if (form != NumberForm::natural) refuse("values of a tensor are decimal", "print/x is for words of a buffer");
    return tensor_text(bench, tensor_named(bench, word));
  }
  if (const auto output = output_named(bench, word)) {
    (void)arguments.take();
    arguments.done("print OUTPUT");
    return output_text(bench, *output);
  }
  if (looks_like_record(word)) return info_instruction(bench, arguments);
  if (try_buffer(word) && arguments.left() > 1) return words_command(bench, arguments, form);
  if (const Topic* topic = topic_named(word)) {
    (void)arguments.take();
    return topic->show(bench, arguments);
  }
  if (try_buffer(word)) return words_command(bench, arguments, form);
  return tensor_text(bench, tensor_named(bench, word));  // refuses, with the nearest name
}

std::string perform_examine(Bench& bench, Arguments& arguments) {
  const NumberForm form = take_form(arguments);
  if (arguments.empty()) refuse("which words?", "such as: x act_fixed 0 17 4");
  return words_command(bench, arguments, form);
}

std::string perform_info(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) {
    Grid table({"info", "", ""}, {true, true, true});
    for (const Topic& topic : topic_table)
      table.row({std::string(topic.name), std::string(topic.usage), std::string(topic.summary)});
    return table.text();
  }
  const std::string word = arguments.take();
  const Topic* topic = topic_named(word);
  if (topic == nullptr) refuse(fmt::format("there is no info of '{}'", word), "`info` alone lists what there is");
  return topic->show(bench, arguments);
}

std::string perform_display(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) {
    std::string out;
    for (std::size_t n = 0; n < bench.displays.size(); ++n) out += fmt::format("{}  {}\n", n + 1, bench.displays[n]);
    return out.empty() ? "nothing is displayed at each stop\n" : out;
  }
  const DebugCommand& command = command_named(arguments.peek());
  if (command.group != look_group || command.name == "display") {
    refuse(fmt::format("'{}' is no command that looks", command.name),
           "such as: display where, display print conv1[0]");
  }
  const std::string line = arguments.rest();
  std::string out = perform_line(bench, line);
  bench.displays.push_back(line);
  return out;
}

std::string perform_undisplay(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) {
    bench.displays.clear();
    return {};
  }
  const auto which = number(arguments.take());
  arguments.done("undisplay [N]");
  if (!which || *which == 0 || *which > static_cast<std::int64_t>(bench.displays.size()))
    refuse("there is no such display", "`display` alone lists them");
  bench.displays.erase(bench.displays.begin() + *which - 1);
  return {};
}

}  // namespace blendsim::debug
