// SPDX-License-Identifier: Apache-2.0
// Functions of one value, straight from ONNX or spelled out, of sums and of codes.
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

namespace {

struct Choice {
  const char* op;
  int opset;
  std::vector<onnx::AttributeProto> attributes;
};

Tensor curved(Draft& d, const Tensor& x, const std::string& name) {
  Tensor out = renamed(x, name, x.shape);
  out.codes = false;
  out.scale = 0;
  out.unit = 0;
  d.traits.rounding_sums.insert(name);
  return out;
}

Tensor function(Draft& d, const Tensor& x) {
  static const std::vector<Choice> all = {{"Sigmoid", 1, {}},
                                          {"Tanh", 1, {}},
                                          {"Softplus", 1, {}},
                                          {"Softsign", 1, {}},
                                          {"Abs", 1, {}},
                                          {"Erf", 9, {}},
                                          {"Sin", 7, {}},
                                          {"Cos", 7, {}},
                                          {"Elu", 1, {attr("alpha", 0.75F)}},
                                          {"Selu", 1, {}},
                                          {"Celu", 12, {attr("alpha", 1.5F)}},
                                          {"HardSwish", 14, {}},
                                          {"Mish", 18, {}},
                                          {"Gelu", 20, {}},
                                          {"Gelu", 20, {attr("approximate", "tanh")}}};
  const Choice& chosen = all[static_cast<std::size_t>(d.pick(0, static_cast<int>(all.size()) - 1))];
  if (d.opset < chosen.opset) return curved(d, x, d.node("Tanh", {x.name}));
  return curved(d, x, d.node(chosen.op, {x.name}, chosen.attributes));
}

// The tensor's codes of 8 bits, so that what follows is a function of them.
Tensor quantised(Draft& d, const Tensor& x) {
  const bool is_signed = d.chance(60);
  const std::string scale = d.scalar(draw_scale(d, x, 256));
  const std::string zero = d.integers({}, is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8,
                                      {is_signed ? d.pick(-3, 3) : d.pick(0, 200)});
  const std::string codes = d.node("QuantizeLinear", {x.name, scale, zero});
  const std::string name = d.node("DequantizeLinear", {codes, scale, zero});
  d.traits.quantised.insert(name);
  d.traits.codes.insert(name);
  Tensor out = renamed(x, name, x.shape);
  out.codes = true;
  return out;
}

Tensor silu(Draft& d, const Tensor& x) {
  const std::string gate = d.node("Sigmoid", {x.name});
  d.traits.rounding_sums.insert(gate);
  return curved(d, x, d.chance(50) ? d.node("Mul", {x.name, gate}) : d.node("Mul", {gate, x.name}));
}

Tensor gelu(Draft& d, const Tensor& x) {
  if (d.opset < 9) return silu(d, x);
  const std::string erf = d.node("Erf", {d.node("Div", {x.name, d.scalar(std::sqrt(2.0F))})});
  const std::string both = d.node("Mul", {x.name, d.node("Add", {erf, d.scalar(1)})});
  for (const std::string& name : {erf, both}) d.traits.rounding_sums.insert(name);
  return curved(d, x, d.node("Mul", {both, d.scalar(0.5F)}));
}

// Of an inner quantiser, and of a sum with the code itself.
Tensor gated(Draft& d, const Tensor& x) {
  Tensor gate = quantised(d, function(d, x));
  return curved(d, x, d.node(d.choices.one_of<const char*>({"Mul", "Add", "Sub"}), {x.name, gate.name}));
}

Tensor of_a_code(Draft& d, const Tensor& x) {
  const Tensor codes = x.codes && x.scale > 0 ? x : quantised(d, x);
  switch (d.pick(0, 4)) {
    case 0: return silu(d, codes);
    case 1: return gelu(d, codes);
    case 2: return gated(d, codes);
    default: return function(d, codes);
  }
}

bool takes_bytes(const Draft& d, const Tensor&) { return d.opset >= 10; }

constexpr Row table[] = {
    {"function", 1, false, nullptr, function},
    {"function of a code", 4, false, takes_bytes, of_a_code},
};

}  // namespace

Tensor write_function(Draft& d, const Tensor& x) { return draw(d, table, x); }

}  // namespace blendsim::differential
