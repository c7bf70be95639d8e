// SPDX-License-Identifier: Apache-2.0
// The part of tensors that an instruction writes, in the terms of their maps: what a capture collects.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "units/buffer/parameters.h"

namespace blendsim {

// Rows [row0, row0 + rows), slices of 16 channels [slice0, slice0 + slice_count) of a map. Fixed: slices from that of
// the first word on, and row0 counts where the map lies in bands alone.
struct WrittenMap {
  BufferId buffer = BufferId::act_fixed;  // or act_binary
  std::uint32_t base = 0;                 // binary: the map's; fixed: of the first word written
  std::uint32_t width = 0;
  std::uint32_t slices = 0;  // a pixel of the whole map
  std::uint32_t bytes = 1;
  std::uint32_t row0 = 0, rows = 0, slice0 = 0, slice_count = 0;
  bool any_width = false;  // fixed: one row of pixels that are so many whole ones of a map of any width
};

// Output rows and row groups of an array's instruction.
struct WrittenAccumulators {
  std::uint32_t region = 0;  // of accumulators: one an array
  std::uint32_t out_row = 0, rows = 0, out_width = 0, groups = 0, destination = 0;
  std::int64_t array_rows = 0;
};

struct Written {
  std::vector<WrittenMap> maps;
  std::optional<WrittenAccumulators> accumulators;
};

}  // namespace blendsim
