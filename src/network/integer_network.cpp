// SPDX-License-Identifier: Apache-2.0
#include "network/integer_network.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "base/digest.h"

namespace blendsim {

namespace {

class NetworkDigest {
 public:
  void number(std::int64_t value) { digest_.add(value); }
  void number(float value) { digest_.add(std::int64_t{std::bit_cast<std::uint32_t>(value)}); }
  void text(std::string_view value) { digest_.add(value); }

  template <class T>
  void numbers(const std::vector<T>& values) {
    number(static_cast<std::int64_t>(values.size()));
    std::array<std::int64_t, 256> wide;
    for (std::size_t at = 0; at < values.size(); at += wide.size()) {
      const std::size_t count = std::min(wide.size(), values.size() - at);
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(at), count, wide.begin());
      digest_.add(std::span<const std::int64_t>(wide.data(), count));
    }
  }
  void floats(const FloatArray& array) {
    numbers(array.shape);
    for (const float value : array.values) number(value);
  }

  void tensor(const IntTensor& t) {
    text(t.name);
    text(t.format.name());
    for (const std::int64_t v : {std::int64_t{t.channels}, std::int64_t{t.height}, std::int64_t{t.width}, t.lo, t.hi,
                                 std::int64_t{t.zero_point}}) {
      number(v);
    }
    number(t.scale);
  }

  void window(const Window& w) {
    numbers(std::vector<int>{w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w, w.pad_top,
                             w.pad_left, w.pad_bottom, w.pad_right});
  }

  void affine(const std::optional<Affine>& q) {
    number(std::int64_t{q.has_value()});
    if (!q) return;
    numbers(q->multiplier);
    numbers(q->offset);
    numbers(q->shift);
    number(q->lo);
    number(q->hi);
    number(static_cast<std::int64_t>(q->rounding));
  }

  void work(const Convolution& w) {
    number(std::int64_t{w.input});
    number(std::int64_t{w.output});
    window(w.window);
    number(std::int64_t{w.groups});
    text(w.weight_format.name());
    numbers(w.weights);
  }

  void work(const PostProcessing& w) {
    numbers(std::vector<int>{w.a, w.b, w.fixed, w.code, static_cast<int>(w.activation_place)});
    if (w.product) text("product");
    affine(w.q1);
    affine(w.q2);
    affine(w.q3);
    number(std::int64_t{w.activation.has_value()});
    if (w.activation) {
      numbers(w.activation->slope);
      numbers(w.activation->shift);
      number(w.activation->lo);
      number(w.activation->hi);
    }
    number(std::int64_t{w.thresholds.has_value()});
    if (w.thresholds) {
      number(std::int64_t{w.thresholds->levels});
      numbers(w.thresholds->values);
      numbers(w.thresholds->direction);
      number(w.thresholds->base);
    }
    if (w.table) numbers(std::vector<std::int16_t>(w.table->values.begin(), w.table->values.end()));
  }

  void work(const Pooling& w) {
    numbers(std::vector<int>{static_cast<int>(w.kind), w.input, w.output, w.common_divisor});
    window(w.window);
  }

  void work(const Concatenation& w) {
    numbers(w.inputs);
    number(std::int64_t{w.output});
  }

  void work(const Transposition& w) { numbers(std::vector<int>{w.input, w.output}); }

  void host(const HostOp& op) {
    number(static_cast<std::int64_t>(op.kind));
    floats(op.operand);
    number(std::int64_t{op.axis});
    numbers(op.shape);
    number(op.scale);
    number(op.zero_point);
    numbers(std::vector<std::int64_t>{op.lo, op.hi, op.count, op.output, op.keep_dimensions ? 1 : 0});
    text(op.rounding);
    if (!op.function.empty()) text(op.function);
  }

  template <class HostPart>
  void host_part(const HostPart& part) {
    text(part.name);
    numbers(part.shape);
    number(static_cast<std::int64_t>(part.ops.size()));
    for (const HostOp& op : part.ops) host(op);
    numbers(std::vector<int>{part.channels, part.height, part.width});
  }

  [[nodiscard]] std::string hex() const { return digest_.hex(); }

 private:
  Digest digest_;
};

}  // namespace

// Names of tensors and layers are part of the digest (reports print them); exactness notes are not.
std::string IntegerNetwork::digest() const {
  NetworkDigest out;
  out.text(name);
  out.number(static_cast<std::int64_t>(tensors.size()));
  for (const IntTensor& t : tensors) out.tensor(t);
  out.number(static_cast<std::int64_t>(layers.size()));
  for (const Layer& layer : layers) {
    out.text(layer.name);
    out.text(layer.op);
    out.number(static_cast<std::int64_t>(layer.work.index()));
    std::visit([&](const auto& work) { out.work(work); }, layer.work);
  }
  out.host_part(input);
  out.text(input.format.name());
  out.number(std::int64_t{input_tensor});
  out.number(static_cast<std::int64_t>(outputs.size()));
  for (const HostOutput& output : outputs) out.host_part(output);
  out.numbers(output_tensors);
  out.numbers(
      std::vector<int>{options.join_fraction_bits, options.multiplier_bits_binary, options.multiplier_bits_fixed});
  if (options.step_bits != LoweringOptions{}.step_bits) out.number(std::int64_t{options.step_bits});
  return out.hex();
}

std::vector<TensorId> layer_inputs(const Layer& layer) {
  if (const auto* conv = std::get_if<Convolution>(&layer.work)) return {conv->input};
  if (const auto* pool = std::get_if<Pooling>(&layer.work)) return {pool->input};
  if (const auto* concat = std::get_if<Concatenation>(&layer.work)) return concat->inputs;
  if (const auto* turn = std::get_if<Transposition>(&layer.work)) return {turn->input};
  const auto& post = std::get<PostProcessing>(layer.work);
  if (post.b == no_tensor) return {post.a};
  return {post.a, post.b};
}

std::vector<TensorId> layer_outputs(const Layer& layer) {
  if (const auto* conv = std::get_if<Convolution>(&layer.work)) return {conv->output};
  if (const auto* pool = std::get_if<Pooling>(&layer.work)) return {pool->output};
  if (const auto* concat = std::get_if<Concatenation>(&layer.work)) return {concat->output};
  if (const auto* turn = std::get_if<Transposition>(&layer.work)) return {turn->output};
  const auto& post = std::get<PostProcessing>(layer.work);
  std::vector<TensorId> out;
  if (post.fixed != no_tensor) out.push_back(post.fixed);
  if (post.code != no_tensor) out.push_back(post.code);
  return out;
}

bool has_one_pixel(const IntegerNetwork& network, const PostProcessing& post) {
  if (post.b == no_tensor) return false;
  const IntTensor &a = network.tensor(post.a), &b = network.tensor(post.b);
  return b.height == 1 && b.width == 1 && (a.height != 1 || a.width != 1);
}

std::int64_t layer_macs(const IntegerNetwork& network, const Layer& layer) {
  const auto* conv = std::get_if<Convolution>(&layer.work);
  if (conv == nullptr) return 0;
  const IntTensor& out = network.tensor(conv->output);
  const std::int64_t taps =
      std::int64_t{network.tensor(conv->input).channels} / conv->groups * conv->window.kernel_h * conv->window.kernel_w;
  return out.size() * taps;
}

bool layer_is_binary(const IntegerNetwork& network, const Layer& layer) {
  const auto* conv = std::get_if<Convolution>(&layer.work);
  return conv != nullptr && conv->weight_format.is_bipolar() && network.tensor(conv->input).format.is_bipolar();
}

}  // namespace blendsim
