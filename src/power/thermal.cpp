// SPDX-License-Identifier: Apache-2.0
#include "power/thermal.h"

#include <cmath>

namespace blendsim {

double core_static_w(const Device& device, double junction_celsius, double doubling_kelvin) {
  const double degrees = junction_celsius - static_cast<double>(device.static_celsius);
  return 1e-6 * static_cast<double>(device.static_microwatt) * std::exp2(degrees / doubling_kelvin);
}

// From below: each step warms, so that the first balance met is the stable one.
Junction find_junction(const Device& device, double ambient_celsius, double other_w, double doubling_kelvin) {
  constexpr int most_steps = 1000;
  constexpr double near = 1e-6;
  const double theta = 1e-3 * static_cast<double>(device.theta_ja_millikelvin);
  double celsius = ambient_celsius;
  for (int step = 0; step < most_steps && celsius <= most_junction_celsius; ++step) {
    const double next = ambient_celsius + theta * (core_static_w(device, celsius, doubling_kelvin) + other_w);
    if (std::abs(next - celsius) < near) return {next, next > most_junction_celsius};
    celsius = next;
  }
  return {most_junction_celsius, true};
}

}  // namespace blendsim
