// SPDX-License-Identifier: Apache-2.0
// Every decision of the generator is one small integer drawn here, the simplest first: a network is a function of its
// sequence of draws. So a network is shrunk by shrinking the sequence (shrink.h), whatever the generator builds from
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace blendsim::differential {

class Choices {
 public:
  // Draws at random from a seed.
  explicit Choices(std::uint64_t seed) : random_(seed) {}
  // Replays a sequence; a draw beyond its end takes its simplest value.
  explicit Choices(std::vector<int> replayed) : replayed_(std::move(replayed)), replays_(true) {}

  // An integer from lo, the simplest, to hi. Engine only: the distributions of the standard library differ between
  // hosts.
  int pick(int lo, int hi) {
    int value = lo;
    if (!replays_) {
      value = lo + static_cast<int>(random_() % static_cast<std::uint64_t>(hi - lo + 1));
    } else if (drawn_.size() < replayed_.size()) {
      value = std::clamp(lo + replayed_[drawn_.size()], lo, hi);
    }
    drawn_.push_back(value - lo);
    return value;
  }
  bool chance(int percent) { return pick(0, 99) >= 100 - percent; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[pick(0, static_cast<int>(values.size()) - 1)];
  }

  // Draws that belong together (a block, an operator) and can be left out together: [first, end) of the sequence.
  struct Span {
    std::size_t first = 0, end = 0;
  };
  class Scope {
   public:
    explicit Scope(Choices& choices) : choices_(choices), index_(choices.spans_.size()) {
      choices.spans_.push_back({choices.drawn_.size(), choices.drawn_.size()});
    }
    ~Scope() { choices_.spans_[index_].end = choices_.drawn_.size(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Choices& choices_;
    std::size_t index_;
  };

  // What was drawn, each value less its simplest.
  [[nodiscard]] const std::vector<int>& drawn() const { return drawn_; }
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }

 private:
  std::mt19937_64 random_;
  std::vector<int> replayed_, drawn_;
  std::vector<Span> spans_;
  bool replays_ = false;
};

}  // namespace blendsim::differential
