// SPDX-License-Identifier: Apache-2.0
// Behind the last layer: what the host computes.
#include <algorithm>

#include "blocks.h"

namespace blendsim::differential {

namespace {

Tensor softmax(Draft& d, const Tensor& x) {
  Tensor out = renamed(x, d.node("Softmax", {x.name}, {attr("axis", d.chance(50) ? -1 : 1)}), x.shape);
  d.traits.rounding_sums.insert(out.name);
  return out;
}

Tensor arg_max(Draft& d, const Tensor& x) {
  const bool keep = d.chance(50);
  Shape shape = x.shape;
  shape[1] = 1;
  return renamed(x, d.node("ArgMax", {x.name}, {attr("axis", 1), attr("keepdims", keep ? 1 : 0)}), shape);
}

Tensor top_k(Draft& d, const Tensor& x) {
  const int k = d.pick(1, std::min(5, x.channels()));
  const std::string values = d.fresh("top"), indices = d.fresh("top");
  d.model.node("TopK", {x.name, d.int64s({1}, {k})}, {values, indices}, {attr("axis", 1)}).set_name(values + "_node");
  Shape shape = x.shape;
  shape[1] = k;
  if (d.chance(30)) d.model.output(values);
  return renamed(x, indices, shape);
}

Tensor scaled(Draft& d, const Tensor& x) {
  return renamed(x, d.node("Mul", {x.name, d.scalar(d.choices.one_of<float>({0.5F, 0.1F, -1.0F, 3.0F}))}), x.shape);
}

Tensor biased(Draft& d, const Tensor& x) {
  return renamed(
      x,
      d.node("Add", {x.name, d.per_channel(x, d.filled(x.channels(),
                                                       [](int r) { return static_cast<float>(r % 9 - 4) * 0.125F; }))}),
      x.shape);
}

Tensor activated(Draft& d, const Tensor& x) {
  if (d.chance(70)) return renamed(x, d.node("Relu", {x.name}), x.shape);
  Tensor out = renamed(x, d.node("Sigmoid", {x.name}), x.shape);
  d.traits.rounding_sums.insert(out.name);
  return out;
}

constexpr Row table[] = {
    {"Mul", 2, false, nullptr, scaled},           {"Add", 2, false, nullptr, biased},
    {"activation", 1, false, nullptr, activated}, {"Softmax", 2, false, nullptr, softmax},
    {"ArgMax", 2, false, nullptr, arg_max},       {"TopK", 2, false, nullptr, top_k},
};

}  // namespace

std::span<const Row> host_tails() { return table; }

}  // namespace blendsim::differential
