// SPDX-License-Identifier: Apache-2.0
// A netlist of rtl/machine.sv in the place of the Verilated one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rtl_module.h"
#include "simulator.h"

namespace blendsim::activity {

// The unit, or the buffer, that an instance of rtl/machine.sv belongs to; a queue to its unit, the top's cells to
// "machine".
[[nodiscard]] std::string machine_group(std::string_view instance);

class NetlistModule final : public conformance::Module {
 public:
  explicit NetlistModule(const Netlist& netlist);

  // A port of the machine, INSTANCE.PORT of one of its instances, or what test/conformance/rtl/bench_machine.sv calls
  // it.
  [[nodiscard]] conformance::Port port(std::string_view name) const override;
  void settle() override;
  void edge() override;

  // Called before every edge, when everything has settled.
  void watch_edges(std::function<void()> watcher) { watcher_ = std::move(watcher); }
  [[nodiscard]] Simulator& simulator() { return simulator_; }

 private:
  struct Pins {  // a port's bits, and the bytes that conformance::Port reads and writes
    const NetlistPort* port = nullptr;
    std::vector<std::uint8_t> bytes;
  };
  void settle_nets();
  void show(Pins& pins) const;
  Pins& pins_of(const NetlistPort& port) const;
  [[nodiscard]] const NetlistPort* find(std::string_view name) const;

  const Netlist& netlist_;
  Simulator simulator_;
  std::function<void()> watcher_;
  mutable std::map<const NetlistPort*, Pins> pins_;  // those that were asked for
};

}  // namespace blendsim::activity
