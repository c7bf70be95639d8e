// SPDX-License-Identifier: Apache-2.0
// One phase of a recorded run, sorted so that any cycle of it is a lookup.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "result/recording.h"

namespace blendsim::debug {

class Timeline {
 public:
  // `recording` outlives this.
  explicit Timeline(const PhaseRecording& recording);

  // Cycles 0 to end(): in the last one completion reads 1.
  [[nodiscard]] Cycles end() const { return recording_.end; }
  [[nodiscard]] const std::vector<InstructionRecord>& records() const { return recording_.records; }
  [[nodiscard]] const InstructionRecord& record(std::int32_t index) const {
    return recording_.records[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::int32_t images() const { return static_cast<std::int32_t>(recording_.doorbells.size()); }
  [[nodiscard]] Cycles doorbell(std::int32_t image) const {
    return recording_.doorbells[static_cast<std::size_t>(image)];
  }
  [[nodiscard]] Cycles completion(std::int32_t image) const {
    return recording_.completions[static_cast<std::size_t>(image)];
  }
  [[nodiscard]] std::int32_t image(Cycles at) const;  // the last one whose doorbell was rung

  // What the unit's cycle is spent on; nullptr where the phase has none.
  [[nodiscard]] const IntervalEvent* interval(UnitId unit, Cycles at) const;
  [[nodiscard]] std::span<const IntervalEvent> intervals(UnitId unit) const { return of(unit).intervals; }
  [[nodiscard]] std::span<const std::int32_t> instructions(UnitId unit) const { return of(unit).records; }
  // Records that have started and not ended (the cycle of the end included); that are in the queue: oldest first.
  [[nodiscard]] std::span<const std::int32_t> running(UnitId unit, Cycles at) const;
  [[nodiscard]] std::span<const std::int32_t> queued(UnitId unit, Cycles at) const;

  // Posted and not taken; requested and not answered.
  [[nodiscard]] std::vector<const TokenEvent*> tokens(Cycles at) const;
  [[nodiscard]] std::vector<const BurstEvent*> bursts(Cycles at) const;
  // What the dispatcher is at: the next one to enter a queue; nullptr: all have.
  [[nodiscard]] const DispatchEvent* dispatching(Cycles at) const;

  struct OpenRow {
    std::int32_t row = -1;  // -1: closed
    Cycles since = 0;
  };
  [[nodiscard]] OpenRow row(std::size_t channel, std::size_t bank, Cycles at) const;

  // The nearest cycle behind or before `at` in which an instruction starts or ends, or an image begins or is complete.
  [[nodiscard]] std::optional<Cycles> moment_after(Cycles at) const;
  [[nodiscard]] std::optional<Cycles> moment_before(Cycles at) const;
  // The cycles in which an image's first instruction of a layer starts, ascending.
  [[nodiscard]] const std::vector<Cycles>& layer_begins() const { return layer_begins_; }
  // Every record, by start.
  [[nodiscard]] const std::vector<std::int32_t>& by_start() const { return by_start_; }
  // How many of by_start() have started in cycle `at`.
  [[nodiscard]] std::size_t started(Cycles at) const;

 private:
  struct OfUnit {
    std::vector<IntervalEvent> intervals;  // by `from`
    std::vector<std::int32_t> records;     // in order, so by dispatch, start and end too
  };
  [[nodiscard]] const OfUnit& of(UnitId unit) const { return units_[static_cast<std::size_t>(index(unit))]; }
  void sort_tokens();
  void sort_rows();
  void find_moments();

  const PhaseRecording& recording_;
  std::array<OfUnit, unit_count> units_;
  std::vector<std::vector<TokenEvent>> links_;                    // each link's, oldest first
  std::array<std::vector<BurstEvent>, memory_port_count> ports_;  // each port's, oldest first
  std::vector<std::vector<std::vector<OpenRow>>> rows_;           // [channel][bank]
  std::vector<Cycles> moments_, layer_begins_;                    // ascending
  std::vector<std::int32_t> by_start_;
};

}  // namespace blendsim::debug
