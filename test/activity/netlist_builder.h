// SPDX-License-Identifier: Apache-2.0
// Netlists by hand, for tests: cells on new nets, in groups by name.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "netlist.h"

namespace blendsim::activity::test {

class NetlistBuilder {
 public:
  Netlist netlist;

  std::vector<NetId> nets(int count) {
    std::vector<NetId> bits;
    for (int n = 0; n < count; ++n) bits.push_back(static_cast<NetId>(netlist.nets++));
    netlist.net_names.resize(netlist.nets);
    return bits;
  }
  NetId net() { return nets(1)[0]; }

  // A cell on these inputs; its outputs are new nets.
  std::vector<NetId> cell(const std::string& type, std::vector<NetId> inputs, Parameters parameters = {},
                          const std::string& group = "top") {
    const CellType* known = find_cell_type(type);
    std::vector<NetId> outputs = nets(bits_of(known->outputs));
    place(*known, std::move(inputs), outputs, std::move(parameters), group);
    return outputs;
  }
  // A cell whose output is a net that others have already as an input: for loops through registers.
  void drive(NetId output, const std::string& type, std::vector<NetId> inputs, Parameters parameters = {},
             const std::string& group = "top") {
    place(*find_cell_type(type), std::move(inputs), {output}, std::move(parameters), group);
  }

 private:
  void place(const CellType& type, std::vector<NetId> inputs, std::vector<NetId> outputs, Parameters parameters,
             const std::string& group) {
    auto found = std::find(netlist.groups.begin(), netlist.groups.end(), group);
    if (found == netlist.groups.end()) found = netlist.groups.insert(found, group);
    netlist.cells.push_back({&type, static_cast<Group>(found - netlist.groups.begin()),
                             "cell" + std::to_string(netlist.cells.size()), std::move(inputs), std::move(outputs),
                             std::make_shared<Parameters>(std::move(parameters))});
  }
};

}  // namespace blendsim::activity::test
