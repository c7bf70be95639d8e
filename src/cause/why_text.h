// SPDX-License-Identifier: Apache-2.0
// What `blendsim why` says, in words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cause/causes.h"
#include "cause/chain.h"
#include "cause/waits.h"
#include "report/saved_run.h"

namespace blendsim {

// On the first line what costs most of what can be avoided; the unit that the rest is bound by, if that is worth less
// than a 200th of the run. Then all causes whose removal saves something, and whose work the critical path is.
// `sizes_tried`: whether the network could be compiled for other sizes of units.
[[nodiscard]] std::string causes_text(const RecordedRun& run, const std::vector<Cause>& causes, std::size_t top,
                                      bool sizes_tried);

// The `top` groups of waits that are longest, each with the longest of its waits and the chain of what began it.
[[nodiscard]] std::string waits_text(const RecordedRun& run, const WaitFilter& filter, std::size_t top);

// What every unit, or the one asked for, does in a cycle, and why those wait that do.
[[nodiscard]] std::string cycle_text(const RecordedRun& run, Cycles cycle, std::optional<UnitId> unit = {});

// What a report tells: the layers that decide the run's length, and what the units waited for. It knows no
// instructions.
[[nodiscard]] std::string saved_run_text(const SavedRun& run, std::size_t top);
// Of it, what one unit waited for.
[[nodiscard]] std::string saved_unit_text(const SavedRun& run, UnitId unit);
// Of it, a layer: its cycles and which of them decide the run's length. Throws DiagnosticError unknown-name with the
// nearest name.
[[nodiscard]] std::string saved_layer_text(const SavedRun& run, const std::string& layer);

// A chain, a link a line, each behind `indent` blanks.
[[nodiscard]] std::string chain_text(const RecordedRun& run, const std::vector<ChainLink>& chain, int indent);

}  // namespace blendsim
