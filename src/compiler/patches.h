// SPDX-License-Identifier: Apache-2.0
// A segment of nodes gone through patch by patch: each patch computes a rectangle of what the segment stores, from the
// rectangles of rows and columns that its windows reach, on smaller maps. What lies in the windows of two patches is
// loaded, or computed, for both.
#pragma once

#include <optional>
#include <vector>

#include "compiler/plan.h"

namespace blendsim::compiler {

// Rows, or columns, [begin, end).
struct Extent {
  int begin = 0, end = 0;
  [[nodiscard]] int size() const { return end - begin; }
  [[nodiscard]] bool is_empty() const { return begin >= end; }
  bool operator==(const Extent&) const = default;
};

struct Rectangle {
  Extent rows, columns;
  [[nodiscard]] bool is_empty() const { return rows.is_empty() || columns.is_empty(); }
  [[nodiscard]] Corner corner() const { return {rows.begin, columns.begin}; }
  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{rows.size()} * columns.size(); }
  bool operator==(const Rectangle&) const = default;
};

// What a patch computes, and what of each map it holds. Empty: nothing.
struct Patch {
  Table<NodeId, Rectangle> nodes;  // by node of the plan
  Table<MapId, Rectangle> maps;
  Table<MapId, Rectangle> stored;  // of what is stored: this patch's share
};

// Nodes [first, last) of a plan before pass spill, without those that store outputs.
struct Segment {
  NodeId first, last;
  std::vector<MapId> stored;  // maps that it writes and a later segment reads, or the network's output is
};

// The patches of a segment on a grid, row by row; none where some layer cannot be computed from a part of its input: a
// transposition; a window that begins inside a map of packed bits, which instructions cannot name; a row of a patch
// that begins on no bus word of DRAM; a map that is still wider or taller than instructions name.
[[nodiscard]] std::optional<std::vector<Patch>> cut_into_patches(const Plan& plan, const Segment& segment, Grid grid);

// Grids from the coarsest on, each with as many patches down as instructions' rows ask for of maps so tall.
[[nodiscard]] std::vector<Grid> grids_of(const Plan& plan, const Segment& segment);

// Bytes of a pixel of all slices of a map, in DRAM.
[[nodiscard]] std::int64_t pixel_bytes(const Plan& plan, const Map& map);

// Pixels of the input in a row of a patch of the stem's map, whose words [columns) hold four each; and those of padding
// in front.
struct StemPixels {
  Extent pixels;
  int pad_left = 0;
};
[[nodiscard]] StemPixels stem_pixels(const Extent& words, int pad_left, int width);

}  // namespace blendsim::compiler
