// SPDX-License-Identifier: Apache-2.0
#include "explore/made_networks.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "base/diagnostic.h"
#include "explore/evolve.h"
#include "explore/line_process.h"
#include "explore/repair.h"
#include "session/networks.h"

namespace blendsim::explore {
namespace {

constexpr std::size_t kept_networks = 16;
constexpr double longest_making = 600;   // seconds
constexpr std::size_t inner_batch = 16;  // machines that the inner search asks for at once

}  // namespace

struct MadeNetworks::Parts {
  // A network with what evaluates it, or why there is none.
  struct Made {
    std::string text;
    std::unique_ptr<IntegerNetwork> network;
    std::unique_ptr<Evaluator> evaluator;
    std::string code, subject;
  };

  Parts(const Study& of, Evaluate with, QuantiseNetwork by)
      : study(of),
        machine(std::move(with)),
        quantise(std::move(by)),
        maker(of.maker, of.folder),
        platform(*of.variants, task({}), machine) {
    const std::size_t outer = study.asked_space().dimensions.size();
    inner.dimensions.assign(study.space.dimensions.begin() + static_cast<std::ptrdiff_t>(outer),
                            study.space.dimensions.end());
    for (std::size_t o = 0; o < study.objectives.size(); ++o) {
      const Metric::From from = study.figures[o].metric->from;
      if (from == Metric::From::oracle || from == Metric::From::network) continue;
      goals.push_back(study.objectives[o]);
      goal_figures.push_back(o);
    }
  }

  [[nodiscard]] Evaluator::Task task(std::vector<const IntegerNetwork*> networks) const {
    return {std::move(networks), study.figures, study.limits, study.must_fit, study.in_flight};
  }
  [[nodiscard]] Outcome screen(const Point& point) const { return platform.screen(study.settings_of(point)); }
  [[nodiscard]] std::string made_file(const std::string& text);
  void make(Made& made);
  void quantise_for(Made& made, const Point& point);
  void take(Made& made, const std::function<IntegerNetwork()>& network);
  [[nodiscard]] Made& of(const Point& point);
  [[nodiscard]] Outcome evaluate(const Point& point, Effort effort);
  [[nodiscard]] Trial best_machine(const Job& job);
  [[nodiscard]] std::vector<double> goal_costs(const Outcome& outcome) const;

  const Study& study;
  Evaluate machine;
  QuantiseNetwork quantise;
  LineProcess maker;
  Evaluator platform;    // without a network
  std::list<Made> kept;  // the latest first
  Space inner;
  std::vector<Objective> goals;  // that a machine can be better or worse in
  std::vector<std::size_t> goal_figures;
  std::map<Point, std::vector<double>> known_figures;
};

// Empty: the program did not make it. One that ended after its last answer is started again.
std::string MadeNetworks::Parts::made_file(const std::string& text) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!maker.runs()) maker.start();
    std::optional<std::string> line;
    bool open = maker.send(text);
    while (open && !(line = maker.take_line())) open = maker.receive(longest_making);
    if (!line) line = maker.take_line();
    if (line) {
      while (line->ends_with('\r') || line->ends_with(' ')) line->pop_back();
      return (std::filesystem::path(study.folder) / *line).string();
    }
    maker.stop();
  }
  return {};
}

void MadeNetworks::Parts::make(Made& made) {
  const std::string file = made_file(made.text);
  made.code = "maker-failed";
  if (file.empty()) {
    made.subject = maker.ending();
    return;
  }
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)) {
    made.subject = "named no regular file";  // a pipe would be waited for
    return;
  }
  take(made, [&] { return named_network(file); });
}

void MadeNetworks::Parts::quantise_for(Made& made, const Point& point) {
  take(made, [&] { return quantise(study.precision_plan(point)); });
}

void MadeNetworks::Parts::take(Made& made, const std::function<IntegerNetwork()>& network) {
  try {
    made.network = std::make_unique<IntegerNetwork>(network());
    made.evaluator = std::make_unique<Evaluator>(*study.variants, task({made.network.get()}), machine);
  } catch (const DiagnosticError& refusal) {
    const Diagnostic& first = refusal.diagnostics().front();
    if (first.code == Code("unknown-name")) throw;  // a layer that no network of the study has
    made.code = first.code.name();
    made.subject = first.place.node;
  }
}

MadeNetworks::Parts::Made& MadeNetworks::Parts::of(const Point& point) {
  const std::string text = study.network_text(point);
  const auto known = std::find_if(kept.begin(), kept.end(), [&](const Made& m) { return m.text == text; });
  if (known != kept.end()) {
    kept.splice(kept.begin(), kept, known);
    return kept.front();
  }
  kept.emplace_front().text = text;
  if (quantise) quantise_for(kept.front(), point);
  else make(kept.front());
  if (kept.size() > kept_networks) kept.pop_back();
  return kept.front();
}

Outcome MadeNetworks::Parts::evaluate(const Point& point, Effort effort) {
  Outcome out = screen(point);
  if (out.stage != DesignStage::program) return out;
  const Made& made = of(point);
  if (made.evaluator) return made.evaluator->evaluate(study.settings_of(point), effort);
  out.code = made.code;
  out.subject = made.subject;
  out.violation = 1;
  return out;
}

std::vector<double> MadeNetworks::Parts::goal_costs(const Outcome& outcome) const {
  std::vector<double> out;
  for (std::size_t g = 0; g < goals.size(); ++g)
    out.push_back((goals[g].maximise ? -1 : 1) * outcome.figures[goal_figures[g]]);
  return out;
}

// A small study of the machines for one network. Its points are a function of the study's seed alone.
Trial MadeNetworks::Parts::best_machine(const Job& job) {
  const auto outer = static_cast<std::ptrdiff_t>(study.outer.dimensions.size());
  const auto whole = [&](const Point& machine_point) {
    Point out(job.point.begin(), job.point.begin() + outer);
    out.insert(out.end(), machine_point.begin(), machine_point.end());
    return out;
  };
  const Screen screen_inner = [&](const Point& point) { return screen(whole(point)); };
  const Point base(job.point.begin() + outer, job.point.end());
  const std::unique_ptr<Method> method = make_evolve({inner, goals, study.seed, base, screen_inner});
  Trial best{job.id, job.point, screen(job.point)};
  best.outcome.violation = std::numeric_limits<double>::infinity();  // any that is evaluated is better
  std::int64_t evaluated = 0;
  const std::int64_t most_asked = 20 * study.inner_evaluations;  // of a board that holds next to nothing
  for (std::int64_t id = 0; evaluated < study.inner_evaluations && id < most_asked;) {
    std::vector<Trial> told;
    for (const Candidate& candidate : method->ask(id, inner_batch)) {
      const Point point = repaired(candidate.point, inner, screen_inner, study.seed, id);
      Trial trial{id++, point, evaluate(whole(point), Effort::first_order)};
      const Outcome& outcome = trial.outcome;
      const bool better = outcome.complete() && best.outcome.complete() ? goal_costs(outcome) < goal_costs(best.outcome)
                          : outcome.stage != best.outcome.stage         ? outcome.stage > best.outcome.stage
                                                                        : outcome.violation < best.outcome.violation;
      if (better) {
        best.point = whole(point);
        best.outcome = outcome;
      }
      if (outcome.stage < DesignStage::program) continue;
      ++evaluated;
      for (std::size_t g = 0; g < goals.size(); ++g)
        trial.outcome.figures[g] = outcome.figures[goal_figures[g]];  // never behind what is read next
      told.push_back(std::move(trial));
    }
    method->tell(told);
  }
  return best;
}

MadeNetworks::MadeNetworks(const Study& study, Evaluate machine, QuantiseNetwork quantise)
    : parts_(std::make_unique<Parts>(study, std::move(machine), std::move(quantise))) {}
MadeNetworks::~MadeNetworks() = default;

Outcome MadeNetworks::screen(const Point& point) const {
  if (parts_->study.inner_evaluations == 0) return parts_->screen(point);
  Outcome out;
  out.stage = DesignStage::program;
  out.figures.assign(parts_->study.figures.size(), std::numeric_limits<double>::quiet_NaN());
  return out;
}

Trial MadeNetworks::evaluate(const Job& job) {
  const Study& study = parts_->study;
  const bool verified = job.effort == Effort::all_orders;
  if (job.repair && study.inner_evaluations > 0) {
    Trial best = parts_->best_machine(job);
    if (verified) best.outcome = parts_->evaluate(best.point, job.effort);
    best.verified = verified;
    return best;
  }
  const Screen screen = [&](const Point& point) { return parts_->screen(point); };
  Trial trial{
      job.id, job.repair ? repaired(job.point, study.space, screen, study.seed, job.id) : job.point, {}, verified};
  trial.outcome = parts_->evaluate(trial.point, job.effort);
  return trial;
}

std::vector<double> MadeNetworks::figures(const Point& point) {
  constexpr std::size_t most_known = 65536;
  if (const auto known = parts_->known_figures.find(point); known != parts_->known_figures.end()) return known->second;
  if (parts_->known_figures.size() >= most_known) parts_->known_figures.clear();
  const Study& study = parts_->study;
  Point whole = study.base_point();
  std::copy(point.begin(), point.end(), whole.begin());
  const Trial trial = evaluate({0, whole, study.inner_evaluations > 0, Effort::first_order});
  return parts_->known_figures.emplace(point, trial.outcome.figures).first->second;
}

}  // namespace blendsim::explore
