// SPDX-License-Identifier: Apache-2.0
#include "explore/outer_method.h"

#include <utility>

namespace blendsim::explore {
namespace {

class OverWholeSpace final : public Method {
 public:
  OverWholeSpace(std::unique_ptr<Method> method, const Study& study)
      : method_(std::move(method)), outer_(study.outer.dimensions.size()), base_(study.base_point()) {}

  std::vector<Candidate> ask(std::int64_t first, std::size_t count) override {
    std::vector<Candidate> out = method_->ask(first, count);
    for (Candidate& candidate : out) {
      candidate.point.insert(candidate.point.end(), base_.begin() + static_cast<std::ptrdiff_t>(outer_), base_.end());
      candidate.repair = true;
    }
    return out;
  }
  void tell(std::span<const Trial> trials) override {
    std::vector<Trial> told(trials.begin(), trials.end());
    for (Trial& trial : told) trial.point.resize(outer_);
    method_->tell(told);
  }

 private:
  std::unique_ptr<Method> method_;
  std::size_t outer_;
  Point base_;
};

}  // namespace

std::unique_ptr<Method> over_whole_space(std::unique_ptr<Method> method, const Study& study) {
  if (study.inner_evaluations == 0) return method;
  return std::make_unique<OverWholeSpace>(std::move(method), study);
}

}  // namespace blendsim::explore
