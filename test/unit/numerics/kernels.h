// SPDX-License-Identifier: Apache-2.0
// What tests of kernels share: every target of this host, and numbers to feed them.
#pragma once

#include <hwy/targets.h>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace blendsim {

// Runs `body` with each target alone, best first, and leaves the choice as it was.
inline void on_every_target(const std::function<void()>& body) {
  const std::int64_t supported = hwy::SupportedTargets();
  for (std::int64_t left = supported; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

class Numbers {
 public:
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    return std::uniform_int_distribution<std::int64_t>(lo, hi)(engine_);
  }
  template <class Value>
  std::vector<Value> many(std::size_t count, std::int64_t lo, std::int64_t hi) {
    std::vector<Value> values(count);
    for (Value& value : values) value = static_cast<Value>(between(lo, hi));
    return values;
  }

 private:
  std::mt19937_64 engine_{20240607};
};

}  // namespace blendsim
