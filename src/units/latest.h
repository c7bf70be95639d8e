// SPDX-License-Identifier: Apache-2.0
// Time is made of two operations: the latest of several moments, and a fixed delay after one. Laws that units share are
// written over these alone, so that they hold of cycles, and as well of what a cycle follows from (replay/moment.h).
#pragma once

#include "units/unit_id.h"

namespace blendsim {

[[nodiscard]] constexpr Cycles latest(Cycles a, Cycles b) { return a < b ? b : a; }
template <class Moment>
[[nodiscard]] constexpr Moment latest(const Moment& a, const Moment& b, const Moment& c) {
  return latest(latest(a, b), c);
}

}  // namespace blendsim
