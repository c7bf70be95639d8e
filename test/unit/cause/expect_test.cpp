// SPDX-License-Identifier: Apache-2.0
// When values are somebody else's.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "cause/expect.h"

namespace blendsim {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool same(double here, double there, double tolerance) {
  return !find_mismatch({{1}, {here}}, {{1}, {there}}, tolerance).has_value();
}

TEST(Expect, InfinityIsItselfAloneUnderAnyTolerance) {
  for (const double tolerance : {0.0, 0.5, 1.0}) {
    EXPECT_TRUE(same(infinity, infinity, tolerance));
    EXPECT_FALSE(same(8, infinity, tolerance));
    EXPECT_FALSE(same(infinity, 8, tolerance));
    EXPECT_FALSE(same(-infinity, infinity, tolerance));
    EXPECT_FALSE(same(std::nan(""), infinity, tolerance));
    EXPECT_TRUE(same(std::nan(""), std::nan(""), tolerance));
  }
}

TEST(Expect, AToleranceIsRelativeAndAbsoluteBelowOne) {
  EXPECT_TRUE(same(101, 100, 0.01));
  EXPECT_FALSE(same(101.1, 100, 0.01));
  EXPECT_TRUE(same(0.01, 0, 0.01));
  EXPECT_FALSE(same(0.02, 0, 0.01));
}

// A double of 8.0000001 is 8 as a float.
TEST(Expect, DoublesAreReadAsDoubles) {
  const std::string path = testing::TempDir() + "/blendsim_expect_" + std::to_string(::getpid()) + ".npy";
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }";
  header.append(117 - header.size(), ' ');
  header += '\n';
  const double value = 8.0000001;
  std::string bytes = std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header;
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  std::ofstream(path, std::ios::binary) << bytes;
  const NumberArray there = read_numbers(path);
  EXPECT_EQ(there.values, std::vector<double>{value});
  EXPECT_TRUE(find_mismatch({{1}, {8}}, there).has_value());
}

}  // namespace
}  // namespace blendsim
