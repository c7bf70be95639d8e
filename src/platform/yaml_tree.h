// SPDX-License-Identifier: Apache-2.0
// YAML as written: a plain tree in which every key and value knows its file and line. Nothing else sees yaml-cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"

namespace blendsim {

struct YamlTree {
  enum class Kind { empty, scalar, map, list };
  struct Entry;

  Kind kind = Kind::empty;
  std::string text;             // of a scalar
  Place place;                  // file, line, and the dotted path as node
  std::vector<Entry> entries;   // of a map, in file order, each key once
  std::vector<YamlTree> items;  // of a list

  [[nodiscard]] const YamlTree* find(const std::string& key) const;
  [[nodiscard]] YamlTree* find(const std::string& key);
};

struct YamlTree::Entry {
  std::string key;
  Place place;  // of the key
  YamlTree value;
};

[[nodiscard]] std::string kind_text(YamlTree::Kind kind);  // "a map", "a single value", ...

// Whether a text begins, behind comments, as YAML with something in it does: a key, a list or a flow map. A text
// without content is none of another kind either.
[[nodiscard]] bool looks_like_yaml(std::string_view text);

// Parses one document whose top is a map. Throws at once: file-unreadable, yaml-syntax (with line; also several
// documents, absurd size or nesting). Collected: duplicate-key, wrong-type (a key that is not a single value).
[[nodiscard]] YamlTree read_yaml(const std::string& file, Diagnostics& diagnostics);
[[nodiscard]] std::string read_yaml_text(
    const std::string& file);  // unparsed; throws file-unreadable, -unrecognised, yaml-syntax
[[nodiscard]] YamlTree parse_yaml(const std::string& text, const std::string& file, Diagnostics& diagnostics);

// `changes` over `base`: maps merge key by key, anything else replaces.
void merge(YamlTree& base, const YamlTree& changes);
// Sets a scalar at a dotted path, making maps on the way; every new node stands at `place`.
void assign(YamlTree& tree, const std::string& path, const std::string& text, const Place& place);

// A double-quoted YAML scalar that reads back as `text`.
[[nodiscard]] std::string quoted(const std::string& text);

}  // namespace blendsim
