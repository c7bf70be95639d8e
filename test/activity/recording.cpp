// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <fmt/format.h>

#include <stdexcept>

namespace blendsim::activity {
namespace {

const std::vector<NetlistPort>& ports_of(const Netlist& netlist, const std::string& instance) {
  const auto found = netlist.instance_ports.find(instance);
  if (found == netlist.instance_ports.end()) throw std::runtime_error("the netlist has no instance " + instance);
  return found->second;
}

bool is_stimulus(const NetlistPort& port) { return !port.output && port.name != "clk"; }

}  // namespace

Recording::Recording(const Netlist& netlist, NetlistModule& module, std::string instance, std::string folder)
    : netlist_(netlist),
      module_(module),
      instance_(std::move(instance)),
      folder_(std::move(folder)),
      ports_(ports_of(netlist, instance_)),
      stimulus_(folder_ + "/stimulus.txt") {
  if (!stimulus_) throw std::runtime_error("cannot write " + folder_ + "/stimulus.txt");
}

void Recording::edge() {
  if (done_) return;
  std::string line;
  for (const NetlistPort& port : ports_) {
    if (!is_stimulus(port)) continue;
    for (auto bit = port.bits.rbegin(); bit != port.bits.rend(); ++bit)
      line += module_.simulator().get(*bit) ? '1' : '0';
  }
  stimulus_ << line << "\n";
  ++edges_;
}

void Recording::start() {
  first_ = edges_;
  const auto toggles = module_.simulator().toggles();
  before_.assign(toggles.begin(), toggles.end());
}

// What toggles at an edge is seen when the cycle behind it has settled: the inputs of one more line.
void Recording::finish() {
  const std::size_t last = edges_;
  const auto toggles = module_.simulator().toggles();
  std::ofstream out(folder_ + "/toggles.csv");
  out << fmt::format("# edges {} {}\nnet,toggles\n", first_, last);
  const std::string prefix = instance_ + ".";
  for (const Cell& cell : netlist_.cells) {
    if (!cell.path.starts_with(prefix)) continue;
    for (const NetId net : cell.outputs) {
      const std::string& name = netlist_.net_names[net];
      if (name.starts_with(prefix)) out << name.substr(prefix.size()) << "," << toggles[net] - before_[net] << "\n";
    }
  }
  edge();
  done_ = true;
  write_bench();
}

void Recording::write_bench() const {
  std::ofstream out(folder_ + "/bench.v");
  std::size_t width = 0;
  std::string declarations, connections = "    .clk(clk)", names;
  for (const NetlistPort& port : ports_) {
    if (port.name == "clk") continue;
    declarations += fmt::format("  {} [{}:0] {};\n", port.output ? "wire" : "reg", port.bits.size() - 1, port.name);
    connections += fmt::format(",\n    .{0}({0})", port.name);
    if (!is_stimulus(port)) continue;
    width += port.bits.size();
    names += (names.empty() ? "" : ", ") + port.name;
  }
  out << fmt::format(R"(// Inputs change with the clock's edge, behind what the registers have taken.
module bench;
  reg clk = 0;
{declarations}
  reg [{high}:0] lines [0:{last}];
  integer n;
  `MODULE dut (
{connections}
  );
  initial begin
    $readmemb("stimulus.txt", lines);
    {{{names}}} = lines[0];
    for (n = 0; n < {last}; n = n + 1) begin
      if (n == {first}) begin
        $dumpfile("bench.vcd");
        $dumpvars(0, dut);
      end
      #5 clk = 0;
      #5 clk = 1;
      {{{names}}} <= lines[n + 1];
    end
    #1 $finish;
  end
endmodule
)",
                     fmt::arg("declarations", declarations), fmt::arg("high", width - 1), fmt::arg("last", edges_ - 1),
                     fmt::arg("connections", connections), fmt::arg("names", names), fmt::arg("first", first_));
}

}  // namespace blendsim::activity
