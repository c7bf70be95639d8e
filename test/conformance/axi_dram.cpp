// SPDX-License-Identifier: Apache-2.0
#include "axi_dram.h"

#include <algorithm>

namespace blendsim::conformance {

void AxiDram::reset() {
  const DramTiming& timing = machine_.memory.timing;
  to_memory_ = ClockCrossing(machine_.clock_hz, timing.clock_hz, machine_.memory.sync);
  to_accelerator_ = ClockCrossing(timing.clock_hz, machine_.clock_hz, machine_.memory.sync);
  channels_.resize(static_cast<std::size_t>(machine_.memory.channels));
  for (DramChannel& channel : channels_) channel.reset(timing);
  requests_ = {};
  fetch_beats_.clear();
  load_beats_.clear();
  write_beats_.clear();
  responses_.clear();
  last_read_beat_ = last_write_beat_ = last_response_ = -1;
  fetch = load = {};
  store = {};
  error_.clear();
}

void AxiDram::fail(Cycles cycle, const std::string& what) {
  if (error_.empty()) error_ = "cycle " + std::to_string(cycle) + ": " + what;
}

void AxiDram::drive(Cycles cycle) {
  decide(cycle);
  drive_read(fetch_port, fetch, fetch_beats_, cycle);
  drive_read(load_port, load, load_beats_, cycle);
  store.awready = requests_[store_port].ready == cycle;
  store.wready = true;
  store.bvalid = !responses_.empty() && responses_.front() == cycle;
  if (store.bvalid) responses_.pop_front();
}

void AxiDram::observe(Cycles cycle) {
  take_read(fetch_port, fetch, cycle);
  take_write(cycle);
  take_read(load_port, load, cycle);
  for (Request& request : requests_) {
    if (request.ready == cycle) request = {};
  }
}

void AxiDram::take(Port port, std::uint64_t address, std::int64_t beats, Cycles complete) {
  Request& request = requests_[port];
  request = {true, true, address, beats, to_memory_.visible(complete), 0, -1};
  request.decide = to_memory_.all_sent(request.visible);
}

// A request that stands on the channel for the first time was sent in the cycle before.
void AxiDram::take_read(Port port, const AxiRead& channels, Cycles cycle) {
  const Request& request = requests_[port];
  if (request.seen) {
    if (!channels.arvalid || channels.araddr != request.address || channels.arlen + 1 != request.beats) {
      fail(cycle, "AR changed before it was taken");
    }
  } else if (channels.arvalid) {
    take(port, channels.araddr, std::int64_t{channels.arlen} + 1, cycle - 1);
  }
}

// A write is there with its last beat: its beats leave one a cycle from the request on, after those of the burst
// before.
void AxiDram::take_write(Cycles cycle) {
  const std::int64_t bus = machine_.memory.bus_bytes();
  const Request& request = requests_[store_port];
  if (request.seen) {
    if (!store.awvalid || store.awaddr != request.address || store.awlen + 1 != request.beats) {
      fail(cycle, "AW changed before it was taken");
    }
  } else if (store.awvalid) {
    const std::int64_t beats = std::int64_t{store.awlen} + 1;
    const Cycles first = std::max(cycle - 1, last_write_beat_ + 1);
    for (std::int64_t k = 0; k < beats; ++k) {
      write_beats_.push_back({first + k + 1, store.awaddr + static_cast<std::uint64_t>(k * bus), k + 1 == beats});
    }
    last_write_beat_ = first + beats - 1;
    take(store_port, store.awaddr, beats, last_write_beat_);
  }
  const bool due = !write_beats_.empty() && write_beats_.front().cycle == cycle;
  if (store.wvalid != due) fail(cycle, due ? "a beat is missing on W" : "a beat on W before its time");
  if (!due) return;
  const Beat beat = write_beats_.front();
  write_beats_.pop_front();
  if (!store.wvalid) return;
  if (store.wlast != beat.last) fail(cycle, "WLAST does not mark the burst's last beat");
  written_ = beat.address;
  if (bytes.size() < beat.address + static_cast<std::uint64_t>(bus)) {
    bytes.resize(beat.address + static_cast<std::uint64_t>(bus));
  }
  for (std::size_t k = 0; k < static_cast<std::size_t>(bus); ++k) {
    if (store.wstrb.at(k)) bytes[beat.address + k] = store.wdata.at(k);
  }
}

// Oldest visible request first, ties in the order of the ports; settled as soon as all that could be visible as early
// has been sent, that is stood on a channel in cycle `decide` or before (models/dram.cpp says the same with events).
void AxiDram::decide(Cycles cycle) {
  for (;;) {
    std::size_t oldest = requests_.size();
    for (std::size_t port = 0; port < requests_.size(); ++port) {
      const Request& request = requests_[port];
      if (request.waiting && (oldest == requests_.size() || request.visible < requests_[oldest].visible)) oldest = port;
    }
    if (oldest == requests_.size() || requests_[oldest].decide >= cycle) return;
    grant(static_cast<Port>(oldest));
  }
}

void AxiDram::grant(Port port) {
  const MemoryParameters& memory = machine_.memory;
  Request& request = requests_[port];
  request.waiting = false;
  const auto bus = static_cast<std::uint64_t>(memory.bus_bytes());
  const bool write = port == store_port;
  const DramRequest served{request.address, static_cast<std::uint32_t>(static_cast<std::uint64_t>(request.beats) * bus),
                           write};
  const DramService service =
      serve(channels_[static_cast<std::size_t>(channel_of(memory, request.address))], memory, served, request.visible);
  request.ready = to_accelerator_.visible(service.grant) - 1;
  const Cycles first_data = to_accelerator_.visible(service.first_data);
  const Cycles last_data = to_accelerator_.visible(service.last_data);
  if (write) {
    last_response_ = std::max(last_data + memory.write_latency, last_response_ + 1);
    responses_.push_back(last_response_ - 1);
    return;
  }
  // One bus word a cycle for both readers, in the order of the decisions; no beat before its data.
  last_read_beat_ = std::max({last_data + memory.read_latency, first_data + memory.read_latency + request.beats - 1,
                              last_read_beat_ + request.beats});
  for (std::int64_t k = 0; k < request.beats; ++k) {
    (port == load_port ? load_beats_ : fetch_beats_)
        .push_back({last_read_beat_ - request.beats + k, request.address + static_cast<std::uint64_t>(k) * bus,
                    k + 1 == request.beats});
  }
}

void AxiDram::drive_read(Port port, AxiRead& channels, std::deque<Beat>& beats, Cycles cycle) {
  const auto bus = static_cast<std::size_t>(machine_.memory.bus_bytes());
  channels.arready = requests_[port].ready == cycle;
  channels.rvalid = !beats.empty() && beats.front().cycle == cycle;
  channels.rlast = false;
  channels.rdata.assign(bus, 0);
  if (!beats.empty() && beats.front().cycle < cycle) fail(cycle, "a beat was due earlier");
  if (!channels.rvalid) return;
  channels.rlast = beats.front().last;
  for (std::size_t k = 0; k < bus; ++k) {
    if (beats.front().address + k < bytes.size()) channels.rdata[k] = bytes[beats.front().address + k];
  }
  beats.pop_front();
}

}  // namespace blendsim::conformance
