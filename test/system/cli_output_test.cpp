// SPDX-License-Identifier: Apache-2.0
// "-" is standard output wherever a file is written; text for people makes way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::ordered_json;

class CliOutput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "mlp_w2a2", "-o", file("net.onnx")}).status, 0);
    ASSERT_EQ(blendsim_cli({"compile", file("net.onnx"), "--platform", "k26", "-o", file("net.program"), "--lowered",
                            file("lowered.onnx")})
                  .status,
              0);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string file(const std::string& name) { return files_->path(name); }
  static inline Workspace* files_ = nullptr;
  Workspace work;
};

TEST_F(CliOutput, AReportOnStandardOutputSendsTheTextToStandardError) {
  const ProcessResult text = blendsim_cli({"run", file("net.program"), "--timing-only"});
  const ProcessResult both = blendsim_cli({"run", file("net.program"), "--timing-only", "--json", "-"});
  ASSERT_EQ(both.status, 0) << both.err;
  EXPECT_EQ(Json::parse(both.out).at("schema"), "blendsim.report/2");
  EXPECT_EQ(both.err, text.err + text.out);
}

TEST_F(CliOutput, QuietSendsTheTextNowhere) {
  const ProcessResult warnings = blendsim_cli({"run", file("net.program"), "--timing-only", "-q"});
  EXPECT_THAT(warnings.out, IsEmpty());
  const ProcessResult json = blendsim_cli({"run", file("net.program"), "--timing-only", "--json", "-", "--quiet"});
  EXPECT_EQ(json.err, warnings.err) << "warnings stay";
  EXPECT_TRUE(Json::accept(json.out));
}

TEST_F(CliOutput, EveryFileMayBeStandardOutput) {
  const ProcessResult network = blendsim_cli({"zoo", "mlp_w2a2", "-o", "-"});
  EXPECT_TRUE(network.out == read_text(file("net.onnx")));
  EXPECT_EQ(network.err, "wrote standard output: mlp_w2a2, seed 1\n");
  const ProcessResult program = blendsim_cli({"compile", file("net.onnx"), "--platform", "k26", "-o", "-", "-q"});
  EXPECT_TRUE(program.out == read_text(file("net.program")));
  EXPECT_THAT(program.err, IsEmpty());
  const ProcessResult lowered = blendsim_cli(
      {"compile", file("net.onnx"), "--platform", "k26", "-o", work.path("p"), "--lowered", "-", "--explain"});
  EXPECT_TRUE(lowered.out == read_text(file("lowered.onnx")));
  EXPECT_THAT(lowered.err, HasSubstr("wrote standard output: the lowered network"));
  ASSERT_EQ(blendsim_cli({"rtl", "k26", "-o", work.path("rtl")}).status, 0);
  EXPECT_EQ(blendsim_cli({"rtl", "k26", "-o", "-", "-q"}).out, read_text(work.path("rtl/blendsim_pkg.sv")));
}

TEST_F(CliOutput, StandardOutputIsWrittenOnceAndIsNoFolder) {
  EXPECT_EQ(blendsim_cli({"compile", file("net.onnx"), "--platform", "k26", "-o", "-", "--lowered", "-"}).status, 2);
  const ProcessResult tensors = blendsim_cli({"run", file("net.program"), "--tensors", "-"});
  EXPECT_EQ(tensors.status, 2);
  EXPECT_THAT(tensors.err, HasSubstr("a folder cannot be written to standard output"));
}

TEST_F(CliOutput, QuietCompareSaysItByItsStatus) {
  const std::string a = work.path("a.json"), b = work.path("b.json");
  ASSERT_EQ(blendsim_cli({"run", file("net.program"), "--json", a, "-q"}).status, 0);
  ASSERT_EQ(blendsim_cli({"run", file("net.program"), "--json", b, "-q", "--seed", "2"}).status, 0);
  const ProcessResult same = blendsim_cli({"compare", "-q", a, a}), other = blendsim_cli({"compare", "-q", a, b});
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(other.status, 4);
  EXPECT_THAT(same.out + other.out + same.err + other.err, IsEmpty());
}

}  // namespace
}  // namespace blendsim
