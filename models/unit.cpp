// SPDX-License-Identifier: Apache-2.0
#include "models/unit.h"

#include <algorithm>
#include <bit>
#include <string>

#include "base/diagnostic.h"

namespace blendsim {
namespace {

// Calls f(producer) for each link of a mask, lowest first.
template <class F>
void for_each_link(std::uint32_t mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(std::countr_zero(mask));
}

// Rule 9 and design section 6: a wait is named by the producer of the token awaited.
Activity stall_of(TokenKind kind, int producer) {
  if (kind == TokenKind::space) return Activity::stall_downstream;
  return is_memory_unit(static_cast<UnitId>(producer)) ? Activity::stall_memory : Activity::stall_dependency;
}

}  // namespace

QueueUnit::QueueUnit(const sc_core::sc_module_name& name, UnitId id, Context& context, Tokens& tokens,
                     HazardChecker& hazards)
    : sc_module(name), context_(context), id_(id), tokens_(tokens), hazards_(hazards) {
  SC_HAS_PROCESS(QueueUnit);
  SC_METHOD(start);
  sensitive << start_event_;
  dont_initialize();
  tokens_.listen(id, *this);
}

void QueueUnit::reset() {
  start_event_.cancel();
  queue_.clear();
  head_ = finished_ = 0;
  used_ = armed_ = false;
  front_known_ = true;
  front_free_ = busy_until_ = 0;
  last_end_ = -1;
  account_ = {};
}

void QueueUnit::begin_image() {
  used_ = used_ || head_ > 0;
  queue_.clear();
  head_ = finished_ = 0;
}

void QueueUnit::push(std::int32_t record) {
  queue_.push_back(record);
  consider();
}

void QueueUnit::front_is_free(Cycles cycle) {
  front_known_ = true;
  front_free_ = cycle;
  const std::int32_t index = queue_[head_ - 1];
  context_.record(index).front_free = cycle;
  context_.tell([index, cycle] { return FrontFreeEvent{index, cycle}; });
  consider();
}

// Rule 2. The start is final once armed: every term is known, and none of them can still change.
void QueueUnit::consider() {
  if (armed_ || head_ == queue_.size() || !front_known_) return;
  const std::int32_t index = queue_[head_];
  const Synchronisation& sync = context_.synchronisation(index);
  if (sync.fence != 0 && finished_ < head_) return;
  InstructionRecord& record = context_.record(index);
  const std::int32_t previous = head_ == 0 ? -1 : queue_[head_ - 1];
  Cycles start = record.visible;
  Release release = Release::dispatch;
  std::int32_t released_by = record.held_by;
  const auto term = [&](Cycles at, Release why, std::int32_t by) {
    if (at <= start) return;  // ties go to the earlier term
    start = at, release = why, released_by = by;
  };
  term(front_free_, Release::front, previous);
  bool complete = true;
  const auto links = [&](TokenKind kind, std::uint32_t mask, Release why) {
    for_each_link(mask, [&](int producer) {
      const Token* token = tokens_.oldest(kind, producer, id_);
      if (token == nullptr) complete = false;
      else term(token->visible, why, token->record);
    });
  };
  links(TokenKind::data, sync.wait_data, Release::data_token);
  links(TokenKind::space, sync.wait_space, Release::space_token);
  if (!complete) return;
  if (sync.fence != 0) term(last_end_ + 1, Release::fence, previous);
  start += context_.delay(Context::Delay::start, static_cast<std::uint64_t>(index));
  record.release = release;
  record.released_by = released_by;
  armed_ = true;
  context_.notify(start_event_, start);
}

void QueueUnit::start() {
  context_.guard([this] {
    const Cycles now = context_.now();
    const std::int32_t index = queue_[head_];
    InstructionRecord& record = context_.record(index);
    const Instruction& instruction = context_.instruction(index);
    const Synchronisation& sync = context_.synchronisation(index);
    record.start = now;
    account_wait(index, sync);
    take_tokens(index, sync, now);
    ++head_;
    front_known_ = false;
    if (context_.check_hazards) hazards_.started(id_, index, now);
    if (context_.values) {
      // Executing whole at the start equals executing in time: conflicting instructions of two units are ordered by
      // tokens, which are visible after `end` (rules 4 and 6), and of one unit by their order and fences (rule 3); so
      // whatever this one reads was executed at an earlier start, and whatever overwrites it starts later.
      context_.let_upsets_happen(now);
      if (context_.sampler == nullptr) execute(instruction, *context_.machine, *context_.buffers, context_.areas);
      else execute_sampled(record, instruction);
      if (context_.capture != nullptr) context_.capture->after(instruction, *context_.buffers);
      if (context_.events != nullptr) context_.events->executed({index, now, *context_.buffers, context_.areas});
    }
    context_.tell([index, now] { return StartEvent{index, now}; });
    begin(index, instruction, now);
    slots_->slot_freed(id_, index, now);
    armed_ = false;  // not before: what begin() and the others deliver is looked at once
    consider();
  });
}

void QueueUnit::execute_sampled(const InstructionRecord& record, const Instruction& instruction) {
  DistanceMeter* const meter = context_.sampler->meter(record);
  execute(instruction, *context_.machine, *context_.buffers, context_.areas, meter);
  if (meter != nullptr) context_.sampler->take();
}

// The account and whoever listens learn of a stretch in one call: they cannot differ.
inline void QueueUnit::spend(Activity activity, std::int32_t record, std::int32_t waited_for, Cycles from, Cycles to) {
  account_[activity] += to - from;
  context_.tell([=, this] { return IntervalEvent{id_, activity, record, waited_for, from, to}; });
}

// Rule 9 for the gap before a start. The stamps tell each cycle's cause: queue empty until `visible`; then the
// lowest-numbered link whose token was not visible yet, data before space; the rest is the fence's (and in a
// random-stall run the delay's).
void QueueUnit::account_wait(std::int32_t index, const Synchronisation& sync) {
  const InstructionRecord& record = context_.record(index);
  // An earlier instruction whose end is unknown has bursts to come after this cycle: no wait, the unit is busy.
  if (finished_ < head_) return;
  Cycles cursor = std::max(front_free_, busy_until_);
  if (cursor >= record.start) return;  // no gap, the usual case
  const auto until = [&](Cycles stamp, Activity activity, std::int32_t waited_for) {
    const Cycles to = std::min(stamp, record.start);
    if (to <= cursor) return;
    spend(activity, index, waited_for, cursor, to);
    cursor = to;
  };
  until(record.visible, head_ == 0 && !used_ ? Activity::idle : Activity::stall_dispatch, record.held_by);
  const auto links = [&](TokenKind kind, std::uint32_t mask) {
    for_each_link(mask, [&](int producer) {
      const Token& token = *tokens_.oldest(kind, producer, id_);
      until(token.visible, stall_of(kind, producer), token.record);
    });
  };
  links(TokenKind::data, sync.wait_data);
  links(TokenKind::space, sync.wait_space);
  until(record.start, Activity::stall_fence, head_ == 0 ? -1 : queue_[head_ - 1]);
}

void QueueUnit::take_tokens(std::int32_t index, const Synchronisation& sync, Cycles now) {
  if (context_.events != nullptr) [[unlikely]]
    tell_tokens(index, sync, now);
  for_each_link(sync.wait_data, [&](int producer) { tokens_.take(TokenKind::data, producer, id_, now); });
  for_each_link(sync.wait_space, [&](int producer) { tokens_.take(TokenKind::space, producer, id_, now); });
}

void QueueUnit::tell_tokens(std::int32_t index, const Synchronisation& sync, Cycles now) const {
  const auto links = [&](TokenKind kind, std::uint32_t mask) {
    for_each_link(mask, [&](int producer) {
      const Token& token = *tokens_.oldest(kind, producer, id_);
      const Cycles posted = token.visible - context_.machine->dispatcher.token_latency;
      context_.tell([&] {
        return TokenEvent{kind, static_cast<UnitId>(producer), id_, token.record, index, posted, token.visible, now};
      });
    });
  };
  links(TokenKind::data, sync.wait_data);
  links(TokenKind::space, sync.wait_space);
}

void QueueUnit::add_busy(std::int32_t record, Cycles from, Cycles to) {
  from = std::max(from, busy_until_);
  if (to <= from) return;
  spend(Activity::busy, record, -1, from, to);
  busy_until_ = to;
}

void QueueUnit::close(Cycles total) {
  if (total > busy_until_) spend(Activity::idle, -1, -1, busy_until_, total);
}

void QueueUnit::finish(std::int32_t record, Cycles end) {
  if (record != queue_[finished_])
    throw InvariantError(std::string(blendsim::name(id_)), "instructions finish out of order");
  context_.record(record).end = end;
  last_end_ = end;
  ++finished_;
  post_tokens(record, end);
  context_.tell([record, end] { return EndEvent{record, end}; });
  ends_->ended(record, end);
  consider();
}

void QueueUnit::post_tokens(std::int32_t record, Cycles end) {
  const Synchronisation& sync = context_.synchronisation(record);
  const Token token{end + context_.machine->dispatcher.token_latency, record};
  for_each_link(sync.post_data, [&](int c) { tokens_.post(TokenKind::data, id_, static_cast<UnitId>(c), token); });
  for_each_link(sync.post_space, [&](int c) { tokens_.post(TokenKind::space, id_, static_cast<UnitId>(c), token); });
}

UnitCycles QueueUnit::account(Cycles total) const {
  if (account_.total() != total) {
    throw InvariantError(std::string(blendsim::name(id_)), "the account adds up to " +
                                                               std::to_string(account_.total()) + " of " +
                                                               std::to_string(total) + " cycles (rule 9)");
  }
  return account_;
}

std::string QueueUnit::missing() const {
  const Synchronisation& sync = context_.synchronisation(queue_[head_]);
  std::string text;
  const auto links = [&](TokenKind kind, std::uint32_t mask, const char* what) {
    for_each_link(mask, [&](int producer) {
      if (tokens_.oldest(kind, producer, id_) != nullptr) return;
      text += (text.empty() ? "" : ", ") + std::string(what) + " token of " +
              std::string(unit_names[static_cast<std::size_t>(producer)]);
    });
  };
  links(TokenKind::data, sync.wait_data, "data");
  links(TokenKind::space, sync.wait_space, "space");
  if (text.empty()) text = front_known_ ? "its previous instruction's end" : "its front";
  return text;
}

}  // namespace blendsim
