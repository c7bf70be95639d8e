// SPDX-License-Identifier: Apache-2.0
// Dependencies point one way: every #include edge between libraries is one of the design's (one library a folder;
// CMakeLists.txt links the same edges).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Layers = std::map<std::string, std::set<std::string>>;

// What each library may include directly; what those include comes along.
const Layers direct = {
    {"base", {}},
    {"tensor", {"base"}},
    {"numerics", {"tensor"}},
    {"units", {"numerics"}},
    {"isa", {"units"}},
    {"platform", {"units"}},
    {"result", {"units"}},
    {"network", {"numerics"}},
    {"compiler", {"network", "isa", "platform", "result"}},
    {"estimate", {"units", "platform"}},
    {"power", {"estimate", "isa", "result"}},
    {"report", {"isa", "platform", "result", "power"}},
    {"debug", {"isa", "result", "report"}},
    {"page", {"report", "trace"}},
    {"cause", {"report"}},
    {"session", {"compiler", "power"}},
    {"explore", {"session", "report"}},
    {"trace", {"isa", "result", "power"}},
    {"replay", {"isa", "platform", "report", "result"}},
    {"upset", {"isa", "report", "result"}},
    {"models", {"units", "isa", "result"}},
    {"sim", {"models", "platform"}},
    {"cli", {"sim", "compiler", "report", "session", "explore", "trace", "replay", "debug", "page", "cause", "upset"}},
};

std::set<std::string> reachable(const std::string& layer) {
  std::set<std::string> out = {layer};
  for (const std::string& below : direct.at(layer)) out.merge(reachable(below));
  return out;
}

struct Include {
  std::string layer, file, target;
  int line = 0;
};

// Quoted includes are project headers, written from the root of src/ or of the tree; <systemc> and <tlm> are kept by
// name.
std::vector<Include> includes_of(const fs::path& file, const std::string& layer) {
  std::vector<Include> out;
  std::ifstream stream(file);
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    const std::size_t hash = text.find_first_not_of(" \t");
    if (hash == std::string::npos || text.compare(hash, 8, "#include") != 0) continue;
    const std::size_t open = text.find_first_of("\"<", hash);
    const std::size_t close = open == std::string::npos ? open : text.find_first_of("\">", open + 1);
    if (close == std::string::npos) continue;
    const std::string target = text.substr(open + 1, close - open - 1);
    const bool project = text[open] == '"';
    if (project || target.starts_with("systemc") || target.starts_with("tlm"))
      out.push_back({layer, file.string(), target, line});
  }
  return out;
}

std::vector<Include> all_includes() {
  const fs::path root = BLENDSIM_SOURCE;
  std::vector<Include> out;
  for (const auto& [layer, below] : direct) {
    const fs::path folder = fs::exists(root / "src" / layer) ? root / "src" / layer : root / layer;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      for (Include& include : includes_of(entry.path(), layer)) out.push_back(std::move(include));
    }
  }
  return out;
}

TEST(Layering, EveryIncludeEdgeIsOneOfTheDesign) {
  const std::vector<Include> includes = all_includes();
  EXPECT_GT(includes.size(), 100u) << "the scan looks at the wrong place";
  for (const Include& include : includes) {
    const std::string target = include.target.substr(0, include.target.find('/'));
    if (direct.count(target) == 0) continue;
    EXPECT_THAT(reachable(include.layer), testing::Contains(target))
        << include.file << ":" << include.line << ": " << include.layer << " must not include " << include.target;
  }
}

TEST(Layering, OnlyTheModelsAndTheMachineKnowSystemC) {
  for (const Include& include : all_includes()) {
    if (!include.target.starts_with("systemc") && !include.target.starts_with("tlm")) continue;
    EXPECT_TRUE(include.layer == "models" || include.layer == "sim")
        << include.file << ":" << include.line << ": " << include.layer << " includes " << include.target;
  }
}

TEST(Layering, EverySourceFileBeginsWithItsLicence) {
  const fs::path root = BLENDSIM_SOURCE;
  for (const char* folder : {"src", "models", "sim", "cli", "test/unit"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      std::ifstream stream(entry.path());
      std::string line;
      std::getline(stream, line);
      EXPECT_EQ(line, "// SPDX-License-Identifier: Apache-2.0") << entry.path();
    }
  }
}

}  // namespace
