// SPDX-License-Identifier: Apache-2.0
#include "rtl_machine.h"

#include <algorithm>
#include <string>

#include "isa/verilog_package.h"
#include "units/buffer/layout.h"
#include "units/post_unit/law.h"

namespace blendsim::conformance {
namespace {

constexpr int address_bits_of_bus = 40;
constexpr std::uint32_t status_register = 0x04;
constexpr Cycles reset_cycles = 3, settle_cycles = 4;  // accounts settle two cycles after the last end

int bits_of(std::int64_t count) {
  int bits = 0;
  while (std::int64_t{1} << bits < count) ++bits;
  return bits;
}

int address_bits(const MachineParameters& machine, BufferId id) {
  return bits_of(machine.buffer(id).regions * machine.buffer(id).depth);
}

// Parts of a word, with an enable and so an address of their own in what is compared (unit_bench.h).
int parts_of_word(Place place) { return place == Place::act_fixed_lane ? 4 : place == Place::act_fixed_half ? 2 : 1; }

// Ports of a read channel by their prefix; of the store's, see the constructor.
template <class Ports>
void bind_read(const Module& rtl, const std::string& prefix, Ports& ports) {
  ports = {rtl.port(prefix + "_arvalid"), rtl.port(prefix + "_araddr"), rtl.port(prefix + "_arlen"),
           rtl.port(prefix + "_arready"), rtl.port(prefix + "_rvalid"), rtl.port(prefix + "_rdata"),
           rtl.port(prefix + "_rlast"),   rtl.port(prefix + "_rready")};
}
template <class Ports>
void drive_read(Ports& ports, const AxiRead& channel) {
  ports.arready.set(channel.arready);
  ports.rvalid.set(channel.rvalid);
  ports.rlast.set(channel.rlast);
  if (channel.rvalid) ports.rdata.set_bytes(channel.rdata.data(), channel.rdata.size());
}
template <class Ports>
void observe_read(const Ports& ports, AxiRead& channel) {
  channel.arvalid = ports.arvalid.get() != 0;
  channel.araddr = ports.araddr.get(0, address_bits_of_bus);
  channel.arlen = static_cast<std::uint32_t>(ports.arlen.get());
}

}  // namespace

RtlMachine::RtlMachine(const MachineParameters& machine, RtlSource::Use use)
    : RtlMachine(
          machine,
          std::make_shared<RtlModule>(RtlSource{
              use == RtlSource::Use::time ? "machine" : "bench_machine", verilog_package(machine, "machine"), {}, use}),
          use != RtlSource::Use::time) {}

RtlMachine::RtlMachine(const MachineParameters& machine, std::shared_ptr<Module> module, bool has_write_ports)
    : machine_(machine), module_(std::move(module)), dram_(machine) {
  reset_ = module_->port("reset");
  register_write_ = module_->port("register_write");
  register_address_ = module_->port("register_address");
  register_data_ = module_->port("register_write_data");
  register_read_data_ = module_->port("register_read_data");
  complete_ = module_->port("complete");
  entered_ = module_->port("entered");
  started_ = module_->port("started");
  ended_ = module_->port("ended");
  overflow_ = module_->port("overflow");
  bind_read(*module_, "fetch", fetch_);
  bind_read(*module_, "load", load_);
  store_ = {module_->port("store_awvalid"), module_->port("store_awaddr"), module_->port("store_awlen"),
            module_->port("store_awready"), module_->port("store_wvalid"), module_->port("store_wready"),
            module_->port("store_wdata"),   module_->port("store_wstrb"),  module_->port("store_wlast"),
            module_->port("store_bvalid"),  module_->port("store_bready")};
  if (has_write_ports) connect_writes();
}

void RtlMachine::connect_writes() {
  const int bits = address_bits(machine_, BufferId::act_binary), fixed = address_bits(machine_, BufferId::act_fixed);
  const int sums = address_bits(machine_, BufferId::accumulators);
  connect(UnitId::load, Place::act_binary, "load_act_binary_write", bits);
  connect(UnitId::post_unit, Place::act_binary, "post_act_binary_write", bits);
  connect(UnitId::pool_unit, Place::act_binary, "pool_act_binary_write", bits);
  connect(UnitId::load, Place::act_fixed_lane, "load_act_fixed_write", fixed);
  connect(UnitId::post_unit, Place::act_fixed, "post_act_fixed_write", fixed);
  connect(UnitId::pool_unit, Place::act_fixed, "pool_act_fixed_write", fixed);
  connect(UnitId::transpose_unit, Place::act_fixed, "transpose_act_fixed_write", fixed);
  connect(UnitId::load, Place::weights_binary, "load_weights_binary_write",
          address_bits(machine_, BufferId::weights_binary));
  connect(UnitId::load, Place::weights_fixed, "load_weights_fixed_write",
          address_bits(machine_, BufferId::weights_fixed));
  connect(UnitId::load, Place::parameters, "load_parameters_write", address_bits(machine_, BufferId::parameters));
  connect(UnitId::load, Place::instructions, "load_instructions_write", address_bits(machine_, BufferId::instructions));
  connect(UnitId::xnor_array, Place::accumulators, "xnor_accumulators_write", sums);
  connect(UnitId::mac_array, Place::accumulators, "mac_accumulators_write", sums);
}

void RtlMachine::connect(UnitId unit, Place place, const std::string& name, int bits) {
  if (unit == UnitId::post_unit && slice_parts(machine_.post_unit) > 1)
    place = place == Place::act_binary ? Place::act_binary_half : Place::act_fixed_half;
  WritePort port{unit, place, module_->port(name), module_->port(name + "_address"), module_->port(name + "_data"),
                 bits, 0};
  port.word_bits = port.data.width() / port.enable.width();
  write_ports_.push_back(port);
}

// One edge in which the host writes a register.
void RtlMachine::write_register(std::uint32_t address, std::uint64_t value) {
  register_write_.set(1);
  register_address_.set(address);
  register_data_.set(value & 0xFFFFFFFF);
}

void RtlMachine::reset() {
  dram_.reset();
  for (Port* port : {&fetch_.arready, &fetch_.rvalid, &load_.arready, &load_.rvalid, &store_.awready, &store_.wready,
                     &store_.bvalid, &register_write_}) {
    port->set(0);
  }
  reset_.set(1);
  for (Cycles n = 0; n < reset_cycles; ++n) module_->edge();
  reset_.set(0);
}

// The registers that the next doorbell takes, written before cycle 0 or while nothing else is written.
void RtlMachine::prepare(const StreamRun& stream, std::size_t image) {
  const auto& bases = stream.bases[image];
  const std::pair<std::uint32_t, std::uint64_t> registers[] = {
      {0x08, stream.words}, {0x0c, stream.resident ? 1 : 0}, {0x10, stream.address}, {0x14, stream.address >> 32},
      {0x18, bases[0]},     {0x1c, bases[0] >> 32},          {0x20, bases[1]},       {0x24, bases[1] >> 32},
      {0x28, bases[2]},     {0x2c, bases[2] >> 32}};
  for (const auto& [address, value] : registers) {
    write_register(address, value);
    module_->edge();
  }
  register_write_.set(0);
}

void RtlMachine::drive(Cycles cycle) {
  dram_.drive(cycle);
  drive_read(fetch_, dram_.fetch);
  drive_read(load_, dram_.load);
  store_.awready.set(dram_.store.awready);
  store_.wready.set(dram_.store.wready);
  store_.bvalid.set(dram_.store.bvalid);
}

void RtlMachine::observe(Cycles cycle) {
  observe_read(fetch_, dram_.fetch);
  observe_read(load_, dram_.load);
  AxiWrite& store = dram_.store;
  store.awvalid = store_.awvalid.get() != 0;
  store.awaddr = store_.awaddr.get(0, address_bits_of_bus);
  store.awlen = static_cast<std::uint32_t>(store_.awlen.get());
  store.wvalid = store_.wvalid.get() != 0;
  store.wlast = store_.wlast.get() != 0;
  if (store.wvalid) {
    const std::uint8_t* data = store_.wdata.bytes(0);
    const auto bus = static_cast<std::size_t>(machine_.memory.bus_bytes());
    store.wdata.assign(data, data + bus);
    store.wstrb.resize(bus);
    for (std::size_t k = 0; k < bus; ++k) store.wstrb[k] = store_.wstrb.get(static_cast<int>(k), 1) != 0;
  }
  dram_.observe(cycle);
}

// The memory waits for nobody: what is offered is taken in its cycle. The host reads completion where nothing is
// written.
void RtlMachine::check_handshakes(Cycles cycle, MachineEvents& events) const {
  const auto refused = [](const Port& valid, const Port& ready) { return valid.get() != 0 && ready.get() == 0; };
  const auto error = [&](const std::string& what) {
    if (events.errors.empty()) events.errors.push_back("cycle " + std::to_string(cycle) + ": " + what);
  };
  if (refused(fetch_.rvalid, fetch_.rready)) error("the fetch does not take a beat");
  if (refused(load_.rvalid, load_.rready)) error("load does not take a beat");
  if (refused(store_.bvalid, store_.bready)) error("store does not take a response");
  if (register_write_.get() == 0 && register_read_data_.get() != complete_.get())
    error("the status register is not the completion");
}

MachineEvents RtlMachine::run(const StreamRun& stream, bool watch) {
  MachineEvents events;
  entered_count_ = started_count_ = ended_count_ = {};
  (void)module_->take_errors();
  reset();
  prepare(stream, 0);
  // Of the next image: the bases are written one register a cycle while this one runs.
  std::size_t rung = 0;
  std::uint32_t next_register = 0;
  Cycles ring = 0, stop = stream.give_up;
  const bool traces = !vcd_.empty();
  if (traces) module_->open_trace(vcd_);
  for (Cycles cycle = 0; cycle < stop; ++cycle) {
    register_write_.set(0);
    register_address_.set(status_register);
    if (cycle == ring && rung < stream.bases.size()) {
      write_register(0, 1);
      ++rung;
      next_register = 0;
    } else if (rung > 0 && rung < stream.bases.size() && next_register < 6) {
      const std::uint64_t base = stream.bases[rung][next_register / 2];
      write_register(0x18 + 4 * next_register, next_register % 2 == 0 ? base : base >> 32);
      ++next_register;
    }
    drive(cycle);
    module_->settle();
    check_handshakes(cycle, events);
    note(cycle, events);
    if (watch) note_writes(cycle, events);
    if (watcher_) watcher_(cycle);
    observe(cycle);
    if (complete_.get() != 0 && events.completions.size() < rung && cycle > ring) {
      events.completions.push_back(cycle);
      ring = cycle + 1;
      if (rung == stream.bases.size()) stop = std::min(stop, cycle + settle_cycles);
    }
    if (traces && cycle >= trace_from_ && cycle < trace_to_) module_->dump(static_cast<std::uint64_t>(cycle));
    module_->edge();
  }
  module_->settle();
  if (traces) module_->close_trace();
  vcd_.clear();
  corrupt_cycle_ = -1;
  events.cycles = events.completions.empty() ? stop : events.completions.back();
  read_accounts(events.cycles, events);
  if (const std::string text = module_->take_errors(); !text.empty()) events.errors.push_back(text);
  if (!dram_.error().empty()) events.errors.push_back("memory: " + dram_.error());
  if (overflow_.get() != 0) events.errors.push_back("a token counter overflowed");
  if (events.completions.size() < stream.bases.size()) {
    events.errors.push_back("no completion before cycle " + std::to_string(stop));
  }
  for (auto& writes : events.writes) sort_writes(writes);
  return events;
}

// Entries, starts and ends, each unit's in order.
void RtlMachine::note(Cycles cycle, MachineEvents& events) {
  const std::uint64_t entered = entered_.get(), started = started_.get(), ended = ended_.get();
  if ((entered | started | ended) == 0) return;
  for (std::size_t u = 0; u < unit_count; ++u) {
    auto& list = events.instructions[u];
    const std::uint64_t bit = std::uint64_t{1} << u;
    if ((entered & bit) != 0) list.push_back({cycle + 1, -1, -1}), ++entered_count_[u];
    if ((started & bit) != 0 && started_count_[u] < list.size()) list[started_count_[u]++].start = cycle;
    if ((ended & bit) != 0 && ended_count_[u] < list.size()) list[ended_count_[u]++].end = cycle;
  }
}

void RtlMachine::note_writes(Cycles cycle, MachineEvents& events) {
  for (const WritePort& port : write_ports_) {
    if (!port.enable.any()) continue;
    auto& writes = events.writes[static_cast<std::size_t>(port.unit)];
    const std::size_t before = writes.size();
    note_words(cycle, port, writes);
    if (cycle != corrupt_cycle_ || port.unit != corrupt_unit_) continue;
    for (std::size_t n = before; n < writes.size(); ++n) writes[n].word.data[0] ^= 1;
  }
}

void RtlMachine::note_words(Cycles cycle, const WritePort& port, std::vector<UnitWrite>& writes) {
  const bool own_addresses = port.address.width() > port.address_bits;  // an address a bank or lane
  const bool binary = port.place == Place::act_binary || port.place == Place::act_binary_half;
  const int bank_enables = binary ? port.enable.width() / static_cast<int>(binary_banks) : 1;
  for (int n = 0; n < port.enable.width(); ++n) {
    if (port.enable.get(n, 1) == 0) continue;
    const int bank = own_addresses ? n / bank_enables : 0;
    const auto at = static_cast<std::uint32_t>(port.address.get(bank * port.address_bits, port.address_bits));
    const int parts = binary ? port.enable.width() : parts_of_word(port.place);
    const std::uint32_t address = at * static_cast<std::uint32_t>(parts) + static_cast<std::uint32_t>(n);
    UnitWrite write{port.unit, {cycle, port.place, address, {}}, -1};
    for (int bit = 0; bit < port.word_bits; bit += 32) {
      write.word.data.push_back(
          static_cast<std::uint32_t>(port.data.get(n * port.word_bits + bit, std::min(32, port.word_bits - bit))));
    }
    writes.push_back(std::move(write));
  }
}

void RtlMachine::read_accounts(Cycles cycles, MachineEvents& events) {
  const auto of = [&](const char* name, std::size_t u) {
    return static_cast<Cycles>(module_->port(name).get(static_cast<int>(u) * 32, 32));
  };
  for (std::size_t u = 0; u < unit_count; ++u) {
    UnitCycles& account = events.accounts[u];
    account.busy = of("busy", u);
    account.stall_dependency = of("stall_dependency", u);
    account.stall_memory = of("stall_memory", u);
    account.stall_downstream = of("stall_downstream", u);
    account.stall_fence = of("stall_fence", u);
    account.stall_dispatch = of("stall_dispatch", u);
    account.idle = cycles - account.total();
  }
}

}  // namespace blendsim::conformance
