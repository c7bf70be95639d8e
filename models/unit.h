// SPDX-License-Identifier: Apache-2.0
// The one in-order engine that all queue units share (rules 2 to 4 and 9).
//
// Everything that decides a start is a time stamp: the entry's visibility, the front, the end before (fence), the
// tokens. Whoever learns one delivers it; when all are known, start = their latest, and the unit sleeps until then. By
// rule 1 every stamp lies after the cycle in which it is delivered, so the start is in the future too: one activation
// each.
#pragma once

#include <systemc>
#include <vector>

#include "models/context.h"
#include "models/hazard.h"
#include "models/tokens.h"

namespace blendsim {

// Who wants to know of starts (the dispatcher: a queue slot is free) and ends (control: completion).
class SlotListener {
 public:
  virtual ~SlotListener() = default;
  virtual void slot_freed(UnitId unit, std::int32_t record, Cycles start) = 0;
};
class EndListener {
 public:
  virtual ~EndListener() = default;
  virtual void ended(std::int32_t record, Cycles end) = 0;
};

class QueueUnit : public sc_core::sc_module, public TokenListener {
 public:
  QueueUnit(const sc_core::sc_module_name& name, UnitId id, Context& context, Tokens& tokens, HazardChecker& hazards);
  void connect(SlotListener& slots, EndListener& ends) { slots_ = &slots, ends_ = &ends; }

  virtual void reset();
  // Everything of the image before has ended: images share no cycle, and what is kept of one is forgotten.
  void begin_image();
  // The dispatcher's entry; the record's `visible` is set and lies in the future.
  void push(std::int32_t record);
  void token_posted() override { consider(); }

  // The phase is over in cycle `total`: what is left of it was idle.
  void close(Cycles total);
  // The account of [0, total), once it is closed. Throws InvariantError when it does not add up.
  [[nodiscard]] UnitCycles account(Cycles total) const;
  // The record at the queue's head that has not started, or -1; and what it still misses, in words.
  [[nodiscard]] std::int32_t waiting() const { return head_ < queue_.size() ? queue_[head_] : -1; }
  [[nodiscard]] std::string missing() const;

 protected:
  // What is the unit's own: begins `record` in this cycle. Says in time front_is_free() once and finish() once.
  virtual void begin(std::int32_t record, const Instruction& instruction, Cycles start) = 0;
  // The next instruction may start at `cycle`.
  void front_is_free(Cycles cycle);
  // The oldest unfinished instruction's last cycle (rules 3 and 7). busy [from, to) is added to the account.
  void finish(std::int32_t record, Cycles end);
  void add_busy(std::int32_t record, Cycles from, Cycles to);
  [[nodiscard]] UnitId id() const { return id_; }

  Context& context_;

 private:
  void consider();  // are all terms of the head's start known?
  void start();     // the process
  void execute_sampled(const InstructionRecord& record, const Instruction& instruction);
  void account_wait(std::int32_t index, const Synchronisation& sync);
  void take_tokens(std::int32_t index, const Synchronisation& sync, Cycles now);
  void tell_tokens(std::int32_t index, const Synchronisation& sync, Cycles now) const;
  void spend(Activity activity, std::int32_t record, std::int32_t waited_for, Cycles from, Cycles to);
  void post_tokens(std::int32_t record, Cycles end);

  UnitId id_;
  Tokens& tokens_;
  HazardChecker& hazards_;
  SlotListener* slots_ = nullptr;
  EndListener* ends_ = nullptr;
  sc_core::sc_event start_event_;

  std::vector<std::int32_t> queue_;  // every record of the image that was pushed, in order
  std::size_t head_ = 0;             // first that has not started
  std::size_t finished_ = 0;         // those whose end is known
  bool used_ = false;                // in an image before
  bool armed_ = false;               // start_event_ is notified for the head, or start() runs
  bool front_known_ = true;
  Cycles front_free_ = 0;
  Cycles last_end_ = -1;  // of the last finished one
  Cycles busy_until_ = 0;
  UnitCycles account_;
};

}  // namespace blendsim
