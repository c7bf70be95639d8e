// SPDX-License-Identifier: Apache-2.0
#include "platform/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace blendsim {
namespace {

std::string parent(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string{} : path.substr(0, dot);
}

// The key of `path` directly below `group`, or empty when it is not below it.
std::string child_of(const std::string& group, const std::string& path) {
  if (!group.empty() &&
      (path.size() <= group.size() || path.compare(0, group.size(), group) != 0 || path[group.size()] != '.')) {
    return {};
  }
  const std::size_t begin = group.empty() ? 0 : group.size() + 1;
  return path.substr(begin, path.find('.', begin) - begin);
}

class Binder {
 public:
  Binder(std::span<const Leaf> leaves, const std::vector<std::string>& foreign, Diagnostics& diagnostics)
      : leaves_(leaves), foreign_(foreign), diagnostics_(diagnostics) {}

  Binding run(const YamlTree& tree) {
    binding_.given[""] = tree.place.node.empty() ? Place{tree.place.file, 0, {}} : tree.place;
    where_ = tree.place.node.empty() ? "this file" : fmt::format("'{}'", tree.place.node);
    read_group(tree, "");
    report_missing();
    return std::move(binding_);
  }

 private:
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const {
    std::vector<std::string> names;
    for (const Leaf& leaf : leaves_) {
      const std::string name = child_of(group, leaf.path);
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (group.empty()) names.insert(names.end(), foreign_.begin(), foreign_.end());
    return names;
  }

  void read_group(const YamlTree& tree, const std::string& group) {
    const std::vector<std::string> known = children(group);
    for (const YamlTree::Entry& entry : tree.entries) {
      if (group.empty() && std::find(foreign_.begin(), foreign_.end(), entry.key) != foreign_.end()) continue;
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        // {why: one, two} reads as a key `two` without value.
        const bool split_text = entry.value.kind == YamlTree::Kind::empty && entry.key.find(' ') != std::string::npos;
        diagnostics_.error(
            "unknown-key", entry.place,
            fmt::format("{} has no key '{}'", group.empty() ? where_ : fmt::format("'{}'", group), entry.key),
            split_text ? "a text with a comma wants quotes when it stands between { and }"
                       : suggestion(entry.key, known));
        continue;
      }
      read_entry(entry, group.empty() ? entry.key : group + "." + entry.key);
    }
  }

  void read_entry(const YamlTree::Entry& entry, const std::string& path) {
    binding_.given[path] = entry.value.place;  // of the value: it may have come from an extending file or --set
    for (const Leaf& leaf : leaves_) {
      if (leaf.path == path) return read_leaf(entry.value, leaf);
    }
    binding_.given[path] = entry.place;
    // A group without keys says nothing; what it must hold is reported as missing.
    if (entry.value.kind == YamlTree::Kind::map || entry.value.kind == YamlTree::Kind::empty)
      return read_group(entry.value, path);
    diagnostics_.error("wrong-type", entry.place,
                       fmt::format("expected a map of keys, found {}", kind_text(entry.value.kind)),
                       fmt::format("its keys: {}", fmt::join(children(path), ", ")));
    for (const Leaf& leaf : leaves_) {
      if (!child_of(path, leaf.path).empty()) binding_.bad.insert(leaf.path);
    }
  }

  void read_leaf(const YamlTree& value, const Leaf& leaf) {
    if (value.kind != YamlTree::Kind::scalar) {
      const std::string expected = leaf.text != nullptr ? "a text" : allowed_text(leaf.row);
      diagnostics_.error("wrong-type", value.place,
                         fmt::format("expected {}, found {}", expected, kind_text(value.kind)));
      binding_.bad.insert(leaf.path);
      return;
    }
    if (leaf.text != nullptr) {
      *leaf.text = value.text;
      if (value.text.empty() && leaf.row.required) refuse(leaf, value, "wrong-type", "the text is empty", {});
      return;
    }
    const ParsedValue parsed = parse_value(value.text, leaf.row);
    if (parsed.value) {
      *leaf.number = *parsed.value;
    } else {
      refuse(leaf, value, *parsed.code, parsed.message, parsed.hint);
    }
  }

  void refuse(const Leaf& leaf, const YamlTree& value, Code code, const std::string& message, const std::string& hint) {
    diagnostics_.error(code, value.place, message, hint);
    binding_.bad.insert(leaf.path);
  }

  // A missing group is reported once, at the group above it.
  void report_missing() {
    std::set<std::string> reported;
    for (const Leaf& leaf : leaves_) {
      if (!leaf.row.required || binding_.given.count(leaf.path) != 0 || binding_.bad.count(leaf.path) != 0) continue;
      binding_.bad.insert(leaf.path);
      std::string missing = leaf.path;
      while (!missing.empty() && binding_.given.count(parent(missing)) == 0) missing = parent(missing);
      if (!reported.insert(missing).second) continue;
      const std::string allowed = leaf.text != nullptr ? std::string{} : fmt::format(" ({})", allowed_text(leaf.row));
      diagnostics_.error(
          "missing-key", binding_.place(parent(missing)), fmt::format("the key '{}' is missing", missing),
          missing == leaf.path ? fmt::format("{}: {}{}", missing, leaf.row.sentence, allowed)
                               : fmt::format("it holds at least '{}': {}{}", leaf.path, leaf.row.sentence, allowed));
    }
  }

  std::span<const Leaf> leaves_;
  const std::vector<std::string>& foreign_;
  Diagnostics& diagnostics_;
  Binding binding_;
  std::string where_;
};

bool plain_word(const std::string& text) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  const bool letter_first = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  if (text == "null" || text == "Null" || text == "NULL") return false;  // YAML's spellings of nothing
  return letter_first && std::all_of(text.begin(), text.end(), harmless);
}

}  // namespace

std::string Leaf::value_text() const {
  if (text != nullptr) return plain_word(*text) ? *text : blendsim::quoted(*text);
  return format_value(*number, row);
}

void append_text(std::vector<Leaf>& leaves, const std::string& path, std::string& text, std::string_view sentence,
                 bool required) {
  ParameterRow row;
  row.sentence = sentence;
  row.required = required;
  leaves.push_back({path, row, nullptr, &text});
}

Place Binding::place(const std::string& path) const {
  for (std::string at = path;; at = parent(at)) {
    const auto found = given.find(at);
    if (found != given.end()) {
      Place place = found->second;
      if (at != path && !place.node.empty()) place.node = path;
      return place;
    }
    if (at.empty()) return {};
  }
}

Binding bind(const YamlTree& tree, std::span<const Leaf> leaves, const std::vector<std::string>& foreign,
             Diagnostics& diagnostics) {
  return Binder(leaves, foreign, diagnostics).run(tree);
}

void require_schema(const YamlTree& tree, const std::string& schema, Diagnostics& diagnostics) {
  const YamlTree* found = tree.find("schema");
  if (found == nullptr) {
    diagnostics.error("missing-key", {tree.place.file, 1, {}}, "the key 'schema' is missing",
                      fmt::format("begin with schema: {}", schema));
  } else if (found->text != schema) {
    diagnostics.error("wrong-type", found->place, fmt::format("'{}' is not the schema expected here", found->text),
                      fmt::format("expected {}", schema));
  }
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? fmt::format("known: {}", fmt::join(known, ", ")) : fmt::format("did you mean '{}'?", near);
}

}  // namespace blendsim
