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
// `workers` processes, at least one, forked from this one (SystemC elaborates one machine a process), which end with
// it. They do not hear SIGINT and SIGTERM: what these mean the leader decides. A worker that dies is started again for
// its jobs; when it dies twice without a trial in between, DiagnosticError worker-died names the job. Where run()
// throws, workers that are at work are ended; the next run() starts new ones. Exceptions of `work` other than
// DiagnosticError and InvariantError arrive as std::runtime_error. To be made and run in a thread that lasts as long as
// the pool.
[[nodiscard]] std::unique_ptr<Pool> fork_pool(std::size_t workers, Work work);

}  // namespace blendsim::explore
