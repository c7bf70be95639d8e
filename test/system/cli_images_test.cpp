// SPDX-License-Identifier: Apache-2.0
// --in-flight: what comes out is what one image after the other gives, sooner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process.h"
#include "shell.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;

class CliImages : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
    FloatArray images{{6, 3, 16, 16}, {}};
    for (int n = 0; n < 6 * 3 * 16 * 16; ++n) images.values.push_back(static_cast<float>(n * 37 % 255) / 128.0F - 1.0F);
    write_npy(work.path("images.npy"), images);
  }
  ProcessResult run(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"run", work.path("net.onnx"), "--platform", "zu3eg"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return blendsim_cli(arguments);
  }
  Json report(std::vector<std::string> more) const {
    more.insert(more.end(), {"--json", work.path("report.json")});
    const ProcessResult result = run(more);
    EXPECT_EQ(result.status, 0) << result.err;
    return Json::parse(read_text(work.path("report.json")));
  }
  std::vector<std::string> six(std::vector<std::string> more) const {
    more.insert(more.begin(), {"--input", work.path("images.npy")});
    return more;
  }
  Workspace work;
};

TEST_F(CliImages, OutputsAndTensorsAreThoseOfOneAfterTheOther) {
  const Json alone = report(six({"--tensors", work.path("alone"), "--check"}));
  for (const std::string in_flight : {"2", "3", "6"}) {
    const Json together =
        report(six({"--in-flight", in_flight, "--tensors", work.path("t" + in_flight), "--check", "--agreement"}));
    EXPECT_EQ(together["outputs"], alone["outputs"]) << in_flight;
    EXPECT_EQ(together["input"], alone["input"]);
    EXPECT_EQ(together["program"]["images"], std::stoi(in_flight));
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(work.path("alone"))) {
      EXPECT_EQ(read_text(work.path("t" + in_flight + "/" + entry.path().filename().string())),
                read_text(entry.path().string()));
      ++files;
    }
    EXPECT_GT(files, 5);
  }
}

// The figures of one inference stay what they are; an inference begins sooner after the one before.
TEST_F(CliImages, TheReportIsOfOneInference) {
  const Json alone = report({"--batch", "8"}), together = report({"--batch", "8", "--in-flight", "4"});
  EXPECT_LT(together["interval_cycles"], alone["interval_cycles"]);
  EXPECT_LT(together["cycles"], alone["cycles"]);
  EXPECT_GT(together["latency_s"], alone["latency_s"]);
  ASSERT_EQ(together["layers"].size(), alone["layers"].size());
  std::int64_t critical = 0;
  for (std::size_t l = 0; l < alone["layers"].size(); ++l) {
    const Json &a = alone["layers"][l], &t = together["layers"][l];
    for (const char* same : {"name", "unit", "macs", "dram_bytes"}) EXPECT_EQ(a.at(same), t.at(same)) << a["name"];
    // Rows of DRAM are opened at other times.
    EXPECT_NEAR(a["energy_j"].get<double>(), t["energy_j"].get<double>(), 0.01 * a["energy_j"].get<double>());
    critical += t["critical_cycles"].get<std::int64_t>();
  }
  EXPECT_EQ(critical, together["cycles"]);
  EXPECT_EQ(together["network"], alone["network"]);
  EXPECT_NEAR(together["efficiency"]["gops"].get<double>() * together["cycles"].get<double>(),
              alone["efficiency"]["gops"].get<double>() * alone["cycles"].get<double>(), 1);
  EXPECT_EQ(together["input"]["images"], 8);
  const std::string text = run({"--batch", "8", "--in-flight", "4"}).out;
  EXPECT_THAT(text, HasSubstr("for 4 images side by side"));
}

TEST_F(CliImages, AnInferenceInASingleGroupHasAnInterval) {
  const Json r = report({"--in-flight", "4"});
  EXPECT_EQ(r["input"]["images"], 4);
  EXPECT_EQ(r["interval_cycles"], (r["cycles"].get<std::int64_t>() + 2) / 4);
}

TEST_F(CliImages, ImagesThatAreLeftOverAreRefusedWithANumberThatWorks) {
  const ProcessResult result = run(six({"--in-flight", "4"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("6 images, and the program computes 4 side by side"),
                                HasSubstr("or compile with --in-flight 3")));
  EXPECT_EQ(run(six({"--in-flight", "3"})).status, 0);
}

TEST_F(CliImages, AProgramKeepsHowMany) {
  const std::string program = work.path("net.program");
  const ProcessResult compiled =
      blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "--in-flight", "3", "-o", program});
  ASSERT_EQ(compiled.status, 0) << compiled.err;
  EXPECT_THAT(compiled.out, HasSubstr("for 3 images side by side"));
  const ProcessResult ran =
      blendsim_cli({"run", program, "--input", work.path("images.npy"), "--json", work.path("of_program.json")});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json of_network = report(six({"--in-flight", "3"}));
  EXPECT_EQ(Json::parse(read_text(work.path("of_program.json")))["digest"], of_network["digest"]);
  const ProcessResult other = blendsim_cli({"run", program, "--in-flight", "2"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("--in-flight 2, and the program was compiled for 3 images"));
}

// What a study finds is what `run` says of it.
TEST_F(CliImages, AStudyOfThroughputFindsWhatARunHas) {
  work.write("study.yaml",
             "schema: blendsim.study/1\nnetworks: net.onnx\nplatform: zu3eg\nin_flight: 4\n"
             "search: {mac_array.columns: [4, 8]}\nobjectives: {interval: min, lut: min}\n"
             "method: {name: grid}\nbudget: {evaluations: 10}\n");
  const ProcessResult explored = run_shell("blendsim explore study.yaml --csv points.csv", work.path(""));
  ASSERT_EQ(explored.status, 0) << explored.err;
  const std::string points = read_text(work.path("points.csv"));
  const Json ran = report({"--in-flight", "4", "--set", "mac_array.columns=8"});
  char interval[32];
  std::snprintf(interval, sizeof interval, "%g", ran["cycles"].get<double>() / 4);
  EXPECT_THAT(points, HasSubstr(interval)) << "the faster of the two is on the front";
  work.write("none.yaml",
             "schema: blendsim.study/1\nnetworks: net.onnx\nplatform: zu3eg\nin_flight: 0\n"
             "search: {mac_array.columns: [4, 8]}\nobjectives: {interval: min}\nbudget: {evaluations: 1}\n");
  const ProcessResult refused = run_shell("blendsim explore none.yaml", work.path(""));
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("none.yaml:4"), HasSubstr("0 is not from 1 to 512")));
}

// Somebody else's tensors, of images and not of groups; a wrong value is found in its image, with its writer.
TEST_F(CliImages, ExpectationsAreOfImages) {
  ASSERT_EQ(run(six({"--tensors", work.path("due")})).status, 0);
  EXPECT_EQ(run(six({"--in-flight", "3", "--expect", work.path("due")})).status, 0);
  IntArray wrong = read_int_npy(work.path("due/stem.out.npy"));
  ASSERT_EQ(wrong.shape[0], 6);
  wrong.values[wrong.values.size() / 6 * 4] += 1;  // of image 4, the second of the second group
  write_npy(work.path("due/stem.out.npy"), wrong);
  const ProcessResult result = run(six({"--in-flight", "3", "--expect", work.path("due")}));
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("[4, 0, 0, 0]"), HasSubstr("(stem.out@1)"), HasSubstr("@1 post_unit")));
}

TEST_F(CliImages, DiffComparesProgramsOfAsMany) {
  for (const std::string n : {"1", "3"}) {
    ASSERT_EQ(blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "--in-flight", n, "-o",
                            work.path(n + ".program")})
                  .status,
              0);
  }
  const ProcessResult other = blendsim_cli({"diff", work.path("1.program"), work.path("3.program")});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("A computes 1 image side by side, B 3 images"));
  EXPECT_EQ(blendsim_cli({"diff", work.path("3.program"), work.path("3.program")}).status, 0);
  ASSERT_EQ(blendsim_cli({"run", work.path("3.program"), "--json", work.path("3.json")}).status, 0);
  EXPECT_EQ(blendsim_cli({"diff", work.path("3.json"), work.path("3.program")}).status, 0);
}

TEST_F(CliImages, ALayersNameIsThatOfEachImage) {
  ASSERT_EQ(run({"--in-flight", "2", "--trace", work.path("all.npy"), "--trace-layers", "stem.conv"}).status, 0);
  ASSERT_EQ(run({"--in-flight", "2", "--trace", work.path("one.npy"), "--trace-layers", "stem.conv@1"}).status, 0);
  const auto bytes = [&](const std::string& file) { return std::filesystem::file_size(work.path(file)); };
  EXPECT_GT(bytes("all.npy"), bytes("one.npy"));
}

TEST_F(CliImages, MoreThanAProgramCanNameAreRefused) {
  const ProcessResult result = run({"--in-flight", "512"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("error[does-not-fit]"));
  EXPECT_EQ(run({"--in-flight", "0"}).status, 2);
}

}  // namespace
}  // namespace blendsim
