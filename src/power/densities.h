// SPDX-License-Identifier: Apache-2.0
// How densely the bits of successive words differ: what of a word's bits toggles from one to the next.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace blendsim {

enum class Density : std::uint8_t {
  xnor_operand,
  xnor_weight,
  mac_activation,
  mac_weight,
  post_operand,
  pool_operand,
  transfer_data,
};
inline constexpr std::array<std::string_view, 7> density_names = {
    "xnor_operand", "xnor_weight", "mac_activation", "mac_weight", "post_operand", "pool_operand", "transfer_data"};

// Each in [0, 1]; 0.5: data without any order.
struct Densities {
  std::array<double, density_names.size()> of{};
  [[nodiscard]] double operator[](Density d) const { return of[static_cast<std::size_t>(d)]; }
  [[nodiscard]] double& operator[](Density d) { return of[static_cast<std::size_t>(d)]; }
};

// Of the XNOR of two words that differ from those before in shares p and q of their bits, independently of each other:
// a bit of it differs where exactly one of its two does.
[[nodiscard]] constexpr double xnor_density(double p, double q) { return p + q - 2 * p * q; }

}  // namespace blendsim
