// SPDX-License-Identifier: Apache-2.0
// The list of methods, and those of which a point is a function of its id alone.
#include <algorithm>
#include <array>
#include <boost/random/sobol.hpp>

#include "explore/auto.h"
#include "explore/bayes.h"
#include "explore/evolve.h"
#include "explore/method.h"
#include "explore/random_stream.h"
#include "explore/steps.h"

namespace blendsim::explore {

namespace {

class Random final : public Method {
 public:
  explicit Random(const MethodContext& context) : space_(context.space), seed_(context.seed) {}
  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    std::vector<Candidate> out;
    for (std::size_t n = 0; n < count; ++n) {
      RandomStream random(seed_, static_cast<std::uint64_t>(first) + n);
      out.push_back({random_point(space_, random)});
    }
    return out;
  }
  void tell(std::span<const Trial>) override {}

 private:
  const Space& space_;
  std::uint64_t seed_;
};

// Sobol's sequence, shifted by the seed in each dimension (modulo 1), which keeps how evenly it fills the space.
class Sobol final : public Method {
 public:
  explicit Sobol(const MethodContext& context)
      : space_(context.space), engine_(std::max<std::size_t>(1, context.space.dimensions.size())) {
    RandomStream random(context.seed, 0);
    for (std::size_t d = 0; d < space_.dimensions.size(); ++d) shift_.push_back(random.uniform());
  }
  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    const std::size_t dimensions = space_.dimensions.size();
    engine_.seed(static_cast<std::uint64_t>(first) + 1);  // the sequence's point 0 is the corner
    std::vector<Candidate> out;
    for (std::size_t n = 0; n < count; ++n) {
      Point point;
      for (std::size_t d = 0; d < dimensions; ++d) {
        double x = static_cast<double>(engine_() >> 11) * 0x1p-53 + shift_[d];
        x -= x >= 1 ? 1 : 0;
        const std::size_t values = space_.dimensions[d].values.size();
        point.push_back(
            static_cast<std::uint8_t>(std::min(values - 1, static_cast<std::size_t>(x * static_cast<double>(values)))));
      }
      out.push_back({std::move(point)});
    }
    return out;
  }
  void tell(std::span<const Trial>) override {}

 private:
  const Space& space_;
  boost::random::sobol engine_;
  std::vector<double> shift_;
};

// Every point once, the last dimension fastest.
class Grid final : public Method {
 public:
  explicit Grid(const MethodContext& context) : space_(context.space) {}
  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    std::vector<Candidate> out;
    const double size = space_.size();
    for (std::int64_t id = first; out.size() < count && static_cast<double>(id) < size; ++id) {
      Point point(space_.dimensions.size());
      auto rest = static_cast<std::uint64_t>(id);
      for (std::size_t d = point.size(); d-- > 0;) {
        const std::size_t values = space_.dimensions[d].values.size();
        point[d] = static_cast<std::uint8_t>(rest % values);
        rest /= values;
      }
      out.push_back({std::move(point)});
    }
    return out;
  }
  void tell(std::span<const Trial>) override {}

 private:
  const Space& space_;
};

template <class M>
std::unique_ptr<Method> make(const MethodContext& context) {
  return std::make_unique<M>(context);
}

constexpr std::array table = {
    MethodEntry{"random", "independent points", 64, &make<Random>},
    MethodEntry{"sobol", "an even filling of the space", 64, &make<Sobol>},
    MethodEntry{"grid", "every point, one after another", 64, &make<Grid>},
    MethodEntry{"evolve", "constrained NSGA-II and a local search along the front", 20, &make_evolve},
    MethodEntry{"auto", "bayes for the first 300 points, then evolve, which was told of them", 32, &make_auto},
    MethodEntry{"bayes", "a Gaussian process of what only a run tells, for few evaluations", 4, &make_bayes},
};

}  // namespace

std::span<const MethodEntry> methods() { return table; }

}  // namespace blendsim::explore
