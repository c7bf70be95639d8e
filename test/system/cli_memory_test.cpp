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

std::string grouped(int value) {
  std::string text = std::to_string(value);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string flip_of_weight(int word) { return "0:weights_binary.0:" + std::to_string(word) + ":0"; }

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
  EXPECT_THAT(row(result.out, "init cycles"), HasSubstr(grouped(init_a)));
  EXPECT_THAT(row(result.out, "init cycles"), HasSubstr(grouped(init_b)));
  EXPECT_THAT(row(result.out, "main cycles"), HasSubstr(grouped(main_a)));
  EXPECT_THAT(row(result.out, "main cycles"), HasSubstr(grouped(main_b)));
  EXPECT_THAT(result.out, HasSubstr("those of a whole simulation"));
  EXPECT_THAT(read_text(work.path("stamps.csv")), HasSubstr("main,0,"));
  const ProcessResult foreign = blendsim_cli({"replay", work.path("out.stl"), "--platform", "zu3eg"});
  EXPECT_EQ(foreign.status, 0) << foreign.err;
  EXPECT_THAT(foreign.out, HasSubstr("out.stl, a foreign trace\n"));
  EXPECT_THAT(foreign.out, testing::Not(HasSubstr("recorded")));
}

TEST_F(CliMemory, AnotherPortWidthIsNamedWithWhatHasIt) {
  const std::string traffic = work.path("traffic.mem");
  ASSERT_EQ(blendsim_cli({"run", work.path("net.program"), "--timing-only", "--record", traffic}).status, 0);
  for (const auto& [place, more] : std::map<std::string, std::vector<std::string>>{
           {"--set memory.port_width", {}}, {"zu3eg", {"--platform", "zu3eg"}}}) {
    std::vector<std::string> line = {"replay", traffic, "--set", "memory.port_width=64 bit"};
    line.insert(line.end(), more.begin(), more.end());
    const ProcessResult result = blendsim_cli(line);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, testing::StartsWith("error[bad-override]: " + place +
                                                ": memory.port_width is 64 bit, recorded 128 bit: "));
  }
}

TEST_F(CliMemory, OpenLoopOnItsOwnMemoryMovesNothing) {
  const std::string traffic = work.path("traffic.mem");
  ASSERT_EQ(blendsim_cli({"run", work.path("net.program"), "--timing-only", "--record", traffic}).status, 0);
  const ProcessResult open = blendsim_cli({"replay", traffic, "--open-loop"});
  EXPECT_EQ(open.status, 0) << open.err;
  EXPECT_THAT(open.out, HasSubstr("\n0 stamps moved\n"));
  EXPECT_THAT(open.out, HasSubstr("every stamp of the recording's bursts comes out again"));
  for (const char* phase : {"init", "main"}) {
    EXPECT_THAT(row(open.out, phase + std::string(" cycles to last beat")),
                testing::ContainsRegex("beat +([0-9,]+) +[0-9,]+$"));
  }
  const std::string line = row(open.out, "main cycles to last beat");
  const std::string last = line.substr(line.find_last_of(' ') + 1);
  EXPECT_NE(line.find(" " + last + " "), line.npos) << "both sides: " << line;
}

TEST_F(CliMemory, ReplayRefusesWhatItCannotAnswer) {
  const std::string traffic = work.path("traffic.mem");
  ASSERT_EQ(blendsim_cli({"run", work.path("net.program"), "--timing-only", "--record", traffic}).status, 0);
  ProcessResult result = blendsim_cli({"replay", traffic, "--set", "xnor_array.depth=40 cycles"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("stay as recorded"));
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, std::vector<std::string>{"--platform", "zu7ev"}}) {
    std::vector<std::string> line = {"replay", traffic, "--set", "mac_array.rows=32"};
    line.insert(line.end(), more.begin(), more.end());
    result = blendsim_cli(line);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err,
                testing::StartsWith("error[bad-override]: --set mac_array.rows: a replay changes the memory"));
    EXPECT_EQ(result.err.find("error[", 1), std::string::npos) << result.err;
  }
  result = blendsim_cli({"replay", traffic, "--set", "memory.banks=1"});
  EXPECT_THAT(result.err, HasSubstr("did you mean 'memory.timing.banks'?"));
  EXPECT_EQ(blendsim_cli({"replay", traffic, "--set", "memory.port_width=64 bit"}).status, 1);
  EXPECT_EQ(blendsim_cli({"replay", traffic, "-o", work.path("x.vcd")}).status, 2);
  EXPECT_EQ(blendsim_cli({"replay", work.path("net.onnx")}).status, 1);
  EXPECT_EQ(blendsim_cli({"replay", work.path("none")}).status, 1);
  EXPECT_EQ(blendsim_cli({"run", work.path("net.program"), "--record", traffic, "--stalls", "3"}).status, 2);
  result = blendsim_cli({"replay", work.write("t.trace", "LD 0x40\n")});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("a trace that names no memory needs --platform"));
  EXPECT_THAT(blendsim_cli({"replay", work.write("e.stl", "")}).err, HasSubstr("the file is empty"));
  EXPECT_THAT(blendsim_cli({"replay", work.path("")}).err, HasSubstr("is a folder"));
  EXPECT_THAT(blendsim_cli({"replay", work.path("net.program")}).err, HasSubstr("this is a program"));
  for (const char* command : {"run", "why", "inspect", "debug"}) {
    EXPECT_THAT(blendsim_cli({command, traffic}).err,
                testing::AllOf(HasSubstr("this is recorded memory traffic"), HasSubstr("`blendsim replay " + traffic)))
        << command;
  }
}

// Whether the classifier's answer changes is what a user asks first; the machine's integers are named as such.
TEST_F(CliMemory, AFlipThatReachesTheOutputSaysWhoseValueThatIsAndTopOne) {
  const std::string net = work.path("net.program");
  for (int word = 0; word < 64; ++word) {
    const ProcessResult result = blendsim_cli({"run", net, "--flip", flip_of_weight(word), "-q"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("outcome      "));
    if (result.err.find("reached") == result.err.npos) continue;
    EXPECT_THAT(result.err,
                testing::ContainsRegex("outcome      reached output [^ ]+; the machine's integers [^ ]+\\[[0-9]"));
    EXPECT_THAT(result.err, testing::ContainsRegex("\ntop-1        [0-9]+(, as without it| became [0-9]+)\n"));
    EXPECT_THAT(result.err, testing::ContainsRegex("read by      #[0-9]+ [a-z_]+ \\("));
    return;
  }
  ADD_FAILURE() << "no flip reached the output";
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
