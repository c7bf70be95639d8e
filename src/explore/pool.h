// SPDX-License-Identifier: Apache-2.0
// Who evaluates: this process, or workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "explore/trial.h"

namespace blendsim::explore {

struct Job {
  std::int64_t id = 0;
  Point point;
  bool repair = false;
  Effort effort = Effort::first_order;
};

// What a job comes to; a function of the job alone.
using Work = std::function<Trial(const Job&)>;

class Pool {
 public:
  virtual ~Pool() = default;
  // The trials of the jobs, in the jobs' order. Throws what `work` threw first, in the jobs' order. `done`, where it is
  // given, hears now and then how many are finished.
  [[nodiscard]] virtual std::vector<Trial> run(std::span<const Job> jobs,
                                               const std::function<void(std::size_t)>& done) = 0;
};

// In this process.
[[nodiscard]] std::unique_ptr<Pool> local_pool(Work work);
// `workers` processes forked from this one (SystemC elaborates one machine a process), which end with it. A worker that
// dies is started again once for its jobs; then DiagnosticError worker-died names the job.
[[nodiscard]] std::unique_ptr<Pool> fork_pool(std::size_t workers, Work work);

}  // namespace blendsim::explore
