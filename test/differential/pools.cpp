// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, their global forms, ReduceMean.
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

Tensor write_max_pool(Draft& d, const Tensor& x) {
  const WindowChoice w = draw_window(d, x, true, d.chance(30), true);
  return d.same_codes(renamed(x, d.node("MaxPool", {x.name}, w.attributes), {1, x.channels(), w.height, w.width}),
                      x.name);
}

namespace {

Tensor global_max_pool(Draft& d, const Tensor& x) {
  return d.same_codes(renamed(x, d.node("GlobalMaxPool", {x.name}), {1, x.channels(), 1, 1}), x.name);
}

// The sum must not round; its division by any count rounds once, as BlendSim's does.
Tensor averaged(Draft& d, const Tensor& x, const std::string& name, Shape shape, int taps) {
  Tensor out = renamed(x, name, std::move(shape));
  Tensor sum = x;
  sum.bound *= taps;
  if (checked(sum).unit == 0) d.traits.rounding_sums.insert(name);
  const bool power_of_two = (taps & (taps - 1)) == 0;
  out.codes = false;
  out.unit = power_of_two ? x.unit / taps : 0;
  out = checked(out);
  return out;
}

Tensor average_pool(Draft& d, const Tensor& x) {
  const WindowChoice w = draw_window(d, x, true, d.chance(35), d.opset >= 19);
  std::vector<onnx::AttributeProto> attributes = w.attributes;
  if (d.chance(40)) attributes.push_back(attr("count_include_pad", d.pick(0, 1)));
  const std::string name = d.node("AveragePool", {x.name}, attributes);
  Tensor out = averaged(d, x, name, {1, x.channels(), w.height, w.width}, w.kernel_h * w.kernel_w);
  for (const auto& a : attributes) {
    if (a.name() == "pads" || a.name() == "auto_pad" || a.name() == "ceil_mode")
      out.unit = 0;  // other counts at the edge
  }
  return out;
}

Tensor global_average_pool(Draft& d, const Tensor& x) {
  return averaged(d, x, d.node("GlobalAveragePool", {x.name}), {1, x.channels(), 1, 1}, x.height() * x.width());
}

Tensor reduce_mean(Draft& d, const Tensor& x) {
  const bool keep = !d.chance(40), negative = d.chance(40);
  const std::vector<std::int64_t> axes = negative ? std::vector<std::int64_t>{-2, -1} : std::vector<std::int64_t>{2, 3};
  std::vector<onnx::AttributeProto> attributes{attr("keepdims", keep ? 1 : 0)};
  std::vector<std::string> inputs{x.name};
  if (d.opset >= 18) inputs.push_back(d.int64s({2}, axes));
  else attributes.push_back(negative ? attr("axes", {-2, -1}) : attr("axes", {2, 3}));
  const Shape shape = keep ? Shape{1, x.channels(), 1, 1} : Shape{1, x.channels()};
  return averaged(d, x, d.node("ReduceMean", inputs, attributes), shape, x.height() * x.width());
}

}  // namespace

Tensor write_global_pool(Draft& d, const Tensor& x) {
  return d.chance(30) ? global_max_pool(d, x) : global_average_pool(d, x);
}

namespace {

bool is_map(const Draft&, const Tensor& x) { return !x.flat(); }

constexpr Row table[] = {
    {"MaxPool", 4, false, is_map, write_max_pool},        {"AveragePool", 5, false, is_map, average_pool},
    {"GlobalMaxPool", 1, false, is_map, global_max_pool}, {"GlobalAveragePool", 1, false, is_map, global_average_pool},
    {"ReduceMean", 1, false, is_map, reduce_mean},
};

}  // namespace

std::span<const Row> pools() { return table; }

}  // namespace blendsim::differential
