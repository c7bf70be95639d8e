// SPDX-License-Identifier: Apache-2.0
// Where to cut a network for whose maps there is no room, not even as rings. Cuts are the nodes that begin a segment,
// but for the first one's, in order.
#pragma once

#include <utility>
#include <vector>

#include "compiler/plan.h"

namespace blendsim::compiler {

// Cuts the nodes into segments whose maps, as the smallest rings that their windows ask for, take no more than there
// is, so that what crosses the cuts through DRAM is the fewest bytes (dynamic programming over the cuts). Orders may
// well need larger rings. `plan`: after place. Empty where all of the network is one segment, or where the maps of some
// node alone take more.
[[nodiscard]] std::vector<NodeId> cut_into_segments(const Plan& plan);

// Whether the maps of a segment may well find room as wholes.
[[nodiscard]] bool may_lie_whole(const Plan& plan, const std::vector<NodeId>& cuts, int segment);

// The cut inside a segment across which few bytes go: at most a quarter more than the fewest, and in the middle as far
// as that allows. None where the segment has no node to cut at.
[[nodiscard]] NodeId cut_in_two(const Plan& plan, const std::vector<NodeId>& cuts, int segment);

// Ranges of slices: the first and how many.
using SliceRanges = std::vector<std::pair<int, int>>;
// A stage's slices in so many parts, or as many as whole row groups and cells allow.
[[nodiscard]] SliceRanges parts_of(const Plan& plan, const Node& stage, int parts);

// The most parts in which the segment can be gone through: 1 unless it is a single stage, which may read the input,
// that writes no output of the network, no planes, and whose convolutions are no groups.
[[nodiscard]] int most_parts(const Plan& plan, const std::vector<NodeId>& cuts, int segment);

}  // namespace blendsim::compiler
