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

// What a run without a cause came to.
struct Trial {
  Cycles cycles = 0;
  std::string without;  // what was changed, so that `run` can repeat it where that is possible
  bool fits = true;     // Rerun::fits
};

struct Candidate {
  Cause::Kind kind = Cause::Kind::machine;
  std::string what;
  std::function<std::optional<Trial>()> trial;  // nothing: such a machine cannot be had
  std::optional<UnitId> unit{};                 // whose size it is
};

// "compiled and run with --set mac_array.rows=32", and that its part is too small for it, if so. Nothing where there is
// no network or it cannot be compiled so.
[[nodiscard]] std::optional<Trial> compiled_trial(const Reruns& reruns, const std::vector<std::string>& sets);
[[nodiscard]] std::optional<Trial> same_program_trial(const Reruns& reruns, const Program& program,
                                                      const MachineParameters& machine, const std::string& without);

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
// Every number of the platform: latencies at their least, sizes of units doubled, all else at both its ends.
[[nodiscard]] std::vector<Candidate> parameter_candidates(const RecordedRun& run, const Reruns& reruns);
// What DRAM does besides, and where the instructions lie.
[[nodiscard]] std::vector<Candidate> dram_candidates(const RecordedRun& run, const Reruns& reruns);
// Sizes of buffers: compiled anew.
[[nodiscard]] std::vector<Candidate> buffer_candidates(const RecordedRun& run, const Reruns& reruns);
// Tokens and fences of a layer.
[[nodiscard]] std::vector<Candidate> dependency_candidates(const RecordedRun& run, const Reruns& reruns);

}  // namespace blendsim
