// SPDX-License-Identifier: Apache-2.0
// Counters of a trace for Perfetto: the bits that each buffer holds over main, worked out image by image.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "trace/occupancy.h"
#include "trace/perfetto_writer.h"
#include "trace/selection.h"

namespace blendsim {

class PerfettoOccupancy {
 public:
  // Changes within `cycles` are written, and what is held when they begin. All three outlive the object, but `cycles`.
  PerfettoOccupancy(PerfettoWriter& writer, const TraceSubject& subject, const Range& cycles)
      : writer_(writer), subject_(subject), cycles_(cycles) {}

  // An instruction of the image that runs, in any order.
  void take(std::int32_t record, const InstructionRecord& stamps) {
    taken_.push_back({record, stamps.start, stamps.end});
  }
  // How many were taken of it.
  [[nodiscard]] std::int64_t taken() const { return static_cast<std::int64_t>(taken_.size()); }
  // Writes what the image held, if all its instructions were taken: half of them would show words as free that the
  // others read. `process`: main's.
  void image_complete(PerfettoWriter::Track process, Cycles end);
  // No image follows.
  void finish(PerfettoWriter::Track process);

 private:
  struct Taken {
    std::int32_t record = 0;
    Cycles start = 0, end = 0;
  };
  struct Counter {
    PerfettoWriter::Track track = 0;  // 0: not used yet
    std::int64_t written = 0;
    std::optional<HeldBits> next;  // unless the next image changes it in the same cycle
  };
  [[nodiscard]] Occupancy find(Cycles begin, Cycles end);  // orders taken_
  void change(PerfettoWriter::Track process, std::size_t buffer, HeldBits held);

  PerfettoWriter& writer_;
  const TraceSubject& subject_;
  Range cycles_;
  std::vector<Taken> taken_;
  std::array<Counter, buffer_count> counters_{};
  Cycles begin_ = 0;  // of the image: the one before was complete
};

}  // namespace blendsim
