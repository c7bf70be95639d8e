// SPDX-License-Identifier: Apache-2.0
#include "cause/why_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "report/format_text.h"

namespace blendsim {

namespace {

std::string cycles_text(Cycles cycles) { return grouped(cycles) + (cycles == 1 ? " cycle" : " cycles"); }

std::string share(Cycles part, Cycles whole) {
  return percent(whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole));
}

// What a load or a store did on the bus, from the bursts of the link's records.
std::string transfer_text(const RecordedRun& run, const ChainLink& link) {
  std::int64_t bursts = 0, bytes = 0, misses = 0, refreshes = 0;
  Cycles flight = 0, queued = 0;
  for (const BurstEvent& burst : run.run().bursts) {
    if (burst.record < link.first || burst.record > link.last) continue;
    const InstructionRecord &of = run.record(burst.record), &last = run.record(link.last);
    if (of.unit != last.unit || of.layer != last.layer) continue;
    ++bursts;
    bytes += burst.bytes;
    misses += burst.bank >= 0 && !burst.row_hit ? 1 : 0;
    refreshes += burst.refreshes;
    flight += burst.last_beat - burst.request;
    queued += burst.grant - burst.request;
  }
  if (bursts == 0) return {};
  std::string text =
      fmt::format("; {} bytes in {} burst{}, each {} cycles on its way, {} of them to its grant", grouped(bytes),
                  grouped(bursts), bursts == 1 ? "" : "s", grouped(flight / bursts), grouped(queued / bursts));
  if (misses > 0) text += fmt::format("; {} row miss{}", grouped(misses), misses == 1 ? "" : "es");
  if (refreshes > 0) text += fmt::format("; {} refresh{}", grouped(refreshes), refreshes == 1 ? "" : "es");
  return text;
}

std::string link_text(const RecordedRun& run, const ChainLink& link) {
  switch (link.kind) {
    case ChainLink::Kind::fetch: return "instruction words are on their way from DRAM";
    case ChainLink::Kind::decode: return "the dispatcher reads and decodes, a word a cycle, since the doorbell";
    case ChainLink::Kind::queue:
      return fmt::format("the dispatcher stands with {} before a full queue, until {} starts", run.name_of(link.last),
                         run.name_of(link.first));
    default: break;
  }
  const bool many = link.count > 1;
  std::string text = many
                         ? fmt::format("{} works on {} instructions, #{} to #{} ({})", unit_name(run.record(link.last)),
                                       grouped(link.count), run.record(link.first).instruction,
                                       run.record(link.last).instruction, run.layer(link.last))
                         : fmt::format("{} works", run.name_of(link.last));
  if (link.kind == ChainLink::Kind::transfer) text += transfer_text(run, link);
  return text;
}

std::string awaited_text(const RecordedRun& run, const IntervalEvent& wait) {
  switch (wait.activity) {
    case Activity::stall_dispatch: return "an instruction";
    case Activity::idle: return "its first instruction";
    case Activity::stall_fence: return fmt::format("the end of {}, its own", run.name_of(wait.waited_for));
    case Activity::stall_downstream: return fmt::format("space that {} frees", run.name_of(wait.waited_for));
    default: return fmt::format("data of {}", run.name_of(wait.waited_for));
  }
}

// As everywhere in text, both ends are of it; [from, to) in the events.
std::string range_text(Cycles from, Cycles to) { return fmt::format("{}..{}", grouped(from), grouped(to - 1)); }

// `back_to`: the links of what happened before that cycle are left out.
std::string wait_text(const RecordedRun& run, const IntervalEvent& wait, Cycles back_to = 0) {
  std::string text = fmt::format("cycles {}: {} waits {} for {}\n", range_text(wait.from, wait.to),
                                 run.name_of(wait.record), grouped(wait.to - wait.from), awaited_text(run, wait));
  text += fmt::format("      it is    {}\n", disassemble(run.instruction(wait.record)));
  const bool for_instruction = wait.activity == Activity::stall_dispatch || wait.activity == Activity::idle;
  if (wait.waited_for >= 0 && !for_instruction)
    text += fmt::format("      that is  {}\n", disassemble(run.instruction(wait.waited_for)));
  std::vector<ChainLink> chain = chain_of(run, wait);
  std::erase_if(chain, [back_to](const ChainLink& link) { return link.to <= back_to; });
  return text + chain_text(run, chain, 6);
}

std::string group_text(const RecordedRun& run, const WaitGroup& group) {
  const std::string often = group.count == 1 ? "one wait" : fmt::format("{} such waits", grouped(group.count));
  const std::string path =
      group.critical == 0 ? "" : fmt::format("; {} end on the critical path", grouped(group.critical));
  return fmt::format("{} of {} in {}: {} in {}{}\n", name(group.longest.activity), name(group.longest.unit),
                     run.layer(group.longest.record), cycles_text(group.cycles), often, path);
}

// Whose cycles the critical path is made of: a unit's at work, or (last) the dispatcher's.
using PathShares = std::array<Cycles, unit_count + 1>;

PathShares path_shares(const RecordedRun& run) {
  PathShares cycles{};
  for (const ChainLink& link : critical_chain(run)) {
    const bool work = link.kind == ChainLink::Kind::work || link.kind == ChainLink::Kind::transfer;
    const std::size_t whose = work ? static_cast<std::size_t>(index(run.record(link.first).unit)) : unit_count;
    cycles[whose] += link.to - link.from;
  }
  return cycles;
}

std::string_view share_name(std::size_t whose) { return whose == unit_count ? "dispatch" : unit_names[whose]; }

std::string path_text(const RecordedRun& run, const PathShares& shares) {
  std::string text = "critical path\n";
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return shares[x] > shares[y]; });
  for (const std::size_t whose : order) {
    if (shares[whose] == 0) break;
    text +=
        fmt::format("{:>9} {:>7}  {}\n", grouped(shares[whose]), share(shares[whose], run.cycles()), share_name(whose));
  }
  return text;
}

std::string saving_text(const RecordedRun& run, const Cause& cause) {
  return fmt::format("saves  {} of {} ({}): {}\n", grouped(cause.saves(run)), cycles_text(run.cycles()),
                     share(cause.saves(run), run.cycles()), cause.without);
}

// The unit of which more would shorten the run most; where none would, the one that works through most of the path.
std::string work_text(const RecordedRun& run, const PathShares& shares, const std::vector<Cause>& causes,
                      bool sizes_tried) {
  const auto size =
      std::find_if(causes.begin(), causes.end(), [](const Cause& cause) { return cause.unit.has_value(); });
  const auto whose = size != causes.end()
                         ? static_cast<std::size_t>(index(*size->unit))
                         : static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  const std::string saving =
      size != causes.end() ? saving_text(run, *size)
      : sizes_tried        ? std::string("saves  nothing that was tried: no other size shortens the run\n")
                    : std::string("saves  give the network instead of the program, and larger units are tried\n");
  return fmt::format("{} works in {} of the {} of the critical path ({})\n{}", share_name(whose),
                     grouped(shares[whose]), cycles_text(run.cycles()), share(shares[whose], run.cycles()), saving);
}

// Where the machine that saves most is too large for its part: the one that saves most of those that are not.
std::string fitting_text(const RecordedRun& run, const std::vector<Cause>& causes) {
  const auto is_machine = [](const Cause& cause) {
    return cause.kind == Cause::Kind::machine || cause.kind == Cause::Kind::size;
  };
  const auto first = std::find_if(causes.begin(), causes.end(), is_machine);
  if (first == causes.end() || first->fits) return {};
  const auto held = std::find_if(first, causes.end(), [&](const Cause& c) { return is_machine(c) && c.fits; });
  if (held == causes.end()) return "none of these machines fits the part\n";
  return fmt::format("largest that fits the part: {} ({}), {}: {}\n", grouped(held->saves(run)),
                     share(held->saves(run), run.cycles()), held->what, held->without);
}

std::string_view kind_text(Cause::Kind kind) {
  switch (kind) {
    case Cause::Kind::defect: return "program";
    case Cause::Kind::machine: return "machine";
    case Cause::Kind::size: return "size";
    default: return "needed";
  }
}

}  // namespace

std::string causes_text(const RecordedRun& run, const std::vector<Cause>& causes, std::size_t top, bool sizes_tried) {
  const PathShares shares = path_shares(run);
  const std::string work = work_text(run, shares, causes, sizes_tried);
  const Cause* headline = find_headline(run, causes);
  std::string text = headline == nullptr
                         ? "cause  " + work
                         : fmt::format("cause  {}\n{}rest   {}", headline->what, saving_text(run, *headline), work);
  if (causes.empty()) return text + "\n" + path_text(run, shares);
  text += "\nrun again without each cause alone, exact to the cycle\n";
  for (std::size_t i = 0; i < std::min(top, causes.size()); ++i) {
    const Cause& cause = causes[i];
    text += fmt::format("{:>9} {:>7}  {:<10}  {}\n{:12}{}: {}\n", grouped(cause.saves(run)),
                        share(cause.saves(run), run.cycles()), kind_text(cause.kind), cause.what, "", cause.without,
                        cycles_text(cause.cycles));
  }
  if (causes.size() > top) text += fmt::format("{:>9} more with --top {}\n", causes.size() - top, causes.size());
  return text + fitting_text(run, causes) + '\n' + path_text(run, shares);
}

std::string waits_text(const RecordedRun& run, const WaitFilter& filter, std::size_t top) {
  const std::vector<WaitGroup> groups = find_waits(run, filter);
  if (groups.empty()) return "nothing waited\n";
  std::string text;
  for (std::size_t i = 0; i < std::min(top, groups.size()); ++i) {
    text += fmt::format("{:>3}  {}     the longest, {}", i + 1, group_text(run, groups[i]),
                        wait_text(run, groups[i].longest));
  }
  if (groups.size() > top) text += fmt::format("  {} more with --top {}\n", groups.size() - top, groups.size());
  return text;
}

std::string cycle_text(const RecordedRun& run, Cycles cycle, std::optional<UnitId> unit) {
  std::string text;
  for (const IntervalEvent& interval : intervals_at(run, cycle)) {
    if (unit && interval.unit != *unit) continue;
    text += fmt::format("{:<10}  ", name(interval.unit));
    if (interval.record < 0) {
      text += fmt::format("idle from cycle {} to the end\n", grouped(interval.from));
    } else if (interval.activity == Activity::busy) {
      text += fmt::format("works on {}, cycles {}\n      it is    {}\n", run.name_of(interval.record),
                          range_text(interval.from, interval.to), disassemble(run.instruction(interval.record)));
    } else {
      text += wait_text(run, interval, cycle);
    }
  }
  return text;
}

std::string chain_text(const RecordedRun& run, const std::vector<ChainLink>& chain, int indent) {
  constexpr std::size_t most = 12, last = 3;  // of a longer chain its beginning and what began it all
  std::string text;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (chain.size() > most && i == most - last - 1) {
      const std::size_t left_out = chain.size() - most + 1;
      text +=
          fmt::format("{:{}}... {} more, back to cycle {}\n", "", indent, left_out, grouped(chain[i + left_out].to));
      i += left_out;
    }
    text += fmt::format("{:{}}because  {}: {}\n", "", indent, range_text(chain[i].from, chain[i].to),
                        link_text(run, chain[i]));
  }
  return text;
}

}  // namespace blendsim
