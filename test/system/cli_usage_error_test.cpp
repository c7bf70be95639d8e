// SPDX-License-Identifier: Apache-2.0
// A misspelt word is named, with the one that was meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

void expect_hint(const std::vector<std::string>& arguments, const std::string& message, const std::string& hint) {
  const ProcessResult result = blendsim_cli(arguments);
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_EQ(result.err, "error[usage]: " + message + "\n  hint: " + hint + "\n");
  EXPECT_THAT(result.out, IsEmpty());
}

TEST(CliMisspelt, ACommandNamesTheNearest) {
  expect_hint({"complie", "net.onnx"}, "no command is named 'complie'", "did you mean 'compile'?");
  expect_hint({"fly"}, "no command is named 'fly'", "see `blendsim --help`");
}

TEST(CliMisspelt, AnOptionNamesTheNearestBeforeWhatIsMissing) {
  expect_hint({"run", "net.onnx", "--platfrom", "k26"}, "run has no option --platfrom", "did you mean '--platform'?");
  expect_hint({"run", "--platfrom=k26"}, "run has no option --platfrom", "did you mean '--platform'?");
  expect_hint({"compile", "net.onnx", "--platform", "k26", "--outptu", "p"}, "compile has no option --outptu",
              "did you mean '--output'?");
  expect_hint({"--hepl"}, "blendsim has no option --hepl", "did you mean '--help'?");
}

TEST(CliMisspelt, AnOptionOfAnotherCommandNamesTheCommand) {
  expect_hint({"run", "net.onnx", "--lowered", "x"}, "run has no option --lowered", "it is an option of: compile");
  expect_hint({"--tensors", "d", "run", "net.onnx"}, "--tensors stands in front of the command",
              "write it behind one that has it: run");
}

TEST(CliMisspelt, WhatFollowsAnOptionIsItsValueWhateverItLooksLike) {
  const ProcessResult result = blendsim_cli({"run", "net.onnx", "--seed", "-1"});
  EXPECT_THAT(result.err, HasSubstr("'-1' is not a whole number"));
}

}  // namespace
}  // namespace blendsim
