// SPDX-License-Identifier: Apache-2.0
// Convolutions whose weights are 0 and one 1 an output channel: Slice, Split, Gather, Pad, SpaceToDepth, a channel
// shuffle (operators/moves.cpp). In front of another convolution such a one is absorbed: padding becomes that one's
// padding; channels, and the taps of blocks, become places in its weights.
#include <algorithm>
#include <numeric>

#include "network/normalise/conv_weights.h"
#include "network/normalise/passes.h"
#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

constexpr std::int64_t largest_kernel = 16, largest_stride = 7;  // of a convolution that absorbs blocks

// Where each output channel of a moving convolution comes from.
struct Move {
  std::vector<std::int64_t> sources, rows, columns;  // -1: zeros
  std::int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, channels = 0;
  std::vector<std::int64_t> pads;
  bool keeps_channels = true;  // each comes from that of its own number
};

std::optional<Move> move_of(const Node* node, const Graph& graph) {
  if (node == nullptr || node->op != "Conv" || node->inputs.size() != 2) return std::nullopt;
  const Constant* weights = graph.constant(node->inputs[1]);
  if (weights == nullptr || node->attribute_ints("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1})
    return std::nullopt;
  const std::vector<float> w = weights->as_float();
  const std::int64_t outputs = weights->shape[0], inputs = weights->shape[1],
                     taps = weights->shape[2] * weights->shape[3];
  const std::int64_t groups = node->attribute_int("group", 1);
  Move move;
  move.kernel_h = weights->shape[2];
  move.kernel_w = weights->shape[3];
  const auto strides = node->attribute_ints("strides", {1, 1});
  move.stride_h = strides[0];
  move.stride_w = strides[1];
  move.pads = node->attribute_ints("pads", {0, 0, 0, 0});
  move.channels = inputs * groups;
  for (std::int64_t o = 0; o < outputs; ++o) {
    std::int64_t found = -1;
    for (std::int64_t k = 0; k < inputs * taps; ++k) {
      const float v = w[static_cast<std::size_t>(o * inputs * taps + k)];
      if (v == 0) continue;
      if (v != 1 || found >= 0) return std::nullopt;
      found = k;
    }
    const std::int64_t first = o / (outputs / groups) * inputs;
    move.sources.push_back(found < 0 ? -1 : first + found / taps);
    move.rows.push_back(found < 0 ? 0 : found % taps / move.kernel_w);
    move.columns.push_back(found < 0 ? 0 : found % move.kernel_w);
    move.keeps_channels = move.keeps_channels && move.sources.back() == o;
  }
  move.keeps_channels = move.keeps_channels && outputs == move.channels;
  return move;
}

bool is_one_pixel(const Move& m) { return m.kernel_h == 1 && m.kernel_w == 1 && m.stride_h == 1 && m.stride_w == 1; }
bool is_padded(const Move& m) {
  return std::any_of(m.pads.begin(), m.pads.end(), [](auto p) { return p != 0; });
}

// The convolution's weights on what the move reads.
Constant composed(const Constant& weights, const Move& m) {
  const Shape& w = weights.shape;
  const std::int64_t h = (w[2] - 1) * m.stride_h + m.kernel_h, wide = (w[3] - 1) * m.stride_w + m.kernel_w;
  const std::vector<float> from = weights.as_float();
  std::vector<float> to(static_cast<std::size_t>(w[0] * m.channels * h * wide), 0.0F);
  for (std::int64_t o = 0; o < w[0]; ++o) {
    for (std::int64_t i = 0; i < w[1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (m.sources[at] < 0) continue;
      for (std::int64_t y = 0; y < w[2]; ++y) {
        for (std::int64_t x = 0; x < w[3]; ++x) {
          const std::int64_t row = y * m.stride_h + m.rows[at], column = x * m.stride_w + m.columns[at];
          to[static_cast<std::size_t>(((o * m.channels + m.sources[at]) * h + row) * wide + column)] +=
              from[static_cast<std::size_t>(((o * w[1] + i) * w[2] + y) * w[3] + x)];
        }
      }
    }
  }
  return {{w[0], m.channels, h, wide}, std::move(to), "float"};
}

// Channels that come twice would add their weights, which need not be codes then; and signs have no 0.
bool is_composable(const Move& m, const ConvWeights& w) {
  std::vector<std::int64_t> seen;
  for (std::size_t i = 0; i < m.sources.size(); ++i) {
    if (m.sources[i] < 0) continue;
    seen.push_back((m.sources[i] * m.kernel_h + m.rows[i]) * m.kernel_w + m.columns[i]);
  }
  std::sort(seen.begin(), seen.end());
  if (std::adjacent_find(seen.begin(), seen.end()) != seen.end()) return false;
  const bool full = static_cast<std::int64_t>(seen.size()) == m.channels * m.kernel_h * m.kernel_w;
  if (full) return true;
  if (w.quantiser != nullptr) return w.quantiser->op == "Quant";
  const std::vector<float> values = w.constant->as_float();  // +-1 without a quantiser stay binary
  return !std::all_of(values.begin(), values.end(), [](float v) { return v == 1 || v == -1; });
}

class Absorber {
 public:
  explicit Absorber(Graph& graph) : graph_(graph), producers_(graph) {}

  // The convolution with the move in front of it absorbed, and its weights' quantiser if that is new.
  std::optional<std::vector<Node>> absorb(const Node& conv) {
    if (conv.op != "Conv") return std::nullopt;
    const Node* before = producers_.find(conv.inputs[0]);
    const auto move = move_of(before, graph_);
    if (!move) return std::nullopt;
    Node out = conv;
    out.inputs[0] = before->inputs[0];
    add_origin(out, *before);
    auto pads = conv.attribute_ints("pads", {0, 0, 0, 0});
    if (is_one_pixel(*move) && move->keeps_channels) {
      for (std::size_t d = 0; d < pads.size(); ++d) pads[d] += move->pads[d];
      out.attributes["pads"] = pads;
      return std::vector<Node>{std::move(out)};
    }
    if (is_padded(*move) || conv.attribute_int("group", 1) != 1) return std::nullopt;
    if (!is_one_pixel(*move) && !absorbs_blocks(conv, *move, graph_.shapes.at(before->inputs[0]))) return std::nullopt;
    const auto weights = conv_weights(conv, graph_, producers_);
    if (!weights || !is_composable(*move, *weights)) return std::nullopt;
    const Shape& w = weights->constant->shape;
    if (w[0] * w[2] * w[3] > operators::largest_move / (move->channels * move->kernel_h * move->kernel_w))
      return std::nullopt;
    return composition(std::move(out), *move, *weights, pads);
  }

 private:
  // Blocks that cover the map, so that what lies outside their map lies outside the map itself.
  static bool absorbs_blocks(const Node& conv, const Move& m, const Shape& x) {
    const auto strides = conv.attribute_ints("strides", {1, 1}), kernel = conv.attribute_ints("kernel_shape", {1, 1});
    return m.kernel_h == m.stride_h && m.kernel_w == m.stride_w && x[2] % m.stride_h == 0 && x[3] % m.stride_w == 0 &&
           conv.attribute_ints("dilations", {1, 1}) == std::vector<std::int64_t>{1, 1} &&
           strides[0] * m.stride_h <= largest_stride && strides[1] * m.stride_w <= largest_stride &&
           kernel[0] * m.kernel_h <= largest_kernel && kernel[1] * m.kernel_w <= largest_kernel;
  }

  std::vector<Node> composition(Node out, const Move& m, const ConvWeights& w, std::vector<std::int64_t> pads) {
    const Constant weights = composed(*w.constant, m);
    auto strides = out.attribute_ints("strides", {1, 1});
    out.attributes["kernel_shape"] = std::vector<std::int64_t>{weights.shape[2], weights.shape[3]};
    out.attributes["strides"] = std::vector<std::int64_t>{strides[0] * m.stride_h, strides[1] * m.stride_w};
    for (std::size_t d = 0; d < pads.size(); ++d) pads[d] *= d % 2 == 0 ? m.stride_h : m.stride_w;
    out.attributes["pads"] = pads;
    return with_weights(std::move(out), w, weights, "/moved", graph_);
  }

  Graph& graph_;
  Producers producers_;
};

// Reshape(Transpose(Reshape(x))) that changes the order of the channels of [1, C, ...] and nothing else.
std::optional<std::vector<std::int64_t>> channel_order(const Shape& x, const Node& split, const Node& turn,
                                                       const Node& join, const Graph& graph) {
  const Shape &middle = graph.shapes.at(split.outputs[0]), &result = graph.shapes.at(join.outputs[0]);
  const std::int64_t count = element_count(x);
  if (result != x || x.size() < 3 || x[0] != 1 || count > (1 << 22) || count % x[1] != 0) return std::nullopt;
  FloatArray places{middle, std::vector<float>(static_cast<std::size_t>(count))};
  std::iota(places.values.begin(), places.values.end(), 0.0F);
  const FloatArray moved = transposed(places, turn.attribute_ints("perm", {}));
  const std::int64_t pixels = count / x[1];
  std::vector<std::int64_t> order;
  for (std::int64_t c = 0; c < x[1]; ++c) {
    const auto first = static_cast<std::int64_t>(moved.values[static_cast<std::size_t>(c * pixels)]);
    if (first % pixels != 0) return std::nullopt;
    for (std::int64_t p = 0; p < pixels; ++p) {
      if (static_cast<std::int64_t>(moved.values[static_cast<std::size_t>(c * pixels + p)]) != first + p)
        return std::nullopt;
    }
    order.push_back(first / pixels);
  }
  return order;
}

}  // namespace

void fuse_channel_shuffles(Graph& graph, Diagnostics& diagnostics) {
  const Producers producers(graph);
  std::vector<Node> nodes;
  for (const Node& node : graph.nodes) {
    const Node* turn = node.op == "Reshape" ? producers.find(node.inputs[0], "Transpose") : nullptr;
    const Node* split = turn != nullptr ? producers.find(turn->inputs[0], "Reshape") : nullptr;
    const auto order =
        split == nullptr || graph.constant(split->inputs[0]) != nullptr || producers.find(split->inputs[0]) == nullptr
            ? std::nullopt
            : channel_order(graph.shapes.at(split->inputs[0]), *split, *turn, node, graph);
    if (!order) {
      nodes.push_back(node);
      continue;
    }
    operators::Rewriter out(graph);
    try {
      operators::emit_channels(node, split->inputs[0], *order, node.outputs[0], out);
    } catch (const operators::Refusal& refusal) {
      report(diagnostics, graph, node, refusal);
    }
    for (Node& made : out.nodes) {
      add_origin(made, *turn);
      add_origin(made, *split);
      nodes.push_back(std::move(made));
    }
  }
  graph.nodes = std::move(nodes);
}

void absorb_moves(Graph& graph) {
  for (bool changed = true; changed;) {
    Absorber absorber(graph);
    changed = replace_nodes(graph, [&](const Node& node) { return absorber.absorb(node); });
  }
}

}  // namespace blendsim
