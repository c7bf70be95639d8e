// SPDX-License-Identifier: Apache-2.0
// What a run promises: the same digest again, the same cycles without values, the same outputs under random stalls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "compiler/compile.h"
#include "network/integer_network.h"
#include "network/tensor_file_name.h"
#include "process.h"
#include "tensor/array.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

class CliRun : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
    const ProcessResult compiled = blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o",
                                                 work.path("net.program"), "--lowered", work.path("lowered.onnx")});
    ASSERT_EQ(compiled.status, 0) << compiled.err;
  }
  Json report(std::vector<std::string> arguments, const std::string& file = "net.program") const {
    const std::string json = work.path("report.json");
    arguments.insert(arguments.begin(), {"run", work.path(file), "--json", json});
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return Json::parse(read_text(json));
  }
  Workspace work;
};

TEST_F(CliRun, TheSameRunTwiceGivesTheSameDigest) {
  const Json a = report({}), b = report({});
  EXPECT_EQ(a["digest"], b["digest"]);
  EXPECT_NE(a["digest"], report({"--seed", "2"})["digest"]);
}

TEST_F(CliRun, ANetworkAndItsProgramGiveTheSameReport) {
  EXPECT_EQ(report({})["digest"], report({"--platform", "zu3eg"}, "net.onnx")["digest"]);
}

// The binary that another compiler made of the same sources, or an empty name.
std::string other_binary() {
  const char* given = std::getenv("BLENDSIM_CLANG_BINARY");
  const std::string other = given != nullptr ? given : BLENDSIM_SOURCE "/build/clang/blendsim";
  return std::filesystem::exists(other) ? other : std::string();
}

TEST_F(CliRun, AnotherCompilersBinaryGivesTheSameDigest) {
  const std::string other = other_binary();
  if (other.empty()) GTEST_SKIP() << "no second compiler's binary";
  const std::string json = work.path("other.json");
  const ProcessResult result =
      run_process({other, "run", work.path("net.onnx"), "--platform", "zu3eg", "--json", json});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(read_text(json))["digest"], report({"--platform", "zu3eg"}, "net.onnx")["digest"]);
}

TEST_F(CliRun, AnotherCompilersBinaryWritesTheSameProgramFile) {
  const std::string other = other_binary();
  if (other.empty()) GTEST_SKIP() << "no second compiler's binary";
  const ProcessResult result =
      run_process({other, "compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("other.program")});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(read_text(work.path("other.program")) == read_text(work.path("net.program")))
      << "the bytes differ, though their digests may be equal";
}

TEST_F(CliRun, TimingOnlyGivesTheSameCyclesAndNoOutputs) {
  const Json with = report({}), without = report({"--timing-only"});
  EXPECT_EQ(with["cycles"], without["cycles"]);
  EXPECT_EQ(with["units"], without["units"]);
  EXPECT_TRUE(without["outputs"].empty());
  EXPECT_FALSE(with["outputs"].empty());
  EXPECT_EQ(without["power"]["activity"], "profile");
}

TEST_F(CliRun, RandomStallsChangeCyclesAndNoOutput) {
  const Json calm = report({"--check"}), stalled = report({"--check", "--stalls", "5"});
  EXPECT_NE(calm["cycles"], stalled["cycles"]);
  EXPECT_EQ(calm["outputs"], stalled["outputs"]);
  EXPECT_THAT(stalled["notes"].get<std::vector<std::string>>(), testing::Contains(HasSubstr("random stalls")));
}

// Bipolar integers are -1 and 1: a made-up image must not hold the 0 between them.
TEST_F(CliRun, AMadeUpImageOfABipolarNetworkIsBipolar) {
  test::NetworkBuilder b(3);
  const TensorId codes =
      b.conv(b.input(16, 6, 6, Format::bipolar()), 16, test::NetworkBuilder::square(3, 1, 1), Format::bipolar());
  b.output(b.post(codes, no_tensor, true, Format::signed_bits(8), false, Format::bipolar()).fixed);
  write_program(compile(b.net, load_platform("zu3eg", {}, ConfigPaths{BLENDSIM_CONFIGS})).program,
                work.path("bipolar.program"));
  EXPECT_FALSE(report({}, "bipolar.program")["outputs"].empty());
}

TEST_F(CliRun, AccountsAddUp) {
  const Json json = report({});
  const auto cycles = json["cycles"].get<std::int64_t>();
  for (const auto& [unit, row] : json["units"].items()) {
    std::int64_t sum = 0;
    for (const char* key :
         {"busy", "stall_dependency", "stall_memory", "stall_downstream", "stall_fence", "stall_dispatch", "idle"}) {
      sum += row[key].get<std::int64_t>();
    }
    EXPECT_EQ(sum, cycles) << unit;
  }
  std::int64_t critical = 0;
  for (const Json& layer : json["layers"]) critical += layer["critical_cycles"].get<std::int64_t>();
  EXPECT_EQ(critical, cycles);
  EXPECT_TRUE(json["interval_cycles"].is_null());
}

TEST_F(CliRun, AMadeUpInputIsLabelled) {
  EXPECT_EQ(report({})["input"]["source"], "random");
  EXPECT_THAT(blendsim_cli({"run", work.path("net.program")}).out, HasSubstr("random, seed 1"));
}

TEST_F(CliRun, AnExactlyRepresentableNetworkAgreesWithItsOriginal) {
  const Json agreement = report({"--platform", "zu3eg", "--agreement"}, "net.onnx")["agreement"];
  EXPECT_EQ(agreement["inputs"], 1);
  EXPECT_EQ(agreement["max_abs_error"], 0.0);
  EXPECT_EQ(agreement["top1_equal"], true);
}

TEST_F(CliRun, TensorsAreTheLoweredNetworks) {
  (void)report({"--tensors", work.path("tensors")});
  const IntegerNetwork network = load_network(work.path("net.onnx"));
  const auto file = [&](TensorId id) { return work.path("tensors/" + tensor_file_name(network.tensor(id).name)); };
  const IntArray input = read_int_npy(file(network.input_tensor));
  const TensorValues values = execute(network, {input.values.begin(), input.values.end()});
  for (TensorId id = 0; id < static_cast<TensorId>(network.tensors.size()); ++id) {
    ASSERT_TRUE(std::filesystem::exists(file(id))) << network.tensor(id).name;
    const std::vector<std::int32_t>& want = values[static_cast<std::size_t>(id)];
    EXPECT_EQ(read_int_npy(file(id)).values, std::vector<std::int64_t>(want.begin(), want.end()))
        << network.tensor(id).name;
  }
}

TEST_F(CliRun, ComparisonNamesTheParameterAndWhereTheCyclesComeFrom) {
  const std::string a = work.path("a.json"), b = work.path("b.json");
  const std::string net = work.path("net.onnx");
  ASSERT_EQ(blendsim_cli({"run", net, "--platform", "zu3eg", "--json", a}).status, 0);
  EXPECT_EQ(blendsim_cli({"compare", a, a}).status, 0);
  ASSERT_EQ(
      blendsim_cli({"run", net, "--platform", "zu3eg", "--set", "memory.read_latency=80 cycles", "--json", b}).status,
      0);
  const ProcessResult compared = blendsim_cli({"compare", a, b});
  EXPECT_EQ(compared.status, 4);
  EXPECT_THAT(compared.out, HasSubstr("platform.memory.read_latency: 40 cycles -> 80 cycles"));
  EXPECT_THAT(compared.out,
              ::testing::ContainsRegex("critical path, [a-z]+ [0-9]+ [a-z0-9 ]*that changed\n  input: [+]"));
  EXPECT_THAT(compared.out, HasSubstr("outputs are equal"));
  EXPECT_THAT(compared.out, ::testing::ContainsRegex("energy .* [+][0-9.]+ [num]?J"));
  EXPECT_THAT(compared.out, HasSubstr("units' accounts other than idle"));
}

TEST_F(CliRun, ComparisonOfManySaysWhatWentInAndWhatFits) {
  const std::string a = work.path("a.json"), b = work.path("b.json"), c = work.path("c.json");
  const std::vector<std::string> run = {"run", work.path("net.onnx"), "--platform", "zu3eg", "--timing-only", "--json"};
  const auto made = [&](const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> line = run;
    line.push_back(file);
    line.insert(line.end(), more.begin(), more.end());
    return blendsim_cli(line).status;
  };
  write_npy(work.path("three.npy"), FloatArray{{3, 3, 16, 16}, std::vector<float>(2304)});
  ASSERT_EQ(made(a, {}), 0);
  ASSERT_EQ(made(b, {"--input", work.path("three.npy")}), 0);
  ASSERT_EQ(made(c, {"--set", "memory.read_latency=80 cycles", "--set", "mac_array.rows=64", "--allow-oversize"}), 0);
  const ProcessResult two = blendsim_cli({"compare", a, b});
  EXPECT_THAT(two.out, HasSubstr("outputs: both runs were timing only"));
  const ProcessResult all = blendsim_cli({"compare", a, b, c, "--wide"});
  EXPECT_EQ(all.status, 4) << all.err;
  EXPECT_THAT(all.out, HasSubstr("     input.images: 1 -> 3\n"));
  EXPECT_THAT(all.out, HasSubstr("     platform.mac_array.rows: 16 -> 64\n"));
  EXPECT_THAT(all.out, ::testing::ContainsRegex("platform +images +cycles +an image, to A"));
  EXPECT_THAT(all.out, ::testing::ContainsRegex("\nA .* yes "));
  EXPECT_THAT(all.out, ::testing::ContainsRegex("\nC .* NO "));
  EXPECT_THAT(blendsim_cli({"compare", a, c, c}).out, ::testing::Not(HasSubstr("images  ")));
}

TEST_F(CliRun, CompileExplainsItsDecisionsAndDumpsPasses) {
  const ProcessResult result =
      blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("p"), "--explain"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("xnor_array"));
}

TEST_F(CliRun, AMachineThatItsDeviceDoesNotHoldIsSimulatedOnRequestOnly) {
  const std::vector<std::string> large = {"run",   work.path("net.onnx"), "--platform", "zu3eg",
                                          "--set", "mac_array.rows=64"};
  const ProcessResult refused = blendsim_cli(large);
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("error[device-too-small]"));
  EXPECT_THAT(refused.err, HasSubstr("zu3eg does not fit xczu3eg-sbva484-1:"));
  EXPECT_THAT(refused.err, HasSubstr("% of 360, limit 80 %"));  // DSP slices: 512 of the MAC array alone
  EXPECT_THAT(refused.err, HasSubstr("mac_array"));
  EXPECT_THAT(refused.err, HasSubstr("--allow-oversize"));
  std::vector<std::string> allowed = large;
  allowed.emplace_back("--allow-oversize");
  const ProcessResult result = blendsim_cli(allowed);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("fits        NO"));
}

// Every resource that is short, each with what takes most of it.
TEST_F(CliRun, AMachineThatIsTooLargeInSeveralWaysIsToldWhatTakesEach) {
  const ProcessResult refused =
      blendsim_cli({"run", work.path("net.onnx"), "--platform", "k26", "--set", "xnor_array.rows=32", "--set",
                    "mac_array.rows=32", "--set", "post_unit.lanes=32"});
  EXPECT_EQ(refused.status, 1);
  for (const std::string resource : {"lut", "bram36", "uram"}) {
    ASSERT_THAT(refused.err, HasSubstr("\n  " + resource + ": ")) << "too large in it";
    EXPECT_THAT(refused.err, HasSubstr("most " + resource)) << "and said so";
  }
  EXPECT_THAT(refused.err, testing::ContainsRegex("buffer [a-z_]+ .this program uses [0-9,]+ of its [0-9,]+ words"));
}

TEST_F(CliRun, AProgramOfAMachineThatItsDeviceDoesNotHoldIsRefusedToo) {
  const std::string program = work.path("large.program");
  ASSERT_EQ(blendsim_cli(
                {"compile", work.path("net.onnx"), "--platform", "zu3eg", "--set", "mac_array.rows=64", "-o", program})
                .status,
            0);
  EXPECT_THAT(blendsim_cli({"run", program}).err, HasSubstr("error[device-too-small]"));
  EXPECT_EQ(blendsim_cli({"run", program, "--allow-oversize"}).status, 0);
}

}  // namespace
}  // namespace blendsim
