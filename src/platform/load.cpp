// SPDX-License-Identifier: Apache-2.0
// load_platform: file -> tree (extends merged, --set applied) -> bound -> derived -> checked.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "platform/catalogue.h"
#include "platform/platform_schema.h"
#include "units/units.h"

namespace blendsim {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> foreign_keys = {"schema", "extends", "assumptions"};

bool looks_like_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
}

std::string platform_file(const std::string& name, const ConfigPaths& paths) {
  return paths.root + "/platforms/" + name + ".yaml";
}

// The file that a name or path means; `from` is the file that says it, for relative paths.
std::string resolve_file(const std::string& name, const std::string& from, const Place& place,
                         const ConfigPaths& paths) {
  if (looks_like_path(name)) {
    const bool relative = !from.empty() && fs::path(name).is_relative();
    return relative ? (fs::path(from).parent_path() / name).lexically_normal().string() : name;
  }
  const std::string file = platform_file(name, paths);
  std::error_code error;
  if (fs::is_regular_file(file, error)) return file;
  if (from.empty() && fs::is_regular_file(name, error)) return name;
  throw DiagnosticError("unknown-name", place, fmt::format("no platform '{}'", name),
                        suggestion(name, platform_names(paths)));
}

// A memory that is named later, by --set or in a file that extends another, brings its own timing: what stood there
// before was the timing of another memory, and canonical text states all of it.
void drop_timing(YamlTree& tree) {
  if (YamlTree* memory = tree.find("memory"))
    std::erase_if(memory->entries, [](const YamlTree::Entry& entry) { return entry.key == "timing"; });
}

bool names_memory(const YamlTree& tree) {
  const YamlTree* memory = tree.find("memory");
  return memory != nullptr && memory->find("standard") != nullptr;
}

// A later change of a key takes the place of an earlier one.
void add_override(std::vector<std::string>& overrides, const std::string& key, const std::string& value) {
  std::erase_if(overrides, [&](const std::string& earlier) { return earlier.starts_with(key + "="); });
  overrides.push_back(key + "=" + value);
}

// "unit.parameter=value" of every single value below `tree`.
void list_values(const YamlTree& tree, const std::string& path, std::vector<std::string>& out) {
  for (const YamlTree::Entry& entry : tree.entries) {
    const std::string below = path.empty() ? entry.key : path + "." + entry.key;
    const bool identity = below == "name" || below == "summary" || below == "schema" || below == "extends";
    if (identity || below == "assumptions") continue;
    if (entry.value.kind == YamlTree::Kind::scalar) add_override(out, below, entry.value.text);
    list_values(entry.value, below, out);
  }
}

class Loader {
 public:
  explicit Loader(const ConfigPaths& paths) : paths_(paths) {}

  Platform load(const std::string& name, const std::vector<std::string>& sets) {
    const std::string file = resolve_file(name, "", {}, paths_);
    platform_.file = file;
    platform_.source = PlatformSource{name, {}, sets, paths_.root};
    return resolve(read_with_base(read_yaml(file, diagnostics_), file), file, sets);
  }

  // What a program embeds stands for itself: no text of a file's may make another file be read.
  Platform parse(const std::string& yaml, const std::string& place, const std::vector<std::string>& sets = {}) {
    platform_.file = place;
    platform_.source = PlatformSource{{}, yaml, sets, paths_.root};
    YamlTree tree = parse_yaml(yaml, place, diagnostics_);
    require_schema(tree, std::string(platform_schema_name), diagnostics_);
    if (const YamlTree* extends = tree.find("extends")) {
      diagnostics_.error("unknown-key", extends->place, "an embedded platform extends no other",
                         "canonical text holds every key");
    }
    return resolve(std::move(tree), place, sets);
  }

 private:
  // The tree of a file over that of the file it extends.
  YamlTree read_with_base(YamlTree tree, const std::string& file) {
    require_schema(tree, std::string(platform_schema_name), diagnostics_);
    const YamlTree* extends = tree.find("extends");
    if (extends == nullptr) return tree;
    if (extends->kind != YamlTree::Kind::scalar) {
      diagnostics_.error("wrong-type", extends->place,
                         fmt::format("expected the name of a platform, found {}", kind_text(extends->kind)));
      return tree;
    }
    chain_.push_back(fs::weakly_canonical(file).string());
    const std::string base_file = resolve_file(extends->text, file, extends->place, paths_);
    const std::string canonical = fs::weakly_canonical(base_file).string();
    if (std::find(chain_.begin(), chain_.end(), canonical) != chain_.end()) {
      throw DiagnosticError(
          "contradiction", extends->place,
          fmt::format("'{}' extends itself: {} -> {}", extends->text, fmt::join(chain_, " -> "), canonical),
          "remove one of the extends keys");
    }
    if (tree.find("name") == nullptr) {
      diagnostics_.error("missing-key", {file, 1, {}}, "the key 'name' is missing",
                         "a platform that extends another needs a name of its own");
    }
    YamlTree base = read_with_base(read_yaml(base_file, diagnostics_), base_file);
    list_values(tree, "", platform_.overrides);
    if (names_memory(tree)) drop_timing(base);
    merge(base, tree);
    base.place = tree.place;
    return base;
  }

  void apply_sets(YamlTree& tree, std::span<const Leaf> leaves, const std::vector<std::string>& sets) {
    std::vector<std::string> known;
    for (const Leaf& leaf : leaves) known.push_back(leaf.path);
    for (const std::string& set : sets) {
      const std::size_t equals = set.find('=');
      const std::string path = set.substr(0, equals);
      const Place place{"--set " + path, 0, {}};
      if (equals == std::string::npos || path.empty() || equals + 1 == set.size()) {
        diagnostics_.error("bad-override", {"--set " + set, 0, {}}, "expected unit.parameter=value",
                           "such as --set xnor_array.rows=32");
      } else if (std::find(known.begin(), known.end(), path) == known.end()) {
        const bool group = std::any_of(known.begin(), known.end(),
                                       [&path](const std::string& k) { return k.starts_with(path + "."); });
        diagnostics_.error(
            "bad-override", place,
            group ? fmt::format("'{}' is a group of keys", path) : fmt::format("a platform has no key '{}'", path),
            group ? fmt::format("name one key of it, such as {}", first_below(known, path)) : near_key(path, known));
      } else {
        if (path == "memory.standard") drop_timing(tree);
        assign(tree, path, set.substr(equals + 1), place);
        add_override(platform_.overrides, path, set.substr(equals + 1));
      }
    }
  }

  static std::string first_below(const std::vector<std::string>& known, const std::string& group) {
    return *std::find_if(known.begin(), known.end(),
                         [&group](const std::string& k) { return k.starts_with(group + "."); });
  }
  static std::string near_key(const std::string& path, const std::vector<std::string>& known) {
    // The right name in a group above the right one is no slip of the fingers: "memory.banks".
    const std::string group = path.substr(0, path.find('.') + 1), name = path.substr(path.find_last_of('.') + 1);
    const auto deeper = std::find_if(known.begin(), known.end(), [&](const std::string& key) {
      return !group.empty() && key.starts_with(group) && key.ends_with("." + name);
    });
    const std::string near = deeper != known.end() ? *deeper : nearest(path, known);
    return near.empty() ? "`blendsim platforms NAME` prints every key" : fmt::format("did you mean '{}'?", near);
  }

  Platform resolve(YamlTree tree, const std::string& file, const std::vector<std::string>& sets) {
    tree.place.file = file;
    std::vector<Leaf> leaves = platform_leaves(platform_);
    apply_sets(tree, leaves, sets);
    mark_defaults();
    drop_auto_depths(tree);
    Binding binding = bind(tree, leaves, foreign_keys, diagnostics_);
    resolve_names(binding);
    derive_buffers();
    derive_depths();
    check_platform(platform_, binding, diagnostics_);
    read_assumptions(tree, leaves);
    diagnostics_.throw_if_any();
    return std::move(platform_);
  }

  // Absent widths, region counts and depths are recognised by 0, which no file can say.
  void mark_defaults() {
    MachineParameters& m = platform_.machine;
    Units::for_each([&]<class U>() {
      if constexpr (ComputeDescriptor<U>) (m.*(U::member)).depth = 0;
    });
    for (int i = 0; i < buffer_count; ++i) {
      platform_.machine.buffers[static_cast<std::size_t>(i)].width = 0;
      platform_.machine.buffers[static_cast<std::size_t>(i)].regions =
          std::max<std::int64_t>(1, fixed_regions(static_cast<BufferId>(i)));
    }
  }

  // A refused value was not taken: the arrays hold their defaults then, and every check stays defined.
  void derive_buffers() {
    for (int i = 0; i < buffer_count; ++i) {
      BufferParameters& b = platform_.machine.buffers[static_cast<std::size_t>(i)];
      if (b.width != 0) continue;
      b.width = derived_width(static_cast<BufferId>(i), platform_.machine);
      platform_.derived.push_back(width_key(static_cast<BufferId>(i)));
    }
  }

  // `depth: auto` says what leaving the key out says, also over a file that gives a number.
  static void drop_auto_depths(YamlTree& tree) {
    for (const std::string_view unit : unit_names) {
      YamlTree* group = tree.find(std::string(unit));
      if (group == nullptr) continue;
      std::erase_if(group->entries, [](const YamlTree::Entry& entry) {
        return entry.key == "depth" && entry.value.kind == YamlTree::Kind::scalar && entry.value.text == "auto";
      });
    }
  }

  void derive_depths() {
    for (const UnitDepth& unit : unit_depths(platform_.machine)) {
      if (*unit.depth != 0) continue;
      *unit.depth = unit.least;
      platform_.derived.emplace_back(unit.key());
    }
  }

  // Device and memory standard from their catalogues; timing keys that stand with the standard stand over its own.
  void resolve_names(Binding& binding) {
    if (binding.bad.count("board.device") == 0) {
      if (auto device = find_device(platform_.device.name, binding.place("board.device"), paths_, diagnostics_)) {
        platform_.device = *device;
      } else {
        binding.bad.insert("board.device");
      }
    }
    if (binding.bad.count("memory.standard") == 0) {
      const auto timing = find_dram(platform_.memory_standard, binding.place("memory.standard"), paths_, diagnostics_);
      if (!timing) binding.bad.insert("memory.standard");
      if (timing) {
        for (const auto& row : dram_timing_parameters) {
          if (binding.given.count("memory.timing." + std::string(row.name)) == 0) {
            platform_.machine.memory.timing.*(row.member) = (*timing).*(row.member);
          }
        }
      }
    }
    if (binding.bad.count("technology") == 0) {
      std::error_code error;
      const std::string folder = paths_.root + "/technologies";
      const bool plain = platform_.technology.find('/') == std::string::npos;  // a name, no way out of the folder
      if (!plain || !fs::is_regular_file(folder + "/" + platform_.technology + ".yaml", error)) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder, error)) names.push_back(entry.path().stem().string());
        std::sort(names.begin(), names.end());
        diagnostics_.error("unknown-name", binding.place("technology"),
                           fmt::format("no technology '{}' in {}", platform_.technology, folder),
                           suggestion(platform_.technology, names));
      }
    }
  }

  void read_assumptions(const YamlTree& tree, std::span<const Leaf> leaves) {
    const YamlTree* map = tree.find("assumptions");
    if (map == nullptr) return;
    if (map->kind != YamlTree::Kind::map) {
      diagnostics_.error("wrong-type", map->place,
                         fmt::format("expected a map of keys, found {}", kind_text(map->kind)));
      return;
    }
    std::vector<std::string> known;
    for (const Leaf& leaf : leaves) known.push_back(leaf.path);
    for (const YamlTree::Entry& entry : map->entries) {
      const auto leaf =
          std::find_if(leaves.begin(), leaves.end(), [&entry](const Leaf& l) { return l.path == entry.key; });
      if (leaf == leaves.end()) {
        diagnostics_.error("unknown-key", entry.place,
                           fmt::format("an assumption is about a key of the platform; there is no '{}'", entry.key),
                           near_key(entry.key, known));
        continue;
      }
      read_assumption(entry, *leaf);
    }
  }

  void read_assumption(const YamlTree::Entry& entry, const Leaf& leaf) {
    Assumption assumption;
    assumption.key = entry.key;
    std::vector<Leaf> parts;
    append_text(parts, "range", assumption.range,
                "within which the true value is believed to lie, such as 30..80 cycles", true);
    append_text(parts, "why", assumption.why, "why it is an assumption, and what would settle it", true);
    if (entry.value.kind != YamlTree::Kind::map) {
      diagnostics_.error("wrong-type", entry.place,
                         fmt::format("expected a map with range and why, found {}", kind_text(entry.value.kind)));
      return;
    }
    YamlTree tree = entry.value;
    const Binding binding = bind(tree, parts, {}, diagnostics_);
    if (binding.bad.empty()) check_range(assumption.range, leaf, entry.place);
    // value_text quotes a text; a report wants it plain.
    assumption.value = leaf.text != nullptr ? *leaf.text : leaf.value_text();
    platform_.assumptions.push_back(assumption);
  }

  // "LOW..HIGH unit" in the key's own unit.
  void check_range(const std::string& range, const Leaf& leaf, const Place& place) {
    if (leaf.text != nullptr || !leaf.row.choices.empty()) return;
    const std::size_t dots = range.find("..");
    const std::size_t space = range.find(' ', dots == std::string::npos ? 0 : dots);
    const std::string unit = space == std::string::npos ? "" : range.substr(space);
    ParameterRow row = leaf.row;
    row.step = 1;
    const ParsedValue low = dots == std::string::npos ? ParsedValue{} : parse_value(range.substr(0, dots) + unit, row);
    const ParsedValue high = dots == std::string::npos ? ParsedValue{} : parse_value(range.substr(dots + 2), row);
    if (low.value && high.value && *low.value <= *high.value) return;
    diagnostics_.error("wrong-type", place, fmt::format("'{}' is not a range of {}", range, leaf.path),
                       fmt::format("write LOW..HIGH{}{}, within {}", leaf.row.unit == Unit::none ? "" : " ",
                                   unit_name(leaf.row.unit), allowed_text(leaf.row)));
  }

  const ConfigPaths& paths_;
  Diagnostics diagnostics_;
  Platform platform_;
  std::vector<std::string> chain_;
};

}  // namespace

Platform load_platform(const std::string& name_or_path, const std::vector<std::string>& sets,
                       const ConfigPaths& paths) {
  return Loader(paths).load(name_or_path, sets);
}

Platform parse_platform(const std::string& yaml, const std::string& place, const ConfigPaths& paths) {
  return Loader(paths).parse(yaml, place);
}

Platform with_sets(const Platform& platform, const std::vector<std::string>& sets) {
  if (!platform.source) throw InvariantError("platform", "it was made by hand and cannot be read again");
  const PlatformSource& source = *platform.source;
  std::vector<std::string> all = source.sets;
  all.insert(all.end(), sets.begin(), sets.end());
  const ConfigPaths paths{source.configs};
  return source.name.empty() ? Loader(paths).parse(source.yaml, platform.file, all)
                             : Loader(paths).load(source.name, all);
}

std::vector<std::string> platform_names(const ConfigPaths& paths) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(paths.root + "/platforms", error)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  if (error)
    throw DiagnosticError("file-unreadable", {paths.root + "/platforms", 0, {}},
                          "the folder of platforms cannot be read");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace blendsim
