// SPDX-License-Identifier: Apache-2.0
// Machines to compile for, without the catalogue's files.
#pragma once

#include "platform/platform.h"

namespace blendsim::test {

struct MachineSizes {
  int xnor_rows = 16, words = 3, mac_rows = 16, columns = 4, post_lanes = 16, pool_lanes = 16;
};

// Widths follow from the arrays' sizes; depths are generous unless a test shrinks them.
inline Platform platform_of(const MachineSizes& sizes = {}) {
  Platform p;
  p.name = "test";
  MachineParameters& m = p.machine;
  m.xnor_array.rows = sizes.xnor_rows;
  m.xnor_array.words = sizes.words;
  m.mac_array.rows = sizes.mac_rows;
  m.mac_array.columns = sizes.columns;
  m.post_unit.lanes = sizes.post_lanes;
  m.pool_unit.lanes = sizes.pool_lanes;
  m.xnor_array.accumulator = 32;
  m.post_unit.operand = 32;  // random weights add up to more than trained ones
  const auto set = [&](BufferId id, std::int64_t regions, std::int64_t width, std::int64_t depth) {
    m.buffers[static_cast<std::size_t>(index(id))] = {regions, width, depth, 0, 2};
  };
  const int rows = std::max(sizes.xnor_rows, sizes.mac_rows);
  set(BufferId::act_binary, 2, 256 * (sizes.words / 3), 4096);
  set(BufferId::act_fixed, 2, 128, 16384);
  set(BufferId::weights_binary, 1, sizes.xnor_rows * sizes.words * 48, 8192);
  set(BufferId::weights_fixed, 1, sizes.mac_rows * sizes.columns * 8, 16384);
  set(BufferId::accumulators, 2, 32 * rows, 512);
  set(BufferId::parameters, 3, std::max(512, 32 * rows), 4096);
  set(BufferId::instructions, 1, 128, 16384);
  m.memory.timing.clock_hz = 1'200'000'000;
  return p;
}

}  // namespace blendsim::test
