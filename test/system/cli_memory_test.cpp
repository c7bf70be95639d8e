// SPDX-License-Identifier: Apache-2.0
// run --record with replay, and run --flip, as a user meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace blendsim {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

class CliMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
    ASSERT_EQ(
        blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("net.program")}).status,
        0);
  }
  // Cycles of init and of the run.
  std::pair<int, int> cycles(const std::string& json) const {
    const Json report = Json::parse(read_text(work.path(json)));
    return {report["init_cycles"], report["cycles"]};
  }
  Workspace work;
};

std::string row(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  return at == text.npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST_F(CliMemory, ReplayOnAnotherMemoryGivesTheCyclesOfARunOnIt) {
  const std::string traffic = work.path("traffic.mem");
  ProcessResult result =
      blendsim_cli({"run", work.path("net.program"), "--record", traffic, "--json", work.path("a.json")});
  ASSERT_EQ(result.status, 0) << result.err;
  result = blendsim_cli({"replay", traffic});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("every stamp of the recording comes out again"));
  EXPECT_THAT(result.out, HasSubstr("0 stamps moved"));

  const std::string slow = "memory.read_latency=300 cycles";
  result =
      blendsim_cli({"replay", traffic, "--set", slow, "--csv", work.path("stamps.csv"), "-o", work.path("out.stl")});
  ASSERT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(blendsim_cli({"run", work.path("net.onnx"), "--platform", "zu3eg", "--set", slow, "--timing-only", "--json",
                          work.path("b.json")})
                .status,
            0);
  const auto [init_a, main_a] = cycles("a.json");
  const auto [init_b, main_b] = cycles("b.json");
  EXPECT_LT(main_a, main_b);
  EXPECT_THAT(row(result.out, "init cycles"), HasSubstr(std::to_string(init_a)));
  EXPECT_THAT(row(result.out, "init cycles"), HasSubstr(std::to_string(init_b)));
  EXPECT_THAT(row(result.out, "main cycles"), HasSubstr(std::to_string(main_a)));
  EXPECT_THAT(row(result.out, "main cycles"), HasSubstr(std::to_string(main_b)));
  EXPECT_THAT(result.out, HasSubstr("those of a whole simulation"));
  EXPECT_THAT(read_text(work.path("stamps.csv")), HasSubstr("main,0,"));
  const ProcessResult foreign = blendsim_cli({"replay", work.path("out.stl"), "--platform", "zu3eg"});
  EXPECT_EQ(foreign.status, 0) << foreign.err;
  EXPECT_THAT(foreign.out, HasSubstr("a foreign trace"));
}

TEST_F(CliMemory, ReplayRefusesWhatItCannotAnswer) {
  const std::string traffic = work.path("traffic.mem");
  ASSERT_EQ(blendsim_cli({"run", work.path("net.program"), "--timing-only", "--record", traffic}).status, 0);
  ProcessResult result = blendsim_cli({"replay", traffic, "--set", "xnor_array.depth=40 cycles"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("stay as recorded"));
  EXPECT_EQ(blendsim_cli({"replay", traffic, "--set", "memory.port_width=64 bit"}).status, 1);
  EXPECT_EQ(blendsim_cli({"replay", traffic, "-o", work.path("x.vcd")}).status, 2);
  EXPECT_EQ(blendsim_cli({"replay", work.path("net.onnx")}).status, 1);
  EXPECT_EQ(blendsim_cli({"replay", work.path("none")}).status, 1);
  EXPECT_EQ(blendsim_cli({"run", work.path("net.program"), "--record", traffic, "--stalls", "3"}).status, 2);
  EXPECT_EQ(blendsim_cli({"replay", work.write("t.trace", "LD 0x40\n")}).status, 2) << "needs a platform";
}

TEST_F(CliMemory, FlipSaysWhatBecameOfABit) {
  const ProcessResult result = blendsim_cli({"run", work.path("net.program"), "--flip", "0:act_fixed.0:0:3"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("act_fixed.0 word 0 bit 3, after the starts of cycle 0"));
  EXPECT_THAT(result.out, HasSubstr("overwritten before anything read it"));
  const ProcessResult late = blendsim_cli({"run", work.path("net.program"), "--flip", "99999999:act_fixed:0:3"});
  EXPECT_EQ(late.status, 2);
  EXPECT_THAT(late.err, HasSubstr("the run is over by then"));
  EXPECT_EQ(blendsim_cli({"run", work.path("net.program"), "--flip", "1:act_fixed:0"}).status, 2);
  EXPECT_EQ(blendsim_cli({"run", work.path("net.program"), "--flip", "1:act_fixed:0:0", "--timing-only"}).status, 2);
  EXPECT_EQ(blendsim_cli({"run", work.path("net.program"), "--flip", "1:act_fixed:0:0", "--flip", "2:act_fixed.0:0:0"})
                .status,
            2);
}

}  // namespace
}  // namespace blendsim
