// SPDX-License-Identifier: Apache-2.0
#include "explore/auto.h"

#include <algorithm>

#include "explore/bayes.h"
#include "explore/evolve.h"

namespace blendsim::explore {

namespace {

class Auto final : public Method {
 public:
  explicit Auto(const MethodContext& context) : bayes_(make_bayes(context)), evolve_(make_evolve(context)) {}

  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    // A surrogate chooses few points well, and many at once badly.
    constexpr std::size_t most_at_once = 8;
    if (bayes_ != nullptr) return bayes_->ask(first, std::min(count, most_at_once));
    return evolve_->ask(first, count);
  }

  void tell(std::span<const Trial> trials) override {
    constexpr std::size_t thoughtful = 300;
    told_ += trials.size();
    evolve_->tell(trials);
    if (told_ >= thoughtful) bayes_.reset();
    if (bayes_ != nullptr) bayes_->tell(trials);
  }

 private:
  std::unique_ptr<Method> bayes_;  // none: its part is done
  std::unique_ptr<Method> evolve_;
  std::size_t told_ = 0;
};

}  // namespace

std::unique_ptr<Method> make_auto(const MethodContext& context) { return std::make_unique<Auto>(context); }

}  // namespace blendsim::explore
