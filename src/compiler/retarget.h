// SPDX-License-Identifier: Apache-2.0
// One lowered network on many machines: what a search over designs asks for, thousands of times a minute.
#pragma once

#include <memory>

#include "compiler/compile.h"

namespace blendsim {

class Retargeter {
 public:
  // The network is kept by reference. What all machines share is found here, once.
  explicit Retargeter(const IntegerNetwork& network, int images = 1);
  ~Retargeter();
  Retargeter(const Retargeter&) = delete;
  Retargeter& operator=(const Retargeter&) = delete;

  // A program that takes, instruction by instruction, the cycles of the one that compile() with `evaluate` would make;
  // without `evaluate`, of the first order that fits, where compile() tries more of them. It holds words of `main`,
  // addresses, sizes and the layers' names, for Machine::run with RunOptions::values off, and nothing else: no
  // constants, tensors, operators of the host or words of init (Run::init_cycles is 0), and no verify() has seen it
  // (docs/adr/0006). Throws what compile() throws, without
  // what would make room: finding that takes longer than finding that there is none.
  [[nodiscard]] Program timing_program(const MachineParameters& machine, const Evaluate& evaluate = {});

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim
