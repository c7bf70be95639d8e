// SPDX-License-Identifier: Apache-2.0
// What pools of workers have in common: jobs are given in chunks, and come back one by one in any order.
#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "explore/wire.h"

namespace blendsim::explore {

// A worker tells what it has done after a chunk, or after this time: fewer messages cost the leader less.
inline constexpr std::chrono::milliseconds tell_every{10};

// One call of Pool::run(). Jobs are named by their places.
struct Round {
  explicit Round(std::span<const Job> its_jobs);

  void finish(std::size_t place, JobEnd end);
  // Jobs behind one that failed change nothing any more.
  [[nodiscard]] bool over() const { return whole == jobs.size() || (failure && whole > failed); }
  // How many jobs a worker is given next, from `next` on; 0: none are left, or one failed. Fewer towards the end, so
  // that no worker has many left when others have none.
  [[nodiscard]] std::size_t chunk(std::size_t workers) const;

  std::span<const Job> jobs;
  std::vector<Trial> trials;
  std::vector<bool> finished;
  std::size_t next = 0;   // the first that no worker has
  std::size_t whole = 0;  // all before it are finished
  std::size_t count = 0;  // finished
  std::exception_ptr failure;
  std::size_t failed = 0;
};

// In a worker: the trial or the failure of `work` as a message behind what `out` has.
void append_end(std::string& out, const Work& work, const Job& job);

}  // namespace blendsim::explore
