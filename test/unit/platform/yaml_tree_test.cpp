// SPDX-License-Identifier: Apache-2.0
// Damaged YAML: every text ends in a tree or in a message that has a line.
#include "platform/yaml_tree.h"

#include <gmock/gmock.h>

#include <string>

namespace blendsim {
namespace {

using testing::HasSubstr;

// The message, or nothing where the text is read.
std::string refusal(const std::string& text) {
  Diagnostics diagnostics;
  try {
    (void)parse_yaml(text, "file.yaml", diagnostics);
  } catch (const DiagnosticError& e) {
    return e.what();
  }
  return {};
}

TEST(YamlTree, ACommaBeforeAnythingIsNamedWithItsPlace) {
  EXPECT_THAT(refusal("# first\n, a: 1\n"), HasSubstr("file.yaml:2: ',' in column 1 belongs to nothing before it"));
  EXPECT_THAT(refusal("a: {b: 1}}\n"), HasSubstr("file.yaml:1: illegal flow end"));
}

TEST(YamlTree, ASecondDocumentIsNamedWithItsLine) {
  EXPECT_THAT(refusal("a: 1\n---\nb: 2\n"), HasSubstr("file.yaml:2"));
  EXPECT_EQ(refusal("---\na: 1\n...\n"), "");
}

// Two of YAML's characters anywhere in a description: read or refused, and in the end.
TEST(YamlTree, EveryStrayIndicatorEnds) {
  const std::string text = "# first\na: {b: 1, c: [2, 3]}\nd:\n  e: \"f\"\n  - g\n";
  const std::string indicators = "]}[{,:-?&*!|>'\"%@`#\n\t ";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    for (const char first : indicators) {
      for (const char second : indicators) {
        std::string damaged = text;
        damaged.insert(at, {first, second});
        (void)refusal(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace blendsim
