// SPDX-License-Identifier: Apache-2.0
// Going through time: each way forward has its way back.
#include <fmt/format.h>

#include <algorithm>

#include "debug/command.h"
#include "debug/show.h"
#include "debug/show_words.h"

namespace blendsim::debug {
namespace {

enum class Direction : std::uint8_t { forward, back };
using Found = std::optional<Instant>;

// The nearest of ascending cycles behind or before `at`.
template <class List, class Cycle>
std::optional<Cycles> nearest_of(const List& list, Cycles at, Direction direction, Cycle&& cycle) {
  const auto behind = std::partition_point(list.begin(), list.end(), [&](const auto& item) {
    return direction == Direction::forward ? cycle(item) <= at : cycle(item) < at;
  });
  if (direction == Direction::forward) return behind == list.end() ? std::nullopt : std::optional(cycle(*behind));
  return behind == list.begin() ? std::nullopt : std::optional(cycle(*(behind - 1)));
}

// find(timeline, cycle) in the phase of `from`, then in the one behind or before it.
template <class Find>
Found through_phases(const Bench& bench, const Instant& from, Direction direction, Find&& find) {
  if (const auto at = find(bench.line(from.phase), from.at)) return Instant{from.phase, *at};
  const bool forward = direction == Direction::forward;
  if ((from.phase == Phase::init) != forward || bench.init.records().empty()) return std::nullopt;
  const Phase other = forward ? Phase::main : Phase::init;
  const auto at = find(bench.line(other), forward ? -1 : bench.init.end() + 1);
  return at ? Found(Instant{other, *at}) : std::nullopt;
}

Found moment(const Bench& bench, const Instant& from, Direction direction) {
  return through_phases(bench, from, direction, [&](const Timeline& line, Cycles at) {
    return direction == Direction::forward ? line.moment_after(at) : line.moment_before(at);
  });
}

Found start_of(const Bench& bench, const Instant& from, Direction direction, UnitId unit) {
  return through_phases(bench, from, direction, [&](const Timeline& line, Cycles at) {
    return nearest_of(line.instructions(unit), at, direction, [&](std::int32_t r) { return line.record(r).start; });
  });
}

Found layer_begin(const Bench& bench, const Instant& from, Direction direction) {
  return through_phases(bench, from, direction, [&](const Timeline& line, Cycles at) {
    return nearest_of(line.layer_begins(), at, direction, [](Cycles cycle) { return cycle; });
  });
}

// The end of what the unit runs or runs next; back: the start of what it runs or ran last.
Found unit_finish(const Bench& bench, const Instant& from, Direction direction, UnitId unit) {
  if (direction == Direction::back) return start_of(bench, from, direction, unit);
  return through_phases(bench, from, direction, [&](const Timeline& line, Cycles at) {
    return nearest_of(line.instructions(unit), at, direction, [&](std::int32_t r) { return line.record(r).end; });
  });
}

// The end of a layer in the present image; back: its start.
Found layer_finish(const Bench& bench, const Instant& from, Direction direction, std::int32_t layer) {
  Cycles start = -1, end = -1;
  for (const InstructionRecord& r : bench.main.records()) {
    if (r.layer != layer || r.image != bench.main.image(from.phase == Phase::main ? from.at : 0)) continue;
    start = start < 0 ? r.start : std::min(start, r.start);
    end = std::max(end, r.end);
  }
  const Instant goal{Phase::main, direction == Direction::forward ? end : start};
  if (end < 0 || (direction == Direction::forward ? goal <= from : goal >= from)) return std::nullopt;
  return goal;
}

Found image_finish(const Bench& bench, const Instant& from, Direction direction) {
  const Timeline& line = bench.line(from.phase);
  if (direction == Direction::forward) return Instant{from.phase, line.completion(line.image(from.at))};
  return Instant{from.phase, line.doorbell(line.image(from.at))};
}

// After the last hit the end, before the first the beginning, and from there that of the phase before.
Instant last_place(const Bench& bench, const Instant& from, Direction direction) {
  if (direction == Direction::forward) return {Phase::main, bench.main.end()};
  if (from.at > 0 || bench.init.records().empty()) return {from.phase, 0};
  return {Phase::init, 0};
}

std::string arrive(Bench& bench, const Instant& at, const std::string& remark = {}) {
  if (at != bench.now) bench.visited = bench.now;
  bench.now = at;
  std::string out = remark + hits_text(bench) + heading(bench) + '\n' + happenings(bench);
  const std::vector<std::string> displays = bench.displays;
  for (const std::string& line : displays) out += perform_line(bench, line);
  return out;
}

// Nothing is left in this direction.
std::string stay(Bench& bench, Direction direction) {
  const Instant edge = last_place(bench, bench.now, direction);
  const std::string remark = direction == Direction::forward ? "the run ends: nothing happens any more\n"
                                                             : "nothing happens before this: the run begins\n";
  return arrive(bench, edge, remark);
}

template <class Find>
std::string repeat(Bench& bench, Direction direction, std::int64_t count, Find&& find) {
  Instant at = bench.now;
  for (std::int64_t n = 0; n < count; ++n) {
    const Found next = find(at);
    if (!next && n == 0) return stay(bench, direction);
    if (!next) break;
    at = *next;
  }
  return arrive(bench, at);
}

std::string step(Bench& bench, Direction direction, Arguments& arguments) {
  std::optional<UnitId> unit;
  if (!arguments.empty() && !number(arguments.peek())) {
    const std::string word = arguments.take();
    unit = unit_named(word);
    if (!unit) refuse(fmt::format("'{}' is no unit", word), "`info units` lists them; `step` alone is for any");
  }
  const std::int64_t count = take_count(arguments);
  arguments.done("step [UNIT] [N]");
  return repeat(bench, direction, count, [&](const Instant& at) {
    return unit ? start_of(bench, at, direction, *unit) : moment(bench, at, direction);
  });
}

std::string next(Bench& bench, Direction direction, Arguments& arguments) {
  const std::int64_t count = take_count(arguments);
  arguments.done("next [N]");
  return repeat(bench, direction, count, [&](const Instant& at) { return layer_begin(bench, at, direction); });
}

std::string finish(Bench& bench, Direction direction, Arguments& arguments) {
  Found goal;
  if (arguments.empty()) {
    goal = image_finish(bench, bench.now, direction);
  } else {
    const std::string word = arguments.rest();
    const auto unit = bench.map.layers(word).empty() ? unit_named(word) : std::nullopt;
    if (unit) {
      goal = unit_finish(bench, bench.now, direction, *unit);
    } else {
      goal = layer_finish(bench, bench.now, direction, layers_named(bench, word).front());
      if (!goal && direction == Direction::forward) {
        refuse(fmt::format("layer {} has ended in this image", word), "`back finish` with its name goes to its start");
      }
      if (!goal)
        refuse(fmt::format("layer {} has not begun in this image", word), "`finish` with its name goes to its end");
    }
  }
  return goal ? arrive(bench, *goal) : stay(bench, direction);
}

std::string go_on(Bench& bench, Direction direction, Arguments& arguments) {
  const std::int64_t count = take_count(arguments);
  arguments.done("continue [N]");
  const bool forward = direction == Direction::forward;
  Instant at = bench.now;
  for (std::int64_t n = 0; n < count; ++n) {
    const Found hit = forward ? bench.stops.next(at) : bench.stops.previous(at);
    if (!hit) {
      const Instant edge = last_place(bench, at, direction);
      return arrive(bench, edge,
                    forward ? "no stop hits any more: the run ends\n" : "no stop hits before: the beginning\n");
    }
    at = *hit;
  }
  return arrive(bench, at);
}

// "+N" and "-N" cycles from here.
Found by_offset(const Bench& bench, std::string_view word) {
  if (!word.starts_with('+') && !word.starts_with('-')) return std::nullopt;
  const auto offset = number(word.substr(1));
  if (!offset) return std::nullopt;
  const Cycles at = word.front() == '+' ? bench.now.at + *offset : bench.now.at - *offset;
  if (at < 0 || at > bench.line().end()) {
    refuse(fmt::format("{} cycles from here lie outside the run", word), "`goto start` and `goto end` are its borders");
  }
  return Instant{bench.now.phase, at};
}

Instant layer_start(const Bench& bench, const std::string& name) {
  const std::int32_t layer = layers_named(bench, name).front();
  for (const std::int32_t r : bench.main.by_start()) {
    const InstructionRecord& record = bench.main.record(r);
    if (record.layer == layer && record.image == bench.image()) return {Phase::main, record.start};
  }
  refuse(fmt::format("layer {} has no instruction", name), "`info layers` lists those that have");
}

Instant image_begin(const Bench& bench, Arguments& arguments) {
  const auto image = arguments.empty() ? std::nullopt : number(arguments.take());
  if (!image || *image >= bench.main.images()) {
    refuse(fmt::format("there are images 0 to {}", bench.main.images() - 1), "such as: goto image 0");
  }
  return {Phase::main, bench.main.doorbell(static_cast<std::int32_t>(*image))};
}

Instant place_of(const Bench& bench, Arguments& arguments) {
  const std::string word = arguments.take();
  if (word == "-") return bench.visited;
  if (word == "start") return {Phase::main, 0};
  if (word == "end") return {Phase::main, bench.main.end()};
  if (word == "image" && !arguments.empty()) return image_begin(bench, arguments);
  if (word == "layer" && !arguments.empty()) return layer_start(bench, arguments.rest());
  if (const Found at = by_offset(bench, word)) return *at;
  if (looks_like_record(word)) {
    const RecordPlace place = record_named(bench, word);
    return {place.phase, bench.line(place.phase).record(place.record).start};
  }
  const bool may_be_cycle = word.find_first_of("0123456789") == 0 || word.find(':') != std::string::npos;
  if (may_be_cycle && bench.map.layers(word).empty()) return cycle_named(bench, word);
  return layer_start(bench, word);  // refuses what is none, with the nearest name
}

using Movement = std::string (*)(Bench&, Direction, Arguments&);
constexpr Movement ways[] = {step, next, finish, go_on};  // as `movements` names them

}  // namespace

std::string perform_step(Bench& bench, Arguments& arguments) { return step(bench, Direction::forward, arguments); }
std::string perform_next(Bench& bench, Arguments& arguments) { return next(bench, Direction::forward, arguments); }
std::string perform_finish(Bench& bench, Arguments& arguments) { return finish(bench, Direction::forward, arguments); }
std::string perform_continue(Bench& bench, Arguments& arguments) { return go_on(bench, Direction::forward, arguments); }
std::string perform_reverse_step(Bench& bench, Arguments& arguments) { return step(bench, Direction::back, arguments); }
std::string perform_reverse_next(Bench& bench, Arguments& arguments) { return next(bench, Direction::back, arguments); }
std::string perform_reverse_finish(Bench& bench, Arguments& arguments) {
  return finish(bench, Direction::back, arguments);
}
std::string perform_reverse_continue(Bench& bench, Arguments& arguments) {
  return go_on(bench, Direction::back, arguments);
}

std::string perform_back(Bench& bench, Arguments& arguments) {
  if (arguments.empty() || number(arguments.peek())) return step(bench, Direction::back, arguments);
  const std::string word = arguments.take();
  const int way = by_beginning(movements, word);
  if (way < 0) refuse(fmt::format("there is no way back of '{}'", word), "back [step|next|finish|continue ...]");
  return ways[way](bench, Direction::back, arguments);
}

std::string perform_goto(Bench& bench, Arguments& arguments) {
  if (arguments.empty()) refuse("goto where?", "such as: goto 1200, goto +10, goto #57, goto layer conv1, goto end");
  const Instant at = place_of(bench, arguments);
  arguments.done("goto PLACE");
  return arrive(bench, at);
}

}  // namespace blendsim::debug
