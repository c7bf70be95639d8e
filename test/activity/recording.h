// SPDX-License-Identifier: Apache-2.0
// What one instance of the netlist got on its inputs, from power on, and what its nets toggled: for another simulator
// to repeat (scripts/activity.sh icarus).
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "netlist_module.h"

namespace blendsim::activity {

// Writes into a folder:
//   stimulus.txt   a line an edge of the clock: the inputs before it as binary digits, those of `ports` first to last,
//                  highest bit first
//   bench.v        module bench, which applies them to the instance's module, the macro MODULE, and writes bench.vcd;
//                  edge n is at time 10 * (n + 1)
//   toggles.csv    net,toggles of every net that a cell in the instance drives, named from the instance on, over the
//   edges
//                  [first, last) that its first line names
class Recording {
 public:
  Recording(const Netlist& netlist, NetlistModule& module, std::string instance, std::string folder);

  // Before each edge; before the first edge that is counted; and when the cycle behind the last of them has settled.
  void edge();
  void start();
  void finish();

 private:
  void write_bench() const;

  const Netlist& netlist_;
  NetlistModule& module_;
  std::string instance_, folder_;
  const std::vector<NetlistPort>& ports_;
  std::ofstream stimulus_;
  std::size_t edges_ = 0, first_ = 0;
  std::vector<std::uint32_t> before_;  // toggles at the start
  bool done_ = false;
};

}  // namespace blendsim::activity
