// SPDX-License-Identifier: Apache-2.0
// Which part of a run goes into a trace.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "trace/subject.h"

namespace blendsim {

// Numbers first to last, both included.
struct Range {
  std::int64_t first = 0, last = std::numeric_limits<std::int64_t>::max();
  [[nodiscard]] bool all() const { return first == 0 && last == std::numeric_limits<std::int64_t>::max(); }
  [[nodiscard]] bool contains(std::int64_t n) const { return n >= first && n <= last; }
};
// "A..B", "A..", "..B" or "A". Throws DiagnosticError usage; `option` names it.
[[nodiscard]] Range parse_range(const std::string& text, const std::string& option);

struct TraceWindow {
  Range cycles{}, images{};           // of main
  std::vector<std::string> layers{};  // names or patterns with *, ? and [...], any of which; empty: all
};

// "cycles 0..500, layers stage1.*"; empty for all.
[[nodiscard]] std::string window_text(const TraceWindow& window);

// What is asked for, of one program. init belongs to it unless cycles or images are chosen, which are main's.
class Selection {
 public:
  // Throws DiagnosticError usage for a pattern that no layer has.
  Selection(const TraceWindow& window, const TraceSubject& subject);

  [[nodiscard]] bool phase(Phase phase) const { return phase == Phase::main || (cycles_.all() && images_.all()); }
  // The record's image and layer.
  [[nodiscard]] bool record(Phase phase, std::int32_t record) const;
  [[nodiscard]] bool image(std::int32_t image) const { return images_.contains(image); }
  // A stretch [from, to) of cycles touches those asked for.
  [[nodiscard]] bool cycles(Phase phase, Cycles from, Cycles to) const {
    return phase == Phase::init || (from <= cycles_.last && to > cycles_.first);
  }
  [[nodiscard]] bool all_layers() const { return layers_.empty(); }
  [[nodiscard]] bool everything() const { return cycles_.all() && images_.all() && all_layers(); }
  // After this cycle of main nothing is asked for.
  [[nodiscard]] bool over(Phase phase, Cycles at) const { return phase == Phase::main && at > cycles_.last; }

 private:
  const TraceSubject& subject_;
  Range cycles_, images_;
  std::vector<bool> layers_;  // by layer; empty: all
};

}  // namespace blendsim
