// SPDX-License-Identifier: Apache-2.0
#include "estimate/buffer_shape.h"

#include <algorithm>

#include "units/buffer/layout.h"
#include "units/post_unit/law.h"

namespace blendsim {

// act_fixed moves the words of the unit with most lanes; a group of post_unit's lanes may stretch over two of
// accumulators.
BufferShape buffer_shape(BufferId id, const MachineParameters& m) {
  BufferShape s;
  switch (id) {
    case BufferId::act_binary:
      s.banks = binary_banks, s.readers = 3, s.writers = 3;
      s.slices = m.xnor_array.cell_slices() * slice_parts(m.post_unit);  // what has a write enable
      break;
    case BufferId::act_fixed:
      s.banks = 4, s.readers = 4, s.writers = 3;
      if (m.transpose_unit.lanes != 0) ++s.readers, ++s.writers;
      s.words = std::max({m.mac_array.rows, m.post_unit.lanes, m.pool_unit.lanes}) / slice_channels;
      break;
    case BufferId::accumulators:
      s.readers = 2, s.writers = 2;
      s.words = m.xnor_array.rows % m.post_unit.lanes != 0 || m.mac_array.rows % m.post_unit.lanes != 0 ? 2 : 1;
      break;
    case BufferId::parameters: s.readers = 3; break;
    default: break;
  }
  const BufferParameters& b = m.buffer(id);
  s.regions = b.regions, s.depth = b.depth, s.width = b.width / s.banks;
  return s;
}

}  // namespace blendsim
