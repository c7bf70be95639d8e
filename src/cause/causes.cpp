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
      const std::optional<Cycles> cycles = candidate.rerun();
      if (!cycles || *cycles >= run.cycles()) continue;
      causes.push_back({candidate.kind, std::move(candidate.what), std::move(candidate.without), *cycles});
    }
  };
  try_all(defect_candidates(run, reruns));
  try_all(machine_candidates(run, reruns));
  try_all(buffer_candidates(run, reruns));
  try_all(dependency_candidates(run, reruns));
  std::stable_sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.cycles < b.cycles;
  });
  return causes;
}

}  // namespace blendsim
