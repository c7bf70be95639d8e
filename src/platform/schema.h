// SPDX-License-Identifier: Apache-2.0
// The one engine between YAML and structs: a schema is a list of leaves, derived from the units' parameter tables.
// Binding, --set, canonical text, the commented template and differences all walk the same list.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/table_text.h"
#include "platform/yaml_tree.h"

namespace blendsim {

// One key that holds a value: a number of a table row, or a text.
struct Leaf {
  std::string path;                // "xnor_array.rows"
  ParameterRow row;                // of a text only name, sentence and required count
  std::int64_t* number = nullptr;  // exactly one of the two
  std::string* text = nullptr;

  [[nodiscard]] std::string value_text() const;  // canonical; texts quoted where they are not plain words
};

// Appends the leaves of a table bound to `object`, below `group` ("" or "memory.timing").
template <class S, class Rows>
void append_leaves(std::vector<Leaf>& leaves, const std::string& group, S& object, const Rows& rows) {
  for (const auto& row : rows) {
    const std::string path = group.empty() ? std::string(row.name) : group + "." + std::string(row.name);
    leaves.push_back({path, row_of(row), &(object.*(row.member)), nullptr});
  }
}
void append_text(std::vector<Leaf>& leaves, const std::string& path, std::string& text, std::string_view sentence,
                 bool required);

// What binding found: where each key stands, and which could not be read.
struct Binding {
  std::map<std::string, Place> given;  // leaves and groups present, by path
  std::set<std::string> bad;           // leaves whose value was refused or is missing

  // Of the first given path, else of the nearest group, else of the file: the best place to point at.
  [[nodiscard]] Place place(const std::string& path) const;
};

// Reads `tree` into the leaves. `foreign`: top-level keys that the caller reads itself. Collects unknown-key,
// wrong-type, wrong-unit, out-of-range, missing-key. Paths are relative to `tree`.
[[nodiscard]] Binding bind(const YamlTree& tree, std::span<const Leaf> leaves, const std::vector<std::string>& foreign,
                           Diagnostics& diagnostics);

// The schema line that every file begins with; collects missing-key or wrong-type.
void require_schema(const YamlTree& tree, const std::string& schema, Diagnostics& diagnostics);

// "did you mean 'rows'?" or the whole list when nothing is near.
[[nodiscard]] std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace blendsim
