// SPDX-License-Identifier: Apache-2.0
// Which of many points are worth an evaluation.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "explore/candidates.h"
#include "explore/improvement.h"
#include "explore/surrogate.h"

namespace blendsim::explore {

// What is gained over what is known. With Join::front of one cost the expected improvement of the least, of two the
// expected growth of the area that is dominated, of more as with Join::tchebycheff: the expected improvement of a
// Tchebyshev function with random weights. With Join::function that of the function.
class Goal {
 public:
  enum class Join : std::uint8_t { front, tchebycheff, function };
  using Function = std::function<double(std::span<const double>)>;  // of costs
  // `known`: the costs of all complete trials, at least one; all to be made small.
  Goal(std::vector<std::vector<double>> known, Draws& draws, Join join = Join::front, Function function = {});
  [[nodiscard]] double gain(std::span<const Normal> costs) const;
  // As if it had been evaluated to this; the weights are drawn anew.
  void believe(const std::vector<double>& costs, Draws& draws);

 private:
  void aim(Draws& draws);

  std::vector<std::vector<double>> known_;
  Join join_;
  Function function_;
  double best_ = 0;
  std::optional<DominatedArea> area_;
  std::optional<Tchebyshev> scalar_;
};

// A point that may be asked for, with what is known of it.
struct Prospect {
  Point point;
  std::vector<double> figures;  // NaN: only an evaluation tells
};

// What is known of figures so far, and what is wanted of them.
struct Knowledge {
  struct Cost {
    std::size_t figure = 0;
    double sign = 1;  // -1: to be made large
  };
  struct Limit {
    std::size_t figure = 0;  // of the run
    bool at_most = true;
    double bound = 0;
  };
  std::vector<Cost> costs;
  std::vector<Limit> limits;
  const std::map<std::size_t, Surrogate>& surrogates;  // of the figures of the run
  const Surrogate* compiles = nullptr;                 // positive: the compiler takes it; null: it has taken all so far
};

// The places of the `count` best of `prospects`, one after the other, each as if those before it had been evaluated to
// what is believed of them. `goal`: null while nothing is complete; what counts then is the probability of becoming so.
[[nodiscard]] std::vector<std::size_t> best_prospects(const Knowledge& knowledge, Goal* goal,
                                                      std::span<const Prospect> prospects, std::size_t count,
                                                      Draws& draws);

}  // namespace blendsim::explore
