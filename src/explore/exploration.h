// SPDX-License-Identifier: Apache-2.0
// A study under way: batch after batch is asked for, evaluated, told and committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "explore/accuracies.h"
#include "explore/front.h"
#include "explore/journal.h"
#include "explore/method.h"
#include "explore/pool.h"
#include "explore/study.h"

namespace blendsim::explore {

// What is known of a study after some of its batches.
class Findings {
 public:
  explicit Findings(const std::vector<Objective>& objectives) : objectives_(objectives) {}

  void add(const BatchRecord& batch, std::vector<Trial> trials);

  [[nodiscard]] const std::vector<Trial>& trials() const { return trials_; }  // in order of id
  [[nodiscard]] const Trial* find(std::int64_t id) const;
  [[nodiscard]] const Front& front() const { return front_; }  // of verified trials
  [[nodiscard]] std::int64_t next_id() const { return next_id_; }
  [[nodiscard]] std::int64_t evaluated() const { return static_cast<std::int64_t>(trials_.size()); }
  // Points asked for that no compiler saw, by what ended them.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, std::int64_t>& rejected() const {
    return rejected_;
  }
  // Of the front, below the worst figures of the first batch that had a complete trial; 0 before it.
  [[nodiscard]] double hypervolume() const;
  [[nodiscard]] bool knows(const Point& point) const { return known_.count(point) != 0; }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  const std::vector<Objective>& objectives_;
  std::vector<Trial> trials_;
  std::set<Point> known_;
  Front front_;
  Costs reference_;
  std::map<std::pair<std::string, std::string>, std::int64_t> rejected_;
  std::int64_t next_id_ = 0;
  double seconds_ = 0;
};

struct Watch {
  std::function<bool()> stop;                                         // asked between batches
  std::function<void(const Findings&, double evaluated_per_s)> told;  // after each batch
};

// What one job comes to: repaired where it is asked for, then evaluated.
[[nodiscard]] Work work_of(const Study& study, const Evaluator& evaluator);

// Goes on from `findings` (what the journal holds) until the budget is spent, the method has no more points or `stop`
// says so. The trials of a batch that would be on the front are evaluated again with all orders, as `run` does, before
// they are told: the front holds figures that `run` repeats. The sequence of batches depends on the study alone, not on
// the pool. `accuracies`: where the study has an oracle.
void explore(const Study& study, Findings& findings, Journal& journal, Method& method, Pool& pool, const Watch& watch,
             Accuracies* accuracies = nullptr);

}  // namespace blendsim::explore
