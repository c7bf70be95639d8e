// SPDX-License-Identifier: Apache-2.0
// Hooks into a run. A machine without an observer pays one comparison of a pointer per instruction and burst.
#pragma once

#include <cstdint>

#include "result/run.h"

namespace blendsim {

struct BurstEvent {
  std::int32_t record = -1;  // of the instruction; -1: instruction fetch
  bool write = false;
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  Cycles request = 0, grant = 0, last_beat = 0;
  bool row_hit = false;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const InstructionRecord&) {}  // record's start, release and (compute units) end are known
  virtual void on_end(const InstructionRecord&) {}    // called in order of completion being known, not of time
  virtual void on_burst(const BurstEvent&) {}
  virtual void on_completion(std::int32_t /*image*/, Cycles) {}
};

}  // namespace blendsim
