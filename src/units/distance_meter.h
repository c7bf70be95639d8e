// SPDX-License-Identifier: Apache-2.0
// What a unit's execute() is given where the distances of its instruction are measured.
#pragma once

#include <cstdint>
#include <map>

#include "base/aligned_vector.h"
#include "units/distances.h"
#include "units/operand_distances.h"

namespace blendsim {

class DistanceMeter {
 public:
  // What of an instruction's distances is not a matter of the values that it reads, kept from one execution to the
  // next.
  struct Memo {
    const OperandDistances* operands = nullptr;  // of the meter that it was given to
    bool knows_weights = false;
    std::uint64_t constant_changes = 0;  // of the buffers, when they were looked at
    std::int64_t weights = 0;
  };

  // The distances of the next instruction, from 0; `range`: those of its unit.
  void begin(const DistanceRange& range, Memo& memo) {
    memo_ = &memo;
    for (std::size_t d = range.first; d < range.end; ++d) distances_.sums[d] = {};
  }
  [[nodiscard]] const Distances& distances() const { return distances_; }

  void add(Distance distance, std::int64_t bits, std::int64_t words, std::int64_t width) {
    if (words > 0) distances_[distance] += {bits, words, words * width};
  }

  // How the instruction's operands meet; make() says what they are, the first time.
  template <class Make>
  [[nodiscard]] const OperandDistances& operands(const Make& make) {
    if (memo_->operands == nullptr) {
      const OperandSteps steps = make();
      memo_->operands = &operands_.try_emplace(steps, steps).first->second;
    }
    return *memo_->operands;
  }
  // Distances of the weight words, which hold while no constant changes.
  template <class Find>
  [[nodiscard]] std::int64_t weights(std::uint64_t constant_changes, const Find& find) {
    if (!memo_->knows_weights || memo_->constant_changes != constant_changes) {
      memo_->weights = find();
      memo_->constant_changes = constant_changes;
      memo_->knows_weights = true;
    }
    return memo_->weights;
  }
  // Room in which words are laid one after the other.
  [[nodiscard]] std::uint8_t* room(std::size_t bytes) {
    if (room_.size() < bytes) room_.resize(bytes);
    return room_.data();
  }

 private:
  Memo* memo_ = nullptr;
  Distances distances_;
  std::map<OperandSteps, OperandDistances> operands_;  // most instructions of a layer have one in common
  AlignedVector<std::uint8_t> room_;
};

}  // namespace blendsim
