// SPDX-License-Identifier: Apache-2.0
// A linear chain and its quantiser as one line in units of the code, and how roundings of the file map to the
// machine's.
#pragma once

#include <optional>
#include <vector>

#include "network/lowering/fit.h"

namespace blendsim::lowering {

// Of one channel: code = clamp(round(slope*q + offset), lo, hi).
struct CodeLine {
  double slope = 0, offset = 0;  // finite
  std::int64_t lo = 0, hi = 0;
};
// Absent: the chain is not linear, or the quantiser's codes are not evenly spaced.
[[nodiscard]] std::optional<CodeLine> code_line(const Reference& reference, std::size_t c);

// The machine's roundings that can stand for one of the file's, given the right offset.
[[nodiscard]] std::vector<Rounding> rounding_candidates(RoundMode mode);

// What is added to (slope*q + offset) * 2^shift so that the machine's rounding of it steps where the file's does; lo is
// the least code.
[[nodiscard]] double rounding_offset(RoundMode mode, std::int64_t lo, Rounding own, int shift);

}  // namespace blendsim::lowering
