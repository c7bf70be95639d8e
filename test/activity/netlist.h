// SPDX-License-Identifier: Apache-2.0
// A synthesised module, flattened: cells and nets with the names and the groups of where they lie.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cells.h"

namespace blendsim::activity {

using NetId = std::uint32_t;  // of one bit
inline constexpr NetId constant_0 = 0, constant_1 = 1;
using Group = std::uint16_t;

// As yosys writes them: bits, highest first, or text.
using Parameters = std::map<std::string, std::string>;

struct Cell {
  const CellType* type = nullptr;
  Group group = 0;
  std::string path;                              // instances from the top on, a dot between them
  std::vector<NetId> inputs, outputs;            // bits in the order of the type's pins
  std::shared_ptr<const Parameters> parameters;  // instances of one module share them
};

// A port of a module, lowest bit first.
struct NetlistPort {
  std::string name;
  bool output = false;
  std::vector<NetId> bits;
};

struct Netlist {
  std::size_t nets = 2;                // the constants are the first two
  std::vector<std::string> net_names;  // a name of each net: path and index in brackets; empty: it has none
  std::vector<Cell> cells;             // without aliases
  std::vector<std::string> groups;
  std::vector<NetlistPort> ports;                                  // of the top
  std::map<std::string, std::vector<NetlistPort>> instance_ports;  // of the instances in the top

  // Of the top, or of an instance in it; nullptr: none.
  [[nodiscard]] const NetlistPort* port(std::string_view name) const;
  [[nodiscard]] const NetlistPort* port(std::string_view instance, std::string_view name) const;
};

// The group of what lies in an instance of the top; the top's own cells are asked for with "".
using GroupName = std::function<std::string(std::string_view instance)>;

// Reads what `write_json` wrote of a hierarchical synthesis. Nothing undefined is kept: x and z are 0. Throws
// std::runtime_error with the place: unknown cells, inverted pins, a second clock, a net that two cells drive.
[[nodiscard]] Netlist read_netlist(const std::string& json_text, const std::string& top, const GroupName& group_of);

// A parameter's bits as a number; `absent` where there is none. x is 0. At most 64 bits count.
[[nodiscard]] std::uint64_t parameter(const Cell& cell, const std::string& name, std::uint64_t absent);

}  // namespace blendsim::activity
