// SPDX-License-Identifier: Apache-2.0
// The compiler's passes in one table, and what they work on.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include "compiler/compile.h"
#include "compiler/plan.h"

namespace blendsim::compiler {

// What place made of a network, by all that it follows from: machines that agree on it share it. The last few are kept.
class Placements {
 public:
  struct Key {
    Assignment assignment;  // as assign made it: place adds needs
    std::int64_t cell_slices = 0, bus_bytes = 0;
    std::int64_t pooled_words = 0;  // of the largest map of which all is pooled into one pixel, as a region holds them
    bool operator==(const Key&) const = default;
  };
  [[nodiscard]] const Placement* find(const Key& key);
  void add(Key key, const Placement& placement);

 private:
  struct Entry {
    Key key;
    Placement placement;
  };
  std::list<Entry> entries_;  // what was asked for last comes first
};

// A network on its way to a program.
struct Compilation {
  Plan plan;
  Program program;
  Placements* placements = nullptr;    // place: of other machines; none: nothing is kept
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

// A network before its first pass. Throws not-lowerable where it has more layers than an instruction can name, and
// does-not-fit where so many `images` have.
[[nodiscard]] Compilation begin(const IntegerNetwork& network, const NetworkFacts& facts,
                                const MachineParameters& machine, Trace* trace, int images = 1);

// The passes of a stretch, one after the other; the trace is told of each.
void run_passes(Stretch stretch, Compilation& compilation);

}  // namespace blendsim::compiler
