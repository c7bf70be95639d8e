// SPDX-License-Identifier: Apache-2.0
#include "models/transfer_unit.h"

#include <algorithm>
#include <string>

#include "base/diagnostic.h"

namespace blendsim {

const TransferInstruction& transfer_of(const Instruction& instruction) {
  if (const auto* load = std::get_if<LoadInstruction>(&instruction)) return *load;
  return std::get<StoreInstruction>(instruction);
}

TransferUnit::TransferUnit(const sc_core::sc_module_name& name, UnitId id, MemoryPort port, Context& context,
                           Tokens& tokens, HazardChecker& hazards)
    : QueueUnit(name, id, context, tokens, hazards), port_("memory_port", port, context, *this) {
  SC_HAS_PROCESS(TransferUnit);
  SC_METHOD(send);
  sensitive << request_event_;
  dont_initialize();
}

void TransferUnit::reset() {
  QueueUnit::reset();
  request_event_.cancel();
  port_.reset();
  record_ = -1;
  armed_request_ = false;
  issued_ = responded_ = 0;
  landings_.assign(static_cast<std::size_t>(parameters_.outstanding), 0);
}

void TransferUnit::begin(std::int32_t record, const Instruction& instruction, Cycles start) {
  record_ = record;
  instruction_ = &transfer_of(instruction);
  start_ = start;
  if (instruction_->dram_base >= context_.bases.size()) {
    throw DiagnosticError("program-invalid", {"", 0, disassemble(instruction)}, "names no DRAM area");
  }
  walk_ = BurstWalk(*instruction_, context_.bases[instruction_->dram_base], parameters_,
                    context_.machine->memory.bus_bytes());
  if (walk_.done()) throw DiagnosticError("program-invalid", {"", 0, disassemble(instruction)}, "moves no bytes");
  prepare();
  schedule();
}

void TransferUnit::prepare() {
  burst_ = walk_.next();
  beats_ = burst_.bytes / context_.machine->memory.bus_bytes();
  last_ = walk_.done();
}

// A burst may go when the one before was granted, a slot of `outstanding` is free and the unit says it is ready.
void TransferUnit::schedule() {
  const std::size_t slots = landings_.size();
  if (record_ < 0 || armed_request_ || !port_.may_request() || issued_ - responded_ >= slots) return;
  const Cycles slot_free = issued_ < slots ? 0 : landings_[issued_ % slots] + 1;
  const Cycles ready_at = ready(*instruction_, beats_, start_, slot_free);
  const Cycles at = std::max(ready_at, port_.granted_at());
  armed_request_ = true;
  if (at == context_.now()) {
    send();
  } else {
    context_.notify(request_event_, at);
  }
}

void TransferUnit::send() {
  context_.guard([this] {
    armed_request_ = false;
    ++issued_;
    port_.request(burst_.address, burst_.bytes, beats_, record_, last_);
    if (last_) {
      record_ = -1;
      front_is_free(context_.now() + 1);
    } else {
      prepare();
    }
  });
}

void TransferUnit::responded(const BurstExtension& burst, Cycles last) {
  const Cycles landing = landed(transfer_of(context_.instruction(burst.record)), burst.beats, last);
  landings_[responded_++ % landings_.size()] = landing;
  if (burst.last) {
    add_busy(burst.record, context_.record(burst.record).start, landing + 1);
    finish(burst.record, landing);
  }
  schedule();
}

}  // namespace blendsim
