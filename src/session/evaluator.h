// SPDX-License-Identifier: Apache-2.0
// A design as far as it goes: platform -> resources -> program -> machine, each stage exact, each refusal a result.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "platform/variants.h"
#include "session/metrics.h"

namespace blendsim {

// How far a design came. Further is later.
enum class DesignStage : std::uint8_t {
  platform,   // its keys contradict each other
  resources,  // its resources, or a figure that follows from them, are beyond a limit
  program,    // the compiler refuses it
  machine,    // simulated; a figure of the run is beyond a limit
  complete    // simulated, within all limits
};
inline constexpr std::array<std::string_view, 5> design_stage_names = {"platform", "resources", "program", "machine",
                                                                       "complete"};
[[nodiscard]] constexpr std::string_view name(DesignStage stage) {
  return design_stage_names[static_cast<std::size_t>(stage)];
}

// An upper or lower bound on a figure.
struct FigureLimit {
  std::size_t figure = 0;  // index in Task::figures
  bool at_most = true;
  double bound = 0;
  // How far `value` is beyond it, relative to the bound (to 1 where that is 0); 0: within.
  [[nodiscard]] double excess(double value) const;
};

// A figure that is asked for: a metric, of one of the networks where it is a run's.
struct FigureOf {
  const Metric* metric = nullptr;
  std::size_t network = 0;
  // More than one network: the largest or the sum over all of them.
  enum class Over : std::uint8_t { one, largest, sum } over = Over::one;
};

struct Outcome {
  DesignStage stage = DesignStage::platform;
  std::string code;     // of the diagnostic that ended it: "contradiction", "does-not-fit"; empty: none
  std::string subject;  // what it is about, in a word or two: "act_fixed", "lut"
  // How far beyond the limits of the stage that ended it: contradictions counted, relative excesses summed, at least
  // something positive unless the stage is `complete`.
  double violation = 0;
  std::vector<double> figures;  // as asked for; NaN where the stage did not reach them

  [[nodiscard]] bool complete() const { return stage == DesignStage::complete; }
};

// How hard the compiler tries: the first order that fits, or the best of all orders, which is what `run` reports.
enum class Effort : std::uint8_t { first_order, all_orders };

class Evaluator {
 public:
  struct Task {
    std::vector<const IntegerNetwork*> networks;  // none: what it evaluates ends at the compiler
    std::vector<FigureOf> figures;
    std::vector<FigureLimit> limits;
    bool must_fit = true;  // the board's limits hold
    int images = 1;        // that a program computes side by side
  };

  // Variants and networks are referred to, and must outlive the evaluator; `machine` runs a program for its timing.
  Evaluator(const PlatformVariants& variants, Task task, Evaluate machine);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // As far as resources, about 0.05 ms: `program` says that nothing speaks against compiling it.
  [[nodiscard]] Outcome screen(const std::vector<Setting>& settings) const;
  // As far as it goes. A diagnosis of the compiler or the machine is an outcome; throws InvariantError.
  [[nodiscard]] Outcome evaluate(const std::vector<Setting>& settings, Effort effort) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim
