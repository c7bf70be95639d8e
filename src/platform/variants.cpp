// SPDX-License-Identifier: Apache-2.0
#include "platform/variants.h"

#include <algorithm>
#include <utility>

#include "platform/platform_schema.h"

namespace blendsim {

namespace {

std::string as_set(const std::string& key, const std::string& value) { return key + "=" + value; }

}  // namespace

// A platform whose numbers are set again and again; its leaves point into it.
struct PlatformVariants::Workbench {
  explicit Workbench(Platform of) : platform(std::move(of)), leaves(platform_leaves(platform)) {
    for (const Leaf& leaf : leaves) numbers.push_back(leaf.number == nullptr ? 0 : *leaf.number);
    for (const Assumption& assumption : platform.assumptions) assumed.push_back(index_of(assumption.key));
    for (int b = 0; b < buffer_count; ++b) {
      const auto id = static_cast<BufferId>(b);
      if (is_derived(width_key(id))) widths.push_back({index_of(width_key(id)), id});
    }
    for (const UnitDepth& unit : unit_depths(platform.machine)) {
      depths.push_back(index_of(unit.key()));
      if (is_derived(unit.key())) numbers[depths.back()] = 0;
    }
  }
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  [[nodiscard]] std::size_t index_of(std::string_view key) const {
    const auto leaf = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& l) { return l.path == key; });
    return static_cast<std::size_t>(leaf - leaves.begin());
  }
  [[nodiscard]] bool is_derived(std::string_view key) const {
    return std::find(platform.derived.begin(), platform.derived.end(), key) != platform.derived.end();
  }
  void set(std::span<const Setting> settings) {
    for (std::size_t k = 0; k < leaves.size(); ++k) {
      if (leaves[k].number != nullptr) *leaves[k].number = numbers[k];
    }
    for (const Setting& s : settings) {
      if (leaves[s.key].number != nullptr) *leaves[s.key].number = s.number;
    }
    platform.derived.clear();
    for (const Width& width : widths) {
      const bool is_set =
          std::any_of(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == width.key; });
      if (is_set) continue;
      *leaves[width.key].number = derived_width(width.buffer, platform.machine);
      platform.derived.push_back(leaves[width.key].path);
    }
    for (const UnitDepth& unit : unit_depths(platform.machine)) {
      if (*unit.depth != 0) continue;
      *unit.depth = unit.least;
      platform.derived.emplace_back(unit.key());
    }
    for (std::size_t a = 0; a < assumed.size(); ++a) {
      const Leaf& leaf = leaves[assumed[a]];
      if (leaf.number != nullptr) platform.assumptions[a].value = leaf.value_text();
    }
  }
  [[nodiscard]] bool is_depth(std::size_t key) const {
    return std::find(depths.begin(), depths.end(), key) != depths.end();
  }

  Platform platform;
  std::vector<Leaf> leaves;
  std::vector<std::int64_t> numbers;  // the base's; depths that are derived: 0
  std::vector<std::size_t> assumed;   // leaves of the assumptions
  struct Width {
    std::size_t key = 0;
    BufferId buffer{};
  };
  std::vector<Width> widths;        // that follow from the arrays
  std::vector<std::size_t> depths;  // leaves of the units' depths
};

struct PlatformVariants::Parts {
  explicit Parts(Platform base) : first(std::move(base)) {
    for (const Leaf& leaf : first.leaves) keys.push_back(leaf.path);
    original = first.platform;
  }

  // The base with the texts among the settings, read once for each combination of them.
  Workbench& workbench(std::span<const Setting> settings) {
    std::map<std::size_t, std::int64_t> chosen;
    for (const Setting& s : settings) {
      if (first.leaves[s.key].text != nullptr) chosen[s.key] = s.number;
    }
    if (chosen.empty()) return first;
    std::unique_ptr<Workbench>& bench = others[chosen];
    if (!bench) {
      std::vector<std::string> sets;
      for (const auto& [key, number] : chosen)
        sets.push_back(as_set(keys[key], texts.at(static_cast<std::size_t>(number))));
      bench = std::make_unique<Workbench>(with_sets(original, sets));
    }
    return *bench;
  }

  Workbench first;
  Platform original;
  std::vector<std::string> keys, texts;
  std::map<std::map<std::size_t, std::int64_t>, std::unique_ptr<Workbench>> others;
};

PlatformVariants::PlatformVariants(Platform base) : parts_(std::make_unique<Parts>(std::move(base))) {}
PlatformVariants::~PlatformVariants() = default;

const Platform& PlatformVariants::base() const { return parts_->original; }
const std::vector<std::string>& PlatformVariants::keys() const { return parts_->keys; }

Setting PlatformVariants::setting(const std::string& key, const std::string& value, const Place& place) {
  const auto refuse = [&] {
    // load_platform says what is wrong, in its own words.
    try {
      (void)with_sets(parts_->original, {as_set(key, value)});
    } catch (const DiagnosticError& error) {
      std::vector<Diagnostic> list = error.diagnostics();
      for (Diagnostic& diagnostic : list) diagnostic.place = place;
      throw DiagnosticError(std::move(list));
    }
  };
  const std::size_t k = parts_->first.index_of(key);
  if (k == parts_->keys.size()) {
    refuse();
    throw InvariantError("platform", "a key that is none was taken: " + key);
  }
  const Leaf& leaf = parts_->first.leaves[k];
  if (leaf.text != nullptr) {
    refuse();  // an unknown name, which only the catalogues know
    std::vector<std::string>& texts = parts_->texts;
    const auto known = std::find(texts.begin(), texts.end(), value);
    const auto number = static_cast<std::int64_t>(known - texts.begin());
    if (known == texts.end()) texts.push_back(value);
    return {k, number};
  }
  if (value == "auto" && parts_->first.is_depth(k)) return {k, 0};
  const ParsedValue parsed = parse_value(value, leaf.row);
  if (!parsed.value) {
    refuse();
    throw InvariantError("platform", "a value that is none was taken: " + as_set(key, value));
  }
  return {k, *parsed.value};
}

std::string PlatformVariants::text(const Setting& setting) const {
  const Leaf& leaf = parts_->first.leaves.at(setting.key);
  if (leaf.text != nullptr) return as_set(leaf.path, parts_->texts.at(static_cast<std::size_t>(setting.number)));
  const bool is_auto = setting.number == 0 && parts_->first.is_depth(setting.key);
  return as_set(leaf.path, is_auto ? "auto" : format_value(setting.number, leaf.row));
}

std::string PlatformVariants::base_value(std::size_t key) const {
  Platform copy = parts_->original;
  return platform_leaves(copy).at(key).value_text();
}

PlatformVariants::View PlatformVariants::view(std::span<const Setting> settings) const {
  Workbench* bench = nullptr;
  try {
    bench = &parts_->workbench(settings);
  } catch (const DiagnosticError& error) {
    return {parts_->original, error.diagnostics()};
  }
  bench->set(settings);
  Diagnostics contradictions;
  check_platform(bench->platform, {}, contradictions);
  if (contradictions.empty()) return {bench->platform, {}};
  // Again, pointing at a key that was set, where one was.
  Binding binding;
  binding.given[""] = Place{parts_->original.file, 0, {}};
  for (const Setting& s : settings) binding.given[parts_->keys[s.key]] = Place{{}, 0, parts_->keys[s.key]};
  Diagnostics placed;
  check_platform(bench->platform, binding, placed);
  return {bench->platform, placed.list()};
}

PlatformVariants::Variant PlatformVariants::make(std::span<const Setting> settings) const {
  const View seen = view(settings);
  Variant out{seen.platform, seen.contradictions};
  out.platform.overrides = parts_->original.overrides;
  out.platform.source = parts_->original.source;
  for (const Setting& s : settings) {
    std::erase_if(out.platform.overrides,
                  [&](const std::string& earlier) { return earlier.starts_with(parts_->keys[s.key] + "="); });
    out.platform.overrides.push_back(text(s));
    if (out.platform.source) out.platform.source->sets.push_back(text(s));
  }
  return out;
}

}  // namespace blendsim
