// SPDX-License-Identifier: Apache-2.0
#include "debug/show.h"
#include "debug/grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format_text.h"

namespace blendsim::debug {
namespace {

std::string cycles(Cycles value) { return grouped(value); }

std::string held_text(const Bench& bench, const DispatchEvent& next) {
  const auto& records = bench.line();
  const UnitId unit = records.record(next.record).unit;
  std::string line = fmt::format("dispatcher  is at {}", described_with_unit(bench, bench.now.phase, next.record));
  if (bench.now.at < next.available)
    return line + fmt::format(": its words come in cycle {}\n", cycles(next.available));
  if (bench.now.at < next.read) return line + fmt::format(": reads it in cycle {}\n", cycles(next.read));
  if (next.held > 0) {
    return line + fmt::format(": the queue of {} is full until {} starts in cycle {}\n", name(unit),
                              reference(bench, bench.now.phase, next.held_by), cycles(next.written - 1));
  }
  return line + fmt::format(": it enters the queue in cycle {}\n", cycles(next.written));
}

std::string_view phrase(Activity activity) {
  switch (activity) {
    case Activity::stall_dependency:
    case Activity::stall_memory: return "data of ";
    case Activity::stall_downstream: return "space that is freed by ";
    case Activity::stall_fence: return "the end of its own ";
    case Activity::stall_dispatch:
    case Activity::busy:
    case Activity::idle: break;
  }
  return "";
}

}  // namespace

std::string reference(const Bench& bench, Phase phase, std::int32_t record) {
  const InstructionRecord& r = bench.line(phase).record(record);
  if (phase == Phase::init) return fmt::format("init#{}", r.instruction);
  return bench.main.images() > 1 ? fmt::format("#{}@{}", r.instruction, r.image) : fmt::format("#{}", r.instruction);
}

std::string described(const Bench& bench, Phase phase, std::int32_t record) {
  if (phase == Phase::init) return reference(bench, phase, record);  // of no layer
  return fmt::format("{} {}", reference(bench, phase, record),
                     bench.map.layer_name(bench.line(phase).record(record).layer));
}

std::string described_with_unit(const Bench& bench, Phase phase, std::int32_t record) {
  const InstructionRecord& r = bench.line(phase).record(record);
  if (phase == Phase::init) return fmt::format("{} {}", reference(bench, phase, record), name(r.unit));
  return fmt::format("{} {}, {}", reference(bench, phase, record), name(r.unit), bench.map.layer_name(r.layer));
}

std::string heading(const Bench& bench) {
  std::string out = fmt::format("cycle {} of {}", text(bench.now), cycles(bench.line().end()));
  if (bench.now.phase == Phase::main && bench.main.images() > 1) {
    out += fmt::format(", image {} of {}", bench.image(), bench.main.images());
  }
  return out;
}

std::string awaited(const Bench& bench, const IntervalEvent& interval) {
  const Phase phase = bench.now.phase;
  if (interval.activity == Activity::stall_dispatch) {
    std::string out = "its next instruction";
    if (interval.waited_for >= 0)
      out += fmt::format(", held until {} starts", reference(bench, phase, interval.waited_for));
    return out;
  }
  const std::string_view what = phrase(interval.activity);
  if (what.empty()) return {};
  if (interval.waited_for < 0) return std::string(what) + "nobody";
  if (interval.activity == Activity::stall_fence)
    return std::string(what) + reference(bench, phase, interval.waited_for);
  return std::string(what) + described_with_unit(bench, phase, interval.waited_for);
}

std::string happenings(const Bench& bench) {
  const Timeline& line = bench.line();
  const Cycles at = bench.now.at;
  std::string out;
  const auto add = [&](const std::string& what) { out += "  " + what + '\n'; };
  for (std::int32_t image = 0; image < line.images(); ++image) {
    if (line.images() > 1 && line.doorbell(image) == at) add(fmt::format("image {} begins", image));
  }
  for (const UnitId unit : all_units) {
    for (const std::int32_t r : line.running(unit, at)) {
      const InstructionRecord& record = line.record(r);
      const std::string what = described(bench, bench.now.phase, r);
      if (record.start == at && record.end == at) add(fmt::format("{:<10}  starts and ends {}", name(unit), what));
      else if (record.end == at) add(fmt::format("{:<10}  ends   {}", name(unit), what));
      else if (record.start == at) add(fmt::format("{:<10}  starts {}", name(unit), what));
    }
  }
  for (std::int32_t image = 0; image < line.images(); ++image) {
    if (line.completion(image) != at) continue;
    add(line.images() > 1                ? fmt::format("image {} is complete", image)
        : bench.now.phase == Phase::init ? "init is complete"
                                         : "the inference is complete");
  }
  return out;
}

std::string units_now(const Bench& bench) {
  Grid table({"unit", "state", "since", "until", "what"}, {true, true, false, false, true});
  for (const UnitId unit : all_units) {
    const IntervalEvent* interval = bench.line().interval(unit, bench.now.at);
    if (interval == nullptr) {
      table.row({std::string(name(unit)), "idle", "-", "-", ""});
      continue;
    }
    std::string what;
    if (interval->activity == Activity::busy) {
      for (const std::int32_t r : bench.line().running(unit, bench.now.at)) {
        what = what.empty() ? described(bench, bench.now.phase, r)
                            : fmt::format("{}, {}", what, reference(bench, bench.now.phase, r));
      }
    } else if (interval->activity != Activity::idle) {
      what = fmt::format("{} waits for {}", described(bench, bench.now.phase, interval->record),
                         awaited(bench, *interval));
    }
    // A pipeline writes its last words while its front is free again.
    if (interval->activity != Activity::busy) {
      for (const std::int32_t r : bench.line().running(unit, bench.now.at)) {
        what += fmt::format("{}{} drains until {}", what.empty() ? "" : "; ", reference(bench, bench.now.phase, r),
                            cycles(bench.line().record(r).end));
      }
    }
    table.row({std::string(name(unit)), std::string(name(interval->activity)), cycles(interval->from),
               cycles(interval->to - 1), what});
  }
  return heading(bench) + '\n' + table.text();
}

std::string queues_now(const Bench& bench) {
  const std::int64_t depth = bench.subject.machine.dispatcher.queue_depth;
  Grid table({"queue", "holds", "instructions, the head first"}, {true, true, true});
  for (const UnitId unit : all_units) {
    const auto queued = bench.line().queued(unit, bench.now.at);
    std::string what;
    constexpr std::size_t shown = 3;
    for (const std::int32_t r : queued.first(std::min(shown, queued.size()))) {
      what += fmt::format("{}{}", what.empty() ? "" : ", ", described(bench, bench.now.phase, r));
      const Cycles visible = bench.line().record(r).visible;
      if (visible > bench.now.at) what += fmt::format(" (visible in {})", cycles(visible));
    }
    if (queued.size() > shown) what += fmt::format(" and {} more", queued.size() - shown);
    table.row({std::string(name(unit)), fmt::format("{} of {}", queued.size(), depth), what});
  }
  const DispatchEvent* next = bench.line().dispatching(bench.now.at);
  return heading(bench) + '\n' + table.text() +
         (next == nullptr ? "dispatcher  has no more\n" : held_text(bench, *next));
}

std::string tokens_now(const Bench& bench) {
  const auto tokens = bench.line().tokens(bench.now.at);
  if (tokens.empty()) return heading(bench) + "\nno token is on any link\n";
  Grid table({"kind", "from", "to", "posted", "visible", "by", "taken", "to be taken by"},
             {true, true, true, false, false, true, false, true});
  for (const TokenEvent* t : tokens) {
    table.row({t->kind == TokenKind::data ? "data" : "space", std::string(name(t->producer)),
               std::string(name(t->consumer)), cycles(t->posted), cycles(t->visible),
               described(bench, bench.now.phase, t->posted_by), cycles(t->taken),
               described(bench, bench.now.phase, t->taken_by)});
  }
  return heading(bench) + '\n' + table.text();
}

std::string layers_now(const Bench& bench) {
  const auto& layers = bench.subject.program.layers;
  struct Stretch {
    Cycles start = -1, end = -1;
    std::int32_t all = 0, started = 0, ended = 0;
  };
  std::vector<Stretch> stretches(layers.size());
  for (const InstructionRecord& r : bench.line().records()) {
    if (bench.now.phase == Phase::main && r.image != bench.image()) continue;
    Stretch& stretch = stretches[static_cast<std::size_t>(r.layer)];
    stretch.start = stretch.start < 0 ? r.start : std::min(stretch.start, r.start);
    stretch.end = std::max(stretch.end, r.end);
    ++stretch.all;
    stretch.started += r.start <= bench.now.at ? 1 : 0;
    stretch.ended += r.end <= bench.now.at ? 1 : 0;
  }
  Grid table({"layer", "op", "unit", "first", "last", "state"}, {true, true, true, false, false, true});
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Stretch& s = stretches[l];
    if (s.all == 0) continue;
    const std::string state = s.started == 0     ? "to come"
                              : s.ended == s.all ? "done"
                                                 : fmt::format("runs: {} of {} ended", s.ended, s.all);
    table.row({layers[l].name, layers[l].op, layers[l].unit, cycles(s.start), cycles(s.end), state});
  }
  return heading(bench) + '\n' + table.text();
}

}  // namespace blendsim::debug
