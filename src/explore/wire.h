// SPDX-License-Identifier: Apache-2.0
// Jobs and what they come to as messages between processes of one program on hosts of one kind: in the host's byte
// order, each with its size before it.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "explore/pool.h"

namespace blendsim::explore {

// What becomes of a job: its trial or, with `failure`, what `work` threw.
struct JobEnd {
  Trial trial;
  std::exception_ptr failure;
};

// One message each, behind what `out` has.
void append_jobs(std::string& out, std::span<const Job> jobs);
void append_trial(std::string& out, const Trial& trial);
// A DiagnosticError or InvariantError arrives as what it is, another exception as a std::runtime_error with its text.
void append_failure(std::string& out, const std::exception_ptr& failure);

// The first message of `in`, without its size, if all of it has come; taken from `in`.
[[nodiscard]] std::optional<std::string_view> take_message(std::string_view& in);
// Throw InvariantError when the message is not what the function reads.
[[nodiscard]] std::vector<Job> read_jobs(std::string_view message);
[[nodiscard]] JobEnd read_job_end(std::string_view message);

}  // namespace blendsim::explore
