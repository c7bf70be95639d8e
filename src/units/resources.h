// SPDX-License-Identifier: Apache-2.0
// What a circuit takes of a programmable device.
#pragma once

#include <cstdint>

namespace blendsim {

struct Resources {
  std::int64_t lut = 0, ff = 0, dsp = 0, bram36_halves = 0 /* RAMB18 */, uram = 0;
  bool operator==(const Resources&) const = default;
};

}  // namespace blendsim
