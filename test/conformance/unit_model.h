// SPDX-License-Identifier: Apache-2.0
// The model's units without a dispatcher: one of them runs a stream under a stimulus that is decided as it goes, from
// the starts, and is told afterwards as plain cycles.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include "unit_bench.h"

namespace blendsim::conformance {

// A token that another unit posts to the unit under test.
struct TokenPost {
  Cycles cycle = 0;
  bool space = false;
  int producer = 0;
};

struct ModelRun {
  std::vector<Cycles> offered;    // of each instruction: first cycle in which its entry wants to enter
  std::vector<TokenPost> tokens;  // in order of cycles
  std::vector<InstructionRecord> records;
  std::vector<std::vector<BurstEvent>> bursts;  // of each instruction
  UnitCycles account;                           // of [0, cycles)
  Cycles cycles = 0;                            // the cycle after the last end
};

// The process's rig: SystemC elaborates once.
class UnitModel {
 public:
  static UnitModel& instance();
  // Times only: no value is computed.
  [[nodiscard]] ModelRun run(const MachineParameters& machine, UnitId unit, const std::vector<Instruction>& stream,
                             const Profile& profile, std::mt19937_64& random);
  ~UnitModel();

 private:
  UnitModel();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim::conformance
