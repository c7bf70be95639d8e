// SPDX-License-Identifier: Apache-2.0
// Random original networks against ONNX Runtime: 300 here, more with scripts/differential.sh.
#include <gtest/gtest.h>

#include <filesystem>

#include "campaign.h"

namespace blendsim::differential {
namespace {

TEST(RandomOriginals, ComputeWhatOnnxRuntimeComputes) {
  if (!Judge::available()) GTEST_SKIP() << "ONNX Runtime is not installed (npm install in test/)";
  CampaignOptions options;
  options.folder = ::testing::TempDir() + "blendsim_differential";
  std::filesystem::remove_all(options.folder);  // an earlier run's progress is not this one's
  const Totals totals = run_campaign(options);
  std::printf("seeds %d to %d\n%s", 1, options.count, totals.text().c_str());
  EXPECT_TRUE(totals.faults.empty());
  EXPECT_GE(totals.lowered * 10, totals.networks * 6) << "too many networks are refused for the test to have teeth";
}

}  // namespace
}  // namespace blendsim::differential
