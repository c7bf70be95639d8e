// SPDX-License-Identifier: Apache-2.0
// Codes of one channel from its line in double precision, wherever float32 rounding provably decides alike.
#pragma once

#include "network/lowering/code_line.h"

namespace blendsim::lowering {

// Equals the reference on the channel's domain. The file's float32 formula differs from the real line by a bound that
// follows from its operations (half a last place each, carried through the factors behind it). Where the line lies
// farther than that from every tie, and no saturation is near, the code is the nearest integer; elsewhere the reference
// is evaluated.
class LineCode {
 public:
  LineCode(const Reference& reference, const Domain& domain, std::size_t c);

  [[nodiscard]] std::int64_t operator()(std::int64_t q) const {
    const double v = slope_ * static_cast<double>(q) + offset_;
    if (v > lowest_ && v < highest_) {
      constexpr double whole = 0x1.8p52;
      const double code = (v + whole) - whole;
      const double distance = code > v ? code - v : v - code;
      if (distance < certain_) return static_cast<std::int64_t>(code);
    }
    return reference_(q, channel_);
  }

 private:
  Reference reference_;
  std::size_t channel_;
  double slope_ = 0, offset_ = 0;
  double lowest_ = 0, highest_ = 0;  // codes between them are certain; none where they are equal
  double certain_ = 0;               // distance from an integer, below 1/2
};

}  // namespace blendsim::lowering
