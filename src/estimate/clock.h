// SPDX-License-Identifier: Apache-2.0
// The clock that a machine's longest path between registers allows: an estimate, before anyone placed or routed it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "platform/platform.h"
#include "units/longest_path.h"

namespace blendsim {

// period = (logic + routing + uncertainty of the clock) x the device's delay / what yosys' netlists take longer than
// routed ones. Logic is what synthesis finds, by a form of the parameters (module_delay.h). Routing is one delay for
// each routed net of the path: a median of routed designs, so an assumption for this one.
struct ClockEstimate {
  struct Part {
    std::string unit;  // as in ResourceEstimate, and "queue_unit" once for all
    LongestPath path;  // with the delays of xczu3eg at -1, as routing_ps
    std::int64_t routing_ps = 0;
    std::int64_t period_ps = 0;  // on the platform's device
  };
  std::vector<Part> parts;
  std::size_t limiting = 0;  // of the parts, the one of the longest period
  std::int64_t fmax_hz = 0, low_hz = 0, high_hz = 0;

  [[nodiscard]] const Part& limit() const { return parts.at(limiting); }
};
[[nodiscard]] ClockEstimate estimate_clock(const Platform& platform);

// "221 MHz": rounded down, so that what is shown can be asked for.
[[nodiscard]] std::string clock_text(std::int64_t hertz);

// A warning where the platform's clock is above its estimate. Each of its levers takes it away: a lower clock, and
// smaller values of what the limiting paths grow with, where some do.
[[nodiscard]] std::optional<Diagnostic> clock_warning(const Platform& platform);

}  // namespace blendsim
