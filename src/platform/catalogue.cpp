// SPDX-License-Identifier: Apache-2.0
#include "platform/catalogue.h"

#include <fmt/format.h>

#include "platform/schema.h"

namespace blendsim {
namespace {

// The map below `key` of a catalogue file.
YamlTree entries_of(const std::string& file, const std::string& schema, const std::string& key, Diagnostics& diagnostics) {
  YamlTree tree = read_yaml(file, diagnostics);
  require_schema(tree, schema, diagnostics);
  for (const YamlTree::Entry& entry : tree.entries) {
    if (entry.key != "schema" && entry.key != key) {
      diagnostics.error("unknown-key", entry.place, fmt::format("this file has no key '{}'", entry.key), fmt::format("known: schema, {}", key));
    }
  }
  const YamlTree* entries = tree.find(key);
  if (entries == nullptr || entries->kind != YamlTree::Kind::map) {
    diagnostics.error("missing-key", {file, 1, {}}, fmt::format("the map '{}' is missing", key));
    return {};
  }
  return *entries;
}

std::vector<std::string> names_of(const YamlTree& entries) {
  std::vector<std::string> names;
  for (const YamlTree::Entry& entry : entries.entries) names.push_back(entry.key);
  return names;
}

std::vector<std::string> all_names(const std::string& file, const std::string& schema, const std::string& key) {
  Diagnostics diagnostics;
  const std::vector<std::string> names = names_of(entries_of(file, schema, key, diagnostics));
  diagnostics.throw_if_any();
  return names;
}

const YamlTree* entry_of(const YamlTree& entries, const std::string& name, const std::string& what, const std::string& file,
                         const Place& place, Diagnostics& diagnostics) {
  const YamlTree* entry = entries.find(name);
  if (entry == nullptr) {
    diagnostics.error("unknown-name", place, fmt::format("no {} '{}' in {}", what, name, file), suggestion(name, names_of(entries)));
  }
  return entry;
}

constexpr std::string_view devices_schema = "blendsim.devices/1";
constexpr std::string_view dram_schema = "blendsim.dram/1";

}  // namespace

std::string device_file(const ConfigPaths& paths) { return paths.root + "/devices/devices.yaml"; }
std::string dram_file(const ConfigPaths& paths) { return paths.root + "/devices/dram.yaml"; }

std::vector<std::string> device_names(const ConfigPaths& paths) {
  return all_names(device_file(paths), std::string(devices_schema), "devices");
}
std::vector<std::string> dram_names(const ConfigPaths& paths) { return all_names(dram_file(paths), std::string(dram_schema), "standards"); }

std::optional<Device> find_device(const std::string& name, const Place& place, const ConfigPaths& paths, Diagnostics& diagnostics) {
  const YamlTree entries = entries_of(device_file(paths), std::string(devices_schema), "devices", diagnostics);
  const YamlTree* entry = entry_of(entries, name, "device", device_file(paths), place, diagnostics);
  if (entry == nullptr) return std::nullopt;
  Device device;
  device.name = name;
  std::vector<Leaf> leaves;
  append_text(leaves, "family", device.family, "architecture, such as ultrascale+", true);
  append_text(leaves, "dsp", device.dsp, "kind of DSP slice", true);
  append_text(leaves, "source", device.source, "where the figures come from, with confidence", true);
  append_leaves(leaves, "", device, device_parameters);
  const Binding binding = bind(*entry, leaves, {}, diagnostics);
  if (!binding.bad.empty()) return std::nullopt;
  return device;
}

std::optional<DramTiming> find_dram(const std::string& name, const Place& place, const ConfigPaths& paths, Diagnostics& diagnostics) {
  const YamlTree entries = entries_of(dram_file(paths), std::string(dram_schema), "standards", diagnostics);
  const YamlTree* entry = entry_of(entries, name, "memory standard", dram_file(paths), place, diagnostics);
  if (entry == nullptr) return std::nullopt;
  DramTiming timing;
  std::string source;
  std::vector<Leaf> leaves;
  append_leaves(leaves, "", timing, dram_timing_parameters);
  append_text(leaves, "source", source, "where the figures come from, with confidence", true);
  const Binding binding = bind(*entry, leaves, {}, diagnostics);
  if (!binding.bad.empty()) return std::nullopt;
  return timing;
}

}  // namespace blendsim
