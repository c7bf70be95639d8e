// SPDX-License-Identifier: Apache-2.0
// Conv, MatMul, Gemm.
//
// Sums run in double over the file's order (input channel, kernel row, kernel column) and are rounded to float32 once.
// A product of two float32 is exact in double, so integer-valued data give the exact integer below 2^24, in any order
// that another executor may choose; beyond that the result is the correctly rounded one in all but contrived cases. A
// bias is added afterwards in float32.
#include <fmt/format.h>

#include <cmath>

#include "network/operators/support.h"
#include "network/operators/window.h"

namespace blendsim::operators {

namespace {

struct ConvShapes {
  Geometry window;
  std::int64_t groups = 1, channels = 0, outputs = 0;
};

// [N, C, L] and its weights [O, C, K], as maps of one row.
bool is_row(const Node& node, const Context& context) {
  return context.shape(node.inputs[0]).size() == 3 && context.shape(node.inputs[1]).size() == 3;
}

ConvShapes parse_conv(const Node& file_node, const Context& context) {
  const bool row = is_row(file_node, context);
  const Node node = row ? with_row_window(file_node) : file_node;
  Shape x = context.shape(node.inputs[0]), w = context.shape(node.inputs[1]);
  if (row) x.insert(x.begin() + 2, 1), w.insert(w.begin() + 2, 1);
  if (x.size() != 4 || w.size() != 4) {
    throw Refusal{"shape-mismatch", fmt::format("convolutions of one and two dimensions are supported: input {}, "
                                                "weights {}",
                                                shape_text(x), shape_text(w))};
  }
  const std::vector<std::int64_t> kernel = node.attribute_ints("kernel_shape", {w[2], w[3]});
  if (kernel != std::vector<std::int64_t>{w[2], w[3]}) {
    throw Refusal{"shape-mismatch", "kernel_shape differs from the weights' shape " + shape_text(w)};
  }
  ConvShapes shapes;
  shapes.groups = node.attribute_int("group", 1);
  shapes.channels = x[1];
  shapes.outputs = w[0];
  if (shapes.groups < 1 || shapes.channels < 1 || shapes.outputs < 1 || x[1] % shapes.groups != 0 ||
      w[0] % shapes.groups != 0 || w[1] != x[1] / shapes.groups) {
    throw Refusal{"shape-mismatch", fmt::format("weights {} in {} groups do not fit an input of shape {}",
                                                shape_text(w), shapes.groups, shape_text(x))};
  }
  shapes.window = parse_window(node, x, kernel, SameBeyondKernel::drops_as_conv);
  if (has_input(node, 2)) {
    const Shape& bias = context.shape(node.inputs[2]);
    if (bias != Shape{w[0]}) {
      throw Refusal{"shape-mismatch",
                    fmt::format("a bias of shape {} does not fit {} output channels", shape_text(bias), w[0])};
    }
  }
  return shapes;
}

std::vector<Shape> infer_conv(const Node& node, const Context& context) {
  const ConvShapes shapes = parse_conv(node, context);
  Shape y{context.shape(node.inputs[0])[0], shapes.outputs, shapes.window.out_h, shapes.window.out_w};
  if (is_row(node, context)) y.erase(y.begin() + 2);
  return {y};
}

// Adds weight * input, shifted by one tap, to the sums of one output map.
void add_tap(const Geometry& g, std::int64_t ky, std::int64_t kx, double weight, const float* map, double* sums) {
  const std::int64_t dy = ky * g.dilations[0] - g.pads[0], dx = kx * g.dilations[1] - g.pads[1];
  const std::int64_t step = g.strides[1];
  std::int64_t first = 0, last = g.out_w;  // the columns whose tap lies inside
  while (first < last && first * step + dx < 0) ++first;
  while (last > first && (last - 1) * step + dx >= g.in_w) --last;
  for (std::int64_t y = 0; y < g.out_h; ++y) {
    const std::int64_t row = y * g.strides[0] + dy;
    if (row < 0 || row >= g.in_h) continue;
    const float* in = map + row * g.in_w + dx;
    double* out = sums + y * g.out_w;
    if (step == 1) {
      for (std::int64_t x = first; x < last; ++x) out[x] += weight * static_cast<double>(in[x]);
    } else {
      for (std::int64_t x = first; x < last; ++x) out[x] += weight * static_cast<double>(in[x * step]);
    }
  }
}

std::vector<Value> evaluate_conv(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  const ConvShapes shapes = parse_conv(node, context);
  const Geometry& g = shapes.window;
  const FloatArray x = floats(*in[0]), w = floats(*in[1]);
  const std::vector<float> bias = in.size() > 2 && in[2] != nullptr ? in[2]->as_float() : std::vector<float>{};
  const std::int64_t images = x.shape[0], fan_in = shapes.channels / shapes.groups;
  const std::int64_t in_size = g.in_h * g.in_w, out_size = g.out_h * g.out_w, taps = g.kernel[0] * g.kernel[1];
  FloatArray y{{images, shapes.outputs, g.out_h, g.out_w}, {}};
  y.values.reserve(static_cast<std::size_t>(images * shapes.outputs * out_size));
  std::vector<double> sums(static_cast<std::size_t>(out_size));
  for (std::int64_t n = 0; n < images; ++n) {
    for (std::int64_t o = 0; o < shapes.outputs; ++o) {
      std::fill(sums.begin(), sums.end(), 0.0);
      const std::int64_t first = o / (shapes.outputs / shapes.groups) * fan_in;
      for (std::int64_t c = 0; c < fan_in; ++c) {
        const float* map = x.values.data() + (n * shapes.channels + first + c) * in_size;
        const float* kernel = w.values.data() + (o * fan_in + c) * taps;
        for (std::int64_t t = 0; t < taps; ++t) {
          add_tap(g, t / g.kernel[1], t % g.kernel[1], static_cast<double>(kernel[t]), map, sums.data());
        }
      }
      for (const double sum : sums) {
        const float rounded = static_cast<float>(sum);
        y.values.push_back(bias.empty() ? rounded : rounded + bias[static_cast<std::size_t>(o)]);
      }
    }
  }
  if (is_row(node, context)) y.shape.erase(y.shape.begin() + 2);
  return {value_of(std::move(y))};
}

void canonical_conv(const Node& node, Rewriter& out) {
  if (is_row(node, out.context())) {
    const Node row = emit_as_row(node, out);
    canonical_conv(row, out);
    return emit_from_row(node, row, out);
  }
  ConvShapes shapes = parse_conv(node, out.context());
  Node copy = canonical_copy(node, "Conv", 3);
  if (copy.inputs.size() == 3 && copy.inputs[2].empty()) copy.inputs.pop_back();
  copy.inputs[0] = emit_crop(node, shapes.window, out);
  shapes.window.write(copy);
  copy.attributes["group"] = shapes.groups;
  out.emit(std::move(copy));
}

// [M, K] constants on the left of [1, K, N].
bool has_weights_left(const Node& node, const Context& context) {
  return context.constant(node.inputs[1]) == nullptr && context.shape(node.inputs[0]).size() == 2 &&
         context.shape(node.inputs[1]).size() == 3 && context.shape(node.inputs[1])[0] == 1;
}

std::vector<Shape> infer_matmul(const Node& node, const Context& context) {
  Shape x = context.shape(node.inputs[0]);
  const Shape& w = context.shape(node.inputs[1]);
  if (has_weights_left(node, context) && x[1] == w[1]) return {{1, x[0], w[2]}};
  if (x.size() > 2 && w.size() > 2 && context.constant(node.inputs[0]) == nullptr) {
    throw Refusal{"not-constant", fmt::format("the weights '{}' are computed from the network's input", node.inputs[1]),
                  "products of two computed tensors (attention) are not supported"};
  }
  if (x.size() < 2 || w.size() != 2 || x.back() != w[0]) {
    throw Refusal{"shape-mismatch", fmt::format("cannot multiply {} by {}; the second operand must be a matrix",
                                                shape_text(x), shape_text(w))};
  }
  x.back() = w[1];
  return {x};
}

FloatArray multiplied(const FloatArray& x, const FloatArray& w) {
  const auto depth = static_cast<std::size_t>(w.shape[0]), columns = static_cast<std::size_t>(w.shape[1]);
  FloatArray y;
  y.shape = x.shape;
  y.shape.back() = w.shape[1];
  const std::size_t rows = depth == 0 ? 0 : x.values.size() / depth;
  y.values.assign(static_cast<std::size_t>(element_count(y.shape)), 0.0F);
  std::vector<double> sums(columns);
  for (std::size_t r = 0; r < rows; ++r) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t k = 0; k < depth; ++k) {
      const auto factor = static_cast<double>(x.values[r * depth + k]);
      const float* row = w.values.data() + k * columns;
      for (std::size_t c = 0; c < columns; ++c) sums[c] += factor * static_cast<double>(row[c]);
    }
    for (std::size_t c = 0; c < columns; ++c) y.values[r * columns + c] = static_cast<float>(sums[c]);
  }
  return y;
}

std::vector<Value> evaluate_matmul(const Node& node, const Context& context, const std::vector<const Value*>& in) {
  if (!has_weights_left(node, context)) return {value_of(multiplied(floats(*in[0]), floats(*in[1])))};
  FloatArray x = floats(*in[1]);
  x.shape.erase(x.shape.begin());
  const std::vector<std::int64_t> swap{1, 0};
  FloatArray y = transposed(multiplied(transposed(x, swap), transposed(floats(*in[0]), swap)), swap);
  y.shape.insert(y.shape.begin(), 1);
  return {value_of(std::move(y))};
}

// Moves in front of and behind the convolution that a MatMul is.
class Moves {
 public:
  Moves(const Node& node, Rewriter& out) : node_(node), out_(out) {}

  std::string move(const char* op, const std::string& x, const std::string& suffix, std::vector<std::int64_t> value,
                   bool last = false) {
    Node move = canonical_copy(node_, op, 0);
    move.name += suffix;
    move.inputs = {x};
    move.outputs = {last ? node_.outputs[0] : out_.fresh_tensor(node_.outputs[0] + suffix)};
    move.attributes[move.op == "Reshape" ? "shape" : "perm"] = std::move(value);
    std::string y = move.outputs[0];
    out_.emit(std::move(move));
    return y;
  }
  std::string convolve(const std::string& x, const std::string& weights, const std::vector<std::string>& bias = {}) {
    Node conv = canonical_copy(node_, "Conv", 0);
    conv.inputs = {x, weights};
    conv.inputs.insert(conv.inputs.end(), bias.begin(), bias.end());
    conv.outputs = {out_.fresh_tensor(node_.outputs[0] + "/map")};
    const std::vector<std::int64_t> ones{1, 1}, zeros{0, 0, 0, 0};
    conv.attributes = {
        {"kernel_shape", ones}, {"strides", ones}, {"dilations", ones}, {"pads", zeros}, {"group", std::int64_t{1}}};
    std::string y = conv.outputs[0];
    out_.emit(std::move(conv));
    return y;
  }

 private:
  const Node& node_;
  Rewriter& out_;
};

// A matrix for each of many rows, [1, S, K] by [K, N]: a convolution by 1x1 over S pixels with K channels.
void canonical_tokens(const Node& node, Rewriter& out) {
  const Shape x = out.context().shape(node.inputs[0]), w = out.context().shape(node.inputs[1]);
  Moves moves(node, out);
  std::vector<std::int64_t> first{0, static_cast<std::int64_t>(x.size()) - 1}, last{0};
  for (std::size_t d = 1; d + 1 < x.size(); ++d) first.push_back(static_cast<std::int64_t>(d));
  for (std::size_t d = 2; d < x.size(); ++d) last.push_back(static_cast<std::int64_t>(d));
  last.push_back(1);
  const std::int64_t pixels = element_count(x) / w[0];
  const std::string turned = moves.move("Transpose", node.inputs[0], "/channels_first", first);
  const std::string map = x.size() == 4 ? turned : moves.move("Reshape", turned, "/pixels", {1, w[0], 1, pixels});
  const std::string rows = moves.move("Transpose", node.inputs[1], "/weights", {1, 0});
  const std::string weights = moves.move("Reshape", rows, "/kernel", {w[1], w[0], 1, 1});
  std::string y = moves.convolve(map, weights);
  Shape shape = out.context().shape(turned);
  shape[1] = w[1];
  if (x.size() != 4) y = moves.move("Reshape", y, "/rows", shape);
  (void)moves.move("Transpose", y, "/transpose", last, true);
}

// [M, K] by [1, K, N]: a convolution by 1x1 over N pixels with K channels.
void canonical_left(const Node& node, Rewriter& out) {
  const Shape w = out.context().shape(node.inputs[0]), x = out.context().shape(node.inputs[1]);
  Moves moves(node, out);
  const std::string map = moves.move("Reshape", node.inputs[1], "/pixels", {1, x[1], 1, x[2]});
  const std::string weights = moves.move("Reshape", node.inputs[0], "/kernel", {w[0], w[1], 1, 1});
  (void)moves.move("Reshape", moves.convolve(map, weights), "/rows", {1, w[0], x[2]}, true);
}

void canonical_matmul(const Node& node, Rewriter& out) {
  const Context context = out.context();
  (void)infer_matmul(node, context);
  const Shape& x = context.shape(node.inputs[0]);
  if (has_weights_left(node, context)) return canonical_left(node, out);
  if (x.size() > 2 && x[0] == 1 && context.constant(node.inputs[0]) == nullptr) return canonical_tokens(node, out);
  out.emit(canonical_copy(node, "MatMul", 2));
}

// Gemm: y = alpha * op(A) * op(B) + beta * C
std::vector<Shape> infer_gemm(const Node& node, const Context& context) {
  Shape a = context.shape(node.inputs[0]), b = context.shape(node.inputs[1]);
  if (a.size() == 2 && node.attribute_int("transA", 0) != 0) std::swap(a[0], a[1]);
  if (b.size() == 2 && node.attribute_int("transB", 0) != 0) std::swap(b[0], b[1]);
  if (a.size() != 2 || b.size() != 2 || a[1] != b[0]) {
    throw Refusal{"shape-mismatch",
                  fmt::format("Gemm cannot multiply {} by {}", shape_text(context.shape(node.inputs[0])),
                              shape_text(context.shape(node.inputs[1])))};
  }
  const Shape y{a[0], b[1]};
  if (has_input(node, 2)) require_broadcast_to(context.shape(node.inputs[2]), y, "Gemm's bias");
  return {y};
}

std::vector<Value> evaluate_gemm(const Node& node, const Context&, const std::vector<const Value*>& in) {
  const std::vector<std::int64_t> swap{1, 0};
  FloatArray a = floats(*in[0]), b = floats(*in[1]);
  if (node.attribute_int("transA", 0) != 0) a = transposed(a, swap);
  if (node.attribute_int("transB", 0) != 0) b = transposed(b, swap);
  FloatArray y = multiplied(a, b);
  const float alpha = node.attribute_float("alpha", 1), beta = node.attribute_float("beta", 1);
  if (alpha != 1) y = zip(y, FloatArray{{}, {alpha}}, [](float v, float f) { return v * f; });
  if (in.size() < 3 || in[2] == nullptr) return {value_of(std::move(y))};
  FloatArray c = floats(*in[2]);
  if (beta != 1) c = zip(c, FloatArray{{}, {beta}}, [](float v, float f) { return v * f; });
  return {value_of(zip(y, c, [](float v, float w) { return v + w; }))};
}

// A weight or bias times a constant becomes Mul, which is folded where both are constants.
std::string scaled(const Node& node, const std::string& tensor, float factor, const char* suffix, Rewriter& out) {
  Node product = canonical_copy(node, "Mul", 0);
  product.name += suffix;
  product.inputs = {tensor, out.add_constant(tensor + suffix + "/factor", scalar(factor))};
  product.outputs = {out.fresh_tensor(tensor + suffix)};
  out.emit(product);
  return product.outputs[0];
}

std::string swapped(const Node& node, const std::string& tensor, const char* suffix, Rewriter& out) {
  Node transpose = canonical_copy(node, "Transpose", 0);
  transpose.name += suffix;
  transpose.inputs = {tensor};
  transpose.outputs = {out.fresh_tensor(tensor + "/transposed")};
  transpose.attributes["perm"] = std::vector<std::int64_t>{1, 0};
  out.emit(transpose);
  return transpose.outputs[0];
}

// alpha and beta stay operations of their own, in evaluate_gemm's order: they need not keep integer weights integer.
void canonical_gemm(const Node& node, Rewriter& out) {
  (void)infer_gemm(node, out.context());
  const float alpha = node.attribute_float("alpha", 1), beta = node.attribute_float("beta", 1);
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    throw Refusal{"bad-constant", "Gemm's alpha or beta is not finite"};
  Node product = canonical_copy(node, "MatMul", 2);
  if (node.attribute_int("transA", 0) != 0) product.inputs[0] = swapped(node, node.inputs[0], "/input", out);
  if (node.attribute_int("transB", 0) != 0) product.inputs[1] = swapped(node, node.inputs[1], "/weights", out);
  const bool biased = has_input(node, 2);
  if (alpha != 1 || biased) product.outputs = {out.fresh_tensor(node.outputs[0] + "/product")};
  out.emit(product);
  std::string sum = product.outputs[0];
  if (alpha != 1) {
    Node factor = canonical_copy(node, "Mul", 0);
    factor.name += "/alpha";
    factor.inputs = {sum, out.add_constant(node.outputs[0] + "/alpha", scalar(alpha))};
    if (biased) factor.outputs = {out.fresh_tensor(node.outputs[0] + "/scaled")};
    out.emit(factor);
    sum = factor.outputs[0];
  }
  if (!biased) return;
  Node add = canonical_copy(node, "Add", 2);
  add.name += "/bias";
  add.inputs = {sum, beta == 1 ? node.inputs[2] : scaled(node, node.inputs[2], beta, "/beta", out)};
  out.emit(std::move(add));
}

constexpr Operator table[] = {
    {"Conv", 2, 3, "auto_pad dilations group kernel_shape pads strides", infer_conv, evaluate_conv, canonical_conv},
    {"MatMul", 2, 2, "", infer_matmul, evaluate_matmul, canonical_matmul},
    {"Gemm", 2, 3, "alpha beta transA transB", infer_gemm, evaluate_gemm, canonical_gemm},
};

}  // namespace

std::span<const Operator> convolution_operators() { return table; }

}  // namespace blendsim::operators
