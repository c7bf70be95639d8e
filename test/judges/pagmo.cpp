// SPDX-License-Identifier: Apache-2.0
// pagmo's NSGA-II on a study's problem: whole numbers for the places of values. It knows no constraints, so what is
// refused costs more than anything that is not, by how far it came and how far it is beyond.
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "arena.h"

namespace blendsim::judges {

namespace {

struct StudyProblem {
  Arena* arena = nullptr;

  [[nodiscard]] pagmo::vector_double fitness(const pagmo::vector_double& x) const {
    explore::Point point;
    for (const double place : x) point.push_back(static_cast<std::uint8_t>(place));
    const std::size_t objectives = get_nobj();
    if (arena->is_over()) return pagmo::vector_double(objectives, 1e12);
    const Outcome& outcome = arena->evaluate(point);
    if (outcome.complete()) return explore::costs({0, point, outcome}, arena->study().objectives);
    const double beyond = 1e7 * (5 - static_cast<int>(outcome.stage)) + 1e4 * outcome.violation;
    return pagmo::vector_double(objectives, beyond);
  }
  [[nodiscard]] pagmo::vector_double::size_type get_nobj() const { return arena->study().objectives.size(); }
  [[nodiscard]] pagmo::vector_double::size_type get_nix() const { return arena->study().space.dimensions.size(); }
  [[nodiscard]] std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    pagmo::vector_double low, high;
    for (const explore::Dimension& d : arena->study().space.dimensions) {
      low.push_back(0);
      high.push_back(static_cast<double>(d.values.size() - 1));
    }
    return {low, high};
  }
};

}  // namespace

void run_pagmo_nsga2(Arena& arena, std::uint64_t seed, unsigned population) {
  pagmo::population people{pagmo::problem{StudyProblem{&arena}}, 0, static_cast<unsigned>(seed)};
  for (const explore::Point& start : arena.starts(20, seed))
    people.push_back(pagmo::vector_double(start.begin(), start.end()));
  while (people.size() < population) people.push_back(people.random_decision_vector());
  pagmo::algorithm nsga2{pagmo::nsga2(1, 0.95, 10., 1.0 / static_cast<double>(arena.study().space.dimensions.size()),
                                      50., static_cast<unsigned>(seed))};
  constexpr int most_generations = 20000;
  for (int g = 0; g < most_generations && !arena.is_over(); ++g) people = nsga2.evolve(people);
}

}  // namespace blendsim::judges
