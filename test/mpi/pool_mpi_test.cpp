// SPDX-License-Identifier: Apache-2.0
// The pool of MPI ranks does what the pool of processes does: test/mpi_ranks/pool_ranks.cpp in this many ranks.
#include <gmock/gmock.h>

#include <sstream>

#include "mpi_test.h"

namespace blendsim {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class MpiPool : public MpiTest {
 protected:
  static ProcessResult ranks(int count, const std::string& scenario) {
    return run_shell(mpirun + std::to_string(count) + " '" POOL_RANKS "' " + scenario, "/");
  }
};

TEST_F(MpiPool, TrialsAreTheSameAndInOrderForAnyNumberOfRanks) {
  for (const int count : {1, 2, 3, 5}) {
    const ProcessResult result = ranks(count, "order");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "same same same same rising 300") << count << " ranks";
  }
}

TEST_F(MpiPool, AllRanksButTheFirstEvaluate) {
  EXPECT_EQ(ranks(4, "spread").out, "in order 3 processes without rank 0");
  EXPECT_EQ(ranks(1, "spread").out, "in order 1 processes with rank 0");
}

TEST_F(MpiPool, TakesMessagesThatMpiDoesNotBuffer) { EXPECT_EQ(ranks(3, "large").out, "same"); }

TEST_F(MpiPool, ThrowsWhatWorkThrewFirstInTheOrderOfJobsAndGoesOn) {
  for (const int count : {1, 2, 4}) {
    const ProcessResult result = ranks(count, "diagnostics");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out,
                AllOf(StartsWith("[error[does-not-fit]: net.onnx:3: 'conv1': too much"),
                      HasSubstr("error[hazard]: another"), EndsWith("] status 3 code does-not-fit levers 2 soon same")))
        << count << " ranks";
  }
}

TEST_F(MpiPool, BringsOtherExceptionsWithTheirTexts) {
  EXPECT_EQ(ranks(3, "other").out, "runtime [at 7] soon same");
  EXPECT_EQ(ranks(3, "nameless").out, "runtime [an exception without a text] soon same");
}

TEST_F(MpiPool, WhatARankCannotServeRankZeroThrowsWithRankAndHost) {
  const ProcessResult result = ranks(4, "unready");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("error[file-unreadable]: net.onnx: does not exist"), HasSubstr("rank 2 on"),
                                Not(HasSubstr("rank 3"))));
}

TEST_F(MpiPool, ARankWithAnotherStudyIsRefused) {
  const ProcessResult result = ranks(3, "stranger");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("error[study-changed]"), HasSubstr("rank 2 on")));
}

TEST_F(MpiPool, RanksLeaveTheirJobsWhenRankZeroEnds) {
  const ProcessResult result = run_shell("timeout 20 " + mpirun + "3 '" POOL_RANKS "' leave", "/");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "enough");
}

// A core that spins would use 2 s here; what MPI itself does in the background is part of it.
TEST_F(MpiPool, NobodySpinsWhileItWaits) {
  std::istringstream used(ranks(3, "idle").out);
  double leader = 1, worker = 1;
  used >> leader >> worker;
  EXPECT_LT(leader, 0.2);
  EXPECT_LT(worker, 0.2);
}

}  // namespace
}  // namespace blendsim
