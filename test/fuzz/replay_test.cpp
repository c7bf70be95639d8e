// SPDX-License-Identifier: Apache-2.0
// What the fuzzers found stays found: each kept file is answered, by a result or by a diagnostic.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "targets.h"

namespace blendsim::fuzz {
namespace {

namespace fs = std::filesystem;

TEST(FuzzRegressions, EveryKeptFileIsAnswered) {
  int replayed = 0;
  for (const Target& target : targets) {
    const fs::path folder = fs::path(BLENDSIM_SOURCE "/test/fuzz/regressions") / target.name;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      SCOPED_TRACE(entry.path().string());
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::vector<char> text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
      const std::vector<std::uint8_t> bytes(text.begin(), text.end());
      EXPECT_NO_THROW(target.run(bytes));
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 0);
}

}  // namespace
}  // namespace blendsim::fuzz
