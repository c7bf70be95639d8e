// SPDX-License-Identifier: Apache-2.0
#include "explore/surrogate.h"

#include <algorithm>

namespace blendsim::explore {

Surrogate::Surrogate(const Space& space, Scale scale) : space_(space), scale_(scale), process_(space) {}

double Surrogate::scaled(double number) const { return scale_ == Scale::logarithmic ? logarithm(number) : number; }

double Surrogate::unscaled(double number) const { return scale_ == Scale::logarithmic ? exponential(number) : number; }

void Surrogate::tell(const Point& point, double number) {
  points_.push_back(point);
  values_.push_back(number);
  if (scale_ == Scale::logarithmic && !(number > 0)) {
    scale_ = Scale::linear;
    process_ = GaussianProcess(space_);
    next_fit_ = std::max(fewest, values_.size());  // all of it is new
    for (std::size_t i = 0; i + 1 < values_.size(); ++i) learn(i);
  }
  learn(values_.size() - 1);
}

void Surrogate::learn(std::size_t index) {
  process_.add(points_[index], scaled(values_[index]));
  if (process_.size() != next_fit_) return;
  process_.fit(next_fit_ <= 64 ? 2 : 1);
  next_fit_ += std::max(fewest, next_fit_ / 4);
}

double Surrogate::probability(const Normal& belief, bool at_most, double bound) const {
  if (scale_ == Scale::logarithmic && !(bound > 0)) return at_most ? 0 : 1;
  const double gap = at_most ? scaled(bound) - belief.mean : belief.mean - scaled(bound);
  if (belief.deviation > 0) return normal_distribution(gap / belief.deviation);
  return gap >= 0 ? 1 : 0;
}

}  // namespace blendsim::explore
