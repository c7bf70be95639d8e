// SPDX-License-Identifier: Apache-2.0
#include "cause/causes.h"

#include <algorithm>
#include <utility>

#include "cause/candidates.h"

namespace blendsim {

std::vector<Cause> find_causes(const RecordedRun& run, const Reruns& reruns) {
  std::vector<Cause> causes;
  const auto try_all = [&](std::vector<Candidate> candidates) {
    for (Candidate& candidate : candidates) {
      std::optional<Trial> trial = candidate.trial();
      if (!trial || trial->cycles >= run.cycles()) continue;
      causes.push_back({candidate.kind, std::move(candidate.what), std::move(trial->without), trial->cycles,
                        candidate.unit, trial->fits});
    }
  };
  try_all(defect_candidates(run, reruns));
  try_all(parameter_candidates(run, reruns));
  try_all(dram_candidates(run, reruns));
  try_all(buffer_candidates(run, reruns));
  try_all(dependency_candidates(run, reruns));
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    const bool a_first = a.kind == Cause::Kind::defect, b_first = b.kind == Cause::Kind::defect;
    return a_first != b_first ? a_first : a.cycles < b.cycles;
  });
  return causes;
}

const Cause* find_headline(const RecordedRun& run, const std::vector<Cause>& causes) {
  constexpr Cycles least_part = 200;
  for (const Cause& cause : causes) {
    if (cause.kind == Cause::Kind::defect) return &cause;
    if (cause.kind == Cause::Kind::machine) return cause.saves(run) * least_part >= run.cycles() ? &cause : nullptr;
  }
  return nullptr;
}

}  // namespace blendsim
