// SPDX-License-Identifier: Apache-2.0
// BatchNormalization at inference: (X - mean) / sqrt(variance + epsilon) * gamma + beta in float32, in this order.
#include <fmt/format.h>

#include <cmath>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

struct BatchNorm {
  Constant gamma, beta, mean, variance;  // [C]
  float epsilon = 1e-5F;
  std::size_t channels = 0;
};

BatchNorm parse(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  BatchNorm bn;
  const char* const names[] = {"gamma", "beta", "mean", "variance"};
  Constant* const parts[] = {&bn.gamma, &bn.beta, &bn.mean, &bn.variance};
  if (x.size() < 2)
    throw Refusal{"shape-mismatch", "batch normalization needs channels; the input is " + shape_text(x)};
  bn.channels = static_cast<std::size_t>(x[1]);
  for (std::size_t i = 0; i < 4; ++i) {
    *parts[i] = float_constant(constant_parameter(node, context, names[i], i + 1));
    if (parts[i]->shape != Shape{x[1]}) {
      throw Refusal{"shape-mismatch", fmt::format("{} of shape {} does not fit {} channels", names[i],
                                                  shape_text(parts[i]->shape), x[1])};
    }
    require_finite(*parts[i], names[i]);
  }
  bn.epsilon = node.attribute_float("epsilon", 1e-5F);
  if (!std::isfinite(bn.epsilon) || bn.epsilon < 0)
    throw Refusal{"bad-constant", "epsilon is not a small positive number"};
  for (const float variance : bn.variance.as_float()) {
    if (variance < 0) throw Refusal{"bad-constant", fmt::format("a variance is negative: {}", variance)};
    if (!(variance + bn.epsilon > 0)) throw Refusal{"bad-constant", "variance + epsilon is zero"};
  }
  if (node.attribute_int("training_mode", 0) != 0) {
    throw Refusal{"unsupported-attribute", "batch normalization is in training mode",
                  "export the network for inference (model.eval())"};
  }
  // is_test existed up to opset 6 and 0 meant training; spatial up to opset 8 and 0 meant statistics for each pixel.
  if ((has_attribute(node, "is_test") && node.attribute_int("is_test", 0) == 0) ||
      node.attribute_int("spatial", 1) != 1) {
    throw Refusal{"unsupported-attribute", "only per-channel batch normalization at inference is supported"};
  }
  return bn;
}

std::vector<Shape> infer_bn(const Node& node, const Context& context) {
  (void)parse(node, context);
  return {context.shape(node.inputs[0])};
}

std::vector<Value> evaluate_bn(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const BatchNorm bn = parse(node, context);
  FloatArray x = floats(*in[0]);
  const std::vector<float> gamma = bn.gamma.as_float(), beta = bn.beta.as_float(), mean = bn.mean.as_float();
  std::vector<float> deviation = bn.variance.as_float();
  for (float& value : deviation) value = standard_deviation(value, bn.epsilon);
  const std::size_t maps = static_cast<std::size_t>(x.shape[0]) * bn.channels;
  const std::size_t inner = maps == 0 ? 0 : x.values.size() / maps;
  for (std::size_t m = 0; m < maps; ++m) {
    const std::size_t c = m % bn.channels;
    for (std::size_t i = m * inner; i < (m + 1) * inner; ++i) {
      x.values[i] = batch_normalized(x.values[i], gamma[c], beta[c], mean[c], deviation[c]);
    }
  }
  return {value_of(std::move(x))};
}

void canonical_bn(const Node& node, Rewriter& out) {
  BatchNorm bn = parse(node, out.context());
  Node copy = canonical_copy(node, "BatchNormalization", 1);
  copy.attributes["gamma"] = std::move(bn.gamma);
  copy.attributes["beta"] = std::move(bn.beta);
  copy.attributes["mean"] = std::move(bn.mean);
  copy.attributes["variance"] = std::move(bn.variance);
  copy.attributes["epsilon"] = bn.epsilon;
  out.emit(std::move(copy));
}

constexpr Operator table[] = {
    {"BatchNormalization", 1, 5,
     "beta consumed_inputs epsilon gamma is_test mean momentum spatial training_mode variance", infer_bn, evaluate_bn,
     canonical_bn},
};

}  // namespace

std::span<const Operator> normalization_operators() { return table; }

}  // namespace blendsim::operators
