// SPDX-License-Identifier: Apache-2.0
// Where two runs part first in time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cause/recorded_run.h"
#include "cause/stamps.h"

namespace blendsim {

// The same instruction of both runs: places in their lists.
using StampPairs = std::vector<std::pair<std::size_t, std::size_t>>;

// By image and index in program order.
[[nodiscard]] StampPairs pair_by_index(const std::vector<Stamp>& a, const std::vector<Stamp>& b);
// By image, layer, unit and how many of these came before: of two programs whose instructions are not the same ones.
[[nodiscard]] StampPairs pair_by_layer(const RecordedRun& a, const RecordedRun& b);

struct Divergence {
  enum class What : std::uint8_t { start, end, unit };
  What what = What::start;
  std::size_t a = 0, b = 0;  // places in the lists
  Cycles at = 0;             // the earlier of both runs' cycles that differ
};

struct StampComparison {
  std::optional<Divergence> first;           // of what happens in one cycle starts before ends, then program order
  std::int64_t compared = 0, differing = 0;  // instructions
  std::int64_t only_a = 0, only_b = 0;       // that the other list does not have
  std::size_t first_only_a = 0, first_only_b = 0;  // places of the first of these, where there are any
  [[nodiscard]] bool equal() const { return differing == 0 && only_a == 0 && only_b == 0; }
};
// `shift` is added to b's cycles.
[[nodiscard]] StampComparison compare_stamps(const std::vector<Stamp>& a, const std::vector<Stamp>& b,
                                             const StampPairs& pairs, Cycles shift = 0);

// What a start is the latest of (rule 2), in the rule's order.
struct StartTerm {
  std::string what;
  Cycles at = 0;
  bool operator==(const StartTerm&) const = default;
};
[[nodiscard]] std::vector<StartTerm> start_terms(const RecordedRun& run, std::int32_t record);

}  // namespace blendsim
