// SPDX-License-Identifier: Apache-2.0
// The reference executor: plain loops, one layer after the other. It checks that every value it writes lies in the
// range that lowering proved.
#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "network/integer_network.h"

namespace blendsim {

namespace {

class Executor {
 public:
  Executor(const IntegerNetwork& network, TensorValues& values) : network_(network), values_(values) {}

  void run(const Layer& layer) {
    std::visit([&](const auto& work) { execute_work(work); }, layer.work);
  }

  void check_range(TensorId id, const std::string& writer) const {
    const IntTensor& t = network_.tensor(id);
    for (const std::int32_t v : of(id)) {
      if (v < t.lo || v > t.hi || !t.format.contains(v)) {
        throw InvariantError(
            writer, fmt::format("{} is outside [{}, {}] {} of tensor '{}'", v, t.lo, t.hi, t.format.name(), t.name));
      }
    }
  }

 private:
  [[nodiscard]] const std::vector<std::int32_t>& of(TensorId id) const { return values_[static_cast<std::size_t>(id)]; }

  std::vector<std::int32_t>& allocate(TensorId id) {
    auto& out = values_[static_cast<std::size_t>(id)];
    out.assign(static_cast<std::size_t>(network_.tensor(id).size()), 0);
    return out;
  }

  // The patch of one output position and group: [channels / groups, kernel_h, kernel_w], zero_point taken off.
  void gather(const Convolution& conv, int group, int y, int x, std::vector<std::int32_t>& patch) const {
    const IntTensor& in = network_.tensor(conv.input);
    const Window& w = conv.window;
    const int per_group = in.channels / conv.groups;
    const std::int32_t* data = of(conv.input).data();
    std::size_t k = 0;
    for (int c = group * per_group; c < (group + 1) * per_group; ++c) {
      const std::int32_t* plane = data + std::int64_t{c} * in.height * in.width;
      for (int ky = 0; ky < w.kernel_h; ++ky) {
        const int iy = y * w.stride_h - w.pad_top + ky * w.dilation_h;
        for (int kx = 0; kx < w.kernel_w; ++kx, ++k) {
          const int ix = x * w.stride_w - w.pad_left + kx * w.dilation_w;
          const bool inside = iy >= 0 && iy < in.height && ix >= 0 && ix < in.width;
          patch[k] = inside ? plane[std::int64_t{iy} * in.width + ix] - in.zero_point : 0;
        }
      }
    }
  }

  void execute_work(const Convolution& conv) {
    const IntTensor& out = network_.tensor(conv.output);
    const int per_group = network_.tensor(conv.input).channels / conv.groups;
    const std::size_t taps =
        static_cast<std::size_t>(per_group) * static_cast<std::size_t>(conv.window.kernel_h * conv.window.kernel_w);
    auto& result = allocate(conv.output);
    std::vector<std::int32_t> patch(taps);
    const int out_per_group = out.channels / conv.groups;
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        for (int group = 0; group < conv.groups; ++group) {
          gather(conv, group, y, x, patch);
          for (int o = group * out_per_group; o < (group + 1) * out_per_group; ++o) {
            const std::int16_t* w = conv.weights.data() + static_cast<std::size_t>(o) * taps;
            std::int64_t sum = 0;
            for (std::size_t k = 0; k < taps; ++k) sum += std::int64_t{w[k]} * patch[k];
            result[static_cast<std::size_t>((std::int64_t{o} * out.height + y) * out.width + x)] =
                static_cast<std::int32_t>(sum);
          }
        }
      }
    }
  }

  void execute_work(const PostProcessing& post) {
    const IntTensor& a = network_.tensor(post.a);
    std::vector<std::int32_t>* fixed = post.fixed == no_tensor ? nullptr : &allocate(post.fixed);
    std::vector<std::int32_t>* code = post.code == no_tensor ? nullptr : &allocate(post.code);
    using Place = PostProcessing::ActivationPlace;
    const std::size_t pixels = static_cast<std::size_t>(a.height) * static_cast<std::size_t>(a.width);
    const bool one_pixel = has_one_pixel(network_, post);
    for (std::size_t c = 0, i = 0; c < static_cast<std::size_t>(a.channels); ++c) {
      for (std::size_t p = 0; p < pixels; ++p, ++i) {
        std::int64_t u = of(post.a)[i];
        if (post.q1) u = post.q1->apply(u, c);
        if (post.activation_place == Place::after_q1) u = post.activation->apply(u, c);
        if (post.b != no_tensor) {
          const std::int64_t b = of(post.b)[one_pixel ? c : i], other = post.q2 ? post.q2->apply(b, c) : b;
          u = post.product ? u * other : u + other;
        }
        if (post.activation_place == Place::after_join) u = post.activation->apply(u, c);
        if (post.q3) u = post.q3->apply(u, c);
        if (fixed != nullptr) (*fixed)[i] = static_cast<std::int32_t>(u);
        if (code != nullptr) (*code)[i] = static_cast<std::int32_t>(code_of(post, u, c));
      }
    }
  }

  [[nodiscard]] std::int64_t code_of(const PostProcessing& post, std::int64_t u, std::size_t channel) const {
    if (post.table) return post.table->at(u);
    if (!post.thresholds) return u >= 0 ? 1 : -1;
    const std::int64_t count = post.thresholds->count(u, channel);
    if (network_.tensor(post.code).format.is_bipolar()) return count != 0 ? 1 : -1;
    return post.thresholds->base + count;
  }

  void execute_work(const Pooling& pool) {
    const IntTensor& in = network_.tensor(pool.input);
    const IntTensor& out = network_.tensor(pool.output);
    auto& result = allocate(pool.output);
    std::size_t i = 0;
    for (int c = 0; c < out.channels; ++c) {
      const std::int32_t* plane = of(pool.input).data() + std::int64_t{c} * in.height * in.width;
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x, ++i) result[i] = pool_one(pool, in, plane, y, x);
      }
    }
  }

  [[nodiscard]] static std::int32_t pool_one(const Pooling& pool, const IntTensor& in, const std::int32_t* plane, int y,
                                             int x) {
    const Window& w = pool.window;
    std::int64_t sum = 0, largest = INT32_MIN, count = 0;
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      const int iy = y * w.stride_h - w.pad_top + ky * w.dilation_h;
      if (iy < 0 || iy >= in.height) continue;
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const int ix = x * w.stride_w - w.pad_left + kx * w.dilation_w;
        if (ix < 0 || ix >= in.width) continue;
        const std::int64_t v = plane[std::int64_t{iy} * in.width + ix];
        largest = std::max(largest, v);
        sum += v - in.zero_point;
        ++count;
      }
    }
    if (pool.kind == Pooling::Kind::max) return static_cast<std::int32_t>(largest);
    if (pool.common_divisor > 0) sum *= pool.common_divisor / count;
    return static_cast<std::int32_t>(sum);
  }

  void execute_work(const Concatenation& concat) {
    auto& result = values_[static_cast<std::size_t>(concat.output)];
    result.clear();
    for (const TensorId id : concat.inputs) result.insert(result.end(), of(id).begin(), of(id).end());
  }

  void execute_work(const Transposition& turn) {
    const auto& in = of(turn.input);
    const auto pixels = static_cast<std::size_t>(network_.tensor(turn.output).channels), channels = in.size() / pixels;
    auto& result = values_[static_cast<std::size_t>(turn.output)];
    result.resize(in.size());
    for (std::size_t o = 0; o < channels; ++o) {
      for (std::size_t p = 0; p < pixels; ++p) result[p * channels + o] = in[o * pixels + p];
    }
  }

  const IntegerNetwork& network_;
  TensorValues& values_;
};

}  // namespace

TensorValues execute(const IntegerNetwork& network, const std::vector<std::int32_t>& input) {
  TensorValues values(network.tensors.size());
  const IntTensor& in = network.tensor(network.input_tensor);
  if (static_cast<std::int64_t>(input.size()) != in.size()) {
    throw InvariantError("execute", fmt::format("{} input values where {} are due", input.size(), in.size()));
  }
  values[static_cast<std::size_t>(network.input_tensor)] = input;
  Executor executor(network, values);
  executor.check_range(network.input_tensor, "input");
  for (const Layer& layer : network.layers) {
    executor.run(layer);
    for (const TensorId id : layer_outputs(layer)) executor.check_range(id, layer.name);
  }
  return values;
}

}  // namespace blendsim
