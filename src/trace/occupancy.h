// SPDX-License-Identifier: Apache-2.0
// What the on-chip buffers hold over time.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "isa/instruction.h"
#include "result/run.h"
#include "units/access.h"
#include "units/buffer/parameters.h"

namespace blendsim {

// From cycle `at` on, so many bits are held.
struct HeldBits {
  Cycles at = 0;
  std::int64_t bits = 0;
  bool operator==(const HeldBits&) const = default;
};
// By buffer; in order of time, each `bits` another than the one before.
using Occupancy = std::array<std::vector<HeldBits>, buffer_count>;

// A word is held from the start of the instruction that writes it to the end of the last one that reads it before it is
// written anew (of its writer, where none does). A word that is read and that none of the records wrote before was
// brought by init: it is held from `begin`, and to `end` if nothing overwrites it. Of act_binary, whose rows lie
// interleaved in groups of four, whole groups count. The instructions buffer is read by no instruction and stays empty
// here.
class OccupancyFinder {
 public:
  // From cycle `begin` on. The machine outlives the finder.
  OccupancyFinder(const MachineParameters& machine, Cycles begin);
  ~OccupancyFinder();
  OccupancyFinder(const OccupancyFinder&) = delete;
  OccupancyFinder& operator=(const OccupancyFinder&) = delete;

  // An instruction with its first and last cycle, in the order of the first, and of those in program order.
  void take(const Instruction& instruction, Cycles start, Cycles end);
  // What those that were taken hold until `end`: asked for once.
  [[nodiscard]] Occupancy find(Cycles end);

 private:
  class HeldBuffer;
  const MachineParameters& machine_;
  std::vector<HeldBuffer> buffers_;
  std::vector<Access> accesses_;  // of the instruction that is taken
};

// Of a whole phase, which begins with 0, image after image: records[i] is of instruction i % instructions.size().
[[nodiscard]] Occupancy find_occupancy(std::span<const InstructionRecord> records,
                                       std::span<const Instruction> instructions, const MachineParameters& machine,
                                       Cycles end);

}  // namespace blendsim
