// SPDX-License-Identifier: Apache-2.0
// The memory in an instant: the bursts at hand, and the open rows.
#include <fmt/format.h>

#include "debug/grid.h"
#include "debug/show.h"
#include "report/format_text.h"

namespace blendsim::debug {
namespace {

constexpr std::array<std::string_view, memory_port_count> port_names = {"fetch", "store", "load"};

std::string state_of(const BurstEvent& burst, Cycles at) {
  if (at < burst.grant) return "waits for its grant";
  return at < burst.first_beat ? "granted" : "beats";
}

std::string bursts_text(const Bench& bench) {
  const auto bursts = bench.line().bursts(bench.now.at);
  if (bursts.empty()) return "no burst is at hand\n";
  Grid table({"port", "for", "burst", "bytes", "address", "bank", "requested", "granted", "first beat", "last", "now"},
             {true, true, true, false, false, false, false, false, false, false, true});
  for (const BurstEvent* b : bursts) {
    table.row({std::string(port_names[static_cast<std::size_t>(b->port)]),
               b->record < 0 ? "instructions" : reference(bench, bench.now.phase, b->record),
               fmt::format("{}, {}", b->write ? "write" : "read", b->row_hit ? "hit" : "miss"), grouped(b->bytes),
               fmt::format("{:#x}", b->address), b->bank < 0 ? "-" : fmt::format("{}.{}", b->channel, b->bank),
               grouped(b->request), grouped(b->grant), grouped(b->first_beat), grouped(b->last_beat),
               state_of(*b, bench.now.at)});
  }
  return table.text();
}

std::string rows_text(const Bench& bench) {
  const MemoryParameters& memory = bench.subject.machine.memory;
  Grid table({"bank", "row open", "since"}, {false, false, false});
  std::int64_t closed = 0;
  for (std::int64_t channel = 0; channel < memory.channels; ++channel) {
    for (std::int64_t bank = 0; bank < memory.timing.banks; ++bank) {
      const Timeline::OpenRow row =
          bench.line().row(static_cast<std::size_t>(channel), static_cast<std::size_t>(bank), bench.now.at);
      closed += row.row < 0 ? 1 : 0;
      if (row.row >= 0) table.row({fmt::format("{}.{}", channel, bank), grouped(row.row), grouped(row.since)});
    }
  }
  const std::int64_t all = memory.channels * memory.timing.banks;
  if (closed == all) return fmt::format("all {} banks are closed\n", all);
  return table.text() + (closed == 0 ? "" : fmt::format("{} of {} banks are closed\n", closed, all));
}

}  // namespace

std::string dram_now(const Bench& bench) {
  return heading(bench) + '\n' + bursts_text(bench) + '\n' + rows_text(bench);
}

}  // namespace blendsim::debug
