// SPDX-License-Identifier: Apache-2.0
#include "generator.h"

#include <algorithm>
#include <cmath>

#include "blocks.h"

namespace blendsim::differential {

Tensor draw(Draft& d, std::span<const Row> rows, const Tensor& x) {
  const Choices::Scope scope(d.choices);
  std::vector<const Row*> fitting;
  int weight = 0;
  for (const Row& row : rows) {
    if ((row.qonnx && !d.qonnx) || (row.fits != nullptr && !row.fits(d, x))) continue;
    fitting.push_back(&row);
    weight += row.weight;
  }
  if (fitting.empty()) return x;
  int at = d.pick(0, weight - 1);
  for (const Row* row : fitting) {
    if (at < row->weight) return row->write(d, x);
    at -= row->weight;
  }
  return x;
}

Tensor requantised(Draft& d, const Tensor& x, std::span<const Row> rows, int most_steps) {
  Tensor y = x;
  const int steps = most_steps == 0 ? 0 : d.pick(0, most_steps);
  for (int i = 0; i < steps; ++i) y = draw(d, rows, y);
  return draw(d, quantisers(), y);
}

namespace {

// Values around the quantisers' ties, ends and beyond.
FloatArray draw_input(Draft& d, const Shape& shape) {
  const int kind = d.pick(0, 2);
  return {shape, d.filled(element_count(shape), [&](int r) {
            if (kind == 0) return static_cast<float>(r % 257 - 128) / 64.0F;
            if (kind == 1) return static_cast<float>(r % 1025 - 512) / 256.0F;
            return static_cast<float>(r % 20001 - 10000) / 5000.0F;
          })};
}

// Host operators before the first quantiser.
Tensor prepared(Draft& d, Tensor x) {
  if (!x.flat() && d.chance(10)) {  // the file's input has its channels last
    x.shape = {1, x.height(), x.width(), x.channels()};
    d.model.input("x", x.shape);
    const Shape turned{1, x.shape[3], x.shape[1], x.shape[2]};
    x = renamed(x, d.node("Transpose", {x.name}, {attr("perm", {0, 3, 1, 2})}), turned);
  } else if (!x.flat() && d.chance(8)) {  // or is flat
    d.model.input("x", {1, x.size()});
    const Shape shape = x.shape;
    x = renamed(x, d.node("Reshape", {x.name, d.int64s({4}, shape)}), shape);
  } else {
    d.model.input("x", x.shape);
  }
  if (d.chance(15)) x = renamed(x, d.node("Mul", {x.name, d.scalar(0.5F)}), x.shape);
  if (d.chance(15)) x = renamed(x, d.node("Sub", {x.name, d.scalar(0.25F)}), x.shape);
  return x;
}

// One layer: something that sums, pools or joins, float operations, a quantiser. Codes may stay as they are.
Tensor block(Draft& d, const Tensor& x) {
  const Choices::Scope scope(d.choices);
  const int kind = d.pick(0, 23);
  Tensor y = x;
  if (kind >= 22) y = draw(d, moves(), x);
  else if (kind >= 20) y = draw(d, integer_blocks(), x);
  else if (kind < 9) y = draw(d, sums(), x);
  else if (kind < 13) y = draw(d, pools(), x);
  else if (kind < 16) y = draw(d, joins(), x);
  else if (kind < 18) y = draw(d, chain_steps(), draw(d, chain_steps(), x));  // float operations on codes, then a sum
  if (kind >= 16 && kind < 18 && d.chance(60)) {
    if (d.chance(50)) y = draw(d, pools(), y);
    y = draw(d, sums(), y);
  }
  if (y.codes && d.chance(60)) return y;
  return requantised(d, y, chain_steps(), 3);
}

void finish(Draft& d, Tensor x) {
  const int kind = d.pick(0, 9);
  if (kind >= 2) {
    x = draw(d, x.flat() || d.chance(60) ? dense_tails() : sums(), x);
  }
  const int steps = d.choices.one_of<int>({0, 0, 1, 2});
  for (int i = 0; i < steps; ++i) {
    const auto rows = host_tails();
    x = draw(d, i + 1 < steps ? rows.first(3) : rows, x);
  }
  for (const auto& output : d.model.graph().output()) {
    if (output.name() == x.name) return;
  }
  d.model.output(x.name);
}

}  // namespace

Case generate(Choices& choices) {
  const int opset = choices.one_of<int>({13, 17, 19, 21, 12});
  Draft d(choices, opset);
  d.model.opset_import("com.microsoft", 1);
  d.qonnx = d.chance(60) && opset >= 13;  // what their definitions are written in
  Tensor x;
  x.name = "x";
  const int channels = d.chance(20) ? d.pick(1, 40) : d.choices.one_of<int>({1, 3, 2, 4, 5, 8, 16});
  const int height = d.pick(1, 11), width = d.chance(60) ? height : d.pick(1, 11);
  x.shape = d.chance(12) ? Shape{1, channels} : Shape{1, channels, height, width};
  x.spread = 1;
  x.bound = 2;
  x.unit = 1.0 / 4096;
  Case out;
  out.platform = d.pick(0, platform_count - 1);
  out.input = draw_input(d, x.shape);
  Tensor y = draw(d, quantisers(), prepared(d, x));
  out.input.shape.clear();
  for (const auto& dim : d.model.graph().input(0).type().tensor_type().shape().dim())
    out.input.shape.push_back(dim.dim_value());
  for (int blocks = 0; blocks < 5 && d.chance(blocks == 0 ? 95 : 65); ++blocks) {
    const std::string before = y.name;
    y = block(d, y);
    if (y.name != before && d.chance(2)) d.model.output(y.name);  // one output more
  }
  finish(d, y);
  out.model = d.model.bytes();
  mark_integers(d.model.model(), d.traits);
  out.traits = d.traits;
  return out;
}

}  // namespace blendsim::differential
