// SPDX-License-Identifier: Apache-2.0
// Static power and the junction temperature that it depends on.
#pragma once

#include "platform/platform.h"
#include "power/technology.h"

namespace blendsim {

inline constexpr double most_junction_celsius = 125;  // beyond it no figure of a data sheet holds

// VCCINT and VCCBRAM: the catalogue's figure, doubled for each `doubling` kelvin. Measured on UltraScale+ and in vendor
// reports of 7 series; other rails do not depend on temperature (VCCAUX of a ZCU102: 0.329 W idle and loaded).
[[nodiscard]] double core_static_w(const Device& device, double junction_celsius, double doubling_kelvin);

struct Junction {
  double celsius = 0;
  bool too_hot = false;  // beyond most_junction_celsius or without balance; `celsius` is most_junction_celsius
};

// T = ambient + theta_ja x (core static at T + `other_w`, everything else that the chip turns into heat).
[[nodiscard]] Junction find_junction(const Device& device, double ambient_celsius, double other_w,
                                     double doubling_kelvin);

}  // namespace blendsim
