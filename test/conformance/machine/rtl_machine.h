// SPDX-License-Identifier: Apache-2.0
// rtl/machine.sv of one platform, or a netlist of it, with the memory of axi_dram.h behind it: runs streams as a host
// would, and notes what it did.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "axi_dram.h"
#include "machine_events.h"
#include "rtl_module.h"

namespace blendsim::conformance {

// A stream of instructions, and what the host tells the machine about it.
struct StreamRun {
  std::uint64_t address = 0;  // of the stream in DRAM
  std::size_t words = 0;
  bool resident = false;
  std::vector<std::array<std::uint64_t, 3>> bases;  // of each image, by DramBase
  Cycles give_up = 0;                               // a cycle in which the machine must long have completed
};

class RtlMachine {
 public:
  // Use::time builds rtl/machine.sv without the bench that brings out the write ports: it cannot watch.
  explicit RtlMachine(const MachineParameters& machine, RtlSource::Use use = RtlSource::Use::compare);
  // On a module with the ports of rtl/machine.sv and, to watch, those of bench_machine.
  RtlMachine(const MachineParameters& machine, std::shared_ptr<Module> module, bool has_write_ports);

  [[nodiscard]] std::vector<std::uint8_t>& memory() { return dram_.bytes; }
  [[nodiscard]] const std::vector<std::uint8_t>& memory() const { return dram_.bytes; }
  // From reset: DRAM's rows closed, queues empty, cycle 0 the first doorbell. Buffers keep what they hold.
  // `watch`: false notes starts, ends and completions only.
  [[nodiscard]] MachineEvents run(const StreamRun& stream, bool watch = true);

  // The next run writes a VCD of cycles [from, to), one time unit a cycle.
  void trace(const std::string& file, Cycles from, Cycles to) { vcd_ = file, trace_from_ = from, trace_to_ = to; }
  // The next run complements bit 0 of the words that `unit` writes in `cycle`, in what is noted: a bench that must find
  // a difference.
  void corrupt(UnitId unit, Cycles cycle) { corrupt_unit_ = unit, corrupt_cycle_ = cycle; }
  // Called in every cycle of a run from 0 on, when the ports have settled and before the clock's edge.
  void watch_cycles(std::function<void(Cycles)> watcher) { watcher_ = std::move(watcher); }

 private:
  struct WritePort {
    UnitId unit = UnitId::load;
    Place place = Place::accumulators;
    Port enable, address, data;
    int address_bits = 0, word_bits = 0;
  };
  void connect_writes();
  void connect(UnitId unit, Place place, const std::string& name, int address_bits);
  void write_register(std::uint32_t address, std::uint64_t value);
  void prepare(const StreamRun& stream, std::size_t image);
  void reset();
  void drive(Cycles cycle);
  void observe(Cycles cycle);
  void check_handshakes(Cycles cycle, MachineEvents& events) const;
  void note(Cycles cycle, MachineEvents& events);
  void note_writes(Cycles cycle, MachineEvents& events);
  void note_words(Cycles cycle, const WritePort& port, std::vector<UnitWrite>& writes);
  void read_accounts(Cycles cycles, MachineEvents& events);

  MachineParameters machine_;
  std::shared_ptr<Module> module_;
  AxiDram dram_;
  std::vector<WritePort> write_ports_;
  Port reset_, register_write_, register_address_, register_data_, register_read_data_, complete_, entered_, started_,
      ended_, overflow_;
  struct ReadPorts {
    Port arvalid, araddr, arlen, arready, rvalid, rdata, rlast, rready;
  } fetch_, load_;
  struct WritePorts {
    Port awvalid, awaddr, awlen, awready, wvalid, wready, wdata, wstrb, wlast, bvalid, bready;
  } store_;
  std::array<std::size_t, unit_count> entered_count_{}, started_count_{}, ended_count_{};
  std::string vcd_;
  Cycles trace_from_ = 0, trace_to_ = 0, corrupt_cycle_ = -1;
  UnitId corrupt_unit_ = UnitId::load;
  std::function<void(Cycles)> watcher_;
};

}  // namespace blendsim::conformance
