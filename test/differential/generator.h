// SPDX-License-Identifier: Apache-2.0
// Choices -> a network and an input for it.
#pragma once

#include <string>

#include "choices.h"
#include "draft.h"
#include "tensor/array.h"

namespace blendsim::differential {

inline constexpr int platform_count = 5;  // trial.cpp

struct Case {
  std::string model;  // the ONNX file's bytes
  Traits traits;
  FloatArray input;
  int platform = 0;  // which of the platforms
};

[[nodiscard]] Case generate(Choices& choices);

}  // namespace blendsim::differential
