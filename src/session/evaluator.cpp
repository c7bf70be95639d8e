// SPDX-License-Identifier: Apache-2.0
#include "session/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/diagnostic.h"
#include "compiler/retarget.h"

namespace blendsim {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// What ended a design, and by how much it is beyond: the largest excess names it.
class Verdict {
 public:
  explicit Verdict(Outcome& outcome) : outcome_(outcome) {}
  void add(std::string_view code, std::string_view subject, double excess) {
    if (excess <= 0) return;
    outcome_.violation += excess;
    if (excess <= largest_) return;
    largest_ = excess;
    outcome_.code = code;
    outcome_.subject = subject;
  }

 private:
  Outcome& outcome_;
  double largest_ = 0;
};

struct Share {
  std::string_view name;
  std::int64_t used, available, limit;  // limit: per cent
};

void check_board(const Platform& platform, const Resources& used, Verdict& verdict) {
  const Device& d = platform.device;
  const Limits& l = platform.limits;
  for (const Share& share :
       {Share{"lut", used.lut, d.lut, l.lut}, Share{"ff", used.ff, d.ff, l.ff},
        Share{"dsp", used.dsp, d.dsp_slices, l.dsp}, Share{"bram36", used.bram36_halves, 2 * d.bram36, l.bram36},
        Share{"uram", used.uram, d.uram, l.uram}}) {
    const std::int64_t beyond = 100 * share.used - share.limit * share.available;
    if (beyond > 0) {
      const auto allowed = static_cast<double>(std::max<std::int64_t>(100, share.limit * share.available));
      verdict.add("device-too-small", share.name, static_cast<double>(beyond) / allowed);
    }
  }
}

// A buffer that the message begins with, else what it is about.
std::string subject_of(const Diagnostic& refusal) {
  for (const std::string_view buffer : buffer_names) {
    if (refusal.message.starts_with(std::string(buffer) + ":")) return std::string(buffer);
  }
  return refusal.place.node;
}

ConfigPaths configs_of(const Platform& platform) {
  return {platform.source ? platform.source->configs : std::string()};
}

}  // namespace

double FigureLimit::excess(double value) const {
  const double beyond = at_most ? value - bound : bound - value;
  if (!(beyond > 0)) return 0;
  return beyond / (bound == 0 ? 1 : std::abs(bound));
}

struct Evaluator::Parts {
  // A point under way.
  struct Design {
    PlatformVariants::View variant;
    ResourceEstimate resources;
    Outcome outcome;
  };

  Parts(const PlatformVariants& of, Task asked, Evaluate with)
      : variants(of), task(std::move(asked)), machine(std::move(with)) {
    for (const IntegerNetwork* network : task.networks)
      retargeters.push_back(std::make_unique<Retargeter>(*network, task.images));
    needs_power = std::any_of(task.figures.begin(), task.figures.end(),
                              [](const FigureOf& f) { return f.metric->from == Metric::From::power; });
  }

  [[nodiscard]] Design screen(const std::vector<Setting>& settings) const;
  void simulate(Design& design, Effort effort);
  [[nodiscard]] std::vector<double> figures_of(const Design& design, std::size_t network, const Program& program,
                                               const Run& run);
  void check_limits(Outcome& outcome) const;
  const Technology& technology(const Platform& platform);
  const ActivityModel& activity(const Platform& platform);

  const PlatformVariants& variants;
  Task task;
  Evaluate machine;
  bool needs_power = false;
  std::vector<std::unique_ptr<Retargeter>> retargeters;  // by network
  std::map<std::string, Technology> technologies;
  std::optional<ActivityModel> activities;
};

const Technology& Evaluator::Parts::technology(const Platform& platform) {
  const auto known = technologies.find(platform.technology);
  if (known != technologies.end()) return known->second;
  return technologies.emplace(platform.technology, load_technology(platform.technology, configs_of(platform)))
      .first->second;
}

const ActivityModel& Evaluator::Parts::activity(const Platform& platform) {
  if (!activities) activities = load_activity(configs_of(platform));
  return *activities;
}

// Those that are known; a figure that is not known yet is beyond no limit.
void Evaluator::Parts::check_limits(Outcome& outcome) const {
  Verdict verdict(outcome);
  for (const FigureLimit& limit : task.limits)
    verdict.add("limit", task.figures[limit.figure].metric->name, limit.excess(outcome.figures[limit.figure]));
}

Evaluator::Parts::Design Evaluator::Parts::screen(const std::vector<Setting>& settings) const {
  Design design{variants.view(settings), {}, {}};
  Outcome& out = design.outcome;
  out.figures.assign(task.figures.size(), unknown);
  if (!design.variant.contradictions.empty()) {
    const Diagnostic& first = design.variant.contradictions.front();
    out.code = first.code.name();
    out.subject = first.place.node;
    out.violation = static_cast<double>(design.variant.contradictions.size());
    return design;
  }
  out.stage = DesignStage::resources;
  const Platform& platform = design.variant.platform;
  design.resources = estimate_resources(platform);
  const Evaluated known{.platform = platform, .resources = design.resources};
  for (std::size_t f = 0; f < task.figures.size(); ++f) {
    if (task.figures[f].metric->from == Metric::From::machine) out.figures[f] = task.figures[f].metric->get(known);
  }
  check_limits(out);
  Verdict verdict(out);
  if (task.must_fit) check_board(platform, design.resources.total, verdict);
  if (out.violation == 0) out.stage = DesignStage::program;
  return design;
}

// Of one network; NaN where the figure is none of a run.
std::vector<double> Evaluator::Parts::figures_of(const Design& design, std::size_t network, const Program& program,
                                                 const Run& run) {
  const Platform& platform = design.variant.platform;
  PowerEstimate power;
  if (needs_power) {
    const PowerModel model(platform, design.resources, technology(platform), activity(platform));
    power = estimate_power(run, program.images, model);
  }
  const Evaluated known{platform, design.resources, task.networks[network], &program, &run, &power};
  std::vector<double> out;
  for (const FigureOf& figure : task.figures)
    out.push_back(figure.metric->from == Metric::From::machine ? unknown : figure.metric->get(known));
  return out;
}

void Evaluator::Parts::simulate(Design& design, Effort effort) {
  Outcome& out = design.outcome;
  const MachineParameters& parameters = design.variant.platform.machine;
  std::vector<std::vector<double>> of_network;
  for (std::size_t n = 0; n < retargeters.size(); ++n) {
    try {
      const Program program =
          retargeters[n]->timing_program(parameters, effort == Effort::all_orders ? machine : Evaluate{});
      of_network.push_back(figures_of(design, n, program, machine(program, parameters)));
    } catch (const DiagnosticError& refusal) {
      const Diagnostic& first = refusal.diagnostics().front();
      out.code = first.code.name();
      out.subject = subject_of(first);
      out.violation = 1;
      return;
    }
  }
  out.stage = DesignStage::machine;
  for (std::size_t f = 0; f < task.figures.size(); ++f) {
    const FigureOf& figure = task.figures[f];
    if (figure.metric->from == Metric::From::machine) continue;
    double value = of_network[figure.network][f];
    if (figure.over != FigureOf::Over::one) {
      value = of_network.front()[f];
      for (std::size_t n = 1; n < of_network.size(); ++n) {
        value = figure.over == FigureOf::Over::sum ? value + of_network[n][f] : std::max(value, of_network[n][f]);
      }
    }
    out.figures[f] = value;
  }
  check_limits(out);
  if (out.violation == 0) out.stage = DesignStage::complete;
}

Evaluator::Evaluator(const PlatformVariants& variants, Task task, Evaluate machine)
    : parts_(std::make_unique<Parts>(variants, std::move(task), std::move(machine))) {}
Evaluator::~Evaluator() = default;

Outcome Evaluator::screen(const std::vector<Setting>& settings) const {
  return std::move(parts_->screen(settings).outcome);
}

Outcome Evaluator::evaluate(const std::vector<Setting>& settings, Effort effort) const {
  Parts::Design design = parts_->screen(settings);
  if (design.outcome.stage == DesignStage::program && !parts_->retargeters.empty()) parts_->simulate(design, effort);
  return std::move(design.outcome);
}

}  // namespace blendsim
