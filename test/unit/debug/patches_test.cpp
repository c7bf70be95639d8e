// SPDX-License-Identifier: Apache-2.0
// A tensor that is computed in patches: what a session shows is the tensor as a whole, and of a value where its patch
// lay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/debug/recorded_run.h"

namespace blendsim::test {
namespace {

using testing::HasSubstr;

class DebugPatches : public testing::Test {
 protected:
  static RecordedRun& recorded() {
    static RecordedRun run("neuroblend20", BLENDSIM_SOURCE "/test/conformance/platforms/tiny.yaml", 1,
                           {.width = 8, .blocks = 1, .size = 64}, {"buffers.act_fixed.depth=180"});
    return run;
  }
  RecordedRun& run = recorded();
};

TEST_F(DebugPatches, TensorsAreTheMachines) {
  int in_patches = 0;
  for (const LayerResult& result : run.run.tensors.front()) {
    const debug::Tensor* tensor = run.bench().map.tensor(result.name);
    ASSERT_NE(tensor, nullptr) << result.name;
    in_patches += tensor->parts.front().view->width < tensor->width ? 1 : 0;
    Cycles end = 0;  // of its layer: other layers have not written over the last patch yet
    for (const InstructionRecord& record : run.run.records) {
      if (record.layer == tensor->parts.front().layer) end = std::max(end, record.end);
    }
    const auto now = run.bench().values.tensor(*tensor, end);
    EXPECT_EQ(now.values, result.values) << result.name;
    EXPECT_EQ(std::ranges::count(now.known, false), 0) << result.name;
  }
  EXPECT_GT(in_patches, 2);
}

// Columns in the windows of two patches are computed for both: what is shown is the last one's.
TEST_F(DebugPatches, AValueIsWrittenWhereItsPatchIs) {
  const debug::Tensor* tensor = run.bench().map.tensor("stem.out");
  ASSERT_NE(tensor, nullptr);
  ASSERT_TRUE(tensor->is_patch(*tensor->parts.front().view));
  EXPECT_THAT(run.perform("print stem.out"), HasSubstr("a patch of rows 0 to "));
  Cycles last = -1;
  for (int column = 0; column < 64; ++column) {
    const std::string value = "stem.out[0][5][" + std::to_string(column) + "]";
    run.perform("delete");
    run.perform("watch " + value);
    const std::vector<debug::Hit>& hits = run.bench().stops.list().back().hits;
    ASSERT_EQ(hits.size(), 1U) << value;
    EXPECT_GE(hits.front().at.at, last) << "patches come one after the other";
    last = hits.front().at.at;
    run.perform("goto end");
    EXPECT_THAT(run.perform("print " + value), HasSubstr("in cycle " + debug::text(hits.front().at) + "\n"));
  }
}

}  // namespace
}  // namespace blendsim::test
