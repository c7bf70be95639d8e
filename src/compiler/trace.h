// SPDX-License-Identifier: Apache-2.0
// What a compilation tells while it runs: the result of one pass, and decisions.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "compiler/compile.h"
#include "compiler/plan.h"

namespace blendsim::compiler {

class Trace {
 public:
  explicit Trace(const CompileOptions& options) : options_(options) {}

  // A decision.
  void say(const std::string& line) {
    if (options_.explain && options_.print) options_.print(line + '\n');
  }
  // The pass is done: its result is kept where it was asked for, in the place of that of an order tried before.
  void after(std::string_view pass, const Plan& plan, const Program& program = {}) {
    if (pass == options_.dump_after) kept_ = dump(pass, plan, program);
  }
  [[nodiscard]] std::string take() { return std::exchange(kept_, {}); }
  void print(const std::string& dumped) {
    if (options_.print && !dumped.empty()) options_.print(dumped);
  }

 private:
  const CompileOptions& options_;
  std::string kept_;
};

}  // namespace blendsim::compiler
