// SPDX-License-Identifier: Apache-2.0
// AveragePool: an integer sum; the division joins the next formula.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "network/lowering/lowerer.h"
#include "network/lowering/window.h"

namespace blendsim::lowering {

namespace {

// How many taps the windows of an average have inside the map.
struct TapCounts {
  std::int64_t common = 1;  // least common multiple of the counts; beyond INT32_MAX the first multiple found there
  bool full = true;         // every window has all its taps inside
};

TapCounts tap_counts(const Window& w, const Map& in, const Shape& out) {
  TapCounts counts;
  for (int y = 0; y < static_cast<int>(out.at(2)); ++y) {
    const int rows = taps_inside(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, y);
    for (int x = 0; x < static_cast<int>(out.at(3)); ++x) {
      const int columns = taps_inside(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, x);
      counts.full = counts.full && rows == w.kernel_h && columns == w.kernel_w;
      counts.common = std::lcm(counts.common, std::int64_t{rows} * columns);
      if (counts.common > INT32_MAX) return counts;
    }
  }
  return counts;
}

bool is_padded(const Window& w) { return w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0; }

bool is_affine(const Value& x) {
  for (std::size_t c = 0; c < x.map->domain.channels(); ++c) {
    const auto f = chain_linear(x.chain, c);
    if (!f || !std::isinf(f->lo) || !std::isinf(f->hi)) return false;
  }
  return true;
}

// What a sum's integers mean: the mean of x's chain.
Chain mean_chain(const Value& x, const std::optional<PerChannel>& scale, std::int64_t divisor,
                 const std::string& node) {
  Chain chain;
  const auto divide = [&] {
    if (divisor != 1) chain.push_back(make_step(Step::Kind::divide, {{static_cast<float>(divisor)}}, node));
  };
  if (scale) {
    if (!scale->all(1.0F)) chain.push_back(make_step(Step::Kind::multiply, *scale, node));
    divide();
    return chain;
  }
  divide();
  if (x.map->zero_point != 0) {  // the sum has lost it, the chain takes it off again
    chain.push_back(make_step(Step::Kind::add, {{static_cast<float>(x.map->zero_point)}}, node));
  }
  for (const Step& step : x.chain) {
    chain.push_back(step);
    chain.back().origin.clear();
  }
  return chain;
}

}  // namespace

Value Lowerer::average_input(const Node& node, bool padding_counts) {
  Value x = value_of(node.inputs[0]);
  if (x.pool) x = resolve_pool(std::move(x));
  const bool commutes = pure_scale(x) || (!padding_counts && is_affine(x));  // an affine map commutes with the mean
  if (!commutes) {
    auto grid = integer_grid(x, node.name);
    if (!grid) grid = code_grid(x, node.name);
    x = grid ? quantise(std::move(x), *grid) : on_grid(x, node, grid_exponent({x}, node));
  }
  if (!x.map->is_plain()) {
    x.map =
        copy_map(x, std::vector<std::int32_t>(static_cast<std::size_t>(x.map->channels), 1), x.map->name + ":stored");
  }
  constexpr int lowest_zero = -256, highest_zero = 255;  // what a pooling instruction takes off
  if (x.map->zero_point < lowest_zero || x.map->zero_point > highest_zero) x = rebased(std::move(x), 0);
  builder_.write(x.map);
  return x;
}

void Lowerer::average_pool(const Node& node) {
  const Shape& shape = shape_of(node.outputs[0]);
  Pooling work;
  work.kind = Pooling::Kind::sum;
  require_pool_input(value_of(node.inputs[0]), node, graph_.file);
  work.window = pool_window(node, value_of(node.inputs[0]));
  const Window& w = work.window;
  const bool padded = is_padded(w);
  const bool include_padding = node.attribute_int("count_include_pad", 0) != 0;
  const Value x = average_input(node, padded && include_padding);
  const auto scale = pure_scale(x);
  const Map& from = *x.map;
  require_taps(node, w, from);
  std::int64_t divisor = std::int64_t{w.kernel_h} * w.kernel_w;
  const TapCounts counts = tap_counts(w, from, shape);
  if (!include_padding && !counts.full) {  // cut windows divide by what they hold
    if (counts.common > INT32_MAX) {
      refuse("number-width", node.name, "its windows' counts have no common multiple of 32 bits");
    }
    work.common_divisor = static_cast<int>(counts.common);
    divisor = counts.common;
  }
  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  map->channels = from.channels;
  map->height = static_cast<int>(shape.at(2));
  map->width = static_cast<int>(shape.at(3));
  map->format = Format::signed_bits(32);
  map->accumulator = true;
  if (scale && scale->is_scalar()) map->file_scale = scale->at(0) / static_cast<float>(divisor);
  const bool partial = !counts.full && include_padding;  // taps outside add 0
  for (std::size_t c = 0; c < from.domain.channels(); ++c) {
    const std::int64_t lo = (from.domain.lo[c] - from.zero_point) * divisor,
                       hi = (from.domain.hi[c] - from.zero_point) * divisor;
    map->domain.lo.push_back(partial ? std::min<std::int64_t>(lo, 0) : lo);
    map->domain.hi.push_back(partial ? std::max<std::int64_t>(hi, 0) : hi);
  }
  if (!map->format.contains(map->domain.lowest()) || !map->format.contains(map->domain.highest())) {
    refuse("number-width", node.name, "its sums need more than 32 bits");
  }
  work.input = from.tensor;
  work.output = builder_.add_tensor(*map);
  std::vector<std::string> nodes = chain_nodes(x);
  append(nodes, origin_of(node));
  builder_.add_layer(node.name, "AveragePool", nodes, work);
  Value y;
  y.state = Value::State::integer;
  y.map = std::move(map);
  y.chain = mean_chain(x, scale, divisor, node.name);
  define(node.outputs[0], std::move(y));
}

}  // namespace blendsim::lowering
