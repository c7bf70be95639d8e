// SPDX-License-Identifier: Apache-2.0
// How a study chooses what to evaluate next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "explore/scalar.h"
#include "explore/space.h"
#include "explore/trial.h"

namespace blendsim::explore {

// What a method asks for: a point, and whether the evaluator may walk from it to the nearest machine that its board
// holds before it is evaluated (repair.h).
struct Candidate {
  Point point;
  bool repair = false;
};

// A method's state is a function of its seed and of what it was told, in order of id: a study that goes on after it was
// stopped, or on more workers, asks for the same points.
class Method {
 public:
  virtual ~Method() = default;
  // The points with the ids first, first + 1, ..., at most `count` of them; fewer: the method has no more.
  [[nodiscard]] virtual std::vector<Candidate> ask(std::int64_t first, std::size_t count) = 0;
  // All trials of a batch that came as far as the compiler, in order of id.
  virtual void tell(std::span<const Trial> trials) = 0;
};

struct MethodContext {
  const Space& space;
  const std::vector<Objective>& objectives;
  std::uint64_t seed = 1;
  Point base;  // the base platform's point, as near as the space has it
  // What resources and the platform's own rules say of a point, without compiling: exact, 0.05 ms.
  std::function<Outcome(const Point&)> screen;
  // On figures by their places in Outcome::figures. A method that models a figure of the run reckons with its limits.
  std::vector<FigureLimit> limits = {};
  // What a simulation says of a point's figures, where that costs next to nothing beside the oracle's (NaN: unknown),
  // and the figure that the oracle gives. Null: none.
  std::function<std::vector<double>(const Point&)> simulated = {};
  std::optional<std::size_t> oracle_figure = {};
  std::optional<ScalarSpec> scalar = {};  // how the objectives are joined; null: they are not
};

struct MethodEntry {
  std::string_view name, does;
  std::size_t batch;  // points at once, where a study does not say
  std::unique_ptr<Method> (*make)(const MethodContext&);
};
// random, sobol, grid, evolve, bayes.
[[nodiscard]] std::span<const MethodEntry> methods();

}  // namespace blendsim::explore
