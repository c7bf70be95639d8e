// SPDX-License-Identifier: Apache-2.0
// What a cycle follows from: the latest of several stamps of the memory's traffic, each with a fixed delay behind it.
// Everything of the accelerator but its memory is of this form (docs/memory_traces.md, "Why a replay is exact").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "units/latest.h"

namespace blendsim {

// A stamp of a node, or the image's doorbell. `request` of a join is the moment that it stands for.
enum class StampKind : std::uint8_t { doorbell, request, grant, last };
struct StampRef {
  StampKind kind = StampKind::doorbell;
  std::int32_t node = -1;
  bool operator==(const StampRef&) const = default;
};

// Why a burst waits for a stamp: what this model's rules call it. Of a join: unspecified.
enum class WaitCause : std::uint8_t { unspecified, start, slot, grant, data, room };

struct Wait {
  StampRef stamp;
  Cycles plus = 0;
  WaitCause cause = WaitCause::unspecified;
  bool operator==(const Wait&) const = default;
};

// The latest of its terms; without terms, before everything.
class Moment {
 public:
  Moment() = default;
  Moment(StampRef stamp, Cycles plus) : terms_{{stamp, plus, WaitCause::unspecified}} {}
  explicit Moment(std::vector<Wait> terms) : terms_(std::move(terms)) {}

  [[nodiscard]] std::span<const Wait> terms() const { return terms_; }
  Moment& operator+=(Cycles delay) {
    for (Wait& term : terms_) term.plus += delay;
    return *this;
  }
  void add(const Wait& term);  // of terms of one stamp the latest stays

 private:
  std::vector<Wait> terms_;
};

[[nodiscard]] inline Moment operator+(Moment moment, Cycles delay) { return moment += delay; }
[[nodiscard]] inline Moment operator-(Moment moment, Cycles delay) { return moment += -delay; }
[[nodiscard]] Moment latest(const Moment& a, const Moment& b);

}  // namespace blendsim
