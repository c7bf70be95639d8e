// SPDX-License-Identifier: Apache-2.0
// Functions of one float, a row each. Everything that knows ONNX's operator of that name reads its row: shapes and
// attributes, evaluation, the host's steps, what lowering may conclude.
//
// A row gives the function rounded once from double, and how far another library's float32 may lie from it: ONNX
// Runtime's Sigmoid, Tanh and Erf are rational approximations, others round several times. The bounds are twice what
// was measured over 1.2 million arguments in [-30, 30] (ONNX Runtime 1.30, x86-64;
// test/differential/functions_test.cpp).
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace blendsim {

using FunctionArguments = std::array<float, 2>;

struct FunctionParameter {
  std::string_view name;  // of the operator's attribute; empty: none
  float fallback = 0;
  std::string_view choices{};  // of a text: the first one is 0, the second 1, separated by a blank
};

struct Function {
  // rises: never falls, where no argument is negative. turns: falls below `turn`, rises above it. bends: neither known.
  enum class Course : unsigned char { rises, turns, bends };
  static constexpr float infinity = std::numeric_limits<float>::infinity();

  std::string_view name;  // ONNX's operator
  float (*of)(float x, const FunctionArguments& arguments);
  Course course = Course::rises;
  float turn = 0;
  float lo = -infinity, hi = infinity;  // no value of the function lies outside
  float ulps = 0, absolute = 0;         // another library: within ulps * 2^-23 |y| + absolute * (largest argument or 1)
  bool is_exact_at_zero = true;         // in every library
  std::array<FunctionParameter, 2> parameters{};

  [[nodiscard]] bool is_exact() const { return ulps == 0 && absolute == 0; }
  [[nodiscard]] bool rises_with(const FunctionArguments& arguments) const {
    return course == Course::rises && arguments[0] >= 0 && arguments[1] >= 0;
  }
};

[[nodiscard]] std::span<const Function> functions();
[[nodiscard]] const Function* find_function(std::string_view name);  // nullptr: there is none

// A float32 value, and the least and the largest that the file may compute in its place.
struct FloatBounds {
  float value = 0, lo = 0, hi = 0;
  [[nodiscard]] static FloatBounds exactly(float v) { return {v, v, v}; }
  [[nodiscard]] bool is_exact() const { return lo == value && hi == value; }
};

// Where the function's extremes over [lo, hi] lie: both ends, and between them its turn. Absent: nobody knows.
[[nodiscard]] std::optional<std::array<float, 3>> extremes(const Function& function, const FunctionArguments& arguments,
                                                           float lo, float hi);

// The function's value at x.value, and bounds of what any library computes of x's. NaN stays NaN.
[[nodiscard]] FloatBounds bounds_of(const Function& function, const FunctionArguments& arguments, const FloatBounds& x);

}  // namespace blendsim
