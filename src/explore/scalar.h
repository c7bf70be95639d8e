// SPDX-License-Identifier: Apache-2.0
// Several objectives as one number, which is to be made small.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "explore/trial.h"

namespace blendsim::explore {

// Of figures f with references r and weights w, all of these an objective:
//   weighted      the sum of w f/r of minimised objectives, less w f/r of maximised ones
//   log-size      the same with w ln(f/r) of minimised ones: halving a size is worth as much at any size
//   forgiving     w ln(f/r) of minimised ones; a maximised one costs nothing down to `forgiven` below its reference
//                 (relative to it), and w for each further `forgiven` that is missing
//   tchebycheff   the augmented Tchebyshev function with weights drawn anew for each point (ParEGO); takes neither
struct ScalarSpec {
  enum class Form : std::uint8_t { weighted, log_size, forgiving, tchebycheff };
  static constexpr std::array<std::string_view, 4> names = {"weighted", "log-size", "forgiving", "tchebycheff"};
  Form form = Form::weighted;
  std::vector<double> weights, references;  // positive
  double forgiven = 0.02;
};

// Of any form but tchebycheff. `figures`: objectives first, positive where a logarithm is taken.
[[nodiscard]] double scalar_cost(const ScalarSpec& spec, const std::vector<Objective>& objectives,
                                 std::span<const double> figures);

}  // namespace blendsim::explore
