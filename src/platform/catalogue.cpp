// SPDX-License-Identifier: Apache-2.0
#include "platform/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "platform/schema.h"

namespace blendsim {
namespace {

// A catalogue's text with the lines of all entries but one blank, so that lines keep their numbers. Entries begin two
// blanks deep; where they do not, the text stays whole.
std::string with_entry_alone(const std::string& text, const std::string& name) {
  std::string out;
  bool other = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const std::size_t depth = line.find_first_not_of(' ');
    const bool content = depth != std::string_view::npos && line[depth] != '#';
    if (content && depth == 0) other = false;
    if (content && depth == 2)
      other = !(line.substr(2).starts_with(name) && line.substr(2 + name.size()).starts_with(':'));
    if (!other) out += line;
    out += '\n';
    begin = end + 1;
  }
  return out;
}

YamlTree entries_of(const YamlTree& tree, const std::string& file, const std::string& schema, const std::string& key,
                    Diagnostics& diagnostics) {
  require_schema(tree, schema, diagnostics);
  for (const YamlTree::Entry& entry : tree.entries) {
    if (entry.key != "schema" && entry.key != key) {
      diagnostics.error("unknown-key", entry.place, fmt::format("this file has no key '{}'", entry.key),
                        fmt::format("known: schema, {}", key));
    }
  }
  const YamlTree* entries = tree.find(key);
  if (entries == nullptr || entries->kind != YamlTree::Kind::map) {
    diagnostics.error("missing-key", {file, 1, {}}, fmt::format("the map '{}' is missing", key));
    return {};
  }
  return *entries;
}

// The map below `key` of a catalogue file.
YamlTree entries_of(const std::string& file, const std::string& schema, const std::string& key,
                    Diagnostics& diagnostics) {
  return entries_of(read_yaml(file, diagnostics), file, schema, key, diagnostics);
}

// The same with the entry `name` alone where that can be read by itself: a catalogue is read at the start of every
// process, and most of its text is about other parts.
YamlTree entries_with(const std::string& name, const std::string& file, const std::string& schema,
                      const std::string& key, Diagnostics& diagnostics) {
  try {
    Diagnostics own;
    const YamlTree tree = parse_yaml(with_entry_alone(read_yaml_text(file), name), file, own);
    YamlTree entries = entries_of(tree, file, schema, key, own);
    if (own.empty() && entries.find(name) != nullptr) return entries;
  } catch (const DiagnosticError&) {  // whatever it is, it is said of the whole file
  }
  return entries_of(file, schema, key, diagnostics);
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

const YamlTree* entry_of(const YamlTree& entries, const std::string& name, const std::string& what,
                         const std::string& file, const Place& place, Diagnostics& diagnostics) {
  const YamlTree* entry = entries.find(name);
  if (entry == nullptr) {
    diagnostics.error("unknown-name", place, fmt::format("no {} '{}' in {}", what, name, file),
                      suggestion(name, names_of(entries)));
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
std::vector<std::string> dram_names(const ConfigPaths& paths) {
  return all_names(dram_file(paths), std::string(dram_schema), "standards");
}

std::optional<Device> find_device(const std::string& name, const Place& place, const ConfigPaths& paths,
                                  Diagnostics& diagnostics) {
  const YamlTree entries = entries_with(name, device_file(paths), std::string(devices_schema), "devices", diagnostics);
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

std::optional<DramTiming> find_dram(const std::string& name, const Place& place, const ConfigPaths& paths,
                                    Diagnostics& diagnostics) {
  const YamlTree entries = entries_with(name, dram_file(paths), std::string(dram_schema), "standards", diagnostics);
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
