// SPDX-License-Identifier: Apache-2.0
// What is debugged: a run that has been, whole. Time travel is looking it up.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isa/program.h"
#include "result/recording.h"
#include "units/machine_parameters.h"

namespace blendsim::debug {

// A concatenation of the network: nothing is written for it, its parts lie where they are, one behind the other in its
// channels.
struct Joined {
  std::string name;
  std::vector<std::string> parts;  // names of tensors, of earlier concatenations too
};

// All of it outlives whoever holds it.
struct Subject {
  const Program& program;
  const MachineParameters& machine;
  const Recording& recording;
  std::span<const std::vector<std::int32_t>> images;  // quantised: [channels, height, width], as the run had them
  std::vector<Joined> joined{};                       // in the network's order; a program knows none
};

// A cycle of a phase. Whatever happens in a cycle has happened in its instant: an instruction that starts in it runs.
struct Instant {
  Phase phase = Phase::main;
  Cycles at = 0;
  auto operator<=>(const Instant&) const = default;
};

[[nodiscard]] std::string text(const Instant& instant);  // "12,345", "init:300"

}  // namespace blendsim::debug
