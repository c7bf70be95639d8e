// SPDX-License-Identifier: Apache-2.0
// The file of a recorded run's memory traffic: text, version 1, closed by a digest (docs/memory_traces.md).
#pragma once

#include <string>
#include <string_view>

#include "replay/traffic.h"

namespace blendsim {

inline constexpr std::string_view traffic_signature = "blendsim.memory/";

[[nodiscard]] std::string traffic_text(const Traffic& traffic);
// The inverse. `path` names the file in diagnostics. Throws DiagnosticError file-unrecognised (another version),
// file-damaged (with the line).
[[nodiscard]] Traffic parse_traffic(std::string_view text, const std::string& path);

[[nodiscard]] std::string_view port_name(MemoryPort port);
[[nodiscard]] std::string_view cause_name(WaitCause cause);

}  // namespace blendsim
