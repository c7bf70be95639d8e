// SPDX-License-Identifier: Apache-2.0
// Where to cut a network for whose maps there is no room, not even as rings. Cuts are the nodes that begin a segment,
// but for the first one's, in order.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "compiler/plan.h"

namespace blendsim::compiler {

// Cuts the nodes into segments whose maps, as the smallest rings that their windows ask for, take no more than there
// is, so that what crosses the cuts through DRAM is the fewest bytes (dynamic programming over the cuts). A segment
// with a node for which even such rings are too large is gone through in patches (patches.h), as few as there is room
// for; what patches load and compute again counts as bytes, too. Orders may well need larger rings. `plan`: after
// place. No cuts where all of the network is one segment; then the grid of a network that cannot be cut so is one
// patch.
struct Segmentation {
  std::vector<NodeId> cuts;
  std::vector<Grid> grids;  // by segment
};
[[nodiscard]] Segmentation cut_into_segments(const Plan& plan);

// Whether the maps of a segment, or of its patches, may well find room as wholes.
[[nodiscard]] bool may_lie_whole(const Plan& plan, const std::vector<NodeId>& cuts, int segment, Grid grid);

// The grid with the fewest patches of which each may well find room: one where there is none such.
[[nodiscard]] Grid coarsest_grid(const Plan& plan, const std::vector<NodeId>& cuts, int segment);

// The next finer grid of a segment of which the maps of a patch may well find room; none where there is none.
[[nodiscard]] std::optional<Grid> finer_grid(const Plan& plan, const std::vector<NodeId>& cuts, int segment, Grid grid);

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
