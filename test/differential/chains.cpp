// SPDX-License-Identifier: Apache-2.0
// Float operations between an accumulator and a quantiser.
#include <cmath>
#include <limits>

#include "blocks.h"

namespace blendsim::differential {

namespace {

// A factor: a power of two, small integers times one, or any float; seldom 0; often negative.
float draw_factor(Draft& d, int r, int kind) {
  float value = std::ldexp(1.0F, r % 4 - 2);
  if (kind == 1) value = static_cast<float>(r % 7 + 1) * 0.25F;
  if (kind == 2) value = 0.2F + static_cast<float>(r % 1000) / 700.0F;
  (void)d;
  return value;
}

std::vector<float> draw_factors(Draft& d, int count) {
  const int kind = d.choices.one_of<int>({0, 0, 0, 1, 2});
  const int negative = d.choices.one_of<int>({0, 0, 100, 50}), zero = d.chance(8) ? 20 : 0;
  return d.filled(count, [&](int r) {
    if (r / 64 % 100 < zero) return 0.0F;
    const float value = draw_factor(d, r, kind);
    return r / 8192 % 100 < negative ? -value : value;
  });
}

// After y = f(x) with one rounding each: the unit stays where the results still are multiples of one.
Tensor rescaled(const Draft&, const Tensor& x, const std::string& name, double factor, double unit) {
  Tensor out = renamed(x, name, x.shape);
  out.codes = false;
  out.scale = 0;
  out.spread = x.spread * factor;
  out.bound = x.bound * factor;
  out.unit = x.unit * unit;
  return checked(out);
}

double largest(const std::vector<float>& values) {
  double most = 0;
  for (const float v : values) most = std::max(most, std::fabs(static_cast<double>(v)));
  return most;
}
double smallest_bit(const std::vector<float>& values) {
  double least = std::numeric_limits<double>::infinity();
  for (const float v : values) least = v == 0 ? least : std::min(least, lowest_bit(v));
  return std::isinf(least) ? 1 : least;
}

std::string parameter(Draft& d, const Tensor& x, const std::vector<float>& values) {
  return values.size() == 1 ? d.scalar(values[0]) : d.per_channel(x, values);
}

Tensor multiply(Draft& d, const Tensor& x) {
  const std::vector<float> k = draw_factors(d, d.chance(40) ? x.channels() : 1);
  const std::string p = parameter(d, x, k);
  const std::string name = d.chance(20) ? d.node("Mul", {p, x.name}) : d.node("Mul", {x.name, p});
  return rescaled(d, x, name, std::max(largest(k), 1e-3), smallest_bit(k));
}

Tensor divide(Draft& d, const Tensor& x) {
  std::vector<float> k = draw_factors(d, d.chance(30) ? x.channels() : 1);
  for (float& v : k) v = v == 0 ? 1.0F : v;
  double least = 1e30;
  bool dyadic = true;
  for (const float v : k) {
    least = std::min(least, std::fabs(static_cast<double>(v)));
    dyadic = dyadic && lowest_bit(v) == std::fabs(static_cast<double>(v));
  }
  const std::string name = d.node("Div", {x.name, parameter(d, x, k)});
  return rescaled(d, x, name, 1 / least, dyadic ? 1 / largest(k) : 0);
}

Tensor shifted(const Tensor& x, const std::string& name, const std::vector<float>& k) {
  Tensor out = renamed(x, name, x.shape);
  out.codes = false;
  out.bound += largest(k);
  out.spread = std::max(out.spread, largest(k));
  out.unit = std::min(out.unit, smallest_bit(k));
  return checked(out);
}

std::vector<float> draw_offsets(Draft& d, const Tensor& x, int count) {
  const double step = x.unit > 0 && !d.chance(15)
                          ? std::max(x.unit, std::exp2(std::floor(std::log2(std::max(x.spread, 1e-6) / 8))))
                          : x.spread / 7.3;
  return d.filled(count, [&](int r) { return static_cast<float>(step * (r % 21 - 10)); });
}

Tensor add(Draft& d, const Tensor& x) {
  const std::vector<float> k = draw_offsets(d, x, d.chance(50) ? x.channels() : 1);
  const std::string p = parameter(d, x, k);
  const int kind = d.pick(0, 3);
  const std::string name = kind == 0   ? d.node("Add", {x.name, p})
                           : kind == 1 ? d.node("Add", {p, x.name})
                           : kind == 2 ? d.node("Sub", {x.name, p})
                                       : d.node("Sub", {p, x.name});
  return shifted(x, name, k);
}

// Parameters whose two usual orders of computation agree exactly (variance + epsilon = 4^k), or any.
Tensor batch_normalization(Draft& d, const Tensor& x) {
  const bool dyadic = d.chance(65);
  const int n = x.channels();
  const double deviation = dyadic ? std::exp2(std::round(std::log2(std::max(x.spread, 1e-6)))) : x.spread * 1.1;
  const float epsilon = dyadic ? std::ldexp(static_cast<float>(deviation * deviation), -10) : 1e-5F;
  std::vector<float> gamma = draw_factors(d, n);
  if (dyadic)
    for (float& g : gamma)
      g = g == 0 ? 0 : std::copysign(static_cast<float>(std::exp2(std::round(std::log2(std::fabs(g))))), g);
  const auto offset = [&](double step) {
    return d.filled(n, [&](int r) { return static_cast<float>(step * (r % 9 - 4)); });
  };
  const std::vector<float> beta = offset(dyadic ? 0.25 : 0.23), mean = offset(deviation / 4);
  std::vector<float> variance(static_cast<std::size_t>(n),
                              static_cast<float>(deviation * deviation) - (dyadic ? epsilon : 0));
  if (!dyadic)
    variance = d.filled(n, [&](int r) { return static_cast<float>(deviation * deviation * (0.5 + r % 100 / 70.0)); });
  const std::string name =
      d.node("BatchNormalization",
             {x.name, d.floats({n}, gamma), d.floats({n}, beta), d.floats({n}, mean), d.floats({n}, variance)},
             {attr("epsilon", epsilon)});
  Tensor out = renamed(x, name, x.shape);
  out.codes = false;
  out.bound = (x.bound + largest(mean)) / deviation * 2 * largest(gamma) + largest(beta);
  out.spread = std::max(largest(gamma), 0.25);
  out.unit = dyadic ? std::min({x.unit, deviation / 4}) / deviation * smallest_bit(gamma) : 0;
  out.unit = std::min(out.unit, 0.25);
  out = checked(out);
  if (out.unit == 0) d.traits.rounding_sums.insert(name);
  return out;
}

// As PyTorch exports a BatchNorm1d of one row.
Tensor wide_batch_normalization(Draft& d, const Tensor& x) {
  Tensor wide = renamed(x, d.squeeze("Unsqueeze", x.name, {2}), {1, x.channels(), 1});
  Tensor y = batch_normalization(d, wide);
  const std::string inner = y.name;
  y = renamed(y, d.squeeze("Squeeze", y.name, {2}), x.shape);
  return y;
}

// A constant for each element: only the host can do that.
Tensor add_map(Draft& d, const Tensor& x) {
  const double step = x.unit > 0 ? x.unit : x.spread / 7.3;
  const std::vector<float> k = d.filled(x.size(), [&](int r) { return static_cast<float>(step * (r % 21 - 10)); });
  return shifted(x, d.node("Add", {x.name, d.floats(x.shape, k)}), k);
}

Tensor relu(Draft& d, const Tensor& x) {
  Tensor out = renamed(x, d.node("Relu", {x.name}), x.shape);
  out.codes = false;
  return out;
}

Tensor leaky_relu(Draft& d, const Tensor& x) {
  const float alpha = d.choices.one_of<float>({0.25F, 0.5F, 0.125F, 0.01F, 0.1F, -0.5F, 0.0F, 2.0F});
  return rescaled(d, x, d.node("LeakyRelu", {x.name}, {attr("alpha", alpha)}), std::max(1.0F, std::fabs(alpha)),
                  alpha == 0 ? 1 : std::min(1.0, lowest_bit(alpha)));
}

Tensor prelu(Draft& d, const Tensor& x) {
  const int kind = d.pick(0, 3);
  const std::vector<float> slope = d.filled(d.chance(60) ? x.channels() : 1, [&](int r) {
    if (kind == 0) return std::ldexp(1.0F, -(r % 4));
    if (kind == 1) return static_cast<float>(r % 9 - 2) * 0.125F;
    return static_cast<float>(r % 1000) / 2500.0F - (kind == 3 ? 0.1F : 0.0F);
  });
  return rescaled(d, x, d.node("PRelu", {x.name, parameter(d, x, slope)}), std::max(1.0, largest(slope)),
                  std::min(1.0, smallest_bit(slope)));
}

Tensor clip(Draft& d, const Tensor& x) {
  const double step =
      x.unit > 0 ? std::max(x.unit, std::exp2(std::floor(std::log2(std::max(x.spread, 1e-6) / 4)))) : x.spread / 3.7;
  const int low = d.pick(-8, 2), high = low + d.pick(1, 12), kind = d.pick(0, 4);
  const std::string lo = d.floats({}, {static_cast<float>(step * low)}),
                    hi = d.floats({}, {static_cast<float>(step * high)});
  const std::string name = kind == 1   ? d.node("Clip", {x.name, lo})
                           : kind == 2 ? d.node("Clip", {x.name, "", hi})
                           : kind == 3 ? d.node("Max", {x.name, lo})
                           : kind == 4 ? d.node("Min", {hi, x.name})
                                       : d.node("Clip", {x.name, lo, hi});
  Tensor out = shifted(x, name, {static_cast<float>(step * low), static_cast<float>(step * high)});
  out.spread = x.spread;
  return out;
}

Tensor power(Draft& d, const Tensor& x) {
  const float k = d.choices.one_of<float>({1.0F, 2.0F, 3.0F});
  Tensor out = renamed(x, d.node("Pow", {x.name, d.scalar(k)}), x.shape);
  out.codes = false;
  out.spread = std::pow(x.spread, k), out.bound = std::pow(x.bound, k), out.unit = std::pow(x.unit, k);
  out = checked(out);
  if (out.unit == 0 && k > 1) d.traits.rounding_sums.insert(out.name);  // runtimes multiply or call pow
  return out;
}

Tensor passed(Draft& d, const Tensor& x) {
  return d.same_codes(renamed(x, d.node(d.chance(50) ? "Dropout" : "Identity", {x.name}), x.shape), x.name);
}

// The pools' own, as one of the operations before the quantiser: lowering may move it behind.
Tensor max_pool(Draft& d, const Tensor& x) {
  Tensor out = write_max_pool(d, x);
  out.codes = false;
  return out;
}

// Infinite, NaN and zero parameters: a refusal is right there, a hang is not.
Tensor odd_constant(Draft& d, const Tensor& x) {
  d.traits.odd_constants = true;
  const float inf = std::numeric_limits<float>::infinity();
  const float value = d.choices.one_of<float>({inf, std::nanf(""), 0.0F, -inf, 3e38F, 1e-40F});
  const char* op = d.choices.one_of<const char*>({"Add", "Mul", "Div", "Sub"});
  std::vector<float> values(d.chance(40) ? static_cast<std::size_t>(x.channels()) : 1, 1.0F);
  values[static_cast<std::size_t>(d.pick(0, static_cast<int>(values.size()) - 1))] = value;
  Tensor out = renamed(x, d.node(op, {x.name, parameter(d, x, values)}), x.shape);
  out.codes = false;
  out.unit = 0;
  return out;
}

bool is_map(const Draft&, const Tensor& x) { return !x.flat(); }

constexpr Row table[] = {
    {"Mul", 6, false, nullptr, multiply},
    {"Add", 6, false, nullptr, add},
    {"BatchNormalization", 6, false, nullptr, batch_normalization},
    {"Unsqueeze BatchNormalization Squeeze", 3, false, [](const Draft&, const Tensor& x) { return x.flat(); },
     wide_batch_normalization},
    {"Add of a map", 1, false, nullptr, add_map},
    {"Relu", 6, false, nullptr, relu},
    {"Div", 2, false, nullptr, divide},
    {"LeakyRelu", 2, false, nullptr, leaky_relu},
    {"PRelu", 3, false, nullptr, prelu},
    {"Clip", 3, false, nullptr, clip},
    {"Identity", 1, false, nullptr, passed},
    {"Pow", 1, false, nullptr, power},
    {"function", 3, false, nullptr, write_function},
    {"odd constant", 1, false, nullptr, odd_constant},
    {"MaxPool", 5, false, is_map, max_pool},  // last: the only one that changes the map's size
};

}  // namespace

std::span<const Row> chain_steps() { return table; }
std::span<const Row> pointwise_steps() { return chain_steps().first(std::size(table) - 1); }

}  // namespace blendsim::differential
