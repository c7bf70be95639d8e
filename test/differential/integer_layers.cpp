// SPDX-License-Identifier: Apache-2.0
#include "integer_layers.h"

#include <algorithm>
#include <limits>

namespace blendsim::differential {

namespace {

using Integer = std::int64_t;

// value / 2^shift, rounded.
Integer divided(Integer value, int shift, Rounding rounding) {
  const Integer step = Integer{1} << shift;
  Integer whole = value / step, rest = value % step;
  if (rest < 0) --whole, rest += step;  // towards minus infinity
  const bool tie = rest * 2 == step;
  switch (rounding) {
    case Rounding::floor: return whole;
    case Rounding::half_up: return whole + (rest * 2 >= step && rest != 0 ? 1 : 0);
    case Rounding::half_even: break;
  }
  if (tie) return whole + (whole % 2 != 0 ? 1 : 0);
  return whole + (rest * 2 > step ? 1 : 0);
}

Integer bounded(Integer x, Integer lo, Integer hi) { return x < lo ? lo : x > hi ? hi : x; }

Integer requantised(const std::optional<Affine>& q, Integer x, std::size_t c) {
  if (!q) return x;
  return bounded(divided(x * q->multiplier[c] + q->offset[c], q->shift[c], q->rounding), q->lo, q->hi);
}

Integer activated(const Activation& f, Integer x, std::size_t c) {
  return bounded(x < 0 ? divided(x * f.slope[c], f.shift[c], Rounding::half_even) : x, f.lo, f.hi);
}

struct Map {
  const IntTensor& tensor;
  const std::vector<std::int32_t>& values;
  [[nodiscard]] bool inside(int y, int x) const { return y >= 0 && y < tensor.height && x >= 0 && x < tensor.width; }
  [[nodiscard]] Integer at(int c, int y, int x) const {
    return values[(static_cast<std::size_t>(c) * tensor.height + y) * tensor.width + x];
  }
};

// Calls f(c, y, x, index) for every element of a tensor.
template <class F>
void for_each(const IntTensor& t, F f) {
  std::size_t i = 0;
  for (int c = 0; c < t.channels; ++c) {
    for (int y = 0; y < t.height; ++y) {
      for (int x = 0; x < t.width; ++x) f(c, y, x, i++);
    }
  }
}

void compute(const IntegerNetwork& n, const Convolution& conv, TensorValues& values) {
  const Map in{n.tensor(conv.input), values[conv.input]};
  const IntTensor& out = n.tensor(conv.output);
  const Window& w = conv.window;
  const int inputs = in.tensor.channels / conv.groups, outputs = out.channels / conv.groups;
  std::vector<std::int32_t> result(static_cast<std::size_t>(out.size()));
  for_each(out, [&](int o, int y, int x, std::size_t i) {
    Integer sum = 0;
    for (int c = 0; c < inputs; ++c) {
      for (int ky = 0; ky < w.kernel_h; ++ky) {
        for (int kx = 0; kx < w.kernel_w; ++kx) {
          const int iy = y * w.stride_h + ky * w.dilation_h - w.pad_top,
                    ix = x * w.stride_w + kx * w.dilation_w - w.pad_left;
          if (!in.inside(iy, ix)) continue;
          const std::size_t k = ((static_cast<std::size_t>(o) * inputs + c) * w.kernel_h + ky) * w.kernel_w + kx;
          sum += conv.weights[k] * (in.at(o / outputs * inputs + c, iy, ix) - in.tensor.zero_point);
        }
      }
    }
    result[i] = static_cast<std::int32_t>(sum);
  });
  values[conv.output] = std::move(result);
}

Integer code_of(const IntegerNetwork& n, const PostProcessing& post, Integer u, std::size_t c) {
  if (post.table) return post.table->values[static_cast<std::size_t>((u % 256 + 256) % 256)];
  if (!post.thresholds) return u >= 0 ? 1 : -1;
  const Thresholds& t = *post.thresholds;
  Integer count = 0;
  for (int k = 0; k < t.levels; ++k) {
    const bool reached = u >= t.values[c * static_cast<std::size_t>(t.levels) + static_cast<std::size_t>(k)];
    count += reached == (t.direction[c] == 1) ? 1 : 0;
  }
  if (n.tensor(post.code).format.is_bipolar()) return count == 0 ? -1 : 1;
  return t.base + count;
}

void compute(const IntegerNetwork& n, const PostProcessing& post, TensorValues& values) {
  using Place = PostProcessing::ActivationPlace;
  const IntTensor& a = n.tensor(post.a);
  std::vector<std::int32_t> fixed(static_cast<std::size_t>(a.size())), code = fixed;
  const bool b_is_one_pixel = post.b != no_tensor && n.tensor(post.b).height * n.tensor(post.b).width == 1;
  for_each(a, [&](int channel, int, int, std::size_t i) {
    const auto c = static_cast<std::size_t>(channel);
    Integer u = requantised(post.q1, values[post.a][i], c);
    if (post.activation_place == Place::after_q1) u = activated(*post.activation, u, c);
    if (post.b != no_tensor) {
      const Integer b = requantised(post.q2, values[post.b][b_is_one_pixel ? c : i], c);
      u = post.product ? u * b : u + b;
    }
    if (post.activation_place == Place::after_join) u = activated(*post.activation, u, c);
    u = requantised(post.q3, u, c);
    fixed[i] = static_cast<std::int32_t>(u);
    if (post.code != no_tensor) code[i] = static_cast<std::int32_t>(code_of(n, post, u, c));
  });
  if (post.fixed != no_tensor) values[post.fixed] = std::move(fixed);
  if (post.code != no_tensor) values[post.code] = std::move(code);
}

void compute(const IntegerNetwork& n, const Pooling& pool, TensorValues& values) {
  const Map in{n.tensor(pool.input), values[pool.input]};
  const IntTensor& out = n.tensor(pool.output);
  const Window& w = pool.window;
  std::vector<std::int32_t> result(static_cast<std::size_t>(out.size()));
  for_each(out, [&](int c, int y, int x, std::size_t i) {
    Integer sum = 0, most = std::numeric_limits<Integer>::min(), count = 0;
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        const int iy = y * w.stride_h + ky * w.dilation_h - w.pad_top,
                  ix = x * w.stride_w + kx * w.dilation_w - w.pad_left;
        if (!in.inside(iy, ix)) continue;
        most = std::max(most, in.at(c, iy, ix));
        sum += in.at(c, iy, ix) - in.tensor.zero_point;
        ++count;
      }
    }
    if (pool.common_divisor > 0) sum *= pool.common_divisor / count;
    result[i] = static_cast<std::int32_t>(pool.kind == Pooling::Kind::max ? most : sum);
  });
  values[pool.output] = std::move(result);
}

void compute(const IntegerNetwork&, const Concatenation& concat, TensorValues& values) {
  std::vector<std::int32_t> result;
  for (const TensorId id : concat.inputs) result.insert(result.end(), values[id].begin(), values[id].end());
  values[concat.output] = std::move(result);
}

void compute(const IntegerNetwork& n, const Transposition& turn, TensorValues& values) {
  const Map in{n.tensor(turn.input), values[turn.input]};
  const IntTensor& out = n.tensor(turn.output);
  std::vector<std::int32_t> result(static_cast<std::size_t>(out.size()));
  for_each(out, [&](int c, int y, int x, std::size_t i) {
    result[i] = static_cast<std::int32_t>(in.at(y * out.width + x, c / in.tensor.width, c % in.tensor.width));
  });
  values[turn.output] = std::move(result);
}

}  // namespace

void compute_layer(const IntegerNetwork& network, const Layer& layer, TensorValues& values) {
  std::visit([&](const auto& work) { compute(network, work, values); }, layer.work);
}

}  // namespace blendsim::differential
