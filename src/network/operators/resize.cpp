// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample by whole factors in mode nearest: pixels repeated, which the host does behind the last layer.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

// The factor of each dimension.
std::vector<std::int64_t> parse_resize(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  const bool upsample = node.op == "Upsample" || node.inputs.size() == 2;
  const auto numbers = [&](std::size_t i) {
    return has_input(node, i) ? constant_input(node, context, i, "scales or sizes").as_float() : std::vector<float>{};
  };
  std::vector<float> factors = numbers(upsample ? 1 : 2);
  if (const auto found = node.attributes.find("scales"); found != node.attributes.end())
    factors = std::get<std::vector<float>>(found->second);
  const std::vector<float> sizes = upsample ? std::vector<float>{} : numbers(3);
  std::vector<std::int64_t> out;
  for (std::size_t d = 0; d < x.size(); ++d) {
    const float size = static_cast<float>(x[d]);
    const float factor = sizes.size() == x.size() ? sizes[d] / size : factors.size() == x.size() ? factors[d] : 0;
    if (factor < 1 || factor != std::nearbyint(factor) || factor > 4096 || (d < 2 && factor != 1)) {
      throw Refusal{"unsupported-attribute", fmt::format("{} by a factor of {} along axis {}", node.op, factor, d),
                    "enlarge height and width by whole factors, in mode nearest"};
    }
    out.push_back(static_cast<std::int64_t>(factor));
  }
  return out;
}

// The pixel that a place takes: what mode nearest says.
bool repeats(const Node& node, std::int64_t size, std::int64_t factor) {
  const bool old = node.op == "Upsample" || node.inputs.size() == 2;
  const std::string place = node.attribute_string("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string rounding = node.attribute_string("nearest_mode", old ? "floor" : "round_prefer_floor");
  for (std::int64_t i = 0; i < size * factor; ++i) {
    const double k = static_cast<double>(factor), at = static_cast<double>(i);
    const double n = static_cast<double>(size);
    double x = 0;
    if (place == "asymmetric") x = at / k;
    else if (place == "half_pixel" || place == "pytorch_half_pixel") x = (at + 0.5) / k - 0.5;
    else if (place == "align_corners") x = n * k > 1 ? at * (n - 1) / (n * k - 1) : 0;
    else if (place == "tf_half_pixel_for_nn") x = (at + 0.5) / k;
    else return false;
    const double nearest = rounding == "floor"               ? std::floor(x)
                           : rounding == "ceil"              ? std::ceil(x)
                           : rounding == "round_prefer_ceil" ? std::floor(x + 0.5)
                                                             : std::ceil(x - 0.5);
    if (std::clamp(nearest, 0.0, n - 1) != static_cast<double>(i / factor)) return false;
  }
  return true;
}

std::vector<Shape> infer_resize(const Node& node, const Context& context) {
  Shape x = context.shape(node.inputs[0]);
  const std::vector<std::int64_t> factors = parse_resize(node, context);
  if (node.attribute_string("mode", "nearest") != "nearest")
    throw Refusal{"unsupported-attribute", node.op + " that interpolates", "resize in mode nearest"};
  for (std::size_t d = 0; d < x.size(); ++d) {
    if (factors[d] != 1 && !repeats(node, x[d], factors[d]))
      throw Refusal{"unsupported-attribute", node.op + " whose places are not those of repeated pixels",
                    "take coordinate_transformation_mode asymmetric and nearest_mode floor"};
    x[d] *= factors[d];
  }
  return {x};
}

// Pixels repeated: a product with ones that has a dimension more behind each enlarged one.
struct Repeat {
  Shape split, ones;
};

Repeat repeat_of(const Shape& x, const std::vector<std::int64_t>& factors) {
  Repeat out;
  for (std::size_t d = 0; d < x.size(); ++d) {
    out.split.push_back(x[d]);
    out.ones.push_back(1);
    if (factors[d] == 1) continue;
    out.split.push_back(1);
    out.ones.push_back(factors[d]);
  }
  return out;
}

std::vector<Value> evaluate_resize(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Repeat r = repeat_of(in[0]->shape, parse_resize(node, context));
  const FloatArray ones{r.ones, std::vector<float>(static_cast<std::size_t>(element_count(r.ones)), 1.0F)};
  FloatArray y = zip(FloatArray{r.split, floats(*in[0]).values}, ones, [](float v, float) { return v; });
  y.shape = infer_resize(node, context)[0];
  return {value_of(std::move(y))};
}

void canonical_resize(const Node& node, Rewriter& out) {
  const Shape result = infer_resize(node, out.context())[0], x = out.context().shape(node.inputs[0]);
  const Repeat r = repeat_of(x, parse_resize(node, out.context()));
  if (x == result) return out.emit(canonical_copy(node, "Identity", 1));
  const Constant ones{r.ones, std::vector<float>(static_cast<std::size_t>(element_count(r.ones)), 1.0F), "float"};
  Node product = canonical_copy(node, "Mul", 0);
  product.inputs = {emit_move(node, "Reshape", node.inputs[0], r.split, "/pixels", "", out),
                    out.add_constant(node.outputs[0] + "/ones", ones)};
  product.outputs = {out.fresh_tensor(node.outputs[0] + "/repeated")};
  const std::string repeated = product.outputs[0];
  out.emit(std::move(product));
  (void)emit_move(node, "Reshape", repeated, result, "/map", node.outputs[0], out);
}

constexpr const char* resize_attributes =
    "mode scales coordinate_transformation_mode nearest_mode cubic_coeff_a exclude_outside extrapolation_value "
    "antialias "
    "keep_aspect_ratio_policy";

constexpr Operator table[] = {
    {"Resize", 1, 4, resize_attributes, infer_resize, evaluate_resize, canonical_resize},
    {"Upsample", 1, 2, resize_attributes, infer_resize, evaluate_resize, canonical_resize},
};

}  // namespace

std::span<const Operator> resize_operators() { return table; }

}  // namespace blendsim::operators
