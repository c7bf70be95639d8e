// SPDX-License-Identifier: Apache-2.0
// Programs as mpirun starts them, more ranks than cores, by whoever runs the tests.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "system/shell.h"

namespace blendsim {

inline const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe -n ";

// Skipped, visibly, where there is no mpirun.
class MpiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_process({"mpirun", "--version"}).status != 0) GTEST_SKIP() << "no mpirun";
  }
};

}  // namespace blendsim
