// SPDX-License-Identifier: Apache-2.0
// Strides beyond an instruction's (patches of 8x8 and 16x16 pixels): the map's pixels in blocks of B x B become
// channels, C * B * B of them, and a convolution with a B-th of the stride over blocks is the same one.
//
// Tap k of a window that begins at pixel y * stride - pad is pixel (k + d) mod B of block (k + d) div B of a window of
// blocks with a padding of ceil(pad / B), where d = B * ceil(pad / B) - pad. Weights of pixels that belong to no tap
// are 0. Of the network's input the host makes the blocks, else a convolution whose weights are 0 and one 1.
#include <algorithm>
#include <numeric>

#include "network/normalise/conv_weights.h"
#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

constexpr std::int64_t largest_stride = 7;  // units/mac_array/instruction.h, units/xnor_array/instruction.h: 3 bits

// One axis of a convolution, before and in blocks of `block` pixels.
struct Axis {
  std::int64_t size = 0, outputs = 0;
  std::int64_t kernel = 1, stride = 1, begin = 0;
  std::int64_t block = 1, blocks = 0, taps = 1, pad = 0, skipped = 0, pad_end = 0;
};

std::int64_t ceil_divided(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Absent: no block leaves a stride that an instruction has.
std::optional<Axis> in_blocks(Axis a, bool by_host) {
  if (a.stride > largest_stride || by_host) {
    a.block = 0;
    for (std::int64_t b = 1; b <= (by_host ? a.stride : largest_stride); ++b) {
      if (a.stride % b == 0 && a.stride / b <= largest_stride) a.block = b;
    }
    if (a.block == 0) return std::nullopt;
  }
  a.blocks = ceil_divided(a.size, a.block);
  a.pad = ceil_divided(a.begin, a.block);
  a.skipped = a.pad * a.block - a.begin;
  a.taps = ceil_divided(a.kernel + a.skipped, a.block);
  const std::int64_t stride = a.stride / a.block, needed = (a.outputs - 1) * stride + a.taps - a.blocks - a.pad;
  a.taps += std::max<std::int64_t>(0, 1 - stride - needed);  // so that what no window reached is no window more
  a.pad_end = std::max<std::int64_t>(0, needed);
  return a;
}

class Strides {
 public:
  explicit Strides(Graph& graph) : graph_(graph), producers_(graph), index_(producers_of(graph)) {}

  std::optional<std::vector<Node>> split(const Node& conv) {
    if (conv.op != "Conv") return std::nullopt;
    const auto kernel = conv.attribute_ints("kernel_shape", {1, 1}), strides = conv.attribute_ints("strides", {1, 1}),
               pads = conv.attribute_ints("pads", {0, 0, 0, 0}), dilations = conv.attribute_ints("dilations", {1, 1});
    if (strides.size() != 2 || std::max(strides[0], strides[1]) <= largest_stride) return std::nullopt;
    if (dilations != std::vector<std::int64_t>{1, 1}) return std::nullopt;
    const Shape &x = graph_.shapes.at(conv.inputs[0]), &y = graph_.shapes.at(conv.outputs[0]);
    const Axis rows{x[2], y[2], kernel[0], strides[0], pads[0]}, columns{x[3], y[3], kernel[1], strides[1], pads[1]};
    const bool by_host = x[2] % strides[0] == 0 && x[3] % strides[1] == 0 && is_input(conv.inputs[0]);
    const auto h = in_blocks(rows, by_host), w = in_blocks(columns, by_host);
    const auto weights = conv_weights(conv, graph_, producers_);
    if (!h || !w || !weights || !leaves_signs(*h, *w, *weights)) return std::nullopt;
    const std::int64_t channels = x[1] * h->block * w->block;
    if (channels * h->taps * w->taps > operators::largest_move / std::max<std::int64_t>(1, weights->constant->shape[0]))
      return std::nullopt;
    operators::Rewriter out(graph_);
    Node over_blocks = conv;
    over_blocks.inputs[0] = by_host ? turned(conv, *h, *w, out) : moved(conv, *h, *w, out);
    over_blocks.attributes["kernel_shape"] = std::vector<std::int64_t>{h->taps, w->taps};
    over_blocks.attributes["strides"] = std::vector<std::int64_t>{h->stride / h->block, w->stride / w->block};
    over_blocks.attributes["pads"] = std::vector<std::int64_t>{h->pad, w->pad, h->pad_end, w->pad_end};
    std::vector<Node> made = std::move(out.nodes);
    for (Node& node :
         with_weights(std::move(over_blocks), *weights, weights_of(*weights->constant, *h, *w), "/blocks", graph_))
      made.push_back(std::move(node));
    return made;
  }

 private:
  // Whether the host can still rearrange it: the network's input, quantised, which nothing else reads.
  [[nodiscard]] bool is_input(const std::string& tensor) const {
    const std::string* at = &tensor;
    int quantisers = 0;  // what a second one makes is no input any more
    for (auto found = index_.find(*at); found != index_.end(); found = index_.find(*at)) {
      const Node& node = graph_.nodes[found->second];
      quantisers += is_one_of(node.op, {"Quant", "Bipolar", "Sign", "MultiThreshold", "Trunc"}) ? 1 : 0;
      if (!is_elementwise(node, graph_) || readers(*at) != 1 || quantisers > 1) return false;
      at = &node.inputs[data_operand(node, graph_)];
    }
    return graph_.constant(*at) == nullptr && readers(*at) == 1;
  }
  [[nodiscard]] std::ptrdiff_t readers(const std::string& tensor) const {
    std::ptrdiff_t count = std::count(graph_.outputs.begin(), graph_.outputs.end(), tensor);
    for (const Node& node : graph_.nodes) count += std::count(node.inputs.begin(), node.inputs.end(), tensor);
    return count;
  }

  // Weights of +1 and -1 have no 0 for a pixel of no tap.
  static bool leaves_signs(const Axis& h, const Axis& w, const ConvWeights& weights) {
    if (h.taps * h.block == h.kernel && w.taps * w.block == w.kernel) return true;
    if (weights.quantiser != nullptr) return weights.quantiser->op == "Quant";
    const std::vector<float> values = weights.constant->as_float();
    return !std::all_of(values.begin(), values.end(), [](float v) { return v == 1 || v == -1; });
  }

  // Channel (c * block_h + row) * block_w + column of a block is channel c of its pixel there: groups stay together.
  static Constant weights_of(const Constant& weights, const Axis& h, const Axis& w) {
    const Shape& s = weights.shape;
    const std::int64_t inside = h.block * w.block, taps = h.taps * w.taps;
    const std::vector<float> from = weights.as_float();
    std::vector<float> to(static_cast<std::size_t>(s[0] * s[1] * inside * taps), 0.0F);
    for (std::int64_t oc = 0; oc < s[0] * s[1]; ++oc) {
      for (std::int64_t ky = 0; ky < s[2]; ++ky) {
        for (std::int64_t kx = 0; kx < s[3]; ++kx) {
          const std::int64_t row = ky + h.skipped, column = kx + w.skipped;
          const std::int64_t pixel = row % h.block * w.block + column % w.block;
          const std::int64_t tap = row / h.block * w.taps + column / w.block;
          to[static_cast<std::size_t>((oc * inside + pixel) * taps + tap)] =
              from[static_cast<std::size_t>((oc * s[2] + ky) * s[3] + kx)];
        }
      }
    }
    return {{s[0], s[1] * inside, h.taps, w.taps}, std::move(to), "float"};
  }

  // By the host: Reshape, Transpose, Reshape.
  std::string turned(const Node& conv, const Axis& h, const Axis& w, operators::Rewriter& out) {
    const std::int64_t c = graph_.shapes.at(conv.inputs[0])[1];
    const std::string split = operators::emit_move(conv, "Reshape", conv.inputs[0],
                                                   {1, c, h.blocks, h.block, w.blocks, w.block}, "/split", "", out);
    const std::string turned = operators::emit_move(conv, "Transpose", split, {0, 1, 3, 5, 2, 4}, "/turned", "", out);
    return operators::emit_move(conv, "Reshape", turned, {1, c * h.block * w.block, h.blocks, w.blocks}, "/blocks", "",
                                out);
  }

  // On the machine: each channel's pixels of a block by themselves.
  std::string moved(const Node& conv, const Axis& h, const Axis& w, operators::Rewriter& out) {
    const std::int64_t c = graph_.shapes.at(conv.inputs[0])[1], inside = h.block * w.block;
    std::vector<float> ones(static_cast<std::size_t>(c * inside * inside), 0.0F);
    for (std::int64_t i = 0; i < c * inside; ++i) ones[static_cast<std::size_t>(i * inside + i % inside)] = 1;
    Node move = operators::canonical_copy(conv, "Conv", 0);
    move.name += "/blocks";
    move.attributes = {
        {"kernel_shape", std::vector<std::int64_t>{h.block, w.block}},
        {"strides", std::vector<std::int64_t>{h.block, w.block}},
        {"dilations", std::vector<std::int64_t>{1, 1}},
        {"pads", std::vector<std::int64_t>{0, 0, h.blocks * h.block - h.size, w.blocks * w.block - w.size}},
        {"group", c}};
    move.inputs = {conv.inputs[0], out.add_constant(conv.outputs[0] + "/moves",
                                                    {{c * inside, 1, h.block, w.block}, std::move(ones), "float"})};
    move.outputs = {out.fresh_tensor(conv.outputs[0] + "/blocks")};
    std::string y = move.outputs[0];
    out.emit(std::move(move));
    return y;
  }

  Graph& graph_;
  Producers producers_;
  ProducerIndex index_;
};

}  // namespace

void split_strides(Graph& graph) {
  Strides strides(graph);
  (void)replace_nodes(graph, [&](const Node& node) { return strides.split(node); });
}

}  // namespace blendsim
