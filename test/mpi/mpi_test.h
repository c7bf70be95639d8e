// SPDX-License-Identifier: Apache-2.0
// Programs as mpirun starts them, more ranks than cores, by whoever runs the tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "system/shell.h"

namespace blendsim {

inline const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe -n ";

// Skipped, visibly, where mpirun starts nothing.
class MpiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    static const ProcessResult trial = run_process(
        {"timeout", "-k", "5", "60", "mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2", "true"});
    if (trial.status != 0) GTEST_SKIP() << "mpirun does not start two processes here: " << trial.err;
  }
};

}  // namespace blendsim
