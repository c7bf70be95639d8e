// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& words) {
  const ProcessResult result = blendsim_cli(arguments);
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("error[usage]: "));
  EXPECT_THAT(result.err, HasSubstr(words));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST(CliUsage, VersionAndHelpAreAnsweredWithStatusZero) {
  EXPECT_THAT(blendsim_cli({"--version"}).out, HasSubstr("blendsim 0.1.0"));
  EXPECT_EQ(blendsim_cli({"--version"}).status, 0);
  const ProcessResult help = blendsim_cli({"run", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("--input-scale"));
}

TEST(CliUsage, WrongUsageIsStatusTwo) {
  expect_usage_error({"fly"}, "fly");
  expect_usage_error({"run"}, "FILE");
  expect_usage_error({"rtl", "zu3eg"}, "--output");
  expect_usage_error({"run", "net.onnx", "--colour"}, "--colour");
  expect_usage_error({"zoo", "neuroblend_tiny"}, "-o");
  expect_usage_error({"zoo", "neuroblend_tiny", "-o", "x", "--dialect", "keras"}, "keras");
  expect_usage_error({"compile", "net.onnx", "--platform", "zu3eg", "-o", "p", "--dump-after", "magic"}, "magic");
  expect_usage_error({"run", "net.onnx", "--timing-only", "--agreement"}, "--timing-only");
  expect_usage_error({"run", "net.onnx", "--input-scale", "1/255"}, "--input");
}

TEST(CliUsage, ANetworkWithoutAPlatformNamesThePlatforms) {
  const Workspace work;
  ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", work.path("net.onnx")}).status, 0);
  expect_usage_error({"run", work.path("net.onnx")}, "zu3eg");
}

TEST(CliUsage, ZooListsItsNetworksAndPlatformsTheirs) {
  EXPECT_THAT(blendsim_cli({"zoo"}).out, HasSubstr("neuroblend20"));
  const ProcessResult platforms = blendsim_cli({"platforms"});
  EXPECT_EQ(platforms.status, 0) << platforms.err;
  EXPECT_THAT(platforms.out, HasSubstr("zu3eg"));
}

TEST(CliUsage, APrintedPlatformCanBeUsedAsAFile) {
  const Workspace work;
  const ProcessResult printed = blendsim_cli({"platforms", "zu3eg"});
  ASSERT_EQ(printed.status, 0) << printed.err;
  const ProcessResult inspected = blendsim_cli({"inspect", work.write("mine.txt", printed.out)});
  EXPECT_EQ(inspected.status, 0) << inspected.err;
  EXPECT_THAT(inspected.out, HasSubstr("platform  zu3eg"));
}

TEST(CliUsage, RtlWritesAPackageThatFollowsSet) {
  const Workspace work;
  const ProcessResult result = blendsim_cli({"rtl", "zu3eg", "--set", "xnor_array.rows=48", "-o", work.path("a/b")});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("blendsim_pkg.sv"));
  EXPECT_THAT(read_text(work.path("a/b/blendsim_pkg.sv")), HasSubstr("localparam int XNOR_ARRAY_ROWS = 48;"));
}

TEST(CliUsage, TheWrittenPackageIsLintClean) {
  if (run_process({"verilator", "--version"}).status != 0) GTEST_SKIP() << "verilator is not installed";
  const Workspace work;
  ASSERT_EQ(blendsim_cli({"rtl", "zu3eg", "-o", work.path("")}).status, 0);
  const std::string top = work.write(
      "top.sv",
      "module top (input blendsim_pkg::post_unit_instruction_t a, output blendsim_pkg::post_unit_instruction_t b);\n"
      "  assign b = a;\n"
      "endmodule\n");
  const ProcessResult lint =
      run_process({"verilator", "--lint-only", "-Wall", "--top-module", "top", work.path("blendsim_pkg.sv"), top});
  EXPECT_EQ(lint.status, 0) << lint.err;
  EXPECT_THAT(lint.err, IsEmpty());
}

TEST(CliUsage, SaysNothingOnStandardErrorWhenItIsNoTerminalAndAllIsWell) {
  const Workspace work;
  ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", work.path("net.onnx")}).status, 0);
  const ProcessResult result =
      blendsim_cli({"run", work.path("net.onnx"), "--platform", "zu3eg", "--set", "clock=100 MHz"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
}

}  // namespace
}  // namespace blendsim
