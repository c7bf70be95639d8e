// SPDX-License-Identifier: Apache-2.0
// Candidates in the program's order: tokens and fences.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "cause/candidates.h"
#include "cause/needless.h"
#include "report/format_text.h"

namespace blendsim {

namespace {

std::string_view name(TokenKind kind) { return kind == TokenKind::data ? "data" : "space"; }

const std::string& layer_name(const RecordedRun& run, std::int32_t layer) {
  return run.program().layers.at(static_cast<std::size_t>(layer)).name;
}

std::string times(std::size_t count) {
  return count == 1 ? "once" : fmt::format("{} times", grouped(static_cast<std::int64_t>(count)));
}

Candidate with_order(const RecordedRun& run, const Reruns& reruns, Cause::Kind kind, std::string what,
                     std::string without, std::vector<Instruction> main) {
  return {kind, std::move(what), std::move(without),
          [&run, &reruns, main = std::move(main)]() -> std::optional<Cycles> {
            return reruns.time(with_main(run.program(), run.machine(), main), run.machine());
          }};
}

std::string defect_text(const RecordedRun& run, const std::vector<NeedlessWait>& waits) {
  const NeedlessWait& first = waits.front();
  const std::string needs = first.enough < 0 ? std::string("no token") : fmt::format("only #{}", first.enough);
  std::string text = fmt::format("{} waits for the wrong tile: for {}, and needs {}", run.name_of(first.token.taken_by),
                                 run.name_of(first.token.posted_by), needs);
  if (waits.size() > 1) text += fmt::format("; so do {} more of the layer", waits.size() - 1);
  return text;
}

std::string defect_remedy(const std::vector<NeedlessWait>& waits) {
  const NeedlessWait& first = waits.front();
  if (waits.size() > 1) return "with the tokens posted where they are needed, which is proven legal";
  return first.enough < 0 ? std::string("without the token, which is proven legal")
                          : fmt::format("with the token posted by #{}, which is proven legal", first.enough);
}

}  // namespace

std::vector<TokenGroup> critical_groups(const RecordedRun& run) {
  using Key = std::tuple<TokenKind, UnitId, UnitId, std::int32_t, std::int32_t>;
  std::map<Key, std::size_t> places;
  std::vector<TokenGroup> groups;
  const auto key_of = [&](const TokenEvent& token) {
    return Key{token.kind, token.producer, token.consumer, run.record(token.posted_by).layer,
               run.record(token.taken_by).layer};
  };
  const auto is_critical = [&](const TokenEvent& token) {
    const InstructionRecord& taker = run.record(token.taken_by);
    const Release release = token.kind == TokenKind::data ? Release::data_token : Release::space_token;
    return run.is_critical(token.taken_by) && taker.release == release && taker.released_by == token.posted_by;
  };
  for (const TokenEvent& token : run.run().tokens) {
    if (!is_critical(token)) continue;
    const auto [at, added] = places.try_emplace(key_of(token), groups.size());
    if (added) {
      groups.push_back({token.kind,
                        token.producer,
                        token.consumer,
                        run.record(token.posted_by).layer,
                        run.record(token.taken_by).layer,
                        {},
                        {}});
    }
    groups[at->second].critical.push_back({token.kind, token.posted_by, token.taken_by});
  }
  for (const TokenEvent& token : run.run().tokens) {
    const auto at = places.find(key_of(token));
    if (at != places.end()) groups[at->second].tokens.push_back({token.kind, token.posted_by, token.taken_by});
  }
  return groups;
}

std::vector<Candidate> defect_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  for (const TokenGroup& group : critical_groups(run)) {
    // Where none on the path is needless, the others of the layer are none of its cycles.
    if (find_needless(run, group.critical).empty()) continue;
    std::vector<NeedlessWait> waits = find_needless(run, group.tokens);
    std::vector<Instruction> main = without(run, waits);
    if (waits.empty()) continue;
    candidates.push_back(
        with_order(run, reruns, Cause::Kind::defect, defect_text(run, waits), defect_remedy(waits), std::move(main)));
  }
  return candidates;
}

std::vector<Candidate> dependency_candidates(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Candidate> candidates;
  for (const TokenGroup& group : critical_groups(run)) {
    std::vector<Instruction> main = run.instructions();
    for (const TokenWay& token : group.tokens) drop_token(main, token);
    candidates.push_back(
        with_order(run, reruns, Cause::Kind::dependency,
                   fmt::format("{} ({}) waits for {} of {} ({}), {}, {} critical", blendsim::name(group.waiter),
                               layer_name(run, group.waiter_layer), name(group.kind), blendsim::name(group.poster),
                               layer_name(run, group.poster_layer), times(group.tokens.size()), group.critical.size()),
                   "without these tokens", std::move(main)));
  }
  std::map<std::pair<UnitId, std::int32_t>, std::size_t> fences;  // critical ones, by unit and layer
  for (const std::int32_t index : run.critical()) {
    const InstructionRecord& record = run.record(index);
    if (record.release == Release::fence) ++fences[{record.unit, record.layer}];
  }
  for (const auto& [of, count] : fences) {
    std::vector<Instruction> main = run.instructions();
    for (Instruction& instruction : main) {
      Synchronisation& sync = sync_of(instruction);
      if (unit_of(instruction) == of.first && static_cast<std::int32_t>(sync.layer) == of.second) sync.fence = 0;
    }
    candidates.push_back(with_order(run, reruns, Cause::Kind::dependency,
                                    fmt::format("{} ({}) waits for its own results, {} on the critical path",
                                                blendsim::name(of.first), layer_name(run, of.second), times(count)),
                                    "without these fences", std::move(main)));
  }
  return candidates;
}

}  // namespace blendsim
