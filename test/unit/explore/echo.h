// SPDX-License-Identifier: Apache-2.0
// Jobs, and work of which a test knows the trials.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "explore/pool.h"

namespace blendsim::explore::test {

// With ids from 1000 on.
inline std::vector<Job> some_jobs(std::size_t count) {
  std::vector<Job> out(count);
  for (std::size_t j = 0; j < count; ++j) {
    out[j].id = 1000 + static_cast<std::int64_t>(j);
    for (std::size_t d = 0; d < j % 50; ++d) out[j].point.push_back(static_cast<std::uint8_t>(j + 3 * d));
    out[j].repair = j % 3 == 0;
    out[j].effort = j % 5 == 0 ? Effort::all_orders : Effort::first_order;
  }
  return out;
}

// All that a job says, somewhere in its trial.
inline Trial echo(const Job& job) {
  Trial out;
  out.id = job.id;
  out.point = job.point;
  out.verified = job.effort == Effort::all_orders;
  out.outcome.stage = static_cast<DesignStage>(job.id % 5);
  out.outcome.code = job.repair ? "does-not-fit" : "";
  out.outcome.subject = std::string(job.point.begin(), job.point.end());
  out.outcome.violation = 1.0 / static_cast<double>(job.id);
  out.outcome.figures = {std::numeric_limits<double>::quiet_NaN(), std::sqrt(static_cast<double>(job.id))};
  out.outcome.figures.resize(job.id % 4);
  return out;
}

inline std::string text(const Trial& t) {
  return fmt::format("{} [{}] {} {} '{}' '{}' {} [{}]", t.id, std::string(t.point.begin(), t.point.end()), t.verified,
                     name(t.outcome.stage), t.outcome.code, t.outcome.subject, t.outcome.violation,
                     fmt::join(t.outcome.figures, " "));
}

inline std::vector<std::string> texts(const std::vector<Trial>& trials) {
  std::vector<std::string> out;
  for (const Trial& t : trials) out.push_back(text(t));
  return out;
}

inline std::vector<std::string> echoed(const std::vector<Job>& jobs) {
  std::vector<std::string> out;
  for (const Job& job : jobs) out.push_back(text(echo(job)));
  return out;
}

// Work that says which process did it.
inline Trial signed_work(const Job& job) {
  Trial out = echo(job);
  out.outcome.figures = {static_cast<double>(::getpid())};
  return out;
}

inline std::set<pid_t> signatures(const std::vector<Trial>& trials) {
  std::set<pid_t> out;
  for (const Trial& t : trials) out.insert(static_cast<pid_t>(t.outcome.figures.at(0)));
  return out;
}

// A job's work that takes a while, the later ones less.
inline void take_a_while(const Job& job) {
  std::this_thread::sleep_for(std::chrono::microseconds(3000 - std::min<std::int64_t>(3000, (job.id - 1000) * 40)));
}

}  // namespace blendsim::explore::test
