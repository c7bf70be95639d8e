// SPDX-License-Identifier: Apache-2.0
#include "explore/acquisition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace blendsim::explore {
namespace {

// So many are looked at closely, more where more are asked for.
constexpr std::size_t shortlist_length = 256;

// Least and largest of each cost.
struct Extent {
  std::vector<double> least, largest;
  explicit Extent(std::size_t costs)
      : least(costs, std::numeric_limits<double>::infinity()),
        largest(costs, -std::numeric_limits<double>::infinity()) {}
  void take(const std::vector<double>& costs) {
    for (std::size_t c = 0; c < costs.size(); ++c) {
      least[c] = std::min(least[c], costs[c]);
      largest[c] = std::max(largest[c], costs[c]);
    }
  }
  [[nodiscard]] double span(std::size_t cost) const {
    const double span = largest[cost] - least[cost];
    return span > 0 ? span : 1;
  }
};

bool beaten(const std::vector<double>& costs, const std::vector<std::vector<double>>& by) {
  return std::any_of(by.begin(), by.end(), [&](const std::vector<double>& other) {
    bool better = false;
    for (std::size_t c = 0; c < costs.size(); ++c) {
      if (other[c] > costs[c]) return false;
      better = better || other[c] < costs[c];
    }
    return better;
  });
}

// Beyond the worst of the front by a tenth of the range of all.
DominatedArea::Pair reference_of(const std::vector<std::vector<double>>& known) {
  Extent all(2), front(2);
  for (const std::vector<double>& costs : known) {
    all.take(costs);
    if (!beaten(costs, known)) front.take(costs);
  }
  return {front.largest[0] + 0.1 * all.span(0), front.largest[1] + 0.1 * all.span(1)};
}

// What a prospect is worth under beliefs about its figures of the run.
struct Judge {
  const Knowledge& knowledge;
  const Goal* goal;

  // What is known of a figure takes the place of what is believed.
  [[nodiscard]] Normal belief(const Prospect& prospect, std::size_t figure, const Normal& believed) const {
    if (figure >= prospect.figures.size() || std::isnan(prospect.figures[figure])) return believed;
    return {knowledge.surrogates.at(figure).scaled(prospect.figures[figure]), 0};
  }

  [[nodiscard]] std::vector<Normal> costs(const Prospect& prospect,
                                          const std::map<std::size_t, Normal>& beliefs) const {
    std::vector<Normal> out;
    for (const Knowledge::Cost& cost : knowledge.costs) {
      const auto belief = beliefs.find(cost.figure);
      if (belief == beliefs.end()) out.push_back({cost.sign * prospect.figures[cost.figure], 0});
      else out.push_back({cost.sign * belief->second.mean, belief->second.deviation});
    }
    return out;
  }

  // The gain times the probability that the limits hold and the compiler takes it.
  [[nodiscard]] double score(const Prospect& prospect, const std::map<std::size_t, Normal>& beliefs,
                             const std::optional<Normal>& compiles) const {
    double score = compiles ? knowledge.compiles->probability(*compiles, false, 0) : 1;
    for (const Knowledge::Limit& limit : knowledge.limits) {
      const auto belief = beliefs.find(limit.figure);
      if (belief == beliefs.end()) continue;
      score *= knowledge.surrogates.at(limit.figure).probability(belief->second, limit.at_most, limit.bound);
    }
    return goal != nullptr && score > 0 ? score * goal->gain(costs(prospect, beliefs)) : score;
  }

  // Decides where no score does: how little is known.
  [[nodiscard]] static double doubt(const std::map<std::size_t, Normal>& beliefs,
                                    const std::optional<Normal>& compiles) {
    double sum = compiles ? compiles->deviation : 0;
    for (const auto& [figure, belief] : beliefs) sum += belief.deviation;
    return sum;
  }
};

using Merit = std::pair<double, double>;  // score, doubt

}  // namespace

Goal::Goal(std::vector<std::vector<double>> known, Draws& draws, Join join, Function function)
    : known_(std::move(known)), join_(join), function_(std::move(function)) {
  if (join_ == Join::front && known_.front().size() == 2) {
    std::vector<DominatedArea::Pair> pairs;
    for (const std::vector<double>& costs : known_) pairs.push_back({costs[0], costs[1]});
    area_.emplace(pairs, reference_of(known_));
  }
  aim(draws);
}

void Goal::aim(Draws& draws) {
  const std::size_t count = known_.front().size();
  if (area_) return;
  if (join_ == Join::function) {
    best_ = std::numeric_limits<double>::infinity();
    for (const std::vector<double>& costs : known_) best_ = std::min(best_, function_(costs));
    return;
  }
  if (count == 1) {
    best_ = std::min_element(known_.begin(), known_.end())->front();
    return;
  }
  Extent extent(count);
  for (const std::vector<double>& costs : known_)
    if (!beaten(costs, known_)) extent.take(costs);
  std::vector<double> weights, spans;
  for (std::size_t c = 0; c < count; ++c) {  // uniform over the simplex
    weights.push_back(-logarithm(draws.unit()));
    spans.push_back(extent.span(c));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  scalar_.emplace(std::move(weights), std::move(extent.least), std::move(spans));
  best_ = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& costs : known_) best_ = std::min(best_, (*scalar_)(costs));
}

double Goal::gain(std::span<const Normal> costs) const {
  if (area_) return area_->expected_improvement(costs[0], costs[1]);
  if (function_) return sampled_improvement(function_, costs, best_);
  if (scalar_) return scalar_->expected_improvement(costs, best_);
  return expected_improvement(costs[0], best_);
}

void Goal::believe(const std::vector<double>& costs, Draws& draws) {
  known_.push_back(costs);
  if (area_) area_->add({costs[0], costs[1]});
  aim(draws);
}

namespace {

// The most promising by what is cheap to know: means, and upper bounds of the deviations.
std::vector<std::size_t> shortlist(const Judge& judge, std::span<const Prospect> prospects, std::size_t length) {
  std::vector<std::size_t> order(prospects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (prospects.size() <= length) return order;
  std::vector<Point> points;
  for (const Prospect& prospect : prospects) points.push_back(prospect.point);
  std::map<std::size_t, std::vector<Normal>> outlines;
  for (const auto& [figure, surrogate] : judge.knowledge.surrogates)
    if (surrogate.ready()) outlines[figure] = surrogate.process().outline(points);
  std::vector<Normal> compiles;
  if (judge.knowledge.compiles != nullptr) compiles = judge.knowledge.compiles->process().outline(points);
  std::vector<Merit> merits;
  std::map<std::size_t, Normal> beliefs;
  for (std::size_t p = 0; p < prospects.size(); ++p) {
    for (const auto& [figure, outline] : outlines) beliefs[figure] = judge.belief(prospects[p], figure, outline[p]);
    const std::optional<Normal> compiled = compiles.empty() ? std::nullopt : std::optional(compiles[p]);
    merits.emplace_back(judge.score(prospects[p], beliefs, compiled), Judge::doubt(beliefs, compiled));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return merits[a] > merits[b]; });
  order.resize(length);
  return order;
}

}  // namespace

std::vector<std::size_t> best_prospects(const Knowledge& knowledge, Goal* goal, std::span<const Prospect> prospects,
                                        std::size_t count, Draws& draws) {
  const Judge judge{knowledge, goal};
  std::vector<std::size_t> left = shortlist(judge, prospects, std::max(shortlist_length, 4 * count));
  std::vector<Point> points;
  for (const std::size_t p : left) points.push_back(prospects[p].point);
  struct Belief {
    GaussianProcess process;
    Posterior posterior;
  };
  std::map<std::size_t, Belief> believed;
  for (const auto& [figure, surrogate] : knowledge.surrogates)
    if (surrogate.ready()) believed.emplace(figure, Belief{surrogate.process(), {surrogate.process(), points}});
  std::optional<Posterior> compiles;
  if (knowledge.compiles != nullptr) compiles.emplace(knowledge.compiles->process(), points);

  std::vector<std::size_t> out;
  std::vector<bool> taken(left.size());
  std::map<std::size_t, Normal> beliefs;
  while (out.size() < std::min(count, left.size())) {
    Merit best(-1, -1);
    std::size_t place = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (taken[i]) continue;
      for (const auto& [figure, belief] : believed)
        beliefs[figure] = judge.belief(prospects[left[i]], figure, belief.posterior.at(i));
      const std::optional<Normal> compiled = compiles ? std::optional(compiles->at(i)) : std::nullopt;
      const Merit merit(judge.score(prospects[left[i]], beliefs, compiled), Judge::doubt(beliefs, compiled));
      if (merit > best) {
        best = merit;
        place = i;
      }
    }
    taken[place] = true;
    out.push_back(left[place]);
    if (out.size() == count) break;
    for (auto& [figure, belief] : believed) {
      beliefs[figure] = judge.belief(prospects[left[place]], figure, belief.posterior.at(place));
      belief.process.add(points[place], beliefs[figure].mean);
      belief.posterior.extend(belief.process);
    }
    if (goal == nullptr) continue;
    std::vector<double> costs;
    for (const Normal& cost : judge.costs(prospects[left[place]], beliefs)) costs.push_back(cost.mean);
    goal->believe(costs, draws);
  }
  return out;
}

}  // namespace blendsim::explore
