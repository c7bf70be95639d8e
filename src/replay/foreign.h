// SPDX-License-Identifier: Apache-2.0
// Traces of other memory simulators, read and written (docs/memory_traces.md has their forms and sources).
#pragma once

#include <string>
#include <string_view>

#include "replay/traffic.h"
#include "units/dram/parameters.h"

namespace blendsim {

enum class TraceFormat : std::uint8_t {
  recorded,    // ours
  stl,         // DRAMSys: "31: (128) read 0x400140", cycles of the initiator's clock
  rstl,        // the same, cycles behind the end of the transaction before
  load_store,  // Ramulator 2: "LD 0x400140"
};

// By content; `.stl` and `.rstl` look alike and are told apart by the path's ending. Throws DiagnosticError
// file-unrecognised.
[[nodiscard]] TraceFormat trace_format(std::string_view text, const std::string& path);

// One image of one initiator, reads by the load port, writes by the store port, cut at bus words and 4 KiB. A
// transaction without a length moves what a column command of `memory` moves. Throws DiagnosticError file-damaged.
[[nodiscard]] Traffic parse_foreign(std::string_view text, TraceFormat format, const std::string& path,
                                    const MemoryParameters& memory);

// main's requests of all images, in order of time. Not for the recorded and the relative form.
[[nodiscard]] std::string foreign_text(const TrafficPhase& phase, TraceFormat format, const MemoryParameters& memory);

}  // namespace blendsim
