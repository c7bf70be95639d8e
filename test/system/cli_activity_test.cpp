// SPDX-License-Identifier: Apache-2.0
// `run --activity`: what the report tells of it, and that it tells nothing without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

class CliActivity : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
    ASSERT_EQ(
        blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("net.program")}).status,
        0);
  }
  ProcessResult run(std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", work.path("net.program"), "--json", work.path("report.json")});
    return blendsim_cli(more);
  }
  Json report() const { return Json::parse(read_text(work.path("report.json"))); }
  Workspace work;
};

TEST_F(CliActivity, IsAnObjectOfTheReportAndATableOfItsText) {
  const ProcessResult result = run({"--activity=1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("bits that change from word to word, one instruction of 1 sampled"));
  EXPECT_THAT(result.out, HasSubstr("xnor_operand"));
  const Json activity = report()["activity"];
  EXPECT_EQ(activity["every"], 1);
  EXPECT_EQ(activity["layers"].size(), report()["layers"].size());
  std::int64_t bits = 0;
  for (const Json& layer : activity["layers"]) {
    if (layer["units"].contains("xnor_array"))
      bits += layer["units"]["xnor_array"]["distances"]["xnor_operand"]["bits"].get<std::int64_t>();
  }
  const Json& unit = activity["units"]["xnor_array"];
  EXPECT_EQ(unit["distances"]["xnor_operand"]["bits"], bits);
  EXPECT_EQ(unit["sampled"], unit["instructions"]);
  EXPECT_EQ(unit["distances"]["xnor_operand"]["standard_error"], 0.0);
  const auto density = [&](const char* port) { return unit["distances"][port]["density"].get<double>(); };
  const double x = density("xnor_operand"), w = density("xnor_weight");
  EXPECT_DOUBLE_EQ(density("xnor_word"), x + w - 2 * x * w);
}

TEST_F(CliActivity, SamplesOneOfFourWhereNoNumberIsGiven) {
  ASSERT_EQ(run({"--activity"}).status, 0);
  EXPECT_EQ(report()["activity"]["every"], 4);
}

TEST_F(CliActivity, IsNowhereWhereItIsNotAskedFor) {
  const ProcessResult without = run({});
  ASSERT_EQ(without.status, 0);
  EXPECT_THAT(without.out, Not(HasSubstr("activity  ")));
  Json plain = report();
  EXPECT_FALSE(plain.contains("activity"));
  ASSERT_EQ(run({"--activity"}).status, 0);
  Json with = report();
  with.erase("activity");
  EXPECT_EQ(with.at("power").at("activity"), "sampled");
  EXPECT_EQ(plain.at("power").at("activity"), "profile");
  for (Json* each : {&plain, &with}) {
    for (const char* estimated : {"host", "digest", "power", "efficiency"}) each->erase(estimated);
    for (Json& layer : each->at("layers")) {
      layer.erase("energy_j");
      layer.erase("energy_range_j");
    }
  }
  EXPECT_EQ(with, plain) << "nothing but energies changes";
}

TEST_F(CliActivity, NeedsValuesAndANumberFromOneOn) {
  const ProcessResult timing = run({"--activity", "--timing-only"});
  EXPECT_EQ(timing.status, 2);
  EXPECT_THAT(timing.err, HasSubstr("--timing-only computes no values, and --activity tells how they change"));
  EXPECT_EQ(run({"--activity=0"}).status, 2);
  EXPECT_EQ(run({"--activity=x"}).status, 2);
}

}  // namespace
}  // namespace blendsim
