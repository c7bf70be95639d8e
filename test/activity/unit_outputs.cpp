// SPDX-License-Identifier: Apache-2.0
#include "unit_outputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/verilog_package.h"

namespace blendsim::activity {
namespace {

// Module bench_activity: rtl/machine.sv with its own ports and, by number, every output of its instances.
std::string bench(const Netlist& netlist) {
  std::string ports, assignments;
  for (const NetlistPort& port : netlist.ports)
    ports +=
        fmt::format("    {} logic [{}:0] {},\n", port.output ? "output" : "input", port.bits.size() - 1, port.name);
  int number = 0;
  for (const auto& [instance, instance_ports] : netlist.instance_ports) {
    for (const NetlistPort& port : instance_ports) {
      if (!port.output) continue;
      ports += fmt::format("    output logic [{}:0] output_{},\n", port.bits.size() - 1, number);
      assignments += fmt::format("  assign output_{} = dut.{}.{};\n", number++, instance, port.name);
    }
  }
  ports.resize(ports.size() - 2);
  return fmt::format("module bench_activity (\n{}\n);\n  machine dut (.*);\n{}endmodule\n", ports, assignments);
}

// FNV-1a over words instead of bytes.
std::uint64_t add(std::uint64_t digest, std::uint64_t value) { return (digest ^ value) * 0x100000001B3U; }

}  // namespace

std::vector<InstanceOutputs> netlist_outputs(const Netlist& netlist, const conformance::Module& module) {
  std::vector<InstanceOutputs> all;
  for (const auto& [instance, ports] : netlist.instance_ports) {
    InstanceOutputs outputs{instance, {}};
    for (const NetlistPort& port : ports) {
      if (port.output) outputs.ports.push_back(module.port(instance + "." + port.name));
    }
    all.push_back(std::move(outputs));
  }
  return all;
}

RtlOutputs rtl_outputs(const Netlist& netlist, const MachineParameters& machine) {
  RtlOutputs rtl;
  rtl.module = std::make_shared<conformance::RtlModule>(
      conformance::RtlSource{"bench_activity",
                             verilog_package(machine, "machine") + bench(netlist),
                             {},
                             conformance::RtlSource::Use::compare});
  rtl.module->settle();  // Verilator sees no edge in the clock's first value: without this, free-running counters lag
  int number = 0;
  for (const auto& [instance, ports] : netlist.instance_ports) {
    InstanceOutputs outputs{instance, {}};
    for (const NetlistPort& port : ports) {
      if (port.output) outputs.ports.push_back(rtl.module->port(fmt::format("output_{}", number++)));
    }
    rtl.outputs.push_back(std::move(outputs));
  }
  return rtl;
}

std::uint64_t digest(const InstanceOutputs& outputs) {
  std::uint64_t digest = 0xCBF29CE484222325U;
  for (const conformance::Port& port : outputs.ports) {
    for (int bit = 0; bit < port.width(); bit += 64)
      digest = add(digest, port.get(bit, std::min(64, port.width() - bit)));
  }
  return digest;
}

}  // namespace blendsim::activity
