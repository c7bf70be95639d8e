// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto_occupancy.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace blendsim {

// Images share no word that main writes, and what init brought is held from one to the next: each can be looked at
// alone.
Occupancy PerfettoOccupancy::find(Cycles begin, Cycles end) {
  std::sort(taken_.begin(), taken_.end(), [](const Taken& a, const Taken& b) {
    return a.start != b.start ? a.start < b.start : a.record < b.record;
  });
  OccupancyFinder finder(subject_.machine(), begin);
  for (const Taken& t : taken_) finder.take(subject_.instruction(Phase::main, t.record).instruction, t.start, t.end);
  Occupancy held = finder.find(end);
  const auto program = static_cast<std::size_t>(index(BufferId::instructions));
  held[program] = {{begin, subject_.program().buffers[program].peak_bits}};
  return held;
}

void PerfettoOccupancy::image_complete(PerfettoWriter::Track process, Cycles end) {
  const Cycles begin = std::exchange(begin_, end);
  const bool is_seen = begin <= cycles_.last && end > cycles_.first;
  if (is_seen && taken_.size() == subject_.stream(Phase::main).size()) {
    const Occupancy held = find(begin, end);
    for (std::size_t b = 0; b < held.size(); ++b) {
      for (const HeldBits& bits : held[b]) change(process, b, bits);
    }
  }
  taken_.clear();
}

void PerfettoOccupancy::finish(PerfettoWriter::Track process) {
  for (std::size_t b = 0; b < counters_.size(); ++b) change(process, b, {std::numeric_limits<Cycles>::max(), 0});
}

// What was before the window is in its first value.
void PerfettoOccupancy::change(PerfettoWriter::Track process, std::size_t buffer, HeldBits held) {
  Counter& c = counters_[buffer];
  held.at = std::max(held.at, Cycles{cycles_.first});
  const auto& next = c.next;
  if (next && next->at < held.at && next->at <= cycles_.last && next->bits != c.written) {
    if (c.track == 0) c.track = writer_.counter(process, fmt::format("bits held in {}", buffer_names[buffer]), "bit");
    writer_.count(c.track, next->at, c.written = next->bits);
  }
  c.next = held;
}

}  // namespace blendsim
