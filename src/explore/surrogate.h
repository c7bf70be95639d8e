// SPDX-License-Identifier: Apache-2.0
// What is believed of a number that only an evaluation tells.
#pragma once

#include <cstddef>
#include <vector>

#include "explore/gaussian.h"
#include "explore/space.h"

namespace blendsim::explore {

// A Gaussian process of the number, or of its logarithm, fitted anew whenever what it was told has grown by a quarter:
// a function of what it was told, in order, however that was cut into batches.
class Surrogate {
 public:
  enum class Scale : std::uint8_t {
    linear,
    logarithmic  // until a number that is not positive is told
  };
  Surrogate(const Space& space, Scale scale);

  // A point once.
  void tell(const Point& point, double number);
  // It has been fitted: four numbers were told.
  [[nodiscard]] bool ready() const { return values_.size() >= fewest; }
  // The number on the scale of the process.
  [[nodiscard]] double scaled(double number) const;
  [[nodiscard]] double unscaled(double number) const;
  [[nodiscard]] const GaussianProcess& process() const { return process_; }
  // Probability of a number at most (or at least) `bound`, of a belief on the scale of the process.
  [[nodiscard]] double probability(const Normal& belief, bool at_most, double bound) const;

 private:
  static constexpr std::size_t fewest = 4;
  void learn(std::size_t index);

  const Space& space_;
  Scale scale_;
  GaussianProcess process_;
  std::vector<Point> points_;
  std::vector<double> values_;
  std::size_t next_fit_ = fewest;
};

}  // namespace blendsim::explore
