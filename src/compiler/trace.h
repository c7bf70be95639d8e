// SPDX-License-Identifier: Apache-2.0
// What a compilation tells while it runs: the result of one pass, and decisions.
#pragma once

#include <string>
#include <utility>

#include "compiler/compile.h"
#include "compiler/passes.h"

namespace blendsim::compiler {

class Trace {
 public:
  explicit Trace(const CompileOptions& options) : options_(options) {}

  // A decision.
  void say(const std::string& line) {
    if (options_.explain && options_.print) options_.print(line + '\n');
  }
  // The pass is done. Its result is printed where it was asked for; that of tiles or of an order is kept until one is
  // chosen, in the place of that of those tried before.
  void after(const Pass& pass, const Compilation& compilation) {
    if (pass.description.name != options_.dump_after) return;
    kept_ = pass.dump(compilation);
    if (pass.stretch == Stretch::network || pass.stretch == Stretch::program) print(take());
  }
  [[nodiscard]] const std::string& kept() const { return kept_; }
  [[nodiscard]] std::string take() { return std::exchange(kept_, {}); }
  void print(const std::string& dumped) {
    if (options_.print && !dumped.empty()) options_.print(dumped);
  }

 private:
  const CompileOptions& options_;
  std::string kept_;
};

}  // namespace blendsim::compiler
