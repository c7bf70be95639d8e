// SPDX-License-Identifier: Apache-2.0
// What the fuzzers call: one function for each kind of file that BlendSim reads.
//
// A target takes any bytes and returns. A DiagnosticError is an answer; any other exception, a crash, a hang or memory
// without bound is a finding. The same functions replay the kept regressions in the ordinary tests.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/diagnostic.h"

namespace blendsim::fuzz {

using Bytes = std::span<const std::uint8_t>;

void npy(Bytes bytes);
void png(Bytes bytes);
void yaml(Bytes bytes);     // a platform, a device catalogue, a memory catalogue, a technology
void program(Bytes bytes);  // read, proven, and what is accepted is interpreted and simulated
void onnx(Bytes bytes);     // imported, lowered, exported, compiled

struct Target {
  std::string_view name;
  void (*run)(Bytes);
};
inline constexpr Target targets[] = {{"npy", npy}, {"png", png}, {"yaml", yaml}, {"program", program}, {"onnx", onnx}};

// True: it ended without a diagnostic.
template <class F>
bool accepted(F&& f) {
  try {
    f();
    return true;
  } catch (const DiagnosticError&) {
    return false;
  }
}

}  // namespace blendsim::fuzz
