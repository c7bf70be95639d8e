// SPDX-License-Identifier: Apache-2.0
#include "explore/exploration.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "explore/repair.h"

namespace blendsim::explore {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

const Trial* Findings::find(std::int64_t id) const {
  const auto at =
      std::lower_bound(trials_.begin(), trials_.end(), id, [](const Trial& t, std::int64_t i) { return t.id < i; });
  return at != trials_.end() && at->id == id ? &*at : nullptr;
}

void Findings::add(const BatchRecord& batch, std::vector<Trial> trials) {
  const bool has_reference = !reference_.empty();
  for (Trial& trial : trials) {
    known_.insert(trial.point);
    if (trial.outcome.complete()) {
      const Costs costs = explore::costs(trial, objectives_);
      if (trial.verified) front_.add(trial.id, costs);
      if (!has_reference) {
        if (reference_.empty()) reference_ = costs;
        for (std::size_t o = 0; o < costs.size(); ++o) reference_[o] = std::max(reference_[o], costs[o]);
      }
    }
    trials_.push_back(std::move(trial));
  }
  for (const auto& [what, count] : batch.rejected) rejected_[what] += count;
  next_id_ = std::max(next_id_, batch.last + 1);
  seconds_ += batch.seconds;
}

double Findings::hypervolume() const {
  if (reference_.empty()) return 0;
  std::vector<Costs> points;
  for (const Front::Member& member : front_.members()) points.push_back(member.costs);
  return explore::hypervolume(points, reference_);
}

Work work_of(const Study& study, const Evaluator& evaluator) {
  return [&study, &evaluator](const Job& job) {
    const Screen screen = [&](const Point& point) { return evaluator.screen(study.settings_of(point)); };
    Trial trial{job.id,
                job.repair ? repaired(job.point, study.space, screen, study.seed, job.id) : job.point,
                {},
                job.effort == Effort::all_orders};
    trial.outcome = evaluator.evaluate(study.settings_of(trial.point), job.effort);
    return trial;
  };
}

namespace {

// One batch: asked, evaluated, sorted out, verified.
class Batch {
 public:
  Batch(const Study& study, const Findings& findings, Pool& pool, Accuracies* accuracies)
      : study_(study), findings_(findings), pool_(pool), accuracies_(accuracies) {}

  // False: the method has no more points.
  bool run(Method& method, std::size_t count) {
    const auto begin = Clock::now();
    record_.first = findings_.next_id();
    std::vector<Job> jobs;
    std::int64_t id = record_.first;
    const std::vector<Candidate> candidates = method.ask(record_.first, count);
    if (candidates.empty()) return false;
    for (const Candidate& candidate : candidates) {
      if (!findings_.knows(candidate.point))
        jobs.push_back({id, candidate.point, candidate.repair, Effort::first_order});
      else ++record_.rejected[{"known", ""}];
      ++id;
    }
    record_.last = id - 1;
    for (Trial& trial : pool_.run(jobs, nullptr)) sort_out(std::move(trial));
    if (accuracies_ != nullptr) accuracies_->complete(trials_);
    verify();
    record_.seconds = seconds_since(begin);
    return true;
  }

  [[nodiscard]] std::int64_t asked() const { return record_.last - record_.first + 1; }
  [[nodiscard]] bool holds_nothing_new() const {
    const auto known = record_.rejected.find({"known", ""});
    return known != record_.rejected.end() && known->second == asked();
  }
  [[nodiscard]] BatchRecord& record() { return record_; }
  [[nodiscard]] std::vector<Trial>& trials() { return trials_; }

 private:
  void sort_out(Trial trial) {
    if (trial.outcome.stage < DesignStage::program) ++record_.rejected[{trial.outcome.code, trial.outcome.subject}];
    else if (findings_.knows(trial.point) || !own_.insert(trial.point).second) ++record_.rejected[{"known", ""}];
    else trials_.push_back(std::move(trial));
  }

  // What is on the front of what is known and of this batch by the first order's figures, again with all orders.
  void verify() {
    Front front = findings_.front();
    for (const Trial& trial : trials_) {
      if (trial.outcome.complete()) front.add(trial.id, costs(trial, study_.objectives));
    }
    std::vector<Job> jobs;
    std::vector<std::size_t> places;
    for (std::size_t t = 0; t < trials_.size(); ++t) {
      const bool is_member = std::any_of(front.members().begin(), front.members().end(),
                                         [&](const Front::Member& m) { return m.id == trials_[t].id; });
      if (!is_member) continue;
      jobs.push_back({trials_[t].id, trials_[t].point, false, Effort::all_orders});
      places.push_back(t);
    }
    std::vector<Trial> verified = pool_.run(jobs, nullptr);
    if (accuracies_ != nullptr) accuracies_->complete(verified);
    for (std::size_t v = 0; v < verified.size(); ++v) trials_[places[v]] = std::move(verified[v]);
  }

  const Study& study_;
  const Findings& findings_;
  Pool& pool_;
  Accuracies* accuracies_;
  BatchRecord record_;
  std::vector<Trial> trials_;
  std::set<Point> own_;
};

// Batches on their way into the journal. One of which no compiler saw a point waits for the next, up to so many points:
// a transaction takes longer than to reject them all.
class Ledger {
 public:
  Ledger(Journal& journal, const Findings& findings) : journal_(journal), findings_(findings) {}

  void add(const BatchRecord& batch, const std::vector<Trial>& trials) {
    constexpr std::int64_t most_waiting = 4096;
    if (!waiting_) waiting_.emplace(batch);
    else append(batch);
    if (!trials.empty() || waiting_->last - waiting_->first >= most_waiting) commit(trials);
  }
  void close() {
    if (waiting_) commit({});
  }

 private:
  void append(const BatchRecord& batch) {
    waiting_->last = batch.last;
    waiting_->seconds += batch.seconds;
    for (const auto& [what, count] : batch.rejected) waiting_->rejected[what] += count;
  }
  void commit(const std::vector<Trial>& trials) {
    waiting_->hypervolume = findings_.hypervolume();
    journal_.commit(*waiting_, trials);
    waiting_.reset();
  }

  Journal& journal_;
  const Findings& findings_;
  std::optional<BatchRecord> waiting_;
};

}  // namespace

void explore(const Study& study, Findings& findings, Journal& journal, Method& method, Pool& pool, const Watch& watch,
             Accuracies* accuracies) {
  // Where a batch holds nothing new, the space is exhausted, or what the method can reach of it; where the board holds
  // none of so many points, it holds none that this method finds.
  constexpr int most_known = 20;
  constexpr std::int64_t most_rejected = 1'000'000;
  const auto begin = Clock::now();
  std::int64_t calls = accuracies != nullptr ? accuracies->count(findings.trials()) : 0;
  const auto is_over = [&] {
    return (watch.stop && watch.stop()) ||
           (study.budget.evaluations && findings.evaluated() >= *study.budget.evaluations) ||
           (study.budget.oracle_calls && calls >= *study.budget.oracle_calls) ||
           (study.budget.seconds && seconds_since(begin) >= *study.budget.seconds);
  };
  const std::int64_t before = findings.evaluated();
  Ledger ledger(journal, findings);
  int known = 0;
  std::int64_t rejected = 0;
  while (known < most_known && rejected < most_rejected && !is_over()) {
    Batch batch(study, findings, pool, accuracies);
    if (!batch.run(method, study.batch)) break;
    known = batch.holds_nothing_new() ? known + 1 : 0;
    rejected = batch.trials().empty() ? rejected + batch.asked() : 0;
    if (accuracies != nullptr) calls = accuracies->count(batch.trials());
    method.tell(batch.trials());
    findings.add(batch.record(), batch.trials());
    ledger.add(batch.record(), batch.trials());
    if (watch.told) watch.told(findings, static_cast<double>(findings.evaluated() - before) / seconds_since(begin));
  }
  ledger.close();
}

}  // namespace blendsim::explore
