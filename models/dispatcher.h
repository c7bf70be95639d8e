// SPDX-License-Identifier: Apache-2.0
// The dispatcher in time (rule 5): reads instruction words, decodes them and fills the units' queues, in program order.
//
// Dispatch is computed ahead as time stamps: the module acts only when a slot that it waits for becomes free, when
// words arrive and when it may request some. Parameters: decode, queue_depth, prefetch (DispatcherParameters),
// load.burst (length of a fetch burst). Socket: fetch (initiator).
#pragma once

#include <array>
#include <systemc>
#include <vector>

#include "models/burst_port.h"
#include "models/context.h"
#include "models/unit.h"
#include "units/dispatcher/law.h"

namespace blendsim {

class Dispatcher : public sc_core::sc_module, public SlotListener, private BurstListener {
 public:
  // Who learns that END left the dispatcher.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void end_dispatched(Cycles cycle) = 0;
  };

  Dispatcher(const sc_core::sc_module_name& name, Context& context, std::array<QueueUnit*, unit_count> units);
  void connect(Listener& listener) { listener_ = &listener; }
  template <class Target>
  void bind(Target& target) {
    port_.socket.bind(target);
  }

  // `resident`: the words are on chip; else they lie at physical `address`.
  void reset(bool resident, std::uint64_t address);
  // The words may be read from cycle `first` on; the image's records begin at `first_record`.
  void go(Cycles first, std::int32_t first_record);
  void slot_freed(UnitId unit, std::int32_t record, Cycles start) override;
  [[nodiscard]] std::int64_t fetched_bursts() const { return fetched_bursts_; }

 private:
  void granted() override { schedule_fetch(); }
  void responded(const BurstExtension& burst, Cycles last) override;
  // The cycles in which a word is read and leaves the pipeline.
  struct Passage {
    Cycles read, written;
  };
  void advance();
  [[nodiscard]] Passage last_passage() const {
    return words_written_ == 0 ? Passage{first_ - 1, 0}
                               : Passage{read_[words_written_ - 1], written_[words_written_ - 1]};
  }
  [[nodiscard]] Cycles next_read(std::size_t word, Cycles previous_read, Cycles decode) const {
    const auto registers = static_cast<std::size_t>(decode);
    return read_cycle(available_[word], previous_read, word < registers ? 0 : written_[word - registers]);
  }
  void pass_words(std::size_t end);
  [[nodiscard]] bool pass_last_word(std::size_t word);
  void read_ahead();
  void enter_queue(std::int32_t instruction, Cycles written);
  void schedule_fetch();
  void fetch();  // the process

  Context& context_;
  std::array<QueueUnit*, unit_count> units_;
  Listener* listener_ = nullptr;
  BurstPort port_;
  sc_core::sc_event fetch_event_;

  bool resident_ = true;
  std::uint64_t address_ = 0;
  Cycles first_ = 0;
  std::int32_t first_record_ = 0;
  std::int32_t held_by_ = -1;                       // record whose start freed the slot that held the dispatcher last
  std::vector<Cycles> available_, read_, written_;  // by word of the image, and of how many words they are known
  std::size_t arrived_ = 0, words_read_ = 0, words_written_ = 0, next_instruction_ = 0;
  std::array<std::vector<std::int32_t>, unit_count> started_;  // records, in order
  std::array<std::size_t, unit_count> entered_{};
  bool blocked_ = false;  // on the slot of units_[blocked_on_]
  std::size_t blocked_on_ = 0;

  std::size_t next_fetch_ = 0;          // first word not requested
  std::vector<std::size_t> in_flight_;  // words of each burst requested, oldest first
  bool armed_fetch_ = false;
  std::int64_t fetched_bursts_ = 0;
};

}  // namespace blendsim
