// SPDX-License-Identifier: Apache-2.0
// The compiler's passes in one table, and what they work on.
#pragma once

#include <string>
#include <string_view>

#include "compiler/compile.h"
#include "compiler/plan.h"

namespace blendsim::compiler {

// What place made, and all that it follows from: machines that agree on it share it.
struct Placed {
  const IntegerNetwork* network = nullptr;  // none: nothing is placed
  Assignment assignment;
  std::int64_t cell_slices = 0, bus_bytes = 0;
  Placement placement;
};

// A network on its way to a program.
struct Compilation {
  Plan plan;
  Program program;
  Placed* placed = nullptr;            // place: the last machine's, made this one's
  Priority priority;                   // schedule
  const Platform* platform = nullptr;  // emit
};

// Passes follow one another in four stretches: the second is gone through with each length of tiles, the third in each
// order of their operations.
enum class Stretch : std::uint8_t { network, tiles, order, program };

struct Pass {
  PassDescription description;
  Stretch stretch;
  void (*run)(Compilation&);
  std::string (*dump)(const Compilation&);  // what it made, as text for people
};

// A network before its first pass. Throws not-lowerable where it has more layers than an instruction can name.
[[nodiscard]] Compilation begin(const IntegerNetwork& network, const NetworkFacts& facts,
                                const MachineParameters& machine, Trace* trace);

// The passes of a stretch, one after the other; the trace is told of each.
void run_passes(Stretch stretch, Compilation& compilation);

}  // namespace blendsim::compiler
