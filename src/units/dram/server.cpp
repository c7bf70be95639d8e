// SPDX-License-Identifier: Apache-2.0
#include "units/dram/server.h"

#include <algorithm>

#include "base/diagnostic.h"

namespace blendsim {

void DramServer::reset(const MemoryParameters& memory, std::int64_t clock_hz) {
  const DramTiming& timing = memory.timing;
  if (timing.rfc >= timing.refi) {
    throw DiagnosticError("contradiction", {"", 0, "memory.timing"},
                          "a refresh lasts as long as the refresh interval (rfc >= refi)");
  }
  memory_ = &memory;
  to_memory_ = ClockCrossing(clock_hz, timing.clock_hz, memory.sync);
  to_accelerator_ = ClockCrossing(timing.clock_hz, clock_hz, memory.sync);
  channels_.resize(static_cast<std::size_t>(memory.channels));
  for (DramChannel& channel : channels_) channel.reset(timing);
}

DramAnswer DramServer::serve(const DramRequest& request, std::int64_t visible, std::int64_t hold_back,
                             std::vector<DramRowChange>* changes) {
  const DramLocation location = locate(*memory_, request.address);
  DramChannel& channel = channels_[static_cast<std::size_t>(location.channel)];
  const std::int64_t refreshes = channel.refreshes;
  const DramService service =
      blendsim::serve(channel, *memory_, request, visible, hold_back, changes != nullptr ? &rows_ : nullptr);
  note(static_cast<std::size_t>(location.channel), changes);
  DramAnswer answer;
  answer.grant = to_accelerator_.visible(service.grant);
  answer.first_data = to_accelerator_.visible(service.first_data);
  answer.last_data = to_accelerator_.visible(service.last_data);
  answer.activates = service.activates;
  answer.bank = location.bank;
  answer.refreshes = channel.refreshes - refreshes;
  return answer;
}

std::int64_t DramServer::refreshes(Cycles end, std::vector<DramRowChange>* changes) {
  const std::int64_t memory_end = to_memory_.ceil_scaled(end);
  std::int64_t sum = 0;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    DramChannel& channel = channels_[c];
    while (channel.next_refresh <= memory_end)
      refresh_until(channel, memory_->timing, channel.next_refresh, changes != nullptr ? &rows_ : nullptr);
    note(c, changes);
    sum += channel.refreshes;
  }
  return sum;
}

void DramServer::note(std::size_t channel, std::vector<DramRowChange>* changes) {
  if (changes == nullptr) return;
  for (const DramRowCommand& command : rows_) {
    changes->push_back(
        {static_cast<std::int64_t>(channel), command.bank, command.row, to_accelerator_.ceil_scaled(command.at)});
  }
  rows_.clear();
}

Cycles MemoryPath::write_complete(Cycles request, std::int64_t beats) {
  write_beat_ = std::max(request, write_beat_ + 1) + beats - 1;
  return write_beat_;
}

Cycles MemoryPath::last_read_beat(const MemoryParameters& memory, Cycles first_data, Cycles last_data,
                                  std::int64_t beats, Cycles held) {
  read_beat_ = std::max(
      {last_data + memory.read_latency + held, first_data + memory.read_latency + beats - 1, read_beat_ + beats});
  return read_beat_;
}

Cycles MemoryPath::write_response(const MemoryParameters& memory, Cycles last_data, Cycles held) {
  response_ = std::max(last_data + memory.write_latency + held, response_ + 1);
  return response_;
}

}  // namespace blendsim
