// SPDX-License-Identifier: Apache-2.0
#include "units/dram/law.h"

#include <algorithm>
#include <numeric>

#include "base/diagnostic.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

constexpr std::int64_t long_ago = -1'000'000;

// PRE (if another row is open) and ACT of `row`; returns the cycle of the ACT.
std::int64_t open_row(DramChannel& channel, DramBank& bank, const DramTiming& t, std::int64_t row, std::int64_t from) {
  std::int64_t activate = std::max(from, bank.activate_ok);
  if (bank.open_row >= 0) activate = std::max(activate, std::max(from, bank.precharge_ok) + t.rp);
  activate = std::max({activate, channel.activates[3] + t.rrd, channel.activates[0] + t.faw});
  std::rotate(channel.activates.begin(), channel.activates.begin() + 1, channel.activates.end());
  channel.activates[3] = activate;
  bank.open_row = row;
  bank.activate_ok = activate + t.rc;
  bank.column_ok = activate + t.rcd;
  bank.precharge_ok = activate + t.ras;
  return activate;
}

// One column command; returns its cycle.
std::int64_t access_column(DramChannel& channel, DramBank& bank, const DramTiming& t, bool write, std::int64_t from) {
  const std::int64_t data = t.burst_length / 2;
  std::int64_t command = std::max({from, bank.column_ok, channel.last_column + t.ccd});
  if (write) {
    command = std::max(command, channel.last_read + t.rtw);
    channel.write_data_end = command + t.cwl + data - 1;
    bank.precharge_ok = std::max(bank.precharge_ok, channel.write_data_end + t.wr);
  } else {
    command = std::max(command, channel.write_data_end + t.wtr);
    channel.last_read = command;
    bank.precharge_ok = std::max(bank.precharge_ok, command + t.rtp);
  }
  channel.last_column = command;
  return command;
}

}  // namespace

ClockCrossing::ClockCrossing(std::int64_t from_hz, std::int64_t to_hz, std::int64_t sync) : sync_(sync) {
  const std::int64_t common = std::gcd(from_hz, to_hz);
  to_ = to_hz / common;
  from_ = from_hz / common;
}

std::int64_t ClockCrossing::ceil_scaled(std::int64_t n) const {
  // n * to/from without overflow: whole periods apart, the rest below from * to < 2^64.
  const std::int64_t whole = n / from_;
  const std::uint64_t rest = static_cast<std::uint64_t>(n % from_) * static_cast<std::uint64_t>(to_);
  const auto divisor = static_cast<std::uint64_t>(from_);
  return whole * to_ + static_cast<std::int64_t>(rest / divisor + (rest % divisor != 0 ? 1 : 0));
}

std::int64_t ClockCrossing::all_sent(std::int64_t at) const {
  // Sent in n is visible by `at` iff ceil((n+1)*to/from) <= at - sync, that is n + 1 <= floor((at - sync)*from/to).
  const std::int64_t edges = at - sync_;
  if (edges <= 0) return 0;
  const std::int64_t whole = edges / to_;
  const std::uint64_t rest = static_cast<std::uint64_t>(edges % to_) * static_cast<std::uint64_t>(from_);
  return whole * from_ + static_cast<std::int64_t>(rest / static_cast<std::uint64_t>(to_));
}

std::int64_t channel_of(const MemoryParameters& memory, std::uint64_t address) {
  return static_cast<std::int64_t>(address / channel_interleave % static_cast<std::uint64_t>(memory.channels));
}

DramLocation locate(const MemoryParameters& memory, std::uint64_t address) {
  const auto channels = static_cast<std::uint64_t>(memory.channels);
  const std::uint64_t local =
      address / (channel_interleave * channels) * channel_interleave + address % channel_interleave;
  const auto row_bytes = static_cast<std::uint64_t>(memory.timing.row_bytes);
  const auto banks = static_cast<std::uint64_t>(memory.timing.banks);
  DramLocation location;
  location.channel = channel_of(memory, address);
  location.column = static_cast<std::int64_t>(local % row_bytes);
  location.bank = static_cast<std::int64_t>(local / row_bytes % banks);
  location.row = static_cast<std::int64_t>(local / row_bytes / banks);
  return location;
}

void DramChannel::reset(const DramTiming& timing) {
  banks.assign(static_cast<std::size_t>(timing.banks), DramBank{});
  activates.fill(long_ago);
  last_column = last_read = write_data_end = long_ago;
  free = 0;
  next_refresh = timing.refi;
  refreshes = 0;
}

std::int64_t refresh_until(DramChannel& channel, const DramTiming& t, std::int64_t until,
                           std::vector<DramRowCommand>* rows) {
  while (channel.next_refresh <= std::max(until, channel.free)) {
    std::int64_t start = std::max(channel.free, channel.next_refresh);
    std::int64_t precharge = -1;
    for (const DramBank& bank : channel.banks) {
      if (bank.open_row >= 0) precharge = std::max({precharge, start, bank.precharge_ok});
    }
    if (precharge >= 0) {
      start = precharge + t.rp;
      if (rows != nullptr) rows->push_back({-1, -1, precharge});
    }
    for (DramBank& bank : channel.banks) bank = DramBank{-1, start + t.rfc, 0, 0};
    channel.free = start + t.rfc;
    channel.next_refresh += t.refi;
    ++channel.refreshes;
  }
  return std::max(until, channel.free);
}

DramService serve(DramChannel& channel, const MemoryParameters& memory, const DramRequest& request,
                  std::int64_t visible, std::int64_t hold_back, std::vector<DramRowCommand>* rows) {
  const DramTiming& t = memory.timing;
  if (request.bytes == 0) throw InvariantError("dram", "a burst without bytes");
  DramService service;
  service.grant = refresh_until(channel, t, visible, rows) + hold_back;
  const auto column_bytes = static_cast<std::uint64_t>(memory.width / 8 * t.burst_length);
  const std::int64_t data = t.burst_length / 2;
  const std::int64_t latency = request.write ? t.cwl : t.cl;
  std::int64_t from = service.grant;
  const std::uint64_t end = request.address + request.bytes;
  for (std::uint64_t at = request.address / column_bytes * column_bytes; at < end; at += column_bytes) {
    const DramLocation location = locate(memory, at);
    DramBank& bank = channel.banks[static_cast<std::size_t>(location.bank)];
    if (bank.open_row != location.row) {
      from = open_row(channel, bank, t, location.row, from);
      ++service.activates;
      if (rows != nullptr) rows->push_back({location.bank, location.row, from});
    }
    const std::int64_t command = access_column(channel, bank, t, request.write, from);
    if (at <= request.address) service.first_data = command + latency;
    service.last_data = command + latency + data - 1;
    from = command + 1;
  }
  const std::int64_t held = channel.last_column + t.ccd - service.grant;
  // What the processor takes: after each burst the channel serves others for its share of the time.
  channel.free = service.grant + held + ceil_divide(held * memory.taken_by_cpu, 100 - memory.taken_by_cpu);
  return service;
}

}  // namespace blendsim
