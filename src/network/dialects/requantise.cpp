// SPDX-License-Identifier: Apache-2.0
// RequantShift (Deeploy, quantlib's PACTOps): y = clip(floor((x * mul + add) / div + 1/2)), on integers in float32.
// div is a power of two; n_levels (n_levels_out) codes, from -n/2 on where signed, else from 0.
// (Deeploy, TargetLibraries/Generic/src/RequantShift_s8.c: round half up by an arithmetic shift.)
#include <fmt/format.h>

#include <cmath>

#include "network/dialects/dialect.h"
#include "network/operators/quantiser.h"

namespace blendsim::dialects {

namespace {

using operators::Refusal;

// One number: an attribute that is an integer, a float or a tensor.
std::optional<float> number(const Node& node, const std::string& key) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return std::nullopt;
  if (const auto* c = std::get_if<Constant>(&found->second)) {
    const std::vector<float> values = c->as_float();
    if (values.size() != 1) throw Refusal{"bad-constant", fmt::format("'{}' must be one number", key)};
    return values[0];
  }
  if (const auto* i = std::get_if<std::int64_t>(&found->second)) return static_cast<float>(*i);
  return node.attribute_float(key, 0);
}

bool requant_shift(Expansion& e) {
  e.require_inputs(3);
  (void)e.attributes("div n_levels n_levels_out signed");
  const operators::Context context = e.context();
  const float div = number(e.node, "div").value_or(0);
  int exponent = 0;
  if (std::frexp(div, &exponent) != 0.5F || div < 1)
    throw Refusal{"bad-constant", fmt::format("div is {}; a power of two is due", div)};
  std::optional<float> levels = number(e.node, "n_levels_out");
  if (!levels) levels = number(e.node, "n_levels");
  if (!levels || *levels < 2 || *levels > 65536 || *levels != std::nearbyint(*levels))
    throw Refusal{"bad-constant", "n_levels must be a whole number of at least 2"};
  const bool is_signed = number(e.node, "signed").value_or(1) != 0;
  const auto count = static_cast<std::int64_t>(*levels);
  const Constant& mul = operators::constant_input(e.node, context, 1, "factor");
  Constant add = operators::float_constant(operators::constant_input(e.node, context, 2, "summand"));
  operators::require_finite(mul, "factor");
  operators::require_finite(add, "summand");
  std::vector<float> rounded = add.as_float();
  if (div > 1) {
    for (float& v : rounded) v += div / 2;
  }
  add.values = std::move(rounded);
  const std::string product = e.scaled(e.input(0), operators::float_constant(mul), "product");
  const std::string sum = e.add("Add", {product, e.constant("summand", std::move(add))}, "sum");
  operators::Quantiser q;
  q.scale = operators::scalar(1);
  q.zero_point = operators::scalar(0);
  q.lo = is_signed ? -(count / 2) : 0;
  q.hi = q.lo + count - 1;
  q.rounding = "FLOOR";
  q.bits = 1;
  while ((std::int64_t{1} << q.bits) < count) ++q.bits;
  q.is_signed = is_signed;
  Node canonical;
  q.write(canonical);
  e.graph.requantises = true;
  e.finish("Quant", {e.divided(sum, operators::scalar(div), "shifted")}, canonical.attributes);
  return true;
}

constexpr Rule table[] = {{"RequantShift", "*", requant_shift}};

}  // namespace

std::span<const Rule> requantise_rules() { return table; }

}  // namespace blendsim::dialects
