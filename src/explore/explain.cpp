// SPDX-License-Identifier: Apache-2.0
#include "explore/explain.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "explore/steps.h"

namespace blendsim::explore {

namespace {

double variance(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size());
}

// What is left of `rest` when each value of dimension `d` takes the mean of its trials away.
std::vector<double> without(const std::vector<double>& rest, const std::vector<const Trial*>& trials, std::size_t d,
                            std::size_t values) {
  std::vector<double> sum(values), count(values);
  for (std::size_t t = 0; t < trials.size(); ++t) {
    sum[trials[t]->point[d]] += rest[t];
    count[trials[t]->point[d]] += 1;
  }
  std::vector<double> out = rest;
  for (std::size_t t = 0; t < trials.size(); ++t) out[t] -= sum[trials[t]->point[d]] / count[trials[t]->point[d]];
  return out;
}

std::vector<Influence> influences_on(const Study& study, const std::vector<const Trial*>& trials,
                                     std::size_t objective) {
  std::vector<double> rest;
  for (const Trial* trial : trials) rest.push_back(trial->outcome.figures[objective]);
  const double whole = variance(rest);
  std::vector<Influence> out;
  if (!(whole > 0)) return out;
  std::vector<std::size_t> left(study.space.dimensions.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  double before = whole;
  while (!left.empty()) {
    std::size_t best = 0;
    double least = before;
    std::vector<double> best_rest;
    for (std::size_t n = 0; n < left.size(); ++n) {
      std::vector<double> next = without(rest, trials, left[n], study.space.dimensions[left[n]].values.size());
      const double after = variance(next);
      if (after >= least) continue;
      least = after;
      best = n;
      best_rest = std::move(next);
    }
    if (best_rest.empty()) break;
    out.push_back({left[best], (before - least) / whole});
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
    rest = std::move(best_rest);
    before = least;
  }
  std::stable_sort(out.begin(), out.end(), [](const Influence& a, const Influence& b) { return a.share > b.share; });
  return out;
}

}  // namespace

std::vector<std::vector<Influence>> influences(const Study& study, const Findings& findings) {
  constexpr std::size_t least_trials = 10;
  std::vector<const Trial*> complete;
  for (const Trial& trial : findings.trials()) {
    if (trial.outcome.complete()) complete.push_back(&trial);
  }
  std::vector<std::vector<Influence>> out(study.objectives.size());
  if (complete.size() < least_trials) return out;
  for (std::size_t o = 0; o < out.size(); ++o) out[o] = influences_on(study, complete, o);
  return out;
}

namespace {

void keep_oracle_figure(const Study& study, const Trial& from, Trial& to) {
  const std::optional<std::size_t> figure = study.oracle_figure();
  if (!figure || study.network_text(from.point) != study.network_text(to.point)) return;
  take_answer(study,
              {.accuracy = from.outcome.figures[*figure],
               .error = from.outcome.code == "oracle-failed" ? from.outcome.subject : ""},
              to);
}

}  // namespace

std::vector<Failure> failures(const Findings& findings) {
  std::map<std::pair<std::string, std::string>, std::int64_t> counts = findings.rejected();
  counts.erase({"known", ""});
  for (const Trial& trial : findings.trials()) {
    if (!trial.outcome.complete()) ++counts[{trial.outcome.code, trial.outcome.subject}];
  }
  std::vector<Failure> out;
  for (const auto& [what, count] : counts)
    out.push_back({what.first + (what.second.empty() ? "" : " " + what.second), count});
  std::sort(out.begin(), out.end(), [](const Failure& a, const Failure& b) {
    return a.count != b.count ? a.count > b.count : a.what < b.what;
  });
  return out;
}

Trial evaluated_again(const Study& study, const Trial& trial, Pool& pool) {
  Trial out = pool.run(std::vector{Job{trial.id, trial.point, false, Effort::all_orders}}, nullptr).front();
  keep_oracle_figure(study, trial, out);
  return out;
}

std::vector<Neighbour> evaluated_neighbours(const Study& study, const Trial& trial, Pool& pool) {
  std::vector<Job> jobs;
  for (const Point& point : neighbours(trial.point, study.space))
    jobs.push_back({static_cast<std::int64_t>(jobs.size()), point, false, Effort::all_orders});
  std::vector<Neighbour> out;
  for (Trial& evaluated : pool.run(jobs, nullptr)) {
    std::size_t d = 0;
    while (evaluated.point[d] == trial.point[d]) ++d;
    const std::vector<std::string>& values = study.space.dimensions[d].values;
    keep_oracle_figure(study, trial, evaluated);
    out.push_back({d, values[trial.point[d]], values[evaluated.point[d]], std::move(evaluated)});
  }
  return out;
}

}  // namespace blendsim::explore
