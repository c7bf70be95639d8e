// SPDX-License-Identifier: Apache-2.0
#include "result/event_stream.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;  // clang 14 deduces no aggregate's

}  // namespace

Cycles order_cycle(const Event& event) {
  return std::visit(Overloaded{[](const DispatchEvent& e) { return e.written; },
                               [](const IntervalEvent& e) { return e.to; }, [](const TokenEvent& e) { return e.taken; },
                               [](const BurstEvent& e) { return e.last_beat; }, [](const auto& e) { return e.at; }},
                    event);
}

void EventStream::begin(Phase phase, std::int32_t images, std::span<const InstructionRecord> records) {
  phase_ = phase;
  records_ = records;
  first_ = 0;
  waiting_.clear();
  next_number_ = 0;
  delivered_ = 0;
  deliver(PhaseEvent{PhaseEvent::Kind::begin, phase, 0, images, 0});
}

void EventStream::begin_image(std::int32_t first, Cycles now) {
  deliver_before(now);
  first_ = first;
}

void EventStream::emit(const Event& event, Cycles now) {
  // What a gap was spent on is known with the start that ends it, a refresh with the next burst: in this cycle.
  const bool late = std::holds_alternative<IntervalEvent>(event) || std::holds_alternative<RowEvent>(event);
  const Cycles at = late ? std::max(order_cycle(event), now) : order_cycle(event);
  deliver_before(now);
  if (at < delivered_) {
    throw InvariantError("event stream", "an event of cycle " + std::to_string(at) + " is told after cycle " +
                                             std::to_string(delivered_) + " was over");
  }
  waiting_.push_back({at, next_number_++, event});
  std::push_heap(waiting_.begin(), waiting_.end(), std::greater<>{});
}

void EventStream::executed(const ExecuteEvent& event) {
  const InstructionRecord& executed = record(event.record);
  for (EventConsumer* consumer : consumers_) consumer->on_execute(event, executed);
}

void EventStream::upset(const UpsetEvent& event) {
  for (EventConsumer* consumer : consumers_) consumer->on_upset(event);
}

void EventStream::end(Cycles end) {
  deliver_before(std::numeric_limits<Cycles>::max());
  deliver(PhaseEvent{PhaseEvent::Kind::end, phase_, 0, 1, end});
}

void EventStream::stop(Cycles now) noexcept {
  try {
    deliver_before(now + 1);
  } catch (...) {  // the run has failed already
  }
}

void EventStream::deliver_before(Cycles cycle) {
  while (!waiting_.empty() && waiting_.front().at < cycle) {
    std::pop_heap(waiting_.begin(), waiting_.end(), std::greater<>{});
    const Event event = waiting_.back().event;
    waiting_.pop_back();
    deliver(event);
  }
  delivered_ = std::max(delivered_, cycle);
}

void EventStream::deliver(const Event& event) {
  for (EventConsumer* consumer : consumers_) {
    std::visit(Overloaded{[&](PhaseEvent e) {
                            e.phase = phase_;
                            consumer->on_phase(e);
                          },
                          [&](const DispatchEvent& e) { consumer->on_dispatch(e, record(e.record)); },
                          [&](const IntervalEvent& e) { consumer->on_interval(e); },
                          [&](const TokenEvent& e) { consumer->on_token(e); },
                          [&](const StartEvent& e) { consumer->on_start(e.record, record(e.record)); },
                          [&](const FrontFreeEvent& e) { consumer->on_front_free(e.record, record(e.record)); },
                          [&](const EndEvent& e) { consumer->on_end(e.record, record(e.record)); },
                          [&](const BurstEvent& e) { consumer->on_burst(e); },
                          [&](const RowEvent& e) { consumer->on_row(e); }},
               event);
  }
}

}  // namespace blendsim
