// SPDX-License-Identifier: Apache-2.0
#include "models/dispatcher.h"

#include <algorithm>

namespace blendsim {
namespace {

constexpr std::size_t word_bytes = sizeof(Word);
constexpr Cycles never_held = -1;

}  // namespace

Dispatcher::Dispatcher(const sc_core::sc_module_name& name, Context& context, std::array<QueueUnit*, unit_count> units)
    : sc_module(name), context_(context), units_(units), port_("memory_port", MemoryPort::fetch, context, *this) {
  SC_HAS_PROCESS(Dispatcher);
  SC_METHOD(fetch);
  sensitive << fetch_event_;
  dont_initialize();
}

void Dispatcher::reset(bool resident, std::uint64_t address) {
  fetch_event_.cancel();
  port_.reset();
  resident_ = resident;
  address_ = address;
  in_flight_.clear();
  armed_fetch_ = blocked_ = false;
  fetched_bursts_ = 0;
}

void Dispatcher::go(Cycles first, std::int32_t first_record) {
  first_ = first;
  first_record_ = first_record;
  held_by_ = -1;
  for (auto& started : started_) started.clear();  // the queues are empty: the image before has ended
  entered_ = {};
  next_fetch_ = 0;
  const std::size_t words = context_.program->word_count();
  available_.assign(words, first);
  arrived_ = resident_ ? words : 0;
  read_.resize(words);
  written_.resize(words);
  words_read_ = words_written_ = next_instruction_ = 0;
  advance();
}

void Dispatcher::slot_freed(UnitId unit, std::int32_t record, Cycles) {
  started_[static_cast<std::size_t>(unit)].push_back(record);
  if (blocked_ && blocked_on_ == static_cast<std::size_t>(unit)) advance();
}

// Every stamp computed here lies after this cycle: words arrive and slots are freed in the future or in this cycle, and
// reading and writing them takes a cycle more (rule 1).
void Dispatcher::advance() {
  blocked_ = false;
  const std::vector<std::size_t>& last_words = context_.program->last_words;
  while (next_instruction_ < last_words.size()) {
    const std::size_t last = last_words[next_instruction_];
    pass_words(std::min(last, arrived_));
    if (last >= arrived_ || !pass_last_word(last)) break;
  }
  if (resident_) return;
  read_ahead();
  schedule_fetch();
}

// Words up to `end`, none of them an instruction's last: they wait for nothing but their turn.
void Dispatcher::pass_words(std::size_t end) {
  const Cycles decode = context_.machine->dispatcher.decode;
  auto [read, written] = last_passage();
  for (std::size_t word = words_written_; word < end; ++word) {
    read = next_read(word, read, decode);
    written = write_cycle(read, decode, written, never_held);
    read_[word] = read;
    written_[word] = written;
  }
  words_written_ = std::max(words_written_, end);
}

// False: the queue is full.
bool Dispatcher::pass_last_word(std::size_t word) {
  const bool end = word + 1 == written_.size();
  const auto instruction = static_cast<std::int32_t>(next_instruction_);
  Cycles slot_freed = never_held;
  std::int32_t holder = -1;
  if (!end) {
    const auto unit = static_cast<std::size_t>(context_.record(first_record_ + instruction).unit);
    const auto depth = static_cast<std::size_t>(context_.machine->dispatcher.queue_depth);
    if (entered_[unit] >= depth) {
      const std::size_t leaves = entered_[unit] - depth;
      if (leaves >= started_[unit].size()) {
        blocked_ = true;
        blocked_on_ = unit;
        return false;
      }
      holder = started_[unit][leaves];
      slot_freed = context_.record(holder).start;
    }
  }
  const Cycles decode = context_.machine->dispatcher.decode;
  const Passage before = last_passage();
  const Cycles read = next_read(word, before.read, decode);
  const Cycles written = write_cycle(read, decode, before.written, slot_freed);
  const Cycles held = written - write_cycle(read, decode, before.written, never_held);
  if (held > 0) held_by_ = holder;
  read_[word] = read;
  written_[word] = written;
  words_written_ = word + 1;
  ++next_instruction_;
  if (end) {
    listener_->end_dispatched(written);
  } else {
    context_.tell([&] {
      return DispatchEvent{first_record_ + instruction, available_[word], read, written, held, held > 0 ? holder : -1};
    });
    enter_queue(instruction, written);
  }
  return true;
}

// The words behind the last one written find room in the `decode` registers; what they leave behind in the FIFO may be
// fetched.
void Dispatcher::read_ahead() {
  const Cycles decode = context_.machine->dispatcher.decode;
  const std::size_t end = std::min(arrived_, words_written_ + static_cast<std::size_t>(decode));
  Cycles read = last_passage().read;
  for (words_read_ = words_written_; words_read_ < end; ++words_read_) {
    read = next_read(words_read_, read, decode);
    read_[words_read_] = read;
  }
}

void Dispatcher::enter_queue(std::int32_t instruction, Cycles written) {
  const std::int32_t index = first_record_ + instruction;
  InstructionRecord& record = context_.record(index);
  record.visible = written + 1;
  record.held_by = held_by_;
  const auto unit = static_cast<std::size_t>(record.unit);
  ++entered_[unit];
  units_[unit]->push(index);
}

// A burst is requested when all of it fits the FIFO: a word read in cycle r has left from r+1.
void Dispatcher::schedule_fetch() {
  const std::size_t words = context_.program->word_count();
  if (armed_fetch_ || next_fetch_ >= words || !port_.may_request()) return;
  const MachineParameters& machine = *context_.machine;
  const auto burst =
      static_cast<std::size_t>(fetch_words(machine.load.burst, machine.memory.port_width, machine.dispatcher.prefetch));
  const std::size_t after = std::min(next_fetch_ + burst, words);
  Cycles at = std::max(first_, port_.granted_at());
  const auto capacity = std::max(static_cast<std::size_t>(machine.dispatcher.prefetch), burst);
  if (after > capacity) {
    const std::size_t leaves = after - capacity - 1;
    if (leaves >= words_read_) return;
    at = std::max(at, read_[leaves] + 1);
  }
  armed_fetch_ = true;
  context_.notify(fetch_event_, at);
}

void Dispatcher::fetch() {
  context_.guard([this] {
    armed_fetch_ = false;
    const MachineParameters& machine = *context_.machine;
    const std::uint64_t address = address_ + next_fetch_ * word_bytes;
    const auto longest = static_cast<std::size_t>(
        fetch_words(machine.load.burst, machine.memory.port_width, machine.dispatcher.prefetch));
    const std::size_t to_border = (4096 - address % 4096) / word_bytes;
    const std::size_t words = std::min({longest, context_.program->word_count() - next_fetch_, to_border});
    const std::int64_t bus = machine.memory.bus_bytes();
    const std::int64_t beats = ceil_divide(static_cast<std::int64_t>(words * word_bytes), bus);
    next_fetch_ += words;
    in_flight_.push_back(words);
    ++fetched_bursts_;
    port_.request(address, static_cast<std::uint32_t>(beats * bus), beats, -1, false);
  });
}

// All words of a burst are in the FIFO with its last beat, and may be read one cycle later.
void Dispatcher::responded(const BurstExtension&, Cycles last) {
  std::fill_n(available_.begin() + static_cast<std::ptrdiff_t>(arrived_), in_flight_.front(), last + 1);
  arrived_ += in_flight_.front();
  in_flight_.erase(in_flight_.begin());
  advance();
}

}  // namespace blendsim
