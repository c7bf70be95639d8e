// SPDX-License-Identifier: Apache-2.0
// What stands in a unit's queue as rtl/queue_unit.sv keeps it: the oldest entry in a register (`head`), the others in a
// ring behind it. The head of an empty queue is whatever the ring held, which waves show too.
#pragma once

#include <cstdint>
#include <vector>

namespace blendsim {

class QueueState {
 public:
  // `depth`: entries of the queue, at least 1.
  explicit QueueState(std::int64_t depth) : ring_(static_cast<std::size_t>(depth > 1 ? depth - 1 : 1)) {}

  // What happens in the cycle: an entry (any number that stands for it) enters, the head starts.
  void enter(std::uint32_t entry) { entry_ = entry, enters_ = true; }
  void start() { starts_ = true; }
  // The clock edge that ends the cycle.
  void edge() {
    const bool to_head = count_ == 0 || (count_ == 1 && starts_);
    const std::uint32_t next = ring_[read_];
    if (enters_ && !to_head) ring_[write_] = entry_, write_ = (write_ + 1) % ring_.size();
    if (starts_ && count_ > 1) read_ = (read_ + 1) % ring_.size();
    if (enters_ && to_head) head_ = entry_;
    else if (starts_) head_ = next;
    count_ += (enters_ ? 1 : 0) - (starts_ ? 1 : 0);
    enters_ = starts_ = false;
  }
  // Registers keep what they hold.
  void reset() { read_ = write_ = 0, count_ = 0, enters_ = starts_ = false; }

  [[nodiscard]] std::uint32_t head() const { return head_; }
  [[nodiscard]] int count() const { return count_; }

 private:
  std::vector<std::uint32_t> ring_;
  std::size_t read_ = 0, write_ = 0;
  std::uint32_t head_ = 0, entry_ = 0;
  int count_ = 0;
  bool enters_ = false, starts_ = false;
};

}  // namespace blendsim
