// SPDX-License-Identifier: Apache-2.0
// A tensor whose rows take each other's words: what a session says of one row is of that row alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/debug/recorded_run.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;

class DebugRings : public testing::Test {
 protected:
  static RecordedRun& recorded() {
    static RecordedRun run("neuroblend20", BLENDSIM_SOURCE "/test/conformance/platforms/tiny.yaml", 1,
                           {.width = 8, .blocks = 1, .size = 24});
    return run;
  }
  RecordedRun& run = recorded();
};

TEST_F(DebugRings, AValueIsWrittenWhereItsOwnRowIs) {
  const debug::Tensor* tensor = run.bench().map.tensor("stem.out");
  ASSERT_NE(tensor, nullptr);
  ASSERT_TRUE(tensor->parts.front().view->in_bands());
  Cycles last = -1;
  for (int row = 0; row < 24; ++row) {
    const std::string value = "stem.out[0][" + std::to_string(row) + "][3]";
    run.perform("delete");
    run.perform("watch " + value);
    const std::vector<debug::Hit>& hits = run.bench().stops.list().back().hits;
    ASSERT_EQ(hits.size(), 1U) << value << " is written once, whatever else lies in its words";
    EXPECT_GE(hits.front().at.at, last) << "rows come one after the other";
    last = hits.front().at.at;
    run.perform("goto end");
    EXPECT_THAT(run.perform("print " + value), HasSubstr("in cycle " + debug::text(hits.front().at) + "\n"));
    run.perform("goto start");
    EXPECT_THAT(run.perform("print " + value), testing::Not(HasSubstr("written   by")));
  }
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace blendsim::test
