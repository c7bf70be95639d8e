// SPDX-License-Identifier: Apache-2.0
#include "replay/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "replay/file.h"
#include "report/format_text.h"

namespace blendsim {
namespace {

// `images`: an image's doorbell and completion count too; open loop keeps the one and knows nothing of the other.
std::int64_t unequal_stamps(const std::vector<TrafficImage>& a, const std::vector<TrafficImage>& b,
                            bool images = true) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t n = 0; n < a[i].bursts.size(); ++n) {
      const BurstStamps &x = a[i].bursts[n], &y = b[i].bursts[n];
      out += (x.request != y.request) + (x.grant != y.grant) + (x.first != y.first) + (x.last != y.last);
    }
    if (images) out += (a[i].doorbell != b[i].doorbell) + (a[i].completion != b[i].completion);
  }
  return out;
}

void compare_order(PhaseOutcome& outcome) {
  const std::vector<Served>&before = outcome.again->order, &after = outcome.replayed.order;
  for (std::size_t n = 0; n < before.size(); ++n) {
    if (before[n] == after[n]) continue;
    if (!outcome.first_reordered) outcome.first_reordered = after[n];
    ++outcome.reordered;
  }
}

struct Latency {
  Cycles sum = 0, longest = 0;
  std::int64_t bursts = 0;
  [[nodiscard]] std::string mean() const {
    return bursts == 0 ? "-" : fmt::format("{:.1f}", static_cast<double>(sum) / static_cast<double>(bursts));
  }
};

// From the request to the last beat or the response.
Latency latency_of(const TrafficPhase& phase, const std::vector<TrafficImage>& images, bool write) {
  Latency out;
  for (const TrafficImage& image : images) {
    std::size_t burst = 0;
    for (const TrafficNode& node : phase.nodes) {
      if (!node.port) continue;
      const BurstStamps& s = image.bursts[burst++];
      if (node.write != write) continue;
      out.sum += s.last - s.request;
      out.longest = std::max(out.longest, s.last - s.request);
      ++out.bursts;
    }
  }
  return out;
}

using Row = std::array<std::string, 3>;  // what, recorded, replayed

Cycles last_beat(const ReplayedPhase& replayed) {
  Cycles last = 0;
  for (const BurstStamps& burst : replayed.images.back().bursts) last = std::max(last, burst.last);
  return last;
}

void add_rows(std::vector<Row>& rows, const TrafficPhase& phase, const PhaseOutcome& outcome, const char* which,
              ReplayMode mode) {
  const auto both = [&](const std::string& what, auto&& figure) {
    rows.push_back(
        {fmt::format("{} {}", which, what), outcome.again ? figure(*outcome.again) : "-", figure(outcome.replayed)});
  };
  if (mode == ReplayMode::open_loop) {  // which knows of no completion, so both sides are asked for what it knows
    both("cycles to last beat", [](const ReplayedPhase& r) { return grouped(last_beat(r)); });
  } else {
    both("cycles", [](const ReplayedPhase& r) { return grouped(r.end()); });
  }
  both("bursts", [](const ReplayedPhase& r) { return grouped(r.memory.bursts); });
  both("bytes read", [](const ReplayedPhase& r) { return grouped(r.memory.read_bytes); });
  both("bytes written", [](const ReplayedPhase& r) { return grouped(r.memory.write_bytes); });
  both("row hits", [](const ReplayedPhase& r) { return grouped(r.memory.row_hits); });
  both("refreshes", [](const ReplayedPhase& r) { return grouped(r.memory.refreshes); });
  for (const bool write : {false, true}) {
    if (latency_of(phase, outcome.replayed.images, write).bursts == 0) continue;
    const std::string what = write ? "write latency" : "read latency";
    both(what + ", mean", [&](const ReplayedPhase& r) { return latency_of(phase, r.images, write).mean(); });
    both(what + ", longest",
         [&](const ReplayedPhase& r) { return grouped(latency_of(phase, r.images, write).longest); });
  }
}

std::string order_text(const ReplayOutcome& outcome) {
  std::int64_t reordered = 0;
  std::string first;
  for (std::size_t p = 0; p < 2; ++p) {
    const PhaseOutcome& phase = outcome.phases[p];
    reordered += phase.reordered;
    if (first.empty() && phase.first_reordered) {
      first = fmt::format(", from burst line {} of {}, image {}, on", phase.first_reordered->node,
                          p == 0 ? "init" : "main", phase.first_reordered->image);
    }
  }
  if (reordered == 0) return "the memory serves the bursts in the recorded order";
  return fmt::format("the memory serves {} bursts in another place than recorded{}", grouped(reordered), first);
}

std::string exactness_text(const Traffic& traffic, const ReplayOutcome& outcome) {
  if (!traffic.stamped) return "a foreign trace has no answers to compare with; its requests know of no dependency";
  if (!outcome.faithful()) {
    return fmt::format(
        "NOT EXACT: on the memory that it was recorded on, {} stamps of the replay are not the recorded ones",
        grouped(outcome.phases[0].unequal + outcome.phases[1].unequal));
  }
  const bool moved = outcome.phases[0].moved + outcome.phases[1].moved > 0;
  if (outcome.same_memory && !moved) {
    return outcome.mode == ReplayMode::open_loop ? "every stamp of the recording's bursts comes out again"
                                                 : "every stamp of the recording comes out again";
  }
  if (outcome.mode == ReplayMode::open_loop) {
    return "NOT EXACT: requests go in their recorded cycles, whenever the answers before them come; leave out "
           "--open-loop for the cycles of a simulation";
  }
  return "the cycles are those of a whole simulation of this program: each request waits for what it waited for, and "
         "the memory chooses anew among the ports";
}

}  // namespace

ReplayOutcome replay_beside(const Traffic& traffic, const MachineParameters& recorded,
                            const MachineParameters& replayed, ReplayMode mode) {
  ReplayOutcome out;
  out.mode = mode;
  out.same_memory = recorded.memory == replayed.memory && recorded.clock_hz == replayed.clock_hz;
  for (std::size_t p = 0; p < 2; ++p) {
    const TrafficPhase& phase = traffic.phases[p];
    if (phase.images.empty()) continue;
    PhaseOutcome& outcome = out.phases[p];
    outcome.replayed = replay(phase, replayed.memory, replayed.clock_hz, mode);
    if (!traffic.stamped) continue;
    outcome.again = replay(phase, recorded.memory, recorded.clock_hz, ReplayMode::dependencies);
    outcome.unequal = unequal_stamps(phase.images, outcome.again->images);
    outcome.moved = unequal_stamps(phase.images, outcome.replayed.images, mode == ReplayMode::dependencies);
    compare_order(outcome);
  }
  return out;
}

std::string outcome_text(const Traffic& traffic, const ReplayOutcome& outcome,
                         const std::vector<std::string>& changes) {
  const std::size_t images = traffic.of(Phase::main).images.size();
  const std::string how = outcome.mode == ReplayMode::open_loop ? "open loop" : "with its dependencies";
  std::string out = fmt::format(
      "traffic of {}, {}\n", traffic.source,
      !traffic.stamped ? "a foreign trace" : fmt::format("{} of {} image{}", how, images, images == 1 ? "" : "s"));
  if (traffic.stamped && changes.empty()) out += "memory as recorded\n";
  for (const std::string& change : changes) out += fmt::format("  {}\n", change);
  std::vector<Row> rows = {{"", "recorded", "replayed"}};
  for (std::size_t p = 0; p < 2; ++p) {
    if (!traffic.phases[p].images.empty())
      add_rows(rows, traffic.phases[p], outcome.phases[p], p == 0 ? "init" : "main", outcome.mode);
  }
  for (const Row& row : rows)
    out += traffic.stamped ? fmt::format("{:<28}{:>14}{:>14}\n", row[0], row[1], row[2])
                           : fmt::format("{:<28}{:>14}\n", row[0], row[2]);
  if (traffic.stamped) {
    out += fmt::format("{} stamps moved\n", grouped(outcome.phases[0].moved + outcome.phases[1].moved));
    out += order_text(outcome) + "\n";
  }
  return out + exactness_text(traffic, outcome) + "\n";
}

std::string outcome_csv(const Traffic& traffic, const ReplayOutcome& outcome) {
  std::string out =
      "phase,image,line,port,command,address,bytes,instruction,request,grant,first,last,replayed_request,"
      "replayed_grant,replayed_first,replayed_last\n";
  for (std::size_t p = 0; p < 2; ++p) {
    const TrafficPhase& phase = traffic.phases[p];
    for (std::size_t i = 0; i < phase.images.size(); ++i) {
      std::size_t burst = 0;
      for (std::size_t n = 0; n < phase.nodes.size(); ++n) {
        const TrafficNode& node = phase.nodes[n];
        if (!node.port) continue;
        const BurstStamps& was = phase.images[i].bursts[burst];
        const BurstStamps& is = outcome.phases[p].replayed.images[i].bursts[burst++];
        const std::string request = traffic.requested ? std::to_string(was.request) : "";
        const std::string recorded =
            traffic.stamped ? fmt::format("{},{},{},{},{}", node.instruction, request, was.grant, was.first, was.last)
                            : fmt::format(",{},,,", request);
        out += fmt::format("{},{},{},{},{},0x{:x},{},{},{},{},{},{}\n", p == 0 ? "init" : "main", i, n,
                           port_name(*node.port), node.write ? "write" : "read", node.address + i * node.step,
                           node.bytes, recorded, is.request, is.grant, is.first, is.last);
      }
    }
  }
  return out;
}

}  // namespace blendsim
