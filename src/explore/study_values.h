// SPDX-License-Identifier: Apache-2.0
// Values in a study: lists of them, and bounds on figures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blendsim::explore {

// A finite decimal number and nothing else. Null: it is none.
[[nodiscard]] std::optional<double> number_of(std::string_view text);

// "3..12 step 3", "32..1024 x2", "1..8", "100..250 step 25 MHz": every value, with the unit behind it. Null: no range,
// or one that ends before it begins, or with a step of 0 or a factor below 2.
[[nodiscard]] std::optional<std::vector<std::string>> range_values(std::string_view text);

struct Bound {
  bool at_most = true;
  double value = 0;  // in the unit asked for
};
// "<= 80 us", ">= 1.5", "<= 40000": of a figure that is counted in `unit` ("s", "Hz", "J", "W", "bytes", "share", or a
// count). A unit may carry a prefix, and may be left out of a count or share alone; a share may be in "%". Null: it is
// none.
[[nodiscard]] std::optional<Bound> bound_of(std::string_view text, std::string_view unit);

// "80 us", "90 %": a bound's value.
[[nodiscard]] std::optional<double> value_of(std::string_view text, std::string_view unit);

// "90 s", "10 min", "2 h" in seconds. Null: it is none.
[[nodiscard]] std::optional<double> duration_of(std::string_view text);

// "precision.LAYERS.weights", "precision.activations".
struct PrecisionKey {
  bool is_known = false, is_of_weights = false;
  std::string layers;  // a name or a pattern; empty: all
};
[[nodiscard]] PrecisionKey precision_key(std::string_view key);

}  // namespace blendsim::explore
