// SPDX-License-Identifier: Apache-2.0
// Between the machine, which learns of some events before they happen, and the consumers, who hear of them in order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "result/events.h"

namespace blendsim {

class EventStream {
 public:
  // The consumers outlive the stream.
  explicit EventStream(std::span<EventConsumer* const> consumers) : consumers_(consumers.begin(), consumers.end()) {}

  // A phase begins whose records are these, which stay where they are until end().
  void begin(Phase phase, std::int32_t images, std::span<const InstructionRecord> records);
  // The next image begins in cycle `now`, and its records, whose first has the index `first`, lie where the phase's
  // lay: what is told of the image before is delivered first.
  void begin_image(std::int32_t first, Cycles now);
  // An event that the machine learns in cycle `now`: its own cycle is that or a later one. Whatever lies before `now`
  // is delivered first. Throws InvariantError for an event that comes too late to be in order.
  void emit(const Event& event, Cycles now);
  // An instruction executed in this cycle; not delayed.
  void executed(const ExecuteEvent& event);
  // A bit is about to flip; not delayed.
  void upset(const UpsetEvent& event);
  // The phase is over in cycle `end`: delivers the rest.
  void end(Cycles end);
  // The run failed in cycle `now`: delivers what had happened by then. What a consumer throws here is dropped, since
  // the failure is the one to tell of.
  void stop(Cycles now) noexcept;

 private:
  // Waits until its cycle has come. `number`: in which order the machine learnt them.
  struct Waiting {
    Cycles at = 0;
    std::uint64_t number = 0;
    Event event;
    [[nodiscard]] bool operator>(const Waiting& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };
  void deliver_before(Cycles cycle);
  void deliver(const Event& event);

  std::vector<EventConsumer*> consumers_;
  [[nodiscard]] const InstructionRecord& record(std::int32_t index) const {
    return records_[static_cast<std::size_t>(index - first_)];
  }

  std::span<const InstructionRecord> records_;
  std::int32_t first_ = 0;  // index of records_.front()
  Phase phase_ = Phase::main;
  std::vector<Waiting> waiting_;  // a heap, earliest first
  std::uint64_t next_number_ = 0;
  Cycles delivered_ = 0;  // everything before this cycle is out
};

}  // namespace blendsim
