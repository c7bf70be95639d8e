// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear -> [Clip] -> DequantizeLinear is one Quant. Integer weights -> [Clip] -> DequantizeLinear are a Quant
// of the dequantised constant, which quantises to the same integers: q * s / s rounds to q for |q| < 2^22. An int32
// constant (a bias) was folded at import.
#include <bit>
#include <cmath>
#include <utility>

#include "network/normalise/passes.h"
#include "network/operators/quantiser.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

using operators::Context;
using operators::LinearQuantiser;
using operators::Quantiser;
using operators::Refusal;

Quantiser quantiser_of(const LinearQuantiser& q) {
  Quantiser out;
  out.scale = q.scale;
  out.zero_point = q.zero_point;
  out.lo = q.lo;
  out.hi = q.hi;
  out.bits = q.bits;
  out.is_signed = q.is_signed;
  out.saturate_first = false;
  return out;
}

// A Clip on the integers narrows the range: that is how fewer than 8 bits are written.
void narrow(Quantiser& q, const Node& clip, const Context& context) {
  const auto bound = [&](const char* key, std::size_t input, std::int64_t fallback) {
    const auto value = operators::float_parameter(clip, context, key, input);
    if (!value) return fallback;
    if (*value != std::nearbyint(*value) || std::fabs(*value) > 2147483648.0F) {
      throw Refusal{"bad-constant",
                    "a Clip between QuantizeLinear and DequantizeLinear has a bound that is no integer"};
    }
    return static_cast<std::int64_t>(*value);
  };
  q.lo = std::max(q.lo, bound("min", 1, q.lo));
  q.hi = std::min(q.hi, bound("max", 2, q.hi));
  if (q.lo >= q.hi)
    throw Refusal{"bad-constant", "a Clip between QuantizeLinear and DequantizeLinear leaves one value or none"};
  q.is_signed = q.lo < 0;
  const std::int64_t reach = q.is_signed ? std::max(-q.lo - 1, q.hi) : q.hi;
  q.bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(reach))) + (q.is_signed ? 1 : 0);
}

bool same(const Constant& a, const Constant& b) { return a.shape == b.shape && a.as_float() == b.as_float(); }

std::optional<Node> fuse(const Node& node, Graph& graph, const Producers& producers) {
  if (node.op != "DequantizeLinear" || operators::find_operator(node) == nullptr) return std::nullopt;
  (void)operators::checked_operator(node);
  const Context context(graph);
  const Node* clip = producers.find(node.inputs[0], "Clip");
  const std::string integers = clip == nullptr ? node.inputs[0] : clip->inputs[0];
  const Node* quantize = producers.find(integers, "QuantizeLinear");
  const Constant* constant = graph.constant(integers);
  if (quantize == nullptr && constant == nullptr) return std::nullopt;
  if (quantize != nullptr) (void)operators::checked_operator(*quantize);
  LinearQuantiser back = operators::parse_linear(node, context);
  if (constant != nullptr) {
    if (!constant->is_integer())
      throw Refusal{"bad-constant", "DequantizeLinear reads a constant that holds no integers"};
    if (back.type != constant->onnx_type)
      throw Refusal{"bad-graph", "the zero point is " + back.type + ", the constant is " + constant->onnx_type};
  }
  Quantiser q = quantiser_of(back);
  Node fused = operators::canonical_copy(node, "Quant", 1);
  if (clip != nullptr) {
    narrow(q, *clip, context);
    add_origin(fused, *clip);
  }
  if (constant != nullptr) {
    std::vector<float> values = constant->as_float();
    for (float& v : values) v = std::min(std::max(v, static_cast<float>(q.lo)), static_cast<float>(q.hi));
    const Constant clipped{constant->shape, std::move(values), "float"};
    Node plain = node;
    plain.inputs[0] = integers;
    std::vector<Constant> result = operators::evaluate(plain, context, {&clipped});
    operators::Rewriter rewriter(graph);
    fused.inputs = {rewriter.add_constant(integers + "/dequantised", std::move(result[0]))};
  } else {
    LinearQuantiser forth = operators::parse_linear(*quantize, context);
    if (!same(forth.scale, back.scale) || !same(forth.zero_point, back.zero_point) || forth.type != back.type) {
      throw Refusal{"unsupported-attribute", "QuantizeLinear and DequantizeLinear differ in scale, zero point or type"};
    }
    fused.inputs = {quantize->inputs[0]};
    add_origin(fused, *quantize);
  }
  q.write(fused);
  return fused;
}

}  // namespace

void fuse_linear_quantisers(Graph& graph, Diagnostics& diagnostics) { rewrite(graph, diagnostics, fuse); }

}  // namespace blendsim
