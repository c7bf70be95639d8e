// SPDX-License-Identifier: Apache-2.0
// Resources of a machine, from its parameters, with bands.
#pragma once

#include <string>
#include <vector>

#include "platform/platform.h"

namespace blendsim {

// Estimated resources; LUT and FF are estimates with a band, DSP, BRAM and URAM follow from structure.
struct ResourceEstimate {
  struct Part {
    std::string unit;  // "xnor_array", "buffer act_fixed", ...
    Resources used;
  };
  std::vector<Part> parts;
  Resources total;                                                    // parts + platform.reserved
  double lut_low = 1.0, lut_high = 1.0, ff_low = 1.0, ff_high = 1.0;  // factors on total
  bool fits = false;                                                  // total within the platform's limits
  std::vector<std::string> over;                                      // "lut: 81 % of 70,560, limit 70 %"
};
[[nodiscard]] ResourceEstimate estimate_resources(const Platform& platform);

}  // namespace blendsim
