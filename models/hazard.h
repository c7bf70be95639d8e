// SPDX-License-Identifier: Apache-2.0
// Watches rule 6 at run time: no two units on the same data or the same port of a region at once.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/instruction.h"
#include "units/units.h"

namespace blendsim {

struct Context;

class HazardChecker {
 public:
  explicit HazardChecker(Context& context) : context_(context) {}
  void reset();
  void begin_image();  // nothing is in flight
  // Compares what `record` touches with what the other units have in flight, [start, end] each.
  // Throws DiagnosticError hazard (simulation_failed).
  void started(UnitId unit, std::int32_t record, Cycles now);

 private:
  struct Flight {
    std::int32_t record = 0;
    const std::vector<Access>* accesses = nullptr;
  };
  [[nodiscard]] const std::vector<Access>& accesses_of(std::int32_t record);

  Context& context_;
  std::array<std::vector<Flight>, unit_count> flights_;
  std::vector<std::vector<Access>> accesses_;  // by instruction, made when first needed
};

}  // namespace blendsim
