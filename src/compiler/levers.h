// SPDX-License-Identifier: Apache-2.0
// Refusals that a change of the platform may remove: passes propose levers, and compile() prints those that it has
// tried.
#pragma once

#include "base/diagnostic.h"
#include "compiler/facts.h"
#include "platform/platform.h"

namespace blendsim::compiler {

// `levers`, most promising first; `otherwise`: the hint where there is none. The hint names the first lever, untried.
[[nodiscard]] DiagnosticError refusal(Code code, const std::string& node, std::string message,
                                      std::vector<Lever> levers, std::string otherwise = {});
[[nodiscard]] std::string refusal_hint(const std::vector<Lever>& levers, std::string otherwise);

// A refusal that rings or shorter segments may remove: maps that find no room, or what rings need beside them.
struct NoRoomForMaps : DiagnosticError {
  NoRoomForMaps(const DiagnosticError& refusal, int of_segment, bool of_constants = false)
      : DiagnosticError(refusal), segment(of_segment), constants(of_constants) {}
  int segment;     // of the nodes for which there is none
  bool constants;  // it is these that find none: of fewer rings fewer have to stay
};

// `error` with a hint that names changes with which the network compiles, found by compiling it (for its timing alone)
// for the platform read again with each proposed lever, and with those of the refusal that this ran into. The search is
// bounded by the work it does, so that the hint depends on nothing but network and platform. Errors of other codes, and
// those of a platform without a source, are returned as they are.
[[nodiscard]] DiagnosticError with_tried_levers(const DiagnosticError& error, const IntegerNetwork& network,
                                                const NetworkFacts& facts, const Platform& platform);

}  // namespace blendsim::compiler
