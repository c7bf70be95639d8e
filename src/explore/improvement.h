// SPDX-License-Identifier: Apache-2.0
// How much a design is expected to improve on what is known, when some of its costs are known and others believed.
// All costs are to be made small.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "explore/normal.h"

namespace blendsim::explore {

// The area that points of two costs dominate below a reference point.
class DominatedArea {
 public:
  using Pair = std::array<double, 2>;
  DominatedArea(std::span<const Pair> points, const Pair& reference);

  void add(const Pair& point);
  // Area that is dominated.
  [[nodiscard]] double area() const;
  // Expected growth of the area, of independent costs. The region that is not dominated is cut into strips of the first
  // cost, and a strip's share is the product of two integrals (Yang, Emmerich, Deutz, Baeck, "Efficient computation of
  // expected hypervolume improvement using box decomposition algorithms", J. Global Optimization 75, 2019): exact, also
  // where a cost is known.
  [[nodiscard]] double expected_improvement(const Normal& first, const Normal& second) const;

 private:
  Pair reference_;
  std::vector<Pair> steps_;  // ascending in the first cost, descending in the second, all below the reference
};

// E[max(best - f(costs), 0)] of independent costs, over a fixed sample of 256 draws; the first uncertain cost's are the
// middles of equally probable parts. Of at most 6 costs.
[[nodiscard]] double sampled_improvement(const std::function<double(std::span<const double>)>& f,
                                         std::span<const Normal> costs, double best);

// Several costs as one: the augmented Tchebyshev function max(w_i z_i) + 0.05 sum(w_i z_i) of z = (cost - ideal) / span
// (Knowles, "ParEGO", IEEE Trans. Evolutionary Computation 10(1), 2006).
class Tchebyshev {
 public:
  // One of each a cost; spans positive.
  Tchebyshev(std::vector<double> weights, std::vector<double> ideal, std::vector<double> spans);

  [[nodiscard]] double operator()(std::span<const double> costs) const;
  // As sampled_improvement() says.
  [[nodiscard]] double expected_improvement(std::span<const Normal> costs, double best) const;

 private:
  std::vector<double> weights_, ideal_, spans_;
};

}  // namespace blendsim::explore
