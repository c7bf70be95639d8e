// SPDX-License-Identifier: Apache-2.0
// The critical path: walking back from completion, each cycle of the run belongs to one layer and one unit or to
// dispatch.
//
//   [start of r, T)         r's unit, for the record r that T waited for (a load or store: its whole life)
//   [start of p, start of r) p's unit, where a token, the front or the end (fence) of p released r
//   [start of h, start of r) dispatch in r's layer, where the dispatcher was held by h's queue slot, ...
//   [image begins, start of r) ... or by nothing since the doorbell
// The pieces follow on one another without a gap, so they add up to `cycles`.
#include <string>

#include "base/diagnostic.h"
#include "result/run.h"

namespace blendsim {
namespace {

// END retires one cycle after the last end, and the completion flag reads 1 one cycle after that.
constexpr Cycles completion_delay = 2;

class Walk {
 public:
  Walk(Run& run, std::size_t layers) : run_(run), at_(run.cycles) {
    run_.layer_critical_cycles.assign(layers, 0);
    run_.layer_critical_by.assign(layers, {});
    // Of each image the record that ends last, in one pass: a batch may have as many images as records.
    last_of_.assign(run_.completions.size(), -1);
    for (std::size_t i = 0; i < run_.records.size(); ++i, ++looks_) {
      std::int32_t& last = last_of_.at(static_cast<std::size_t>(run_.records[i].image));
      if (last < 0 || run_.records[i].end > record(last).end) last = static_cast<std::int32_t>(i);
    }
  }

  // Records looked at.
  std::size_t all() {
    for (std::size_t image = run_.completions.size(); image-- > 0;) {
      back_through(static_cast<std::int32_t>(image), image == 0 ? 0 : run_.completions[image - 1]);
    }
    if (at_ != 0) throw InvariantError("critical path", "the pieces leave " + std::to_string(at_) + " cycles over");
    return looks_;
  }

 private:
  [[nodiscard]] const InstructionRecord& record(std::int32_t index) const {
    return run_.records[static_cast<std::size_t>(index)];
  }

  // The piece [from, at_).
  void piece(std::int32_t layer, int by, Cycles from) {
    if (from > at_)
      throw InvariantError("critical path", "a release lies after what it released, cycle " + std::to_string(at_));
    if (static_cast<std::size_t>(layer) < run_.layer_critical_cycles.size()) {
      run_.layer_critical_cycles[static_cast<std::size_t>(layer)] += at_ - from;
      run_.layer_critical_by[static_cast<std::size_t>(layer)][static_cast<std::size_t>(by)] += at_ - from;
    }
    at_ = from;
  }

  void back_through(std::int32_t image, Cycles begins) {
    std::int32_t index = last_of_[static_cast<std::size_t>(image)];
    if (index < 0) {
      piece(0, unit_count, begins);
      return;
    }
    // Only fetched words can make END itself the last to arrive.
    const Cycles retires = record(index).end + completion_delay;
    if (at_ > retires) piece(record(index).layer, unit_count, retires);
    while (true) {
      const InstructionRecord& r = record(index);
      ++looks_;
      piece(r.layer, blendsim::index(r.unit), r.start);
      if (r.released_by < 0) {
        piece(r.layer, unit_count, begins);
        return;
      }
      if (r.release == Release::dispatch) piece(r.layer, unit_count, record(r.released_by).start);
      index = r.released_by;
    }
  }

  Run& run_;
  Cycles at_;
  std::vector<std::int32_t> last_of_;  // by image; -1: it has no record
  std::size_t looks_ = 0;
};

}  // namespace

std::size_t find_critical_path(Run& run, std::size_t layers) { return Walk(run, layers).all(); }

}  // namespace blendsim
