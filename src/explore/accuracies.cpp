// SPDX-License-Identifier: Apache-2.0
#include "explore/accuracies.h"

#include <algorithm>
#include <cmath>

namespace blendsim::explore {

std::unique_ptr<Oracle> oracle_of(const Study& study) {
  if (!study.oracle || !study.oracle_figure()) return nullptr;
  if (!study.oracle->command.empty()) return command_oracle(*study.oracle, study.folder, study.seed);
  std::vector<std::string> keys;
  for (std::size_t d = 0; d < study.space.dimensions.size(); ++d) {
    if (study.is_of_network(d)) keys.push_back(study.space.dimensions[d].name);
  }
  return table_oracle(*study.oracle, keys, study.seed);
}

void take_answer(const Study& study, const Answer& answer, Trial& trial) {
  const std::size_t figure = study.oracle_figure().value();
  Outcome& outcome = trial.outcome;
  outcome.figures[figure] = answer.accuracy;
  if (!outcome.complete()) return;
  const auto end = [&](const char* code, const std::string& subject, double violation) {
    outcome.stage = DesignStage::machine;
    outcome.code = code;
    outcome.subject = subject;
    outcome.violation = violation;
  };
  if (!answer.error.empty()) return end("oracle-failed", answer.error, 1);
  for (const FigureLimit& limit : study.limits) {
    const double excess = limit.figure == figure ? limit.excess(answer.accuracy) : 0;
    if (excess > 0) return end("limit", study.figure_names[figure], excess);
  }
}

Accuracies::Accuracies(const Study& study, Journal& journal, Oracle& oracle)
    : study_(study), journal_(journal), oracle_(oracle), answers_(journal.answers()) {}

void Accuracies::ask(std::span<const Trial> trials) {
  std::vector<std::string> networks;
  for (const Trial& trial : trials) {
    if (!trial.outcome.complete()) continue;
    std::string network = study_.network_text(trial.point);
    const auto known = answers_.find(network);  // an error is no answer
    if (known != answers_.end() && known->second.error.empty()) continue;
    if (std::find(networks.begin(), networks.end(), network) == networks.end()) networks.push_back(std::move(network));
  }
  const std::vector<Answer> answers = oracle_.ask(networks, [&](std::size_t place, const Answer& answer) {
    if (answer.error.empty()) journal_.commit(networks[place], answer);
  });
  for (std::size_t n = 0; n < networks.size(); ++n) answers_[networks[n]] = answers[n];
}

void Accuracies::complete(std::span<Trial> trials) {
  ask(trials);
  for (Trial& trial : trials) {
    if (trial.outcome.complete()) take_answer(study_, answers_.at(study_.network_text(trial.point)), trial);
  }
}

std::int64_t Accuracies::count(std::span<const Trial> trials) {
  const std::size_t figure = study_.oracle_figure().value();
  for (const Trial& trial : trials) {
    if (!std::isnan(trial.outcome.figures[figure]) || trial.outcome.code == "oracle-failed")
      counted_.insert(study_.network_text(trial.point));
  }
  return static_cast<std::int64_t>(counted_.size());
}

}  // namespace blendsim::explore
