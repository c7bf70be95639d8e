// SPDX-License-Identifier: Apache-2.0
#include "numerics/functions.h"

#include <algorithm>
#include <cmath>

namespace blendsim {

namespace {

using Arguments = FunctionArguments;
using Course = Function::Course;

constexpr double root_half = 0.70710678118654752440, root_of_two_over_pi = 0.79788456080286535588;

float rounded(double y) { return static_cast<float>(y); }
double softplus(double x) { return std::log1p(std::exp(-std::fabs(x))) + std::max(x, 0.0); }

float of_absolute(float x, const Arguments&) { return std::fabs(x); }
float of_root(float x, const Arguments&) { return std::sqrt(x); }
float of_exponential(float x, const Arguments&) { return rounded(std::exp(double{x})); }
float of_logarithm(float x, const Arguments&) { return rounded(std::log(double{x})); }
float of_sine(float x, const Arguments&) { return rounded(std::sin(double{x})); }
float of_cosine(float x, const Arguments&) { return rounded(std::cos(double{x})); }
float of_sigmoid(float x, const Arguments&) { return rounded(1 / (1 + std::exp(-double{x}))); }
float of_tanh(float x, const Arguments&) { return rounded(std::tanh(double{x})); }
float of_erf(float x, const Arguments&) { return rounded(std::erf(double{x})); }
float of_softplus(float x, const Arguments&) { return rounded(softplus(x)); }
float of_softsign(float x, const Arguments&) { return rounded(double{x} / (1 + std::fabs(double{x}))); }
float of_mish(float x, const Arguments&) { return rounded(double{x} * std::tanh(softplus(x))); }
float of_elu(float x, const Arguments& p) { return x < 0 ? rounded(double{p[0]} * std::expm1(double{x})) : x; }
float of_celu(float x, const Arguments& p) {
  return x < 0 ? rounded(double{p[0]} * std::expm1(double{x} / double{p[0]})) : x;
}
float of_selu(float x, const Arguments& p) {
  return rounded(double{p[1]} * (x <= 0 ? double{p[0]} * std::expm1(double{x}) : double{x}));
}
float of_gelu(float x, const Arguments& p) {
  const double v = x;
  return rounded(
      0.5 * v *
      (1 + (p[0] == 0 ? std::erf(v * root_half) : std::tanh(root_of_two_over_pi * (v + 0.044715 * v * v * v)))));
}
// As its definition rounds: x * max(0, min(1, x / 6 + 1/2)).
float of_hard_swish(float x, const Arguments&) {
  const float sixth = x * (1.0F / 6.0F);
  const float gate = sixth + 0.5F;
  return x * std::clamp(gate, 0.0F, 1.0F);
}

constexpr float inf = Function::infinity;
constexpr FunctionParameter none{};

// name, function, course, turn, least and largest value, ulps, absolute, exact at 0, attributes
constexpr Function table[] = {
    {"Abs", of_absolute, Course::turns, 0, 0, inf},
    {"Sqrt", of_root, Course::rises, 0, 0, inf},
    {"Exp", of_exponential, Course::rises, 0, 0, inf, 2, 0},
    {"Log", of_logarithm, Course::rises, 0, -inf, inf, 4, 0, false},
    {"Sin", of_sine, Course::bends, 0, -1, 1, 3, 0},
    {"Cos", of_cosine, Course::bends, 0, -1, 1, 3, 0},
    {"Sigmoid", of_sigmoid, Course::rises, 0, 0, 1, 1, 0x1p-22F},
    {"Tanh", of_tanh, Course::rises, 0, -1, 1, 5, 0},
    {"Erf", of_erf, Course::rises, 0, -1, 1, 2, 0},
    {"Softplus", of_softplus, Course::rises, 0, 0, inf, 5, 0, false},
    {"Softsign", of_softsign, Course::rises, 0, -1, 1, 3, 0},
    {"Elu", of_elu, Course::rises, 0, -inf, inf, 2, 0x1p-22F, true, {{{"alpha", 1}, none}}},
    {"Celu", of_celu, Course::rises, 0, -inf, inf, 2, 0x1p-22F, true, {{{"alpha", 1}, none}}},
    {"Selu",
     of_selu,
     Course::rises,
     0,
     -inf,
     inf,
     2,
     0x1p-22F,
     true,
     {{{"alpha", 1.67326319217681884765625F}, {"gamma", 1.05070102214813232421875F}}}},
    {"Gelu",
     of_gelu,
     Course::turns,
     -0.7518F,
     -0.1702F,
     inf,
     4,
     0x1p-19F,
     true,
     {{{"approximate", 0, "none tanh"}, none}}},
    {"Mish", of_mish, Course::turns, -1.1924F, -0.3089F, inf, 9, 0},
    {"HardSwish", of_hard_swish, Course::turns, -1.5F, -0.3751F, inf},
};

}  // namespace

std::span<const Function> functions() { return table; }

const Function* find_function(std::string_view name) {
  for (const Function& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<std::array<float, 3>> extremes(const Function& f, const FunctionArguments& arguments, float lo,
                                             float hi) {
  if (lo == hi || f.rises_with(arguments)) return std::array{lo, hi, lo};
  if (f.course != Course::turns) return std::nullopt;
  return std::array{lo, hi, lo < f.turn && f.turn < hi ? f.turn : lo};
}

FloatBounds bounds_of(const Function& f, const FunctionArguments& arguments, const FloatBounds& x) {
  FloatBounds y = FloatBounds::exactly(f.of(x.value, arguments));
  if (const auto places = extremes(f, arguments, x.lo, x.hi)) {
    for (const float place : *places) {
      const float v = f.of(place, arguments);
      if (std::isnan(v)) return {y.value, v, v};
      y.lo = std::min(y.lo, v);
      y.hi = std::max(y.hi, v);
    }
  } else {
    y.lo = f.lo;
    y.hi = f.hi;
  }
  const bool is_certain = f.is_exact() || (f.is_exact_at_zero && x.value == 0 && x.is_exact());
  if (is_certain || !std::isfinite(y.lo) || !std::isfinite(y.hi)) return y;
  const double scale = std::max({1.0F, std::fabs(arguments[0]), std::fabs(arguments[1])});
  const auto error = [&](float v) { return double{f.ulps} * 0x1p-23 * std::fabs(v) + double{f.absolute} * scale; };
  y.lo = static_cast<float>(double{y.lo} - error(y.lo));  // also beyond f.lo: ONNX Runtime's Tanh passes 1
  y.hi = static_cast<float>(double{y.hi} + error(y.hi));
  y.lo = std::min(y.lo, y.value);
  y.hi = std::max(y.hi, y.value);
  return y;
}

}  // namespace blendsim
