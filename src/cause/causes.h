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

// How a run is repeated: given by who has a machine and a compiler.
struct Reruns {
  // Cycles of one inference.
  std::function<Cycles(const Program&, const MachineParameters&)> time;
  // The same of the network compiled anew with --set ...; nothing where that does not compile or is no platform. Empty:
  // only the program is known.
  std::function<std::optional<Cycles>(const std::vector<std::string>& sets)> compiled;
};

struct Cause {
  enum class Kind : std::uint8_t {
    defect,      // a wait that nothing needs: the program is legal without
    machine,     // a parameter of the platform
    dependency,  // a wait for what must be there: what could be won by another order or other sizes at most
  };
  Kind kind = Kind::machine;
  std::string what;     // "memory.read_latency is 400 cycles"
  std::string without;  // "with 1 cycle, the same program"
  Cycles cycles = 0;    // of the run without it

  [[nodiscard]] Cycles saves(const RecordedRun& run) const { return run.cycles() - cycles; }
};

// Every cause whose removal shortens the run, each removed alone and the whole run repeated: defects first, then the
// machine's, then dependencies; in each kind what saves most first. `run` is of one image.
[[nodiscard]] std::vector<Cause> find_causes(const RecordedRun& run, const Reruns& reruns);

}  // namespace blendsim
