// SPDX-License-Identifier: Apache-2.0
// `blendsim power`, and what `run` says of power, through the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace blendsim {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(CliPower, OfADesignByItsResources) {
  const ProcessResult out = blendsim_cli({"power", "--device", "xczu7ev-ffvc1156-2", "--clock", "100 MHz", "--lut",
                                          "1000", "--ff", "2000", "--json", "-"});
  ASSERT_EQ(out.status, 0) << out.err;
  const Json json = Json::parse(out.out);
  EXPECT_GT(json.at("active").at("total_w"), json.at("idle").at("total_w"));
}

TEST(CliPower, RefusesWhatTheDeviceDoesNotHave) {
  const ProcessResult out =
      blendsim_cli({"power", "--device", "xc7z020-clg400-1", "--clock", "100 MHz", "--lut", "53201"});
  EXPECT_EQ(out.status, 1);
  EXPECT_THAT(out.err, HasSubstr("device-too-small"));
}

TEST(CliPower, RefusesNegativeCountsInWords) {
  const ProcessResult out =
      blendsim_cli({"power", "--device", "xc7z020-clg400-1", "--clock", "100 MHz", "--lut", "-1"});
  EXPECT_EQ(out.status, 2);
  EXPECT_THAT(out.err, HasSubstr("'-1' is not a whole number"));
}

// P(r) = idle + r x marginal: the report's own figures, at two rates and one junction.
TEST(CliPower, OfARunGrowsWithTheRateByTheMarginalEnergy) {
  Workspace work;
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
  const auto power = [&](const std::string& rate) {
    const ProcessResult out =
        blendsim_cli({"run", work.path("net.onnx"), "--platform", "zu3eg", "--timing-only", "--rate", rate,
                      "--junction", "60", "--json", work.path("report.json"), "-q"});
    EXPECT_EQ(out.status, 0) << out.err;
    return Json::parse(read_text(work.path("report.json"))).at("power");
  };
  const Json slow = power("100"), fast = power("1100");
  const double marginal = slow.at("dynamic_energy_j");
  EXPECT_NEAR(fast.at("total_w").get<double>() - slow.at("total_w").get<double>(), 1000 * marginal, 1e-9);
  EXPECT_EQ(slow.at("rails").at("clock"), fast.at("rails").at("clock"));
  EXPECT_EQ(slow.at("activity"), "profile");
}

TEST(CliPower, OfARunFollowsItsData) {
  Workspace work;
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
  const auto marginal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = {"run",    work.path("net.onnx"), "--platform", "zu3eg",
                                    "--json", work.path("r.json"),   "-q"};
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(blendsim_cli(all).status, 0);
    return Json::parse(read_text(work.path("r.json"))).at("power").at("dynamic_energy_j").get<double>();
  };
  EXPECT_NE(marginal({"--activity=1"}), marginal({})) << "the run's own data, and the profile's";
  EXPECT_EQ(marginal({"--activity=1"}), marginal({"--activity=1", "--seed", "1"}));
}

}  // namespace
}  // namespace blendsim
