// SPDX-License-Identifier: Apache-2.0
// A platform as text: canonical YAML, its digest, the commented template, differences.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "platform/platform_schema.h"

namespace blendsim {
namespace {

// Writes leaves as nested YAML: a group's line is written when the first of its leaves comes.
class Writer {
 public:
  explicit Writer(bool commented) : commented_(commented) {}

  void leaf(const Leaf& leaf, bool derived, std::string_view derivation) {
    enter(leaf.path);
    const std::size_t dot = leaf.path.rfind('.');
    const std::string key = dot == std::string::npos ? leaf.path : leaf.path.substr(dot + 1);
    std::string line = std::string(indent(), ' ') + (derived ? "# " : "") + key + ": " + leaf.value_text();
    if (commented_) line = fmt::format("{:<44} # {}", line, comment(leaf, derivation));
    out_ += line + "\n";
  }

  void line(const std::string& text) { out_ += text + "\n"; }
  [[nodiscard]] std::string text() const { return out_; }

 private:
  [[nodiscard]] std::size_t indent() const { return 2 * open_.size(); }

  static std::string comment(const Leaf& leaf, std::string_view derivation) {
    std::string out(leaf.row.sentence);
    if (leaf.text == nullptr) out += fmt::format("; {}", allowed_text(leaf.row));
    if (!derivation.empty()) out += fmt::format("; derived: {}", derivation);
    return out;
  }

  void enter(const std::string& path) {
    std::vector<std::string> groups;
    for (std::size_t dot = path.find('.'), begin = 0; dot != std::string::npos;
         begin = dot + 1, dot = path.find('.', begin)) {
      groups.push_back(path.substr(begin, dot - begin));
    }
    std::size_t common = 0;
    while (common < groups.size() && common < open_.size() && groups[common] == open_[common]) ++common;
    open_.resize(common);
    for (std::size_t i = common; i < groups.size(); ++i) {
      const std::string line = std::string(indent(), ' ') + groups[i] + ":";
      open_.push_back(groups[i]);
      const std::string_view sentence = group_sentence(fmt::format("{}", fmt::join(open_, ".")));
      if (commented_ && open_.size() == 1) out_ += "\n";
      out_ += commented_ && !sentence.empty() ? fmt::format("{:<44} # {}\n", line, sentence) : line + "\n";
    }
  }

  bool commented_;
  std::vector<std::string> open_;
  std::string out_;
};

void write_assumptions(Writer& writer, const Platform& platform) {
  if (platform.assumptions.empty()) return;
  writer.line("assumptions:");
  for (const Assumption& a : platform.assumptions) {
    writer.line(fmt::format("  {}:", a.key));
    writer.line(fmt::format("    range: {}", quoted(a.range)));
    writer.line(fmt::format("    why: {}", quoted(a.why)));
  }
}

bool is_identity(const Leaf& leaf) { return leaf.path == "name" || leaf.path == "summary"; }

std::string canonical(Platform platform, bool identity) {
  Writer writer(false);
  writer.line(fmt::format("schema: {}", platform_schema_name));
  for (const Leaf& leaf : platform_leaves(platform)) {
    if (identity || !is_identity(leaf)) writer.leaf(leaf, false, {});
  }
  write_assumptions(writer, platform);
  return writer.text();
}

// How a key's value is derived, where it is the derived one, else empty.
std::string derivation(const Leaf& leaf, MachineParameters& machine) {
  for (const UnitDepth& unit : unit_depths(machine)) {
    if (leaf.path != unit.key()) continue;
    if (*unit.depth == unit.least) return fmt::format("the least that its pipeline takes ({})", unit.stages(machine));
    return {};
  }
  for (int i = 0; i < buffer_count; ++i) {
    const auto id = static_cast<BufferId>(i);
    const std::string group = "buffers." + std::string(name(id));
    if (leaf.path == group + ".width" && *leaf.number == derived_width(id, machine))
      return std::string(width_formula(id));
    if (leaf.path == group + ".regions" && fixed_regions(id) != 0) return "fixed by the design";
  }
  if (leaf.path.starts_with("memory.timing.")) return "memory.standard";
  return {};
}

}  // namespace

std::string Platform::yaml() const { return canonical(*this, true); }

std::string Platform::digest() const { return Digest().add(canonical(*this, false)).hex(); }

std::string commented_yaml(const Platform& platform) {
  Platform copy = platform;
  Writer writer(true);
  writer.line(
      "# A complete platform: every key, its meaning, unit and range. Lines that begin with # are derived; give them");
  writer.line("# only to state another value where that is allowed. A number carries its unit.");
  writer.line(fmt::format("schema: {}", platform_schema_name));
  for (const Leaf& leaf : platform_leaves(copy)) {
    const std::string from = derivation(leaf, copy.machine);
    writer.leaf(leaf, !from.empty(), from);
  }
  write_assumptions(writer, platform);
  return writer.text();
}

std::vector<std::string> differences(const Platform& a, const Platform& b) {
  Platform left = a;
  Platform right = b;
  const std::vector<Leaf> of_left = platform_leaves(left);
  const std::vector<Leaf> of_right = platform_leaves(right);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < of_left.size(); ++i) {
    if (is_identity(of_left[i])) continue;
    const std::string x = of_left[i].value_text();
    const std::string y = of_right[i].value_text();
    if (x != y) out.push_back(fmt::format("{}: {} -> {}", of_left[i].path, x, y));
  }
  const auto same = [](const Assumption& x, const Assumption& y) {
    return x.key == y.key && x.range == y.range && x.why == y.why;
  };
  if (!std::equal(a.assumptions.begin(), a.assumptions.end(), b.assumptions.begin(), b.assumptions.end(), same)) {
    out.push_back("assumptions differ");
  }
  return out;
}

}  // namespace blendsim
