// SPDX-License-Identifier: Apache-2.0
#include "explore/improvement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blendsim::explore {
namespace {

constexpr std::size_t draw_count = 256, most_costs = 6;

// A draw's standard normal value of the uncertain cost of this rank: of the first the middles of equally probable
// parts, of the others steps by the square roots of primes (Richtmyer's lattice).
double standard_draw(std::size_t draw, std::size_t rank) {
  static constexpr std::array steps = {1.4142135623730951, 1.7320508075688772, 2.2360679774997898,
                                       2.6457513110645907, 3.3166247903553998, 3.6055512754639891};
  const double middle = static_cast<double>(draw) + 0.5;
  if (rank == 0) return normal_quantile(middle / draw_count);
  const double turn = middle * steps[(rank - 1) % steps.size()];
  return normal_quantile(std::clamp(turn - std::floor(turn), 1e-3, 1 - 1e-3));
}

using DrawTable = std::array<std::array<double, most_costs>, draw_count>;  // standard normal

DrawTable draw_table() {
  DrawTable out{};
  for (std::size_t draw = 0; draw < draw_count; ++draw)
    for (std::size_t rank = 0; rank < most_costs; ++rank) out[draw][rank] = standard_draw(draw, rank);
  return out;
}

}  // namespace

DominatedArea::DominatedArea(std::span<const Pair> points, const Pair& reference) : reference_(reference) {
  for (const Pair& point : points) add(point);
}

void DominatedArea::add(const Pair& point) {
  if (!(point[0] < reference_[0] && point[1] < reference_[1])) return;
  auto place = std::lower_bound(steps_.begin(), steps_.end(), point);
  if (place != steps_.begin() && (place - 1)->at(1) <= point[1]) return;
  auto end = place;
  while (end != steps_.end() && (*end)[1] >= point[1]) ++end;
  if (place != end && (*place)[0] == point[0] && (*place)[1] == point[1]) return;
  steps_.insert(steps_.erase(place, end), point);
}

double DominatedArea::area() const {
  double sum = 0, above = reference_[1];
  for (const Pair& step : steps_) {
    sum += (reference_[0] - step[0]) * (above - step[1]);
    above = step[1];
  }
  return sum;
}

double DominatedArea::expected_improvement(const Normal& first, const Normal& second) const {
  double sum = 0, left = 0, height = reference_[1];
  for (std::size_t strip = 0; strip <= steps_.size(); ++strip) {
    const double edge = strip < steps_.size() ? steps_[strip][0] : reference_[0];
    const double right = explore::expected_improvement(first, edge);
    if (right > left) sum += (right - left) * explore::expected_improvement(second, height);
    if (strip < steps_.size()) height = steps_[strip][1];
    left = right;
  }
  return sum;
}

double sampled_improvement(const std::function<double(std::span<const double>)>& f, std::span<const Normal> costs,
                           double best) {
  static const DrawTable draws = draw_table();
  std::vector<double> drawn(costs.size());
  double sum = 0;
  for (const std::array<double, most_costs>& draw : draws) {
    std::size_t rank = 0;
    for (std::size_t c = 0; c < costs.size(); ++c) {
      drawn[c] = costs[c].mean;
      if (costs[c].deviation > 0) drawn[c] += costs[c].deviation * draw.at(rank++);
    }
    sum += std::max(best - f(drawn), 0.0);
    if (rank == 0) return sum;
  }
  return sum / draw_count;
}

Tchebyshev::Tchebyshev(std::vector<double> weights, std::vector<double> ideal, std::vector<double> spans)
    : weights_(std::move(weights)), ideal_(std::move(ideal)), spans_(std::move(spans)) {}

double Tchebyshev::operator()(std::span<const double> costs) const {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t c = 0; c < costs.size(); ++c) {
    const double weighted = weights_[c] * (costs[c] - ideal_[c]) / spans_[c];
    largest = std::max(largest, weighted);
    sum += weighted;
  }
  return largest + 0.05 * sum;
}

double Tchebyshev::expected_improvement(std::span<const Normal> costs, double best) const {
  return sampled_improvement([this](std::span<const double> drawn) { return (*this)(drawn); }, costs, best);
}

}  // namespace blendsim::explore
