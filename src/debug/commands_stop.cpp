// SPDX-License-Identifier: Apache-2.0
// Breakpoints and watches: since the run is known, making one finds all its hits.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "debug/command.h"
#include "debug/grid.h"
#include "debug/show.h"
#include "debug/show_words.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

Stop layer_stop(const Bench& bench, const std::string& pattern) {
  Stop stop{.kind = Stop::Kind::layer, .what = "layer " + pattern};
  const std::vector<std::int32_t> layers = layers_named(bench, pattern);
  std::set<std::pair<std::int32_t, std::int32_t>> seen;
  for (const std::int32_t r : bench.main.by_start()) {
    const InstructionRecord& record = bench.main.record(r);
    if (std::find(layers.begin(), layers.end(), record.layer) == layers.end()) continue;
    if (seen.emplace(record.image, record.layer).second) stop.hits.push_back({{Phase::main, record.start}, r});
  }
  return stop;
}

Stop instruction_stop(const Bench& bench, const std::string& word) {
  Stop stop{.kind = Stop::Kind::instruction, .what = "instruction " + word};
  const RecordPlace place = record_named(bench, word);
  const Timeline& line = bench.line(place.phase);
  const auto count = static_cast<std::int32_t>(bench.map.instructions(place.phase).size());
  const bool one = word.find('@') != std::string::npos || place.phase == Phase::init;
  const auto end = static_cast<std::int32_t>(line.records().size());
  for (std::int32_t r = one ? place.record : place.record % count; r < end; r += one ? end : count) {
    stop.hits.push_back({{place.phase, line.record(r).start}, r});
  }
  return stop;
}

Stop unit_stop(const Bench& bench, UnitId unit) {
  Stop stop{.kind = Stop::Kind::unit, .what = "unit " + std::string(name(unit))};
  for (const Phase phase : {Phase::init, Phase::main}) {
    const Timeline& line = bench.line(phase);
    for (const std::int32_t r : line.instructions(unit)) stop.hits.push_back({{phase, line.record(r).start}, r});
  }
  return stop;
}

Stop stall_stop(const Bench& bench, Arguments& arguments) {
  const auto least = arguments.empty() ? std::nullopt : number(arguments.take());
  if (!least || *least == 0) refuse("a stall of how many cycles at least?", "such as: break stall 100 post_unit");
  std::optional<UnitId> unit;
  if (!arguments.empty()) {
    const std::string word = arguments.take();
    unit = unit_named(word);
    if (!unit) refuse(fmt::format("'{}' is no unit", word), "`info units` lists them");
  }
  Stop stop{.kind = Stop::Kind::stall,
            .what = fmt::format("stall of at least {} cycles{}{}", grouped(*least), unit ? " of " : "",
                                unit ? name(*unit) : "")};
  for (const Phase phase : {Phase::init, Phase::main}) {
    for (const UnitId u : all_units) {
      if (unit && u != *unit) continue;
      for (const IntervalEvent& e : bench.line(phase).intervals(u)) {
        const bool waits = e.activity != Activity::busy && e.activity != Activity::idle;
        if (waits && e.to - e.from >= *least) stop.hits.push_back({{phase, e.from}, e.record, e.to - e.from});
      }
    }
  }
  return stop;
}

Stop saturation_stop(Bench& bench, Arguments& arguments) {
  const std::string pattern = arguments.empty() ? "*" : arguments.rest();
  const std::vector<std::int32_t> layers = layers_named(bench, pattern);
  Stop stop{.kind = Stop::Kind::saturation, .what = pattern == "*" ? "saturation" : "saturation in layer " + pattern};
  for (const auto& [record, seen] : bench.values.saturations()) {
    const InstructionRecord& r = bench.main.record(record);
    if (std::find(layers.begin(), layers.end(), r.layer) == layers.end()) continue;
    stop.hits.push_back({{Phase::main, r.start}, record, seen.total()});
  }
  return stop;
}

Stop image_stop(const Bench& bench, Arguments& arguments) {
  Stop stop{.kind = Stop::Kind::image, .what = "every image"};
  if (!arguments.empty()) {
    const auto image = number(arguments.peek());
    if (!image || *image >= bench.main.images()) {
      refuse(fmt::format("'{}' is no image: there are 0 to {}", arguments.peek(), bench.main.images() - 1),
             "`break image` alone stops at each");
    }
    stop.what = "image " + arguments.take();
    stop.hits.push_back({{Phase::main, bench.main.doorbell(static_cast<std::int32_t>(*image))}});
    return stop;
  }
  for (std::int32_t i = 0; i < bench.main.images(); ++i) stop.hits.push_back({{Phase::main, bench.main.doorbell(i)}});
  return stop;
}

Stop stop_of(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) {
    refuse("break where?",
           "such as: break 1200, break layer conv1, break #57, break load, break stall 100, break saturation");
  }
  const std::string word = arguments.take();
  if (word == "layer" && !arguments.empty()) return layer_stop(bench, arguments.rest());
  if (word == "stall") return stall_stop(bench, arguments);
  if (word == "saturation") return saturation_stop(bench, arguments);
  if (word == "image") return image_stop(bench, arguments);
  if (word == "unit" && !arguments.empty()) {
    const std::string unit = arguments.take();
    if (const auto named = unit_named(unit)) return unit_stop(bench, *named);
    refuse(fmt::format("'{}' is no unit", unit), "`info units` lists them");
  }
  if (looks_like_record(word)) return instruction_stop(bench, word);
  if (number(word) || word.find(':') != std::string::npos) {
    const Instant at = cycle_named(bench, word);
    Stop stop{.kind = Stop::Kind::cycle, .what = "cycle " + text(at)};
    stop.hits.push_back({at});
    return stop;
  }
  if (!bench.map.layers(word).empty()) return layer_stop(bench, word);
  if (const auto unit = unit_named(word)) return unit_stop(bench, *unit);
  return layer_stop(bench, word);  // refuses, with the nearest name
}

ElementPlace watched(const Bench& bench, Arguments& arguments, std::string& what) {
  const std::string word = arguments.take();
  if (is_tensor(bench, word)) {
    const TensorSlice slice = tensor_named(bench, word);
    if (!slice.is_element()) refuse("a watch is for one value", "name it: watch conv1[channel][row][column]");
    const auto place = bench.map.place(*slice.tensor, slice.channels.from, slice.rows.from, slice.columns.from);
    if (!place) {
      refuse(fmt::format("{} does not stay in a place of a buffer", slice.tensor->name),
             "watch a word: watch BUFFER REGION ADDRESS");
    }
    what = fmt::format("{}, {}", word, place_text(bench, place->word));
    return *place;
  }
  const BufferId buffer = buffer_named(word);
  WordPlace place{buffer, take_address(bench, buffer, arguments), -1};
  if (buffer == BufferId::act_binary && !arguments.empty()) {
    const auto bank = number(arguments.peek());
    if (!bank || *bank >= binary_banks) refuse(fmt::format("'{}' is no bank of 0 to 15", arguments.peek()), "");
    (void)arguments.take();
    place.bank = static_cast<std::int32_t>(*bank);
  }
  what = place_text(bench, place);
  return {place};
}

std::string made(Bench& bench, Stop stop) {
  const std::size_t hits = stop.hits.size();
  std::string first;
  if (hits > 0) {
    const auto earliest =
        std::min_element(stop.hits.begin(), stop.hits.end(), [](const Hit& a, const Hit& b) { return a.at < b.at; });
    first = fmt::format(", first in cycle {}", text(earliest->at));
  }
  const std::string what = stop.what;
  const std::int32_t number = bench.stops.add(std::move(stop));
  return fmt::format("stop {}, {}: hits {} time{} in this run{}\n", number, what,
                     grouped(static_cast<std::int64_t>(hits)), hits == 1 ? "" : "s", first);
}

std::string saturation_details(Bench& bench, std::int32_t record) {
  std::string out;
  const Saturation& seen = bench.values.saturations().at(record);
  for (std::size_t s = 0; s < seen.steps.size(); ++s) {
    if (seen.steps[s].below != 0)
      out += fmt::format(", {} below in {}", grouped(seen.steps[s].below), post_step_names[s]);
    if (seen.steps[s].above != 0)
      out += fmt::format(", {} above in {}", grouped(seen.steps[s].above), post_step_names[s]);
  }
  return out;
}

std::string indented(const std::string& head, const std::string& value) {
  std::string out = "  " + head;
  for (const char c : value) {
    out += c;
    if (c == '\n') out += std::string(2 + head.size(), ' ');
  }
  return out + '\n';
}

std::string change_text(Bench& bench, const WordPlace& word) {
  const Instant before = bench.now.at > 0 ? Instant{bench.now.phase, bench.now.at - 1} : bench.now;
  const std::string old = word_text(bench.values.buffers(before), bench, word, NumberForm::natural);
  return indented("old  ", old) +
         indented("new  ", word_text(bench.values.buffers(bench.now), bench, word, NumberForm::natural));
}

std::string hit_text(Bench& bench, const Stops::Here& here) {
  const std::string head = fmt::format("stop {}, {}", here.stop->number, here.stop->what);
  const Hit& hit = here.hit;
  const auto record = [&] { return described_with_unit(bench, hit.at.phase, hit.record); };
  switch (here.stop->kind) {
    case Stop::Kind::cycle:
    case Stop::Kind::image: break;
    case Stop::Kind::layer:
    case Stop::Kind::instruction:
    case Stop::Kind::unit: return fmt::format("{}: {} starts\n", head, record());
    case Stop::Kind::stall: {
      const UnitId unit = bench.line(hit.at.phase).record(hit.record).unit;
      const IntervalEvent* e = bench.line(hit.at.phase).interval(unit, hit.at.at);
      return fmt::format("{}: {} waits {} cycles for {}\n", head, record(), grouped(hit.amount), awaited(bench, *e));
    }
    case Stop::Kind::saturation:
      return fmt::format("{}: {} saturates {} value{}{}\n", head, record(), grouped(hit.amount),
                         hit.amount == 1 ? "" : "s", saturation_details(bench, hit.record));
    case Stop::Kind::watch:
      return fmt::format("{}: {} writes it\n", head, record()) + change_text(bench, here.stop->word);
  }
  return head + '\n';
}

Stop& stop_numbered(Bench& bench, const std::string& word) {
  const auto value = number(word);
  Stop* stop = value ? bench.stops.find(static_cast<std::int32_t>(*value)) : nullptr;
  if (stop == nullptr) refuse(fmt::format("there is no stop {}", word), "`info stops` lists them");
  return *stop;
}

void set_enabled(Bench& bench, Arguments& arguments, bool enabled) {
  if (arguments.empty()) {
    for (Stop& stop : bench.stops.list()) stop.enabled = enabled;
  }
  while (!arguments.empty()) stop_numbered(bench, arguments.take()).enabled = enabled;
}

}  // namespace

std::string perform_break(Bench& bench, Arguments& arguments) {
  Stop stop = stop_of(bench, arguments);
  arguments.done("break WHERE");
  return made(bench, std::move(stop));
}

std::string perform_tbreak(Bench& bench, Arguments& arguments) {
  Stop stop = stop_of(bench, arguments);
  arguments.done("tbreak WHERE");
  stop.once = true;
  return made(bench, std::move(stop));
}

std::string perform_watch(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) refuse("watch what?", "such as: watch act_fixed 0 17, watch conv1[3][0][0]");
  Stop stop{.kind = Stop::Kind::watch};
  const ElementPlace place = watched(bench, arguments, stop.what);
  stop.word = place.word;
  stop.what = "watch " + stop.what;
  arguments.done("watch BUFFER REGION ADDRESS, or watch TENSOR[c][y][x]");
  for (const Phase phase : {Phase::init, Phase::main}) {
    const Timeline& line = bench.line(phase);
    for (std::size_t r = 0; r < line.records().size(); ++r) {
      const InstructionRecord& record = line.records()[r];
      if (bench.map.writes(phase, static_cast<std::size_t>(record.instruction), place))
        stop.hits.push_back({{phase, record.start}, static_cast<std::int32_t>(r)});
    }
  }
  return made(bench, std::move(stop));
}

std::string perform_delete(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) bench.stops.list().clear();
  while (!arguments.empty()) bench.stops.remove(stop_numbered(bench, arguments.take()).number);
  return {};
}

std::string perform_enable(Bench& bench, Arguments& arguments) {
  set_enabled(bench, arguments, true);
  return {};
}

std::string perform_disable(Bench& bench, Arguments& arguments) {
  set_enabled(bench, arguments, false);
  return {};
}

std::string stops_text(const Bench& bench) {
  if (bench.stops.list().empty()) return "there are no stops: `break` and `watch` make them\n";
  Grid table({"stop", "at", "hits", "past", "to come", ""}, {false, true, false, false, false, true});
  for (const Stop& stop : bench.stops.list()) {
    const auto before =
        std::count_if(stop.hits.begin(), stop.hits.end(), [&](const Hit& h) { return h.at < bench.now; });
    const auto behind =
        std::count_if(stop.hits.begin(), stop.hits.end(), [&](const Hit& h) { return h.at > bench.now; });
    table.row({std::to_string(stop.number), stop.what, grouped(static_cast<std::int64_t>(stop.hits.size())),
               grouped(before), grouped(behind), stop.enabled ? stop.once ? "once" : "" : "disabled"});
  }
  return table.text();
}

std::string hits_text(Bench& bench) {
  std::string out;
  std::vector<std::int32_t> done;
  for (const Stops::Here& here : bench.stops.here(bench.now)) {
    out += hit_text(bench, here);
    if (here.stop->once) done.push_back(here.stop->number);
  }
  for (const std::int32_t number : done) bench.stops.remove(number);
  return out;
}

}  // namespace blendsim::debug
