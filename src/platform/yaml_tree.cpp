// SPDX-License-Identifier: Apache-2.0
#include "platform/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace blendsim {
namespace {

// Aliases can make a small file a huge tree; a platform has a few hundred nodes.
constexpr int most_nodes = 100'000;
constexpr int most_levels = 32;  // an alias inside its own anchor has no end
constexpr std::uintmax_t most_bytes = 1 << 20;
// Every value has its keys and its text for itself: of an alias, again.
constexpr std::size_t most_key = 200, most_text = std::size_t{16} << 20;

class Converter {
 public:
  Converter(std::string file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  YamlTree convert(const YAML::Node& node, const std::string& path, int level = 0) {
    if (level > most_levels)
      throw DiagnosticError("yaml-syntax", place(node, {}), "values are nested more than 32 levels deep");
    count(node, path);
    take(path.size(), node, path);
    YamlTree tree;
    tree.place = place(node, path);
    if (node.IsScalar()) {
      take(node.Scalar().size(), node, path);
      tree.kind = YamlTree::Kind::scalar;
      tree.text = node.Scalar();
    } else if (node.IsSequence()) {
      tree.kind = YamlTree::Kind::list;
      for (const YAML::Node& item : node) tree.items.push_back(convert(item, path, level + 1));
    } else if (node.IsMap()) {
      convert_map(node, path, tree, level);
    }
    return tree;
  }

 private:
  Place place(const YAML::Node& node, const std::string& path) const {
    return {file_, node.Mark().is_null() ? 0 : node.Mark().line + 1, path};
  }

  void count(const YAML::Node& node, const std::string& path) {
    if (++nodes_ > most_nodes)
      throw DiagnosticError("yaml-syntax", place(node, path), "the file expands to more than 100,000 keys and values");
  }

  void take(std::size_t bytes, const YAML::Node& node, const std::string& path) {
    text_ += bytes;
    if (text_ > most_text)
      throw DiagnosticError("yaml-syntax", place(node, path),
                            "the file expands to more than 16 MiB of keys and values");
  }

  // yaml-cpp keeps every pair and finds the first of two equal keys: duplicates are ours to see.
  void convert_map(const YAML::Node& node, const std::string& path, YamlTree& tree, int level) {
    tree.kind = YamlTree::Kind::map;
    std::map<std::string, int> first_line;
    for (const auto& pair : node) {
      count(pair.first, path);
      if (!pair.first.IsScalar()) {
        diagnostics_.error("wrong-type", place(pair.first, path), "a key must be a single word");
        continue;
      }
      const std::string key = pair.first.Scalar();
      if (key.size() > most_key) {
        throw DiagnosticError("yaml-syntax", place(pair.first, path),
                              fmt::format("a key of {} characters, '{}...'", key.size(), key.substr(0, 20)),
                              "keys have at most 200");
      }
      const std::string below = path.empty() ? key : path + "." + key;
      const Place at = place(pair.first, below);
      const auto [known, fresh] = first_line.emplace(key, at.line);
      if (!fresh) {
        diagnostics_.error("duplicate-key", at,
                           fmt::format("'{}' is given twice, first in line {}", key, known->second),
                           "remove one of the two");
        continue;
      }
      tree.entries.push_back({key, at, convert(pair.second, below, level + 1)});
    }
  }

  std::string file_;
  Diagnostics& diagnostics_;
  int nodes_ = 0;
  std::size_t text_ = 0;
};

// Where each document begins; what is in it is read by YAML::Load.
class Beginnings : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

// The file's only document. Not YAML::LoadAll: before a bracket that closes nothing it finds empty documents for ever.
YAML::Node only_document(const std::string& text, const std::string& file) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Beginnings documents;
  while (documents.marks.size() < 2 && parser.HandleNextDocument(documents)) {}
  if (documents.marks.size() > 1) {
    const YAML::Mark& mark = documents.marks[1];
    const char c = static_cast<std::size_t>(mark.pos) < text.size() ? text[static_cast<std::size_t>(mark.pos)] : ' ';
    if (std::string_view("]},").find(c) != std::string_view::npos) {
      throw DiagnosticError("yaml-syntax", {file, mark.line + 1, {}},
                            fmt::format("'{}' in column {} belongs to nothing before it", c, mark.column + 1),
                            "a bracket too many, or one that is missing before");
    }
    throw DiagnosticError("yaml-syntax", {file, mark.line + 1, {}},
                          "the file holds several YAML documents; expected one");
  }
  return YAML::Load(text);
}

}  // namespace

const YamlTree* YamlTree::find(const std::string& key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

YamlTree* YamlTree::find(const std::string& key) { return const_cast<YamlTree*>(std::as_const(*this).find(key)); }

std::string kind_text(YamlTree::Kind kind) {
  switch (kind) {
    case YamlTree::Kind::empty: return "nothing";
    case YamlTree::Kind::scalar: return "a single value";
    case YamlTree::Kind::map: return "a map";
    case YamlTree::Kind::list: return "a list";
  }
  return "";
}

bool looks_like_yaml(std::string_view text) {
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::size_t begin = whole.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos || whole[begin] == '#' || whole[begin] == '%' ||
        whole.substr(begin).starts_with("---"))
      continue;
    const std::string_view line = whole.substr(begin);
    if (line[0] == '{' || line.starts_with("- ")) return true;
    const std::size_t colon = line.find(':');
    const auto is_key = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("_-.\"'").find(c) != std::string_view::npos;
    };
    return colon != std::string_view::npos &&
           std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_key) &&
           (colon + 1 == line.size() || line[colon + 1] == ' ' || line[colon + 1] == '\r');
  }
  return true;
}

YamlTree parse_yaml(const std::string& text, const std::string& file, Diagnostics& diagnostics) {
  YAML::Node document;
  try {
    document = only_document(text, file);
  } catch (const YAML::Exception& e) {
    throw DiagnosticError("yaml-syntax", {file, e.mark.is_null() ? 0 : e.mark.line + 1, {}}, e.msg);
  }
  if (!document.IsMap())
    throw DiagnosticError("yaml-syntax", {file, 1, {}}, "expected a map of keys at the top of the file");
  return Converter(file, diagnostics).convert(document, "");
}

std::string read_yaml_text(const std::string& file) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (!regular || !stream)
    throw DiagnosticError("file-unreadable", {file, 0, {}}, "the file does not exist or cannot be read");
  if (std::filesystem::file_size(file, error) > most_bytes) {
    throw DiagnosticError("yaml-syntax", {file, 0, {}}, "the file is larger than 1 MiB, which no description is");
  }
  std::ostringstream text;
  text << stream.rdbuf();
  if (!looks_like_yaml(text.str())) {
    throw DiagnosticError("file-unrecognised", {file, 0, {}}, "expected a YAML description, this does not begin as one",
                          "a description begins with its schema, such as schema: blendsim.platform/1");
  }
  return text.str();
}

YamlTree read_yaml(const std::string& file, Diagnostics& diagnostics) {
  return parse_yaml(read_yaml_text(file), file, diagnostics);
}

void merge(YamlTree& base, const YamlTree& changes) {
  if (base.kind != YamlTree::Kind::map || changes.kind != YamlTree::Kind::map) {
    base = changes;
    return;
  }
  for (const YamlTree::Entry& entry : changes.entries) {
    if (YamlTree* known = base.find(entry.key)) {
      merge(*known, entry.value);
    } else {
      base.entries.push_back(entry);
    }
  }
}

void assign(YamlTree& tree, const std::string& path, const std::string& text, const Place& place) {
  YamlTree* node = &tree;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string key = path.substr(begin, end - begin);
    if (node->kind != YamlTree::Kind::map) *node = YamlTree{YamlTree::Kind::map, {}, place, {}, {}};
    if (node->find(key) == nullptr)
      node->entries.push_back({key, place, YamlTree{YamlTree::Kind::empty, {}, place, {}, {}}});
    node = node->find(key);
    begin = end + 1;
  }
  *node = YamlTree{YamlTree::Kind::scalar, text, place, {}, {}};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace blendsim
