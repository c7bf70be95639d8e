// SPDX-License-Identifier: Apache-2.0
// One instruction through its life, and the program around it.
#include <fmt/format.h>

#include <algorithm>

#include "debug/grid.h"
#include "debug/show.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

std::string released(const Bench& bench, Phase phase, const InstructionRecord& record) {
  if (record.released_by < 0) return record.release == Release::dispatch ? "its dispatch" : "nobody";
  const std::string by = described_with_unit(bench, phase, record.released_by);
  switch (record.release) {
    case Release::dispatch: return "its dispatch, held by the queue until the start of " + by;
    case Release::front: return "its unit's front, until then at " + by;
    case Release::data_token: return "the data of " + by;
    case Release::space_token: return "the space of " + by;
    case Release::fence: return "the end of " + by + " (fence)";
  }
  return {};
}

const DispatchEvent* dispatch_of(const Bench& bench, Phase phase, std::int32_t record) {
  const auto& list = bench.subject.recording.of(phase).dispatches;
  const auto found = std::find_if(list.begin(), list.end(), [&](const DispatchEvent& d) { return d.record == record; });
  return found == list.end() ? nullptr : &*found;
}

std::string stamps(const Bench& bench, Phase phase, std::int32_t index) {
  const InstructionRecord& r = bench.line(phase).record(index);
  std::string out;
  if (const DispatchEvent* d = dispatch_of(bench, phase, index)) {
    out +=
        fmt::format("  read        {}{}\n", grouped(d->read),
                    d->available == d->read ? "" : fmt::format(" (its words were there in {})", grouped(d->available)));
    out += fmt::format("  queued      {}{}\n", grouped(d->written),
                       d->held == 0 ? ""
                                    : fmt::format(", held {} cycles: the queue was full until {} started",
                                                  grouped(d->held), reference(bench, phase, d->held_by)));
  }
  out += fmt::format("  starts      {}, released by {}\n", grouped(r.start), released(bench, phase, r));
  out += fmt::format("  front free  {} ({} cycles)\n", grouped(r.front_free), grouped(r.front_free - r.start));
  return out + fmt::format("  ends        {} ({} cycles)\n", grouped(r.end), grouped(r.end - r.start + 1));
}

std::string waits(const Bench& bench, Phase phase, std::int32_t index) {
  std::string out;
  for (const IntervalEvent& e : bench.line(phase).intervals(bench.line(phase).record(index).unit)) {
    if (e.record != index || e.activity == Activity::busy) continue;
    // Before its first instruction a unit is idle, which is no wait.
    out += fmt::format("  {:<11} {} to {}, {} cycles{}{}\n", e.activity == Activity::idle ? "unit idle" : "waited",
                       grouped(e.from), grouped(e.to - 1), grouped(e.to - e.from),
                       e.activity == Activity::idle ? "" : fmt::format(", {}", name(e.activity)),
                       e.waited_for < 0 ? "" : ": " + described_with_unit(bench, phase, e.waited_for));
  }
  return out;
}

std::string tokens(const Bench& bench, Phase phase, std::int32_t index) {
  std::string out;
  for (const TokenEvent& t : bench.subject.recording.of(phase).tokens) {
    const std::string_view kind = t.kind == TokenKind::data ? "data" : "space";
    if (t.taken_by == index) {
      out += fmt::format("  takes       {} of {}, visible in {}\n", kind,
                         described_with_unit(bench, phase, t.posted_by), grouped(t.visible));
    } else if (t.posted_by == index) {
      out += fmt::format("  posts       {} for {}, visible in {}, taken in {}\n", kind,
                         described_with_unit(bench, phase, t.taken_by), grouped(t.visible), grouped(t.taken));
    }
  }
  return out;
}

std::string bursts(const Bench& bench, Phase phase, std::int32_t index) {
  std::int64_t count = 0, bytes = 0, misses = 0;
  Cycles first = -1, last = 0;
  for (const BurstEvent& b : bench.subject.recording.of(phase).bursts) {
    if (b.record != index) continue;
    ++count;
    bytes += b.bytes;
    misses += b.row_hit ? 0 : 1;
    first = first < 0 ? b.request : std::min(first, b.request);
    last = std::max(last, b.last_beat);
  }
  if (count == 0) return {};
  return fmt::format("  bursts      {} of {} bytes in all, {} row misses, {} to {}\n", count, grouped(bytes), misses,
                     grouped(first), grouped(last));
}

std::string words(const Bench& bench, Phase phase, std::int32_t index) {
  std::string out;
  const auto instruction = static_cast<std::size_t>(bench.line(phase).record(index).instruction);
  for (const Access& a : bench.map.accesses(phase, instruction)) {
    const auto depth = static_cast<std::uint32_t>(bench.subject.machine.buffer(a.buffer).depth);
    out += fmt::format("  {:<10}  {} region {} words {} to {}", a.write ? "writes" : "reads", name(a.buffer), a.region,
                       a.begin % depth, (a.end - 1) % depth);
    if (a.is_map) {
      out += fmt::format(": rows {} to {}, {} {} to {} of {}", a.row0, a.row1 - 1,
                         a.buffer == BufferId::act_binary ? "cells" : "words", a.slice0, a.slice1 - 1, a.slices);
    }
    out += '\n';
  }
  return out;
}

// Its links, which say what it waits for and whom it lets go on, then as many of its fields as a line holds.
std::string shortened(const Instruction& i) {
  constexpr std::size_t most = 72;
  const std::string all = disassemble(i), layer = fmt::format(" layer={}", sync_of(i).layer);
  const std::size_t behind = std::min(all.rfind(layer), all.size());
  const std::string fields = all.substr(0, behind);
  const std::string links = behind == all.size() ? "" : all.substr(behind + layer.size());
  const std::size_t blank = std::min(fields.find(' '), fields.size());
  std::string out = fmt::format("{:<10}{}{}", fields.substr(0, blank), links, links.empty() ? "" : ";");
  const std::size_t first = fields.find_first_not_of(' ', blank);
  if (first != std::string::npos) out += " " + fields.substr(first);
  if (out.size() <= most) return out;
  out.resize(out.find_last_of(' ', most));
  return out + " ...";
}

// What an instruction is at in the present cycle.
std::string_view mark(const Bench& bench, Phase phase, const InstructionRecord& r) {
  if (phase != bench.now.phase) return phase < bench.now.phase ? "ended" : "";
  const Cycles at = bench.now.at;
  if (r.end < at) return "ended";
  if (r.start <= at) return r.start == at ? "=> starts" : r.end == at ? "=> ends" : "=> runs";
  return r.visible - 1 <= at ? "queued" : "";
}

}  // namespace

std::string instruction_text(const Bench& bench, Phase phase, std::int32_t record) {
  return described_with_unit(bench, phase, record) + "\n  " + disassemble(bench.instruction(phase, record)) + '\n' +
         stamps(bench, phase, record) + waits(bench, phase, record) + tokens(bench, phase, record) +
         bursts(bench, phase, record) + words(bench, phase, record);
}

std::string listing(const Bench& bench, Phase phase, const std::vector<std::int32_t>& records) {
  Grid table({"", "", "start", "end", ""}, {true, false, false, false, true});
  std::int32_t layer = -1;
  for (const std::int32_t r : records) {
    const InstructionRecord& record = bench.line(phase).record(r);
    if (record.layer != layer && phase == Phase::main)
      table.row({"", "", "", "", "; " + bench.map.layer_name(record.layer)});
    layer = record.layer;
    table.row({std::string(mark(bench, phase, record)), reference(bench, phase, r), grouped(record.start),
               grouped(record.end), shortened(bench.instruction(phase, r))});
  }
  return table.text();
}

}  // namespace blendsim::debug
