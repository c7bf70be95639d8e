// SPDX-License-Identifier: Apache-2.0
#include "netlist_module.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "units/units.h"

namespace blendsim::activity {
namespace {

// How bench_machine.sv names the ports of a unit.
struct UnitPrefix {
  std::string_view prefix, instance;
};
constexpr std::array prefixes = {UnitPrefix{"load_", "load"},      UnitPrefix{"post_", "post_unit"},
                                 UnitPrefix{"pool_", "pool_unit"}, UnitPrefix{"xnor_", "xnor_array"},
                                 UnitPrefix{"mac_", "mac_array"},  UnitPrefix{"transpose_", "transpose_unit"}};

}  // namespace

std::string machine_group(std::string_view instance) {
  if (instance.empty()) return "machine";
  const std::string_view queue = "queue[";
  if (!instance.starts_with(queue)) return std::string(instance);
  const std::size_t unit = std::stoul(std::string(instance.substr(queue.size())));
  return std::string(blendsim::name(all_units.at(unit)));
}

NetlistModule::NetlistModule(const Netlist& netlist) : netlist_(netlist), simulator_(netlist) {
  for (const NetlistPort& port : netlist_.ports) {
    if (!port.output) (void)pins_of(port);
  }
}

NetlistModule::Pins& NetlistModule::pins_of(const NetlistPort& port) const {
  Pins& pins = pins_[&port];
  if (pins.port == nullptr) {
    pins.port = &port;
    pins.bytes.resize((port.bits.size() + 63) / 64 * 8);
    if (port.output) show(pins);
  }
  return pins;
}

const NetlistPort* NetlistModule::find(std::string_view name) const {
  if (const NetlistPort* port = netlist_.port(name); port != nullptr) return port;
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos)
    return netlist_.port(name.substr(0, dot), name.substr(dot + 1));
  for (const UnitPrefix& unit : prefixes) {
    if (!name.starts_with(unit.prefix)) continue;
    if (const NetlistPort* port = netlist_.port(unit.instance, name.substr(unit.prefix.size())); port != nullptr)
      return port;
  }
  return nullptr;
}

conformance::Port NetlistModule::port(std::string_view name) const {
  const NetlistPort* port = find(name);
  if (port == nullptr) throw std::runtime_error("the netlist has no port " + std::string(name));
  Pins& pins = pins_of(*port);
  return {std::string(name), static_cast<int>(port->bits.size()), pins.bytes.data(), pins.bytes.size()};
}

void NetlistModule::settle_nets() {
  for (const auto& [port, pins] : pins_) {
    if (port->output) continue;
    for (std::size_t n = 0; n < port->bits.size(); ++n)
      simulator_.set(port->bits[n], (pins.bytes[n / 8] >> n % 8 & 1) != 0);
  }
  simulator_.settle();
}

void NetlistModule::settle() {
  settle_nets();
  for (auto& [port, pins] : pins_) {
    if (port->output) show(pins);
  }
}

void NetlistModule::show(Pins& pins) const {
  std::fill(pins.bytes.begin(), pins.bytes.end(), 0);
  for (std::size_t n = 0; n < pins.port->bits.size(); ++n) {
    const int bit = simulator_.get(pins.port->bits[n]) ? 1 : 0;
    pins.bytes[n / 8] = static_cast<std::uint8_t>(pins.bytes[n / 8] | bit << n % 8);
  }
}

// Outputs follow with the next settle(), together with the inputs of the next cycle: so that no net toggles twice in
// one.
void NetlistModule::edge() {
  settle_nets();
  if (watcher_) watcher_();
  simulator_.clock();
}

}  // namespace blendsim::activity
