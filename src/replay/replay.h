// SPDX-License-Identifier: Apache-2.0
// Recorded traffic on a memory: each request in its cycle, and the memory's answers by rule 8's law.
#pragma once

#include <cstdint>
#include <vector>

#include "replay/traffic.h"
#include "result/run.h"
#include "units/dram/parameters.h"

namespace blendsim {

enum class ReplayMode : std::uint8_t {
  dependencies,  // a request goes when what it waits for has happened
  open_loop,     // a request goes in its recorded cycle, or with the grant of its port's burst before
};

struct Served {
  std::int32_t image = 0, node = 0;
  bool operator==(const Served&) const = default;
};

struct ReplayedPhase {
  std::vector<TrafficImage> images;  // stamps; open loop: completion is the last beat or response
  std::vector<Served> order;         // in which the memory served the bursts
  MemoryCounts memory;
  [[nodiscard]] Cycles end() const { return images.empty() ? 0 : images.back().completion; }
};

// `clock_hz`: of the accelerator. The phase begins with rows closed and refresh phase 0. Throws DiagnosticError
// contradiction (DramServer::reset; bursts of no whole bus words); does-not-fit, when an address lies beyond the
// memory's capacity.
[[nodiscard]] ReplayedPhase replay(const TrafficPhase& phase, const MemoryParameters& memory, std::int64_t clock_hz,
                                   ReplayMode mode);

}  // namespace blendsim
