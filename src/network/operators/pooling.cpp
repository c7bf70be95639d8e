// SPDX-License-Identifier: Apache-2.0
// MaxPool, AveragePool, their global forms and ReduceMean over height and width.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "network/operators/support.h"
#include "network/operators/window.h"

namespace blendsim::operators {

namespace {

// Of [N, C, L]: one row.
Shape image_shape(const Node& node, const Context& context) {
  Shape x = context.shape(node.inputs[0]);
  if (x.size() == 3) x.insert(x.begin() + 2, 1);
  if (x.size() != 4)
    throw Refusal{"shape-mismatch", "pooling needs a tensor of three or four dimensions, not " + shape_text(x)};
  return x;
}

bool is_global(const Node& node) { return node.op.starts_with("Global"); }

bool is_row(const Node& node, const Context& context) { return context.shape(node.inputs[0]).size() == 3; }

Geometry parse_pool(const Node& file_node, const Context& context) {
  const Node node = is_row(file_node, context) ? with_row_window(file_node) : file_node;
  const Shape x = image_shape(node, context);
  if (is_global(node)) return parse_window(node, x, {x[2], x[3]});
  if (node.attribute_int("storage_order", 0) != 0) {
    throw Refusal{"unsupported-attribute", "storage_order 1 (column major) is not supported"};
  }
  const bool drops = node.op == "AveragePool" &&
                     (context.opset(node.domain) >= 19 ||
                      (node.attribute_int("ceil_mode", 0) != 0 && node.attribute_int("count_include_pad", 0) != 0));
  return parse_window(node, x, node.attribute_ints("kernel_shape", {}),
                      drops ? SameBeyondKernel::drops_as_average : SameBeyondKernel::pads_nothing);
}

std::vector<Shape> infer_pool(const Node& node, const Context& context) {
  const Geometry g = parse_pool(node, context);
  const Shape& x = context.shape(node.inputs[0]);
  if (is_row(node, context)) return {{x[0], x[1], g.out_w}};
  return {{x[0], x[1], g.out_h, g.out_w}};
}

// Calls f(sum or maximum accumulator) for the taps inside the map. `tap` gets each value, `finish` yields the output.
template <class Start, class Tap, class Finish>
FloatArray pool(const FloatArray& x, const Geometry& g, Start start, Tap tap, Finish finish) {
  const std::int64_t maps = x.shape[0] * x.shape[1];
  FloatArray y{{x.shape[0], x.shape[1], g.out_h, g.out_w}, {}};
  if (x.shape.size() == 3) y.shape.erase(y.shape.begin() + 2);
  y.values.reserve(static_cast<std::size_t>(maps * g.out_h * g.out_w));
  for (std::int64_t m = 0; m < maps; ++m) {
    const float* map = x.values.data() + m * g.in_h * g.in_w;
    for (std::int64_t oy = 0; oy < g.out_h; ++oy) {
      for (std::int64_t ox = 0; ox < g.out_w; ++ox) {
        auto state = start();
        std::int64_t inside = 0, counted = 0;  // taps in the map; taps in the map and its explicit padding
        for (std::int64_t ky = 0; ky < g.kernel[0]; ++ky) {
          const std::int64_t row = oy * g.strides[0] + ky * g.dilations[0] - g.pads[0];
          if (row >= g.in_h + g.pads[2]) continue;
          for (std::int64_t kx = 0; kx < g.kernel[1]; ++kx) {
            const std::int64_t column = ox * g.strides[1] + kx * g.dilations[1] - g.pads[1];
            if (column >= g.in_w + g.pads[3]) continue;
            ++counted;
            if (row < 0 || row >= g.in_h || column < 0 || column >= g.in_w) continue;
            ++inside;
            tap(state, map[row * g.in_w + column]);
          }
        }
        y.values.push_back(finish(state, inside, counted));
      }
    }
  }
  return y;
}

std::vector<Value> evaluate_max(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Geometry g = parse_pool(node, context);
  return {value_of(pool(
      floats(*in[0]), g, [] { return std::numeric_limits<float>::lowest(); },
      [](float& state, float value) { state = std::max(state, value); },
      [](float state, std::int64_t, std::int64_t) { return state; }))};
}

// The sum is exact in double and rounded to float32 once, then divided in float32.
std::vector<Value> evaluate_average(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Geometry g = parse_pool(node, context);
  const bool with_padding = node.attribute_int("count_include_pad", 0) != 0;
  return {value_of(pool(
      floats(*in[0]), g, [] { return 0.0; }, [](double& state, float value) { state += static_cast<double>(value); },
      [&](double state, std::int64_t inside, std::int64_t counted) {
        const std::int64_t divisor = with_padding ? counted : inside;
        return divisor == 0 ? 0.0F : static_cast<float>(state) / static_cast<float>(divisor);
      }))};
}

// How far the last window of a side (0: height, 1: width) ends behind the map: beyond the explicit padding in
// ceil_mode, negative where a stride skips the last pixels.
std::int64_t reach_behind(const Geometry& g, std::size_t side) {
  const std::int64_t out = side == 0 ? g.out_h : g.out_w, in = side == 0 ? g.in_h : g.in_w;
  return (out - 1) * g.strides[side] + (g.kernel[side] - 1) * g.dilations[side] + 1 - g.pads[side] - in;
}

bool overhangs(const Geometry& g) { return reach_behind(g, 0) > g.pads[2] || reach_behind(g, 1) > g.pads[3]; }

// The padding as pixels, no more of it than windows reach: the size of the output stays what it is.
std::vector<std::int64_t> padding_reached(const Geometry& g) {
  std::vector<std::int64_t> pads = g.pads;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    pads[side + 2] = std::clamp<std::int64_t>(reach_behind(g, side), 0, pads[side + 2]);
  }
  return pads;
}

void canonical_pool(const Node& node, Rewriter& out) {
  if (is_row(node, out.context())) {
    const Node row = emit_as_row(node, out);
    canonical_pool(row, out);
    return emit_from_row(node, row, out);
  }
  Geometry g = parse_pool(node, out.context());
  Node copy = canonical_copy(node, node.op.ends_with("MaxPool") ? "MaxPool" : "AveragePool", 1);
  for (const std::size_t d : {std::size_t{0}, std::size_t{1}}) {
    if (g.pads[d] >= (g.kernel[d] - 1) * g.dilations[d] + 1 ||
        g.pads[d + 2] >= (g.kernel[d] - 1) * g.dilations[d] + 1) {
      throw Refusal{"unsupported-attribute", "the padding is as large as the window: some windows would hold nothing"};
    }
  }
  copy.inputs[0] = emit_crop(node, g, out);
  g.write(copy);
  copy.attributes["ceil_mode"] = std::int64_t{g.ceil_mode};
  if (copy.op == "AveragePool") {
    bool counts_padding = node.attribute_int("count_include_pad", 0) != 0;
    if (counts_padding && overhangs(g)) {  // the padding counts, what ceil_mode adds does not: zeros as pixels
      copy.inputs[0] = emit_pixel_move(node, copy.inputs[0], padding_reached(g), {0, 0}, out);
      copy.attributes["pads"] = std::vector<std::int64_t>{0, 0, 0, 0};
      counts_padding = false;
    }
    copy.attributes["count_include_pad"] = std::int64_t{counts_padding};
  }
  out.emit(std::move(copy));
}

struct Reduction {
  std::vector<std::int64_t> axes, kept;  // sorted, non-negative; kept without the first
  Shape result;
};

Reduction parse_mean(const Node& node, const Context& context) {
  const Shape& x = context.shape(node.inputs[0]);
  Reduction r;
  const bool keeps = node.attribute_int("keepdims", 1) != 0;
  const auto axes = ints_parameter(node, context, "axes", 1);
  if (!axes || axes->empty()) throw Refusal{"unsupported-attribute", "ReduceMean must name its axes"};
  for (const std::int64_t axis : *axes) r.axes.push_back(checked_axis(axis, x.size()));
  std::sort(r.axes.begin(), r.axes.end());
  if (r.axes.front() == 0 || std::adjacent_find(r.axes.begin(), r.axes.end()) != r.axes.end()) {
    throw Refusal{"unsupported-attribute", "ReduceMean over the batch, or over one axis twice"};
  }
  for (std::size_t d = 0; d < x.size(); ++d) {
    const bool reduced = std::binary_search(r.axes.begin(), r.axes.end(), static_cast<std::int64_t>(d));
    if (!reduced || keeps) r.result.push_back(reduced ? 1 : x[d]);
    if (!reduced && d > 0) r.kept.push_back(static_cast<std::int64_t>(d));
    if (reduced && x[d] < 1) throw Refusal{"shape-mismatch", "ReduceMean over nothing"};
  }
  return r;
}

std::vector<Shape> infer_mean(const Node& node, const Context& context) { return {parse_mean(node, context).result}; }

bool is_over_map(const Reduction& r, const Shape& x) {
  return x.size() == 4 && r.axes == std::vector<std::int64_t>{2, 3};
}

// The axes that stay in front, those of the mean behind: [N, kept, reduced].
std::vector<std::int64_t> mean_order(const Reduction& r) {
  std::vector<std::int64_t> perm{0};
  perm.insert(perm.end(), r.kept.begin(), r.kept.end());
  perm.insert(perm.end(), r.axes.begin(), r.axes.end());
  return perm;
}

// [N, kept, 1, reduced]
Shape mean_map(const Reduction& r, const Shape& x) {
  const auto count = [&](const std::vector<std::int64_t>& axes) {
    std::int64_t n = 1;
    for (const std::int64_t d : axes) n *= x[static_cast<std::size_t>(d)];
    return n;
  };
  return {x[0], count(r.kept), 1, count(r.axes)};
}

std::vector<Value> evaluate_mean(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const Reduction r = parse_mean(node, context);
  FloatArray x = floats(*in[0]);
  if (!is_over_map(r, x.shape)) x = {mean_map(r, x.shape), transposed(x, mean_order(r)).values};
  Geometry g;
  g.in_h = x.shape[2];
  g.in_w = x.shape[3];
  g.strides = g.dilations = {1, 1};
  g.kernel = {g.in_h, g.in_w};
  g.pads = {0, 0, 0, 0};
  g.out_h = g.out_w = 1;
  FloatArray y = pool(
      x, g, [] { return 0.0; }, [](double& state, float value) { state += static_cast<double>(value); },
      [](double state, std::int64_t inside, std::int64_t) {
        return static_cast<float>(state) / static_cast<float>(inside);
      });
  y.shape = r.result;
  return {value_of(std::move(y))};
}

// Over the channels of a map: a convolution by ones, and a division.
void canonical_channel_mean(const Node& node, std::int64_t channels, Rewriter& out) {
  const std::string& y = node.outputs[0];
  Node sum = canonical_copy(node, "Conv", 1), mean = canonical_copy(node, "Div", 0);
  const std::vector<float> ones(static_cast<std::size_t>(channels), 1);
  sum.name += "/sum";
  sum.inputs.push_back(out.add_constant(y + "/ones", {{1, channels, 1, 1}, ones, "float"}));
  sum.outputs = {out.fresh_tensor(y + "/sum")};
  const std::vector<std::int64_t> one{1, 1};
  sum.attributes = {{"kernel_shape", one},
                    {"strides", one},
                    {"dilations", one},
                    {"pads", std::vector<std::int64_t>{0, 0, 0, 0}},
                    {"group", std::int64_t{1}}};
  mean.inputs = {sum.outputs[0], out.add_constant(y + "/channels", scalar(static_cast<float>(channels)))};
  out.emit(std::move(sum));
  out.emit(std::move(mean));
}

void canonical_mean(const Node& node, Rewriter& out) {
  const Shape x = out.context().shape(node.inputs[0]);
  const Reduction r = parse_mean(node, out.context());
  if (r.result.size() == 4 && r.axes == std::vector<std::int64_t>{1} && x[2] * x[3] > 1)
    return canonical_channel_mean(node, x[1], out);
  Node mean = canonical_copy(node, "AveragePool", 1);
  const auto move = [&](const char* op, const char* suffix, std::vector<std::int64_t> value) {
    Node node_before = canonical_copy(node, op, 0);
    node_before.name += suffix;
    node_before.inputs = {mean.inputs[0]};
    node_before.outputs = {out.fresh_tensor(node.outputs[0] + suffix)};
    node_before.attributes[node_before.op == "Reshape" ? "shape" : "perm"] = std::move(value);
    mean.inputs[0] = node_before.outputs[0];
    out.emit(std::move(node_before));
  };
  if (!is_over_map(r, x)) {
    move("Transpose", "/kept_first", mean_order(r));
    move("Reshape", "/pixels", mean_map(r, x));
  }
  const Shape map = out.context().shape(mean.inputs[0]);
  mean.attributes["kernel_shape"] = std::vector<std::int64_t>{map[2], map[3]};
  if (r.result == Shape{map[0], map[1], 1, 1}) return canonical_pool(mean, out);
  Node reshape = canonical_copy(node, "Reshape", 1);
  mean.outputs = {out.fresh_tensor(node.outputs[0] + "/mean")};
  reshape.name += "/squeeze";
  reshape.inputs = mean.outputs;
  reshape.attributes["shape"] = r.result;
  canonical_pool(mean, out);
  out.emit(std::move(reshape));
}

constexpr Operator table[] = {
    {"MaxPool", 1, 1, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", infer_pool, evaluate_max,
     canonical_pool},
    {"AveragePool", 1, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides", infer_pool,
     evaluate_average, canonical_pool},
    {"GlobalMaxPool", 1, 1, "", infer_pool, evaluate_max, canonical_pool},
    {"GlobalAveragePool", 1, 1, "", infer_pool, evaluate_average, canonical_pool},
    {"ReduceMean", 1, 2, "axes keepdims noop_with_empty_axes", infer_mean, evaluate_mean, canonical_mean},
};

}  // namespace

std::span<const Operator> pooling_operators() { return table; }

}  // namespace blendsim::operators
