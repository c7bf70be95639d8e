// SPDX-License-Identifier: Apache-2.0
#include "network/normalise/conv_weights.h"

#include <algorithm>
#include <utility>

namespace blendsim {

std::optional<ConvWeights> conv_weights(const Node& conv, const Graph& graph, const Producers& producers) {
  ConvWeights w{graph.constant(conv.inputs[1]), nullptr};
  if (w.constant != nullptr) return w;
  w.quantiser = producers.find(conv.inputs[1]);
  if (w.quantiser == nullptr || w.quantiser->inputs.empty()) return std::nullopt;
  w.constant = graph.constant(w.quantiser->inputs[0]);
  if (w.constant == nullptr || (w.quantiser->op != "Quant" && w.quantiser->op != "Bipolar")) return std::nullopt;
  const auto scale = w.quantiser->attributes.find("scale");
  const auto* c = scale == w.quantiser->attributes.end() ? nullptr : std::get_if<Constant>(&scale->second);
  const bool along_outputs = c != nullptr &&
                             (element_count(c->shape) == 1 || c->shape.size() == w.constant->shape.size()) &&
                             (c->shape.empty() || element_count(c->shape) == std::max<std::int64_t>(1, c->shape[0]));
  if (!along_outputs) return std::nullopt;
  return w;
}

std::vector<Node> with_weights(Node conv, const ConvWeights& w, Constant weights, const std::string& suffix,
                               Graph& graph) {
  operators::Rewriter rewriter(graph);
  std::vector<Node> made;
  const Shape shape = weights.shape;
  const std::string constant = rewriter.add_constant(conv.inputs[1] + suffix, std::move(weights));
  conv.inputs[1] = constant;
  if (w.quantiser != nullptr) {
    Node quantiser = *w.quantiser;
    quantiser.name += suffix;
    quantiser.inputs[0] = constant;
    quantiser.outputs = {rewriter.fresh_tensor(quantiser.outputs[0] + suffix)};
    graph.shapes[quantiser.outputs[0]] = shape;
    conv.inputs[1] = quantiser.outputs[0];
    made.push_back(std::move(quantiser));
  }
  made.push_back(std::move(conv));
  return made;
}

}  // namespace blendsim
