// SPDX-License-Identifier: Apache-2.0
#include "netlist.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_map>

namespace blendsim::activity {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::string& place, const std::string& what) {
  throw std::runtime_error("netlist: " + place + ": " + what);
}

const NetlistPort* find_port(const std::vector<NetlistPort>& ports, std::string_view name) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const NetlistPort& port) { return port.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

// Walks the instances from the top on. Nets of a child's ports are those of its parent.
class Flattener {
 public:
  Flattener(const Json& modules, const GroupName& group_of) : modules_(modules), group_of_(group_of) {}

  Netlist run(const std::string& top) {
    const Json& module = find_module(top);
    Nets nets;
    for (const auto& [name, port] : module.at("ports").items()) {
      NetlistPort bits{name, port.at("direction") == "output", {}};
      for (const Json& bit : port.at("bits")) bits.bits.push_back(net_of(bit, nets));
      netlist_.ports.push_back(std::move(bits));
    }
    top_group_ = group("");
    enter(module, "", nets, top_group_);
    resolve_aliases();
    check_drivers();
    return std::move(netlist_);
  }

 private:
  using Nets = std::unordered_map<std::int64_t, NetId>;  // of a module's own numbers

  const Json& find_module(const std::string& name) const {
    const auto found = modules_.find(name);
    if (found == modules_.end()) fail(name, "no such module");
    return *found;
  }

  Group group(std::string_view instance) {
    const std::string name = group_of_(instance);
    const auto found = std::find(netlist_.groups.begin(), netlist_.groups.end(), name);
    if (found == netlist_.groups.end()) netlist_.groups.push_back(name);
    return static_cast<Group>(std::find(netlist_.groups.begin(), netlist_.groups.end(), name) -
                              netlist_.groups.begin());
  }

  NetId new_net() { return static_cast<NetId>(netlist_.nets++); }

  NetId net_of(const Json& bit, Nets& nets) {
    if (bit.is_string()) return bit.get_ref<const std::string&>() == "1" ? constant_1 : constant_0;
    const auto [at, is_new] = nets.try_emplace(bit.get<std::int64_t>(), 0);
    if (is_new) at->second = new_net();
    return at->second;
  }

  void enter(const Json& module, const std::string& path, Nets& nets, Group own_group) {
    for (const auto& [name, cell] : module.at("cells").items()) {
      const std::string& type = cell.at("type").get_ref<const std::string&>();
      if (const CellType* known = find_cell_type(type); known != nullptr) {
        add_cell(*known, cell, joined(path, name), nets, own_group);
      } else if (modules_.contains(type) && !modules_.at(type).at("attributes").contains("blackbox")) {
        add_instance(modules_.at(type), cell, path, name, nets, own_group);
      } else {
        fail(joined(path, name), "a cell of the unknown type " + type);
      }
    }
    name_nets(module, path, nets);
  }

  void add_instance(const Json& module, const Json& cell, const std::string& path, const std::string& name,
                    Nets& parent, Group own_group) {
    Nets nets;
    std::vector<NetlistPort> ports;
    for (const auto& [port_name, port] : module.at("ports").items()) {
      const Json& inside = port.at("bits");
      const auto outside = cell.at("connections").find(port_name);
      NetlistPort bits{port_name, port.at("direction") == "output", {}};
      for (std::size_t n = 0; n < inside.size(); ++n) {
        const bool connected = outside != cell.at("connections").end() && n < outside->size();
        const NetId net = connected ? net_of((*outside)[n], parent) : bits.output ? new_net() : constant_0;
        bits.bits.push_back(net);
        join(inside[n], net, bits.output, nets);
      }
      ports.push_back(std::move(bits));
    }
    if (path.empty()) netlist_.instance_ports[name] = std::move(ports);
    enter(module, joined(path, name), nets, path.empty() ? group(name) : own_group);
  }

  // A module's port bit is the net outside. Where the module feeds one bit through to another port, or a constant, both
  // nets are one.
  void join(const Json& inside, NetId outside, bool output, Nets& nets) {
    if (inside.is_string()) {
      if (output) aliases_.emplace_back(outside, inside.get_ref<const std::string&>() == "1" ? constant_1 : constant_0);
      return;
    }
    const auto [at, is_new] = nets.try_emplace(inside.get<std::int64_t>(), outside);
    if (!is_new && at->second != outside) feed_through(at->second, outside, output);
  }

  // Ports come in the order of their names: which of the two is the input's is known only by direction.
  void feed_through(NetId first, NetId second, bool second_is_output) {
    second_is_output ? aliases_.emplace_back(second, first) : aliases_.emplace_back(first, second);
  }

  void add_cell(const CellType& type, const Json& json, const std::string& path, Nets& nets, Group own_group) {
    Cell cell{&type, own_group, path, {}, {}, nullptr};
    const Json& connections = json.at("connections");
    const auto connect = [&](const Pin& pin, std::vector<NetId>& bits, bool output) {
      const auto found = connections.find(pin.name);
      for (int n = 0; n < pin.width; ++n) {
        const bool connected = found != connections.end() && static_cast<std::size_t>(n) < found->size();
        bits.push_back(connected ? net_of((*found)[static_cast<std::size_t>(n)], nets)
                       : output  ? new_net()
                                 : constant_0);
      }
    };
    for (const Pin& pin : type.inputs) connect(pin, cell.inputs, false);
    for (const Pin& pin : type.outputs) connect(pin, cell.outputs, true);
    if (type.kind == CellKind::alias) {
      aliases_.emplace_back(cell.outputs[0], cell.inputs[0]);
      return;
    }
    if (!type.clock.empty()) {
      const auto clock = connections.find(type.clock);
      if (clock != connections.end()) clocks_.emplace_back(net_of(clock->at(0), nets), path);
    }
    cell.parameters = parameters_of(json, path);
    netlist_.cells.push_back(std::move(cell));
  }

  std::shared_ptr<const Parameters> parameters_of(const Json& json, const std::string& path) {
    auto& kept = parameters_[&json];
    if (kept) return kept;
    auto parameters = std::make_shared<Parameters>();
    for (const auto& [name, value] : json.at("parameters").items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      const bool set = text.find('1') != std::string::npos;
      if (set && name.starts_with("IS_") && name.ends_with("_INVERTED")) fail(path, name + " is set");
      (*parameters)[name] = text;
    }
    return kept = std::move(parameters);
  }

  // The first name is the one of the module that the net is driven in, or lies deepest: children come before.
  void name_nets(const Json& module, const std::string& path, const Nets& nets) {
    netlist_.net_names.resize(netlist_.nets);
    for (const auto& [name, entry] : module.at("netnames").items()) {
      const Json& bits = entry.at("bits");
      const int offset = entry.value("offset", 0);
      for (std::size_t n = 0; n < bits.size(); ++n) {
        if (bits[n].is_string()) continue;
        const auto found = nets.find(bits[n].get<std::int64_t>());
        if (found == nets.end() || !netlist_.net_names[found->second].empty()) continue;
        netlist_.net_names[found->second] =
            joined(path, name) + "[" + std::to_string(offset + static_cast<int>(n)) + "]";
      }
    }
  }

  void resolve_aliases() {
    std::vector<NetId> of(netlist_.nets);
    for (NetId net = 0; net < of.size(); ++net) of[net] = net;
    const auto root = [&](NetId net) {
      while (of[net] != net) net = of[net] = of[of[net]];
      return net;
    };
    for (const auto& [net, source] : aliases_) of[root(net)] = root(source);
    const auto resolve = [&](std::vector<NetId>& bits) {
      for (NetId& bit : bits) bit = root(bit);
    };
    for (Cell& cell : netlist_.cells) resolve(cell.inputs), resolve(cell.outputs);
    for (NetlistPort& port : netlist_.ports) resolve(port.bits);
    for (auto& [name, ports] : netlist_.instance_ports) {
      for (NetlistPort& port : ports) resolve(port.bits);
    }
    for (const auto& [net, place] : clocks_) {
      if (root(net) != root(clocks_.front().first))
        fail(place, "a second clock beside that of " + clocks_.front().second);
    }
    netlist_.net_names.resize(netlist_.nets);
  }

  void check_drivers() const {
    std::vector<bool> driven(netlist_.nets);
    driven[constant_0] = driven[constant_1] = true;
    for (const NetlistPort& port : netlist_.ports) {
      for (const NetId bit : port.bits) driven[bit] = driven[bit] || !port.output;
    }
    for (const Cell& cell : netlist_.cells) {
      for (const NetId net : cell.outputs) {
        if (driven[net]) fail(cell.path, "drives a net that something else drives: " + netlist_.net_names[net]);
        driven[net] = true;
      }
    }
  }

  const Json& modules_;
  const GroupName& group_of_;
  Netlist netlist_;
  Group top_group_ = 0;
  std::vector<std::pair<NetId, NetId>> aliases_;       // net, what it is
  std::vector<std::pair<NetId, std::string>> clocks_;  // net, a cell that it clocks
  std::unordered_map<const Json*, std::shared_ptr<const Parameters>> parameters_;
};

}  // namespace

const NetlistPort* Netlist::port(std::string_view name) const { return find_port(ports, name); }

const NetlistPort* Netlist::port(std::string_view instance, std::string_view name) const {
  const auto found = instance_ports.find(std::string(instance));
  return found == instance_ports.end() ? nullptr : find_port(found->second, name);
}

Netlist read_netlist(const std::string& json_text, const std::string& top, const GroupName& group_of) {
  Json json;
  try {
    json = Json::parse(json_text);
  } catch (const Json::parse_error& error) {
    fail("JSON", error.what());
  }
  return Flattener(json.at("modules"), group_of).run(top);
}

std::uint64_t parameter(const Cell& cell, const std::string& name, std::uint64_t absent) {
  const auto found = cell.parameters->find(name);
  if (found == cell.parameters->end()) return absent;
  std::uint64_t value = 0;
  for (const char bit : found->second) value = value << 1 | (bit == '1' ? 1U : 0U);
  return value;
}

}  // namespace blendsim::activity
