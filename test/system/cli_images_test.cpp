// SPDX-License-Identifier: Apache-2.0
// --in-flight: what comes out is what one image after the other gives, sooner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process.h"
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

TEST_F(CliImages, MoreThanAProgramCanNameAreRefused) {
  const ProcessResult result = run({"--in-flight", "512"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("error[does-not-fit]"));
  EXPECT_EQ(run({"--in-flight", "0"}).status, 2);
}

}  // namespace
}  // namespace blendsim
