// SPDX-License-Identifier: Apache-2.0
#include "explore/round.h"

#include <algorithm>
#include <utility>

namespace blendsim::explore {

Round::Round(std::span<const Job> its_jobs)
    : jobs(its_jobs), trials(its_jobs.size()), finished(its_jobs.size(), false) {}

void Round::finish(std::size_t place, JobEnd end) {
  finished[place] = true;
  ++count;
  if (!end.failure) trials[place] = std::move(end.trial);
  else if (!failure || place < failed) {
    failure = end.failure;
    failed = place;
  }
  while (whole < jobs.size() && finished[whole]) ++whole;
}

std::size_t Round::chunk(std::size_t workers) const {
  constexpr std::size_t largest = 64;  // jobs
  const std::size_t left = jobs.size() - next;
  if (left == 0 || failure) return 0;
  return std::clamp(left / (2 * workers), std::size_t{1}, largest);
}

void append_end(std::string& out, const Work& work, const Job& job) {
  try {
    append_trial(out, work(job));
  } catch (...) {
    append_failure(out, std::current_exception());
  }
}

}  // namespace blendsim::explore
