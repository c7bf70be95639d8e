// SPDX-License-Identifier: Apache-2.0
// What a run lost its cycles to, and what it would take without: not guessed, run again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cause/recorded_run.h"
#include "platform/platform.h"

namespace blendsim {

// A run with something changed.
struct Rerun {
  Cycles cycles = 0;  // of one inference
  bool fits = true;   // the machine fits its part, as far as the one that was asked about does
};

// How a run is repeated: given by who has a machine and a compiler.
struct Reruns {
  // Nothing where the program cannot run on such a machine.
  std::function<std::optional<Rerun>(const Program&, const MachineParameters&)> time;
  // The same of the network compiled anew with --set ...; nothing where that does not compile or is no platform. Empty:
  // only the program is known.
  std::function<std::optional<Rerun>(const std::vector<std::string>& sets)> compiled;
};

struct Cause {
  enum class Kind : std::uint8_t {
    defect,      // a wait that nothing needs: the program is legal without
    machine,     // a parameter of the platform that costs cycles in which nothing works
    size,        // of a unit: a larger one works faster
    dependency,  // a wait for what must be there: what could be won by another order or other sizes at most
  };
  Kind kind = Kind::machine;
  std::string what;              // "memory.read_latency is 400 cycles"
  std::string without;           // "with 1 cycle, the same program"
  Cycles cycles = 0;             // of the run without it
  std::optional<UnitId> unit{};  // whose size it is
  bool fits = true;              // Rerun::fits

  [[nodiscard]] Cycles saves(const RecordedRun& run) const { return run.cycles() - cycles; }
};

// Every cause whose removal shortens the run, each removed alone and the whole run repeated: defects first, then the
// others, in each of the two what saves most first. `run` is of one image.
[[nodiscard]] std::vector<Cause> find_causes(const RecordedRun& run, const Reruns& reruns);

// The first of them that could be avoided, a defect or a parameter of the machine, where it is worth a headline: a
// defect always, a parameter from a 200th of the run on. Else nullptr: the run is bound by what its units work.
[[nodiscard]] const Cause* find_headline(const RecordedRun& run, const std::vector<Cause>& causes);

}  // namespace blendsim
