// SPDX-License-Identifier: Apache-2.0
// Internal to find_causes(): what a run may have lost cycles to, each with the run that would show it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cause/causes.h"
#include "cause/edit.h"

namespace blendsim {

struct Candidate {
  Cause::Kind kind = Cause::Kind::machine;
  std::string what, without;
  std::function<std::optional<Cycles>()> rerun;  // nothing: such a machine cannot be had
};

// What the waits of one cause have in common: unit and layer of poster and waiter.
struct TokenGroup {
  TokenKind kind = TokenKind::data;
  UnitId poster = UnitId::load, waiter = UnitId::load;
  std::int32_t poster_layer = 0, waiter_layer = 0;
  std::vector<TokenWay> tokens;    // all of them
  std::vector<TokenWay> critical;  // that released a start on the critical path, in order of time
};
// The groups with tokens on the critical path, in order of time of the first of them.
[[nodiscard]] std::vector<TokenGroup> critical_groups(const RecordedRun& run);

// Waits for a later tile than is needed.
[[nodiscard]] std::vector<Candidate> defect_candidates(const RecordedRun& run, const Reruns& reruns);
// Parameters of memory and dispatcher.
[[nodiscard]] std::vector<Candidate> machine_candidates(const RecordedRun& run, const Reruns& reruns);
// Sizes of buffers: compiled anew.
[[nodiscard]] std::vector<Candidate> buffer_candidates(const RecordedRun& run, const Reruns& reruns);
// Tokens and fences of a layer.
[[nodiscard]] std::vector<Candidate> dependency_candidates(const RecordedRun& run, const Reruns& reruns);

}  // namespace blendsim
