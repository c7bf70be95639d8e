// SPDX-License-Identifier: Apache-2.0
// Weights: a constant, or Quant, Bipolar or Sign of a constant. Transposes and reshapes of such quantisers move onto
// the constant and the parameters; everything else that depends on no input is folded.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "network/normalise/fold_budget.h"
#include "network/normalise/passes.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

using operators::Context;
using operators::Refusal;

bool is_quantiser(const Node& node) { return node.op == "Quant" || node.op == "Bipolar" || node.op == "Sign"; }
bool takes_weights(const Node& node) { return node.op == "Conv" || node.op == "MatMul"; }

Constant moved(const Node& movement, const Constant& constant, const Shape& x, Graph& graph) {
  Constant wide = constant;  // a parameter gets the rank of what it scales
  if (wide.shape.size() < x.size()) wide.shape.insert(wide.shape.begin(), x.size() - wide.shape.size(), 1);
  return operators::evaluate(movement, Context(graph), {&wide})[0];
}

// The shape of a parameter that varies along one dimension of `from`, which `to` has too, before as many elements.
std::optional<Shape> reshaped_parameter(Shape parameter, const Shape& from, const Shape& to) {
  if (element_count(parameter) == 1) return Shape{};
  parameter.insert(parameter.begin(), from.size() - std::min(from.size(), parameter.size()), 1);
  std::int64_t behind = 1, length = 0;
  for (std::size_t d = from.size(); d-- > 0;) {
    if (parameter[d] != 1) {
      if (length != 0 || parameter[d] != from[d]) return std::nullopt;
      length = parameter[d];
    } else if (length == 0) {
      behind *= from[d];
    }
  }
  std::int64_t own = 1;
  for (std::size_t d = to.size(); d-- > 0; own *= to[d]) {
    if (own == behind && to[d] == length) {
      Shape shape(to.size(), 1);
      shape[d] = length;
      return shape;
    }
  }
  return std::nullopt;
}

// Transpose or Reshape of a quantised constant -> the quantiser of the moved constant.
std::optional<Node> push_movement(const Node& node, Graph& graph, const Producers& producers) {
  if (node.op != "Transpose" && node.op != "Reshape") return std::nullopt;
  const Node* quantiser = producers.find(node.inputs[0]);
  if (quantiser == nullptr || !is_quantiser(*quantiser)) return std::nullopt;
  const Constant* constant = graph.constant(quantiser->inputs[0]);
  if (constant == nullptr) return std::nullopt;
  Node result = *quantiser;
  for (const char* key : {"scale", "zero_point"}) {
    const auto found = result.attributes.find(key);
    if (found == result.attributes.end()) continue;
    Constant& parameter = std::get<Constant>(found->second);
    if (parameter.shape.empty()) continue;
    if (node.op == "Reshape") {
      const auto shape = reshaped_parameter(parameter.shape, constant->shape, graph.shapes.at(node.outputs[0]));
      if (!shape) return std::nullopt;
      parameter.shape = *shape;
      continue;
    }
    parameter = moved(node, parameter, constant->shape, graph);
  }
  Constant target = moved(node, *constant, constant->shape, graph);
  operators::Rewriter rewriter(graph);
  result.name = node.name;
  result.inputs = {rewriter.add_constant(quantiser->inputs[0] + "/moved", std::move(target))};
  result.outputs = node.outputs;
  add_origin(result, node);
  return result;
}

// Tensors that something other than a weight operand reads.
std::set<std::string> read_as_values(const Graph& graph) {
  std::set<std::string> names(graph.outputs.begin(), graph.outputs.end());
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!takes_weights(node) || i != 1) names.insert(node.inputs[i]);
    }
  }
  return names;
}

void fold_constants(Graph& graph, Diagnostics& diagnostics) {
  const std::set<std::string> values = read_as_values(graph);
  FoldBudget budget(graph);
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    std::vector<const Constant*> operands;
    bool fixed = true;
    for (const std::string& input : node.inputs) {
      operands.push_back(graph.constant(input));
      fixed = fixed && (input.empty() || operands.back() != nullptr);
    }
    const bool weight = is_quantiser(node) && !values.contains(node.outputs[0]);
    if (!fixed || weight) {
      kept.push_back(std::move(node));
      continue;
    }
    try {
      budget.spend(graph, node, operators::infer(node, Context(graph)));
      std::vector<Constant> results = operators::evaluate(node, Context(graph), operands);
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (!node.outputs[i].empty()) graph.constants[node.outputs[i]] = std::move(results.at(i));
      }
    } catch (const Refusal& refusal) {
      report(diagnostics, graph, node, refusal);
    }
  }
  graph.nodes = std::move(kept);
}

void check_weights(const Graph& graph, Diagnostics& diagnostics) {
  const Producers producers(graph);
  for (const Node& node : graph.nodes) {
    if (!takes_weights(node)) continue;
    const Node* quantiser = producers.find(node.inputs[1]);
    const bool quantised =
        quantiser != nullptr && is_quantiser(*quantiser) && graph.constant(quantiser->inputs[0]) != nullptr;
    if (graph.constant(node.inputs[1]) == nullptr && !quantised) {
      report(diagnostics, graph, node,
             {"not-constant", fmt::format("the weights '{}' are computed from the network's input", node.inputs[1]),
              "products of two computed tensors (attention) are not supported"});
    }
    if (node.inputs.size() > 2 && graph.constant(node.inputs[2]) == nullptr) {
      report(diagnostics, graph, node, {"not-constant", fmt::format("the bias '{}' is computed", node.inputs[2])});
    }
    if (const Constant* weights = graph.constant(quantised ? quantiser->inputs[0] : node.inputs[1])) {
      try {
        operators::require_finite(*weights, "weights");
      } catch (const Refusal& refusal) {
        report(diagnostics, graph, node, refusal);
      }
    }
  }
}

// A constant that is added, multiplied or divided by must be a number, and no divisor 0: what is computed with it is
// not a number either, and no integer stands for that.
void check_operands(const Graph& graph, Diagnostics& diagnostics) {
  for (const Node& node : graph.nodes) {
    const bool arithmetic = node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div" ||
                            node.op == "Pow" || node.op == "Conv";
    for (std::size_t i = 0; arithmetic && i < node.inputs.size(); ++i) {
      const Constant* operand = graph.constant(node.inputs[i]);
      if (operand == nullptr || (node.op == "Conv" && i != 2)) continue;
      try {
        operators::require_finite(*operand, fmt::format("constant '{}'", node.inputs[i]));
        const std::vector<float> values = operand->as_float();
        if (node.op == "Div" && i == 1 && std::find(values.begin(), values.end(), 0.0F) != values.end()) {
          throw Refusal{"bad-constant", fmt::format("the divisor '{}' holds 0", node.inputs[i])};
        }
      } catch (const Refusal& refusal) {
        report(diagnostics, graph, node, refusal);
      }
    }
  }
}

}  // namespace

void settle_weights(Graph& graph, Diagnostics& diagnostics) {
  rewrite(graph, diagnostics, push_movement);
  remove_unused(graph);
  merge_sums(graph);
  absorb_moves(graph);
  split_concats(graph);
  split_strides(graph);
  fold_constants(graph, diagnostics);
  check_weights(graph, diagnostics);
  check_operands(graph, diagnostics);
}

}  // namespace blendsim
