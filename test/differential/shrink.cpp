// SPDX-License-Identifier: Apache-2.0
#include "shrink.h"

#include <algorithm>

namespace blendsim::differential {

namespace {

class Shrinker {
 public:
  Shrinker(const std::vector<int>& draws, const Fails& fails, int trials) : fails_(fails), left_(trials) {
    (void)accept(draws, true);
  }

  void run() {
    for (bool better = true; better && left_ > 0;) {
      better = drop_spans();
      better = drop_runs() || better;
      better = lower_each() || better;
    }
  }
  [[nodiscard]] const std::vector<int>& best() const { return best_; }

 private:
  // Shorter first, then smaller from the front: what a sequence of the same fault must improve.
  static bool simpler(const std::vector<int>& a, const std::vector<int>& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  bool accept(const std::vector<int>& draws, bool first = false) {
    if (left_-- <= 0) return false;
    Choices choices(draws);
    if (!fails_(choices)) {
      if (first) best_ = draws;
      return false;
    }
    std::vector<int> drawn = choices.drawn();
    while (!drawn.empty() && drawn.back() == 0) drawn.pop_back();  // what is replayed beyond the end is simplest anyway
    if (!first && !simpler(drawn, best_)) return false;
    best_ = drawn;
    spans_ = choices.spans();
    return true;
  }

  bool accept_without(std::size_t first, std::size_t end) {
    std::vector<int> draws = best_;
    draws.erase(draws.begin() + static_cast<std::ptrdiff_t>(first),
                draws.begin() + static_cast<std::ptrdiff_t>(std::min(end, draws.size())));
    return accept(draws);
  }

  // Whole operators and blocks, the longest first.
  bool drop_spans() {
    bool better = false;
    for (std::size_t i = 0; i < spans_.size() && left_ > 0;) {
      const Choices::Span span = spans_[i];
      const bool dropped =
          span.end > span.first && span.first < best_.size() &&
          (accept_without(span.first, span.end) || zeroed(span) ||
           (span.first > 0 && accept_without(span.first - 1, span.end)));  // with the draw that asked for it
      better = better || dropped;
      if (!dropped) ++i;
    }
    return better;
  }

  bool zeroed(const Choices::Span& span) {
    std::vector<int> draws = best_;
    const auto end = std::min(span.end, draws.size());
    if (std::all_of(draws.begin() + static_cast<std::ptrdiff_t>(span.first),
                    draws.begin() + static_cast<std::ptrdiff_t>(end), [](int v) { return v == 0; }))
      return false;
    std::fill(draws.begin() + static_cast<std::ptrdiff_t>(span.first), draws.begin() + static_cast<std::ptrdiff_t>(end),
              0);
    return accept(draws);
  }

  bool drop_runs() {
    bool better = false;
    for (std::size_t length : {8, 4, 2, 1}) {
      for (std::size_t first = 0; first + length <= best_.size() && left_ > 0;) {
        if (accept_without(first, first + length)) better = true;
        else ++first;
      }
    }
    return better;
  }

  bool lower_each() {
    bool better = false;
    for (std::size_t i = 0; i < best_.size() && left_ > 0; ++i) {
      for (int low = 0; i < best_.size() && low < best_[i] && left_ > 0;) {
        std::vector<int> draws = best_;
        draws[i] = low;
        if (accept(draws)) {
          better = true;
          break;
        }
        low = std::max(low + 1, (low + best_[i] + 1) / 2);
      }
    }
    return better;
  }

  const Fails& fails_;
  int left_;
  std::vector<int> best_;
  std::vector<Choices::Span> spans_;
};

}  // namespace

std::vector<int> shrunk(const std::vector<int>& draws, const Fails& fails, int trials) {
  Shrinker shrinker(draws, fails, trials);
  shrinker.run();
  return shrinker.best();
}

}  // namespace blendsim::differential
