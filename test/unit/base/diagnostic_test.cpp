// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace blendsim {
namespace {

TEST(Place, PrintsOnlyWhatIsKnown) {
  EXPECT_EQ((Place{"p.yaml", 12, "xnor_array.rows"}.text()), "p.yaml:12: 'xnor_array.rows'");
  EXPECT_EQ((Place{"p.yaml", 0, {}}.text()), "p.yaml");
  EXPECT_EQ((Place{{}, 0, "conv1"}.text()), "'conv1'");
  EXPECT_EQ(Place{}.text(), "");
}

TEST(Diagnostic, PrintsCodePlaceMessageAndHint) {
  const Diagnostic full{"unknown-key", {"p.yaml", 3, "a"}, "no such key", "did you mean 'b'?"};
  EXPECT_EQ(full.text(), "error[unknown-key]: p.yaml:3: 'a': no such key\n  hint: did you mean 'b'?");
  const Diagnostic bare{"usage", {}, "what?", {}};
  EXPECT_EQ(bare.text(), "error[usage]: what?");
}

TEST(Diagnostics, AreThrownTogetherInTheOrderFoundAndOnlyIfThereAreAny) {
  Diagnostics diagnostics;
  EXPECT_NO_THROW(diagnostics.throw_if_any());
  diagnostics.error("missing-key", {"p", 1, {}}, "one");
  diagnostics.error("wrong-unit", {"p", 2, {}}, "two");
  try {
    diagnostics.throw_if_any(ExitStatus::bad_usage);
    FAIL();
  } catch (const DiagnosticError& e) {
    ASSERT_EQ(e.diagnostics().size(), 2u);
    EXPECT_EQ(e.diagnostics()[1].code, Code("wrong-unit"));
    EXPECT_EQ(e.status(), ExitStatus::bad_usage);
    EXPECT_STREQ(e.what(), "error[missing-key]: p:1: one\nerror[wrong-unit]: p:2: two");
  }
}

TEST(InvariantError, NamesWhereAndWhat) {
  EXPECT_STREQ(InvariantError("post_unit, instruction 7, cycle 120", "result before operand").what(),
               "broken invariant: post_unit, instruction 7, cycle 120: result before operand");
}

TEST(CodeNames, AreUniqueAndLowerCase) {
  std::set<std::string_view> names;
  for (const std::string_view name : code_names) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_THAT(std::string(name), testing::MatchesRegex("[a-z0-9-]+"));
  }
}

TEST(Nearest, FindsTheLeastEditDistanceAndNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("rowes", {"words", "rows", "depth"}), "rows");
  EXPECT_EQ(nearest("implmentation", {"implementation", "accumulator"}), "implementation");
  EXPECT_EQ(nearest("hepl", {"hull", "help"}), "help") << "two letters exchanged are one mistake";
  EXPECT_EQ(nearest("zebra", {"rows", "depth"}), "");
  EXPECT_EQ(nearest("rows", {}), "");
}

}  // namespace
}  // namespace blendsim
