// SPDX-License-Identifier: Apache-2.0
// The parameters of every unit together: what a Platform resolves to and a Machine is configured with.
#pragma once

#include <array>

#include "units/buffer/parameters.h"
#include "units/control/parameters.h"
#include "units/dispatcher/parameters.h"
#include "units/dram/parameters.h"
#include "units/mac_array/parameters.h"
#include "units/pool_unit/parameters.h"
#include "units/post_unit/parameters.h"
#include "units/transfer/parameters.h"
#include "units/transpose_unit/parameters.h"
#include "units/xnor_array/parameters.h"

namespace blendsim {

struct MachineParameters {
  std::int64_t clock_hz = 250'000'000;
  ControlParameters control;
  DispatcherParameters dispatcher;
  XnorArrayParameters xnor_array;
  MacArrayParameters mac_array;
  PostUnitParameters post_unit;
  PoolUnitParameters pool_unit;
  TransposeUnitParameters transpose_unit;
  TransferParameters load{8, 16};
  TransferParameters store{4, 16};
  std::array<BufferParameters, buffer_count> buffers;
  MemoryParameters memory;
  bool operator==(const MachineParameters&) const = default;

  [[nodiscard]] const BufferParameters& buffer(BufferId id) const { return buffers[static_cast<std::size_t>(id)]; }
};

}  // namespace blendsim
