// SPDX-License-Identifier: Apache-2.0
// A study's problem for methods of other libraries: each is told of a point what explore's own are told, and what it
// has found is written down after so many evaluations.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "explore/exploration.h"
#include "explore/front.h"
#include "explore/study.h"
#include "session/evaluator.h"

namespace blendsim::judges {

// Distinct points that a compiler sees, of a study with all that evaluates them.
class Arena {
 public:
  // `marks`: numbers of evaluations, rising, after which the front is written to `out` as a line of JSON:
  // {"evaluations": 500, "cpu_s": 1.5, "front": [[costs], ...]}. cpu_s: of this process.
  Arena(const std::string& study, std::vector<std::int64_t> marks, std::ostream& out);

  [[nodiscard]] const explore::Study& study() const { return study_; }
  [[nodiscard]] const Evaluator& evaluator() const { return *evaluator_; }
  [[nodiscard]] explore::MethodContext context(std::uint64_t seed) const;

  // What comes of a point. One that was asked for before, or is refused before any compiler sees it, is not counted.
  // What would be on the front by the first order that fits is compiled in all orders, as explore() does.
  const Outcome& evaluate(const explore::Point& point);
  // The same for one that is evaluated already.
  void take(const explore::Point& point, Outcome& outcome);
  [[nodiscard]] std::int64_t evaluations() const { return evaluations_; }
  [[nodiscard]] bool is_over() const { return evaluations_ >= marks_.back(); }

  // As many points that the screen takes, the base platform's first: where every method begins.
  [[nodiscard]] std::vector<explore::Point> starts(std::size_t count, std::uint64_t seed) const;

 private:
  void write();

  explore::Study study_;
  std::vector<std::unique_ptr<IntegerNetwork>> networks_;
  std::unique_ptr<Evaluator> evaluator_;
  std::vector<std::int64_t> marks_;
  std::ostream& out_;
  std::map<explore::Point, Outcome> seen_;
  explore::Front front_;
  std::int64_t evaluations_ = 0;
};

// Methods: each spends the arena's evaluations.
void run_own(Arena& arena, const std::string& method, std::uint64_t seed);
void run_pagmo_nsga2(Arena& arena, std::uint64_t seed, unsigned population);
// For a judge in another language: a line of values' places in, a line of what came of them out.
void serve(Arena& arena, std::uint64_t seed);

}  // namespace blendsim::judges
