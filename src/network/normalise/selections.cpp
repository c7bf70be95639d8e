// SPDX-License-Identifier: Apache-2.0
// Binary quantisers written with comparisons:
//   Where(x >= 0, s, -s), GreaterOrEqual -> Cast -> Mul 2 -> Sub 1      -> Bipolar
//   Where(x >= t, A, B) with values a channel                          -> the same, then Mul [and Add]
//   any other threshold, strict comparison or pair of values            -> MultiThreshold with one level
// A strict comparison is exact too: x > t in float32 is x >= the next float after t.
// The straight-through estimator's residue (sign - clip) + clip stands for the sign; in float it is not exactly +-1.
// (Round(x) - x) + x is Round(x).
#include <algorithm>
#include <cmath>
#include <limits>

#include "network/normalise/passes.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

using operators::Context;

std::optional<float> uniform(const Graph& graph, const std::string& tensor) {
  const Constant* c = graph.constant(tensor);
  if (c == nullptr) return std::nullopt;
  const std::vector<float> values = c->as_float();
  if (values.empty() || std::any_of(values.begin(), values.end(), [&](float v) { return v != values[0]; }))
    return std::nullopt;
  return values[0];
}

// Nodes that one quantiser may be written with: a walk to its comparison ends there, whatever a file chains.
constexpr int longest_selection = 64;

// A comparison of a computed tensor with a constant as x >= T, or its opposite (yes and no swapped).
std::optional<Selection> match_comparison(const std::string& tensor, const Graph& graph, const Producers& producers,
                                          int rest) {
  const Node* node = producers.find(tensor);
  if (rest == 0 || node == nullptr || operators::find_operator(*node) == nullptr) return std::nullopt;
  if (node->op == "Not" && node->inputs.size() == 1) {
    auto inner = match_comparison(node->inputs[0], graph, producers, rest - 1);
    if (inner) std::swap(inner->yes, inner->no);
    if (inner) inner->origin.insert(inner->origin.end(), node->origin.begin(), node->origin.end());
    return inner;
  }
  const bool greater = node->op == "Greater" || node->op == "GreaterOrEqual";
  const bool less = node->op == "Less" || node->op == "LessOrEqual";
  if ((!greater && !less) || node->inputs.size() != 2) return std::nullopt;
  const bool or_equal = node->op.ends_with("OrEqual");
  const std::size_t other = graph.constant(node->inputs[1]) != nullptr ? 1 : 0;
  const Constant* bound = graph.constant(node->inputs[other]);
  if (bound == nullptr || graph.constant(node->inputs[1 - other]) != nullptr) return std::nullopt;
  Selection selection;
  selection.x = node->inputs[1 - other];
  selection.origin = node->origin;
  std::vector<float> thresholds = bound->as_float();
  // With the constant on the left, t >= x is x <= t.
  const bool above = greater == (other == 1);
  // x >= t and x < t split at t; x > t and x <= t split behind it.
  const bool behind = above != or_equal;
  for (float& t : thresholds) {
    if (std::isnan(t)) throw operators::Refusal{"bad-constant", "a value is compared with NaN"};
    if (behind) t = std::nextafter(t, std::numeric_limits<float>::infinity());
  }
  selection.threshold = {bound->shape, std::move(thresholds), "float"};
  if (!above) std::swap(selection.yes, selection.no);
  return selection;
}

bool is_symmetric(const Selection& s) { return s.yes == -s.no; }

// The value of an arithmetic node for one of the two operand values.
std::optional<float> applied(const std::string& op, bool constant_first, float value, float constant) {
  const float a = constant_first ? constant : value, b = constant_first ? value : constant;
  if (op == "Mul") return a * b;
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Div" && !constant_first) return a / b;
  return std::nullopt;
}

// thresholds as [C or 1, 1] of a tensor with channels in dimension 1, when the constant varies along channels only.
std::optional<Constant> channel_thresholds(const Constant& threshold, const Shape& x) {
  std::vector<float> values = threshold.as_float();
  if (x.size() < 2) return std::nullopt;
  if (values.size() == 1) return Constant{{1, 1}, values, "float"};
  Shape wide(x.size() - std::min(x.size(), threshold.shape.size()), 1);
  wide.insert(wide.end(), threshold.shape.begin(), threshold.shape.end());
  if (wide.size() != x.size() || wide[1] != x[1] || static_cast<std::int64_t>(values.size()) != x[1])
    return std::nullopt;
  return Constant{{x[1], 1}, values, "float"};
}

Node quantiser_of(const Selection& s, const Node& node, const Graph& graph) {
  Node fused = operators::canonical_copy(node, "Bipolar", 1);
  fused.inputs = {s.x};
  for (const std::string& name : s.origin) {
    if (std::find(fused.origin.begin(), fused.origin.end(), name) == fused.origin.end()) fused.origin.push_back(name);
  }
  const std::vector<float> thresholds = s.threshold.as_float();
  const bool at_zero = std::all_of(thresholds.begin(), thresholds.end(), [](float t) { return t == 0; });
  if (at_zero && is_symmetric(s) && s.yes > 0) {
    fused.attributes["scale"] = operators::scalar(s.yes);
    return fused;
  }
  const auto rows = channel_thresholds(s.threshold, Context(graph).shape(s.x));
  if (!rows)
    throw operators::Refusal{"unsupported-operator",
                             "a comparison whose threshold varies within a channel is not supported"};
  const float scale = s.yes - s.no;
  if (!std::isfinite(scale) || scale == 0 || scale + s.no != s.yes) {
    throw operators::Refusal{"not-lowerable", "the two values of the selection have no exact difference in float32"};
  }
  fused.op = "MultiThreshold";
  fused.attributes["thresholds"] = *rows;
  fused.attributes["out_scale"] = scale;
  fused.attributes["out_bias"] = s.no;
  return fused;
}

bool is_quantised(const std::string& tensor, const Graph& graph, const Producers& producers) {
  const Node* node = producers.find(tensor);
  if (node == nullptr) return false;
  if (node->op == "Round" || node->op == "Floor" || node->op == "Ceil") return true;
  if (node->op == "Sign" || node->op == "BipolarQuant" || node->op == "Bipolar") return true;
  return match_selection(*node, graph, producers).has_value();
}

std::optional<Selection> match(const Node& node, const Graph& graph, const Producers& producers, int rest) {
  if (rest == 0 || operators::find_operator(node) == nullptr) return std::nullopt;
  if (node.op == "Where" && node.inputs.size() == 3) {
    auto selection = match_comparison(node.inputs[0], graph, producers, rest - 1);
    const auto yes = uniform(graph, node.inputs[1]), no = uniform(graph, node.inputs[2]);
    if (!selection || !yes || !no) return std::nullopt;
    const float values[] = {*no, *yes};
    selection->yes = values[selection->yes != 0];
    selection->no = values[selection->no != 0];
    return selection;
  }
  if (node.op == "Cast" && node.inputs.size() == 1) {
    constexpr std::int64_t types[] = {1, 3, 5, 6, 7};  // float, int8, int16, int32, int64
    if (std::find(std::begin(types), std::end(types), node.attribute_int("to", 0)) == std::end(types))
      return std::nullopt;
    if (auto selection = match_comparison(node.inputs[0], graph, producers, rest - 1)) return selection;
    const Node* inner = producers.find(node.inputs[0]);
    auto selection =
        inner == nullptr || inner->op == "Where" ? std::nullopt : match(*inner, graph, producers, rest - 1);
    if (selection &&
        (selection->yes != std::nearbyint(selection->yes) || selection->no != std::nearbyint(selection->no)))
      return std::nullopt;
    return selection;
  }
  if (node.inputs.size() != 2) return std::nullopt;
  // Arithmetic behind a Cast, until the values are symmetric.
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const auto constant = uniform(graph, node.inputs[1 - side]);
    const Node* inner = producers.find(node.inputs[side]);
    if (!constant || inner == nullptr || inner->op == "Where") continue;
    auto selection = match(*inner, graph, producers, rest - 1);
    if (!selection || is_symmetric(*selection)) continue;
    const auto yes = applied(node.op, side == 1, selection->yes, *constant);
    const auto no = applied(node.op, side == 1, selection->no, *constant);
    if (!yes || !no || *yes == *no) continue;
    selection->yes = *yes;
    selection->no = *no;
    selection->origin.insert(selection->origin.end(), inner->origin.begin(), inner->origin.end());
    return selection;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Selection> match_selection(const Node& node, const Graph& graph, const Producers& producers) {
  return match(node, graph, producers, longest_selection);
}

namespace {

// Where(comparison, A, B) with values that differ between channels: a quantiser to +-1 (A = -B) or to 0 and 1, and the
// arithmetic that yields A and B exactly. Empty: not of this form.
std::vector<Node> channel_selection(const Node& node, Graph& graph, const Producers& producers) {
  if (node.op != "Where" || node.inputs.size() != 3 || operators::find_operator(node) == nullptr) return {};
  const Constant *yes = graph.constant(node.inputs[1]), *no = graph.constant(node.inputs[2]);
  auto selection = yes != nullptr && no != nullptr
                       ? match_comparison(node.inputs[0], graph, producers, longest_selection)
                       : std::nullopt;
  if (!selection || !graph.shapes.contains(selection->x)) return {};
  const Shape& x = graph.shapes.at(selection->x);
  if (Context(graph).shape(node.outputs[0]) != x) return {};
  if (selection->yes == 0) std::swap(yes, no);
  const FloatArray a{yes->shape, yes->as_float()}, b{no->shape, no->as_float()};
  const FloatArray sum = zip(a, b, [](float u, float v) { return u + v; });
  const FloatArray difference = zip(a, b, [](float u, float v) { return u - v; });
  const FloatArray back = zip(difference, b, [](float u, float v) { return u + v; });
  const FloatArray wanted = zip(a, b, [](float u, float) { return u; });
  const bool symmetric = std::all_of(sum.values.begin(), sum.values.end(), [](float v) { return v == 0; });
  if (!symmetric && back.values != wanted.values) {
    throw operators::Refusal{"not-lowerable", "the two values of the selection have no exact difference in float32"};
  }
  operators::Rewriter out(graph);
  selection->yes = 1;
  selection->no = symmetric ? -1.0F : 0.0F;
  Node quantiser = quantiser_of(*selection, node, graph);
  const std::string& y = node.outputs[0];
  quantiser.outputs = {out.fresh_tensor(y + (symmetric ? "/sign" : "/bit"))};
  Node product = operators::canonical_copy(node, "Mul", 0);
  product.name += "/scale";
  const FloatArray& factor = symmetric ? wanted : difference;
  product.inputs = {quantiser.outputs[0], out.add_constant(y + "/scale", {factor.shape, factor.values, "float"})};
  out.emit(std::move(quantiser));
  if (symmetric) {
    out.emit(std::move(product));
    return std::move(out.nodes);
  }
  product.outputs = {out.fresh_tensor(y + "/scaled")};
  Node add = operators::canonical_copy(node, "Add", 0);
  add.name += "/offset";
  add.inputs = {product.outputs[0], out.add_constant(y + "/offset", {b.shape, b.values, "float"})};
  out.emit(std::move(product));
  out.emit(std::move(add));
  return std::move(out.nodes);
}

// Of the input, with thresholds along any dimensions, or more of them than values: x - t >= 0, which the host computes.
// Rounded to float32 a difference keeps its sign.
std::vector<Node> difference_selection(Selection s, const Node& node, Graph& graph) {
  operators::Rewriter out(graph);
  const std::string& y = node.outputs[0];
  Node difference = operators::canonical_copy(node, "Sub", 0);
  difference.name += "/difference";
  difference.inputs = {s.x, out.add_constant(y + "/thresholds", operators::float_constant(s.threshold))};
  difference.outputs = {out.fresh_tensor(y + "/difference")};
  s.x = difference.outputs[0];
  s.threshold = operators::scalar(0);
  out.emit(std::move(difference));
  out.emit(quantiser_of(s, node, graph));
  return std::move(out.nodes);
}

std::vector<Node> selection_nodes(const Node& node, Graph& graph, const Producers& producers) {
  const auto selection = match_selection(node, graph, producers);
  if (!selection) return channel_selection(node, graph, producers);
  const bool same_shape = graph.shapes.contains(selection->x) && graph.shapes.contains(node.outputs[0]) &&
                          graph.shapes.at(selection->x) == graph.shapes.at(node.outputs[0]);
  const bool of_channels =
      same_shape && channel_thresholds(selection->threshold, graph.shapes.at(selection->x)).has_value();
  if (!of_channels && graph.shapes.contains(selection->x) && is_of_input(selection->x, graph, producers))
    return difference_selection(*selection, node, graph);
  if (!same_shape) return {};
  return {quantiser_of(*selection, node, graph)};
}

}  // namespace

void fuse_selections(Graph& graph, Diagnostics& diagnostics) {
  // All are matched before any is replaced, so that a chain is matched whole.
  const Producers producers(graph);
  std::vector<Node> nodes;
  for (const Node& node : graph.nodes) {
    std::vector<Node> replacement;
    try {
      replacement = selection_nodes(node, graph, producers);
    } catch (const operators::Refusal& refusal) {
      report(diagnostics, graph, node, refusal);
    } catch (const operators::UnknownShape&) {  // behind a node that is refused
    } catch (const std::invalid_argument&) {    // a constant of another kind: not a selection
    }
    if (replacement.empty()) replacement = {node};
    for (Node& made : replacement) nodes.push_back(std::move(made));
  }
  graph.nodes = std::move(nodes);
}

void remove_straight_through(Graph& graph) {
  const Producers producers(graph);
  std::vector<std::pair<std::size_t, Node>> replacements;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.op != "Add" || node.inputs.size() != 2 || node.outputs.size() != 1) continue;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const Node* difference = producers.find(node.inputs[side], "Sub");
      if (difference == nullptr || difference->inputs.size() != 2 || difference->inputs[1] != node.inputs[1 - side])
        continue;
      bool quantised = false;
      try {
        quantised = is_quantised(difference->inputs[0], graph, producers);
      } catch (const operators::Refusal&) {  // reported when the comparison itself is looked at
      } catch (const DiagnosticError&) {
      } catch (const std::invalid_argument&) {}
      if (!quantised) continue;
      Node identity = operators::canonical_copy(node, "Identity", 1);
      identity.inputs = {difference->inputs[0]};
      add_origin(identity, *difference);
      replacements.emplace_back(i, std::move(identity));
      break;
    }
  }
  for (auto& [i, node] : replacements) graph.nodes[i] = std::move(node);
}

}  // namespace blendsim
