// SPDX-License-Identifier: Apache-2.0
// The critical path: walking back from completion, each cycle of the run belongs to one layer and one unit or to
// dispatch.
//
//   [start of r, T)         r's unit, for the record r that T waited for (a load or store: its whole life)
//   [start of p, start of r) p's unit, where a token, the front or the end (fence) of p released r
//   [start of h, start of r) dispatch in r's layer, where the dispatcher was held by h's queue slot, ...
//   [image begins, start of r) ... or by nothing since the doorbell
// The pieces follow on one another without a gap, so they add up to `cycles`.
#include "result/critical_path.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

// END retires one cycle after the last end, and the completion flag reads 1 one cycle after that.
constexpr Cycles completion_delay = 2;

// Calls piece(CriticalPiece) for each piece, latest first.
template <class Piece>
class Walk {
 public:
  Walk(const Run& run, Piece piece) : run_(run), at_(run.cycles), piece_(std::move(piece)) {
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

  // The piece [from, at_) of a record, or of the first layer where there is none.
  void piece(std::int32_t index, int by, Cycles from) {
    if (from > at_)
      throw InvariantError("critical path", "a release lies after what it released, cycle " + std::to_string(at_));
    if (from < at_) piece_(CriticalPiece{index, index < 0 ? 0 : record(index).layer, by, from, at_});
    at_ = from;
  }

  void back_through(std::int32_t image, Cycles begins) {
    std::int32_t index = last_of_[static_cast<std::size_t>(image)];
    if (index < 0) {
      piece(-1, unit_count, begins);
      return;
    }
    // Only fetched words can make END itself the last to arrive.
    const Cycles retires = record(index).end + completion_delay;
    if (at_ > retires) piece(index, unit_count, retires);
    while (true) {
      const InstructionRecord& r = record(index);
      ++looks_;
      piece(index, blendsim::index(r.unit), r.start);
      if (r.released_by < 0) {
        piece(index, unit_count, begins);
        return;
      }
      if (r.release == Release::dispatch) piece(index, unit_count, record(r.released_by).start);
      index = r.released_by;
    }
  }

  const Run& run_;
  Cycles at_;
  Piece piece_;
  std::vector<std::int32_t> last_of_;  // by image; -1: it has no record
  std::size_t looks_ = 0;
};

}  // namespace

std::size_t find_critical_path(Run& run, std::size_t layers) {
  run.layer_critical_cycles.assign(layers, 0);
  run.layer_critical_by.assign(layers, {});
  return Walk(run,
              [&](const CriticalPiece& piece) {
                const auto layer = static_cast<std::size_t>(piece.layer);
                if (layer >= layers) return;
                run.layer_critical_cycles[layer] += piece.to - piece.from;
                run.layer_critical_by[layer][static_cast<std::size_t>(piece.by)] += piece.to - piece.from;
              })
      .all();
}

std::vector<CriticalPiece> critical_pieces(const Run& run) {
  std::vector<CriticalPiece> pieces;
  Walk(run, [&](const CriticalPiece& piece) { pieces.push_back(piece); }).all();
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

}  // namespace blendsim
