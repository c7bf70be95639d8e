// SPDX-License-Identifier: Apache-2.0
// A sum of all channels (ReduceMean over channels: a 1x1 convolution whose weights are 1), scaled, in front of another
// convolution: that one reads all channels, with the same weights for each, and is scaled behind. XNOR-Net's K, the
// mean of |x| averaged over a window, is one sum then.
#include <algorithm>
#include <iterator>

#include "network/normalise/conv_weights.h"
#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

class Sums {
 public:
  explicit Sums(Graph& graph) : graph_(graph), producers_(graph) {}

  std::optional<std::vector<Node>> merged(const Node& conv) {
    if (conv.op != "Conv" || conv.inputs.size() != 2) return std::nullopt;
    std::vector<const Node*> scales;  // the last first
    const Node* sum = producers_.find(conv.inputs[0]);
    for (; sum != nullptr && is_scale(*sum); sum = producers_.find(sum->inputs[0])) scales.push_back(sum);
    if (sum == nullptr || !is_sum(*sum)) return std::nullopt;
    const auto weights = conv_weights(conv, graph_, producers_);
    if (!weights || weights->constant->shape[1] != 1) return std::nullopt;
    const std::int64_t channels = graph_.shapes.at(sum->inputs[0])[1];
    Node wide = conv;
    wide.inputs[0] = sum->inputs[0];
    add_origin(wide, *sum);
    std::vector<Node> made;
    std::string y = scales.empty() ? conv.outputs[0] : fresh(conv, "/sum");
    wide.outputs = {y};
    std::vector<Node> convolution =
        with_weights(std::move(wide), *weights, repeated(*weights->constant, channels), "/channels", graph_);
    std::move(convolution.begin(), convolution.end(), std::back_inserter(made));
    for (auto scale = scales.rbegin(); scale != scales.rend(); ++scale) {
      Node behind = **scale;
      behind.inputs[0] = y;
      y = std::next(scale) == scales.rend() ? conv.outputs[0] : fresh(conv, "/scaled");
      behind.outputs = {y};
      made.push_back(std::move(behind));
    }
    return made;
  }

 private:
  std::string fresh(const Node& conv, const char* suffix) {
    std::string name = operators::Rewriter(graph_).fresh_tensor(conv.outputs[0] + suffix);
    graph_.shapes[name] = graph_.shapes.at(conv.outputs[0]);
    return name;
  }

  // x times or by one number.
  [[nodiscard]] bool is_scale(const Node& node) const {
    if (node.op != "Mul" && node.op != "Div") return false;
    const Constant* c = graph_.constant(node.inputs[1]);
    return c != nullptr && element_count(c->shape) == 1;
  }

  [[nodiscard]] bool is_sum(const Node& node) const {
    if (node.op != "Conv" || node.inputs.size() != 2 || node.attribute_int("group", 1) != 1) return false;
    const Constant* weights = graph_.constant(node.inputs[1]);
    if (weights == nullptr || weights->shape[0] != 1 || weights->shape[2] != 1 || weights->shape[3] != 1) return false;
    const std::vector<float> values = weights->as_float();
    const std::vector<std::int64_t> one{1, 1}, none{0, 0, 0, 0};
    return std::all_of(values.begin(), values.end(), [](float v) { return v == 1; }) &&
           node.attribute_ints("strides", one) == one && node.attribute_ints("pads", none) == none;
  }

  // [outputs, 1, h, w] as [outputs, channels, h, w].
  static Constant repeated(const Constant& weights, std::int64_t channels) {
    const Shape& s = weights.shape;
    const std::int64_t taps = s[2] * s[3];
    const std::vector<float> from = weights.as_float();
    std::vector<float> to;
    for (std::int64_t o = 0; o < s[0]; ++o) {
      for (std::int64_t c = 0; c < channels; ++c)
        to.insert(to.end(), from.begin() + o * taps, from.begin() + (o + 1) * taps);
    }
    return {{s[0], channels, s[2], s[3]}, std::move(to), "float"};
  }

  Graph& graph_;
  Producers producers_;
};

}  // namespace

void merge_sums(Graph& graph) {
  Sums sums(graph);
  (void)replace_nodes(graph, [&](const Node& node) { return sums.merged(node); });
}

}  // namespace blendsim
