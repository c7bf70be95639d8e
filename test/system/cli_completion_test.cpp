// SPDX-License-Identifier: Apache-2.0
// Completion scripts and manual pages hold what the option tree holds, and the shells and man take them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_tree.h"
#include "shell.h"

namespace blendsim {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

class CliCompletion : public ::testing::Test {
 protected:
  static bool has(const std::string& program) { return run_process({"which", program}).status == 0; }
  std::vector<std::string> words(const std::string& line) const {
    const ProcessResult result = run_shell(line, work.path(""));
    std::vector<std::string> out;
    std::istringstream lines(result.out);
    for (std::string word; std::getline(lines, word);) out.push_back(word.substr(0, word.find('\t')));
    return out;
  }
  // What bash completes the last of the words to.
  std::vector<std::string> bash(const std::vector<std::string>& typed) const {
    std::string array;
    for (const std::string& word : typed) array += " '" + word + "'";
    return words("source <(blendsim completion bash) && compopt() { :; } && COMP_WORDS=(" + array + ") COMP_CWORD=" +
                 std::to_string(typed.size() - 1) + " && _blendsim && printf '%s\\n' \"${COMPREPLY[@]}\"");
  }
  std::vector<std::string> fish(const std::string& line) const {
    return words("blendsim completion fish > b.fish && fish -c 'source b.fish; complete -C \"" + line + "\"'");
  }
  Workspace work;
};

// Names of every option: "--platform", "-o", ...
std::vector<std::string> option_names(const std::string& command) {
  std::vector<std::string> names = {"-h", "--help"};
  for (const auto& [key, value] : options_of(command)) {
    std::istringstream parts(key);
    for (std::string name; parts >> name;) {
      if (name.starts_with('-')) names.push_back(name.substr(0, name.find('[')));  // "--activity[=N]"
    }
  }
  return names;
}

TEST_F(CliCompletion, BashKnowsEveryCommandAndOption) {
  EXPECT_THAT(bash({"blendsim", ""}), IsSupersetOf(commands_of_help()));
  for (const std::string& command : commands_of_help())
    EXPECT_THAT(bash({"blendsim", command, "-"}), testing::UnorderedElementsAreArray(option_names(command)));
  EXPECT_THAT(bash({"blendsim", "run", "--plat"}), testing::ElementsAre("--platform"));
}

TEST_F(CliCompletion, BashKnowsWhatAValueMayBe) {
  work.write("net.onnx", "x");
  EXPECT_THAT(bash({"blendsim", "run", "n"}), testing::ElementsAre("net.onnx"));
  EXPECT_THAT(bash({"blendsim", "run", "--platform", "k"}), Contains("k26"));
  EXPECT_THAT(bash({"blendsim", "run", "--set", "xnor_array.r"}), Contains("xnor_array.rows="));
  EXPECT_THAT(bash({"blendsim", "run", "--seed", ""}), testing::ElementsAre(""));
  EXPECT_THAT(bash({"blendsim", "zoo", "neuroblend"}), Contains("neuroblend20"));
  EXPECT_THAT(bash({"blendsim", "zoo", "x", "--dialect", ""}), testing::ElementsAre("onnx", "qonnx"));
  EXPECT_THAT(bash({"blendsim", "explain", "does"}), testing::ElementsAre("does-not-fit"));
  EXPECT_THAT(bash({"blendsim", "help", "comp"}), testing::ElementsAre("compare", "compile", "completion"));
}

TEST_F(CliCompletion, FishKnowsTheSame) {
  if (!has("fish")) GTEST_SKIP() << "fish is not installed";
  EXPECT_THAT(fish("blendsim "), IsSupersetOf(commands_of_help()));
  for (const std::string& command : commands_of_help()) {
    std::vector<std::string> names = option_names(command), long_ones;
    for (const std::string& name : names) {
      if (name.starts_with("--")) long_ones.push_back(name);
    }
    EXPECT_THAT(fish("blendsim " + command + " --"), testing::UnorderedElementsAreArray(long_ones));
  }
  EXPECT_THAT(fish("blendsim run --platform k"), Contains("k26"));
  EXPECT_THAT(fish("blendsim zoo x --dialect "), testing::ElementsAre("onnx", "qonnx"));
}

// zsh completes only at a prompt: its function is called there with the completion system's own functions replaced.
TEST_F(CliCompletion, ZshReadsItsScriptAndDescribesEveryOption) {
  const std::string script = blendsim_cli({"completion", "zsh"}).out;
  EXPECT_THAT(script, StartsWith("#compdef blendsim\n"));
  for (const std::string& command : commands_of_help()) {
    const std::size_t begin = script.find("\n        " + command + ")\n"), end = script.find(";;\n", begin);
    const std::string own = script.substr(begin, end - begin);
    for (const std::string& name : option_names(command))
      EXPECT_THAT(own, AnyOf(HasSubstr(")" + name + "["), HasSubstr("*" + name + "["))) << command;
  }
  if (!has("zsh")) GTEST_SKIP() << "zsh is not installed";
  const ProcessResult result = run_shell(
      "blendsim completion zsh > _blendsim && zsh -f -c 'compdef() { :; }; source ./_blendsim; "
      "_arguments() { print -l -- \"$@\"; }; words=(blendsim run --p); CURRENT=3; _blendsim'",
      work.path(""));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out, HasSubstr("(--platform)--platform[Name of a platform, or a YAML file]:PLATFORM:{ compadd"));
}

TEST_F(CliCompletion, AnotherShellIsRefused) {
  const ProcessResult result = blendsim_cli({"completion", "ksh"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("'ksh' is none of bash|zsh|fish"));
}

TEST_F(CliCompletion, ManualPagesHoldEveryCommandAndOption) {
  ASSERT_EQ(blendsim_cli({"man", work.path("man"), "-q"}).status, 0);
  const std::string top = read_text(work.path("man/blendsim.1"));
  for (const std::string& command : commands_of_help()) {
    EXPECT_THAT(top, HasSubstr(".BR blendsim\\-" + command + " (1)\n"));
    const std::string page = read_text(work.path("man/blendsim-" + command + ".1"));
    for (const std::string& name : option_names(command)) {
      std::string roff;
      for (const char c : name) roff += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_THAT(page, HasSubstr(roff)) << command;
    }
  }
}

TEST_F(CliCompletion, ManualPagesAreReadWithoutAWarning) {
  if (!has("groff")) GTEST_SKIP() << "groff is not installed";
  ASSERT_EQ(blendsim_cli({"man", work.path("man"), "-q"}).status, 0);
  const ProcessResult result = run_shell("groff -man -ww -z man/*.1", work.path(""));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, IsEmpty());
}

}  // namespace
}  // namespace blendsim
