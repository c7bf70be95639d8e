// SPDX-License-Identifier: Apache-2.0
#include "network/import/structure.h"

#include <fmt/format.h>

#include <queue>
#include <set>

#include "network/dialects/dialect.h"
#include "network/normalise/fold_budget.h"
#include "network/operators/operator.h"

namespace blendsim {

void name_nodes(Graph& graph) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    std::string name = node.name.empty() ? fmt::format("{}_{}", node.op, i) : node.name;
    while (!taken.insert(name).second) name += fmt::format("_{}", i);
    node.name = name;
    node.origin = {name};
  }
}

void check_names(const Graph& graph, Diagnostics& diagnostics) {
  std::set<std::string> known;
  for (const auto& [name, constant] : graph.constants) known.insert(name);
  for (const GraphInput& input : graph.inputs) {
    if (!known.insert(input.name).second) {
      diagnostics.error("bad-graph", {graph.file, 0, input.name}, "a Constant node produces the graph's input");
    }
  }
  for (const Node& node : graph.nodes) {
    for (const std::string& output : node.outputs) {
      if (!output.empty() && !known.insert(output).second) {
        diagnostics.error("bad-graph", {graph.file, 0, node.name}, "the tensor '" + output + "' is produced twice",
                          "export the model again; every tensor must have one producer");
      }
    }
  }
  const auto require = [&](const std::string& tensor, const std::string& where) {
    if (!tensor.empty() && !known.contains(tensor)) {
      diagnostics.error("bad-graph", {graph.file, 0, where}, "the tensor '" + tensor + "' is produced by nothing",
                        "the file is incomplete; export the model again");
    }
  };
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) require(input, node.name);
  }
  for (const std::string& output : graph.outputs) require(output, output);
}

void sort_nodes(Graph& graph, Diagnostics& diagnostics) {
  std::map<std::string, std::size_t> producer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) producer.emplace(output, i);
  }
  std::vector<std::vector<std::size_t>> consumers(graph.nodes.size());
  std::vector<std::size_t> missing(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) {
      const auto found = input.empty() ? producer.end() : producer.find(input);
      if (found == producer.end()) continue;
      consumers[found->second].push_back(i);
      ++missing[i];
    }
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<Node> sorted;
  while (!ready.empty()) {
    const std::size_t i = ready.top();
    ready.pop();
    for (const std::size_t consumer : consumers[i]) {
      if (--missing[consumer] == 0) ready.push(consumer);
    }
    sorted.push_back(std::move(graph.nodes[i]));
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (missing[i] == 0) continue;
    diagnostics.error("bad-graph", {graph.file, 0, graph.nodes[i].name}, "the node is part of, or behind, a cycle",
                      "a feed-forward network has none; export the model again");
  }
  graph.nodes = std::move(sorted);
}

namespace {

// Quantisers over constants are kept: lowering wants a weight's integers and scale, not their product.
bool keeps_constants(const std::string& op) {
  static constexpr std::string_view kept[] = {"Quant", "IntQuant",       "BipolarQuant",
                                              "Sign",  "QuantizeLinear", "DequantizeLinear"};
  for (const std::string_view name : kept) {
    if (op == name) return true;
  }
  return false;
}

bool fold(const Node& node, Graph& graph, FoldBudget& budget) {
  const operators::Context context(graph);
  std::vector<const Constant*> operands;
  bool constant = !keeps_constants(node.op);
  for (const std::string& input : node.inputs) {
    operands.push_back(context.constant(input));
    constant = constant && (input.empty() || operands.back() != nullptr);
  }
  if (node.op == "DequantizeLinear" && !operands.empty() && operands[0] != nullptr) {
    constant = operands[0]->onnx_type == "int32" && node.inputs.size() > 1 &&
               context.constant(node.inputs[1]) != nullptr;  // a bias
  }
  // A Clip of integer weights in front of DequantizeLinear tells their number of bits.
  if (node.op == "Clip" && !operands.empty() && operands[0] != nullptr && operands[0]->is_integer()) constant = false;
  const bool of_shape = node.op == "Shape" || node.op == "Size";
  if (!constant && !(of_shape && operators::find_operator(node) != nullptr)) return false;
  const std::vector<Shape> shapes = operators::infer(node, context);
  budget.spend(graph, node, shapes);
  std::vector<Constant> values = operators::evaluate(node, context, operands);
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    graph.shapes[node.outputs[i]] = values.at(i).shape;
    graph.constants[node.outputs[i]] = std::move(values.at(i));
  }
  return true;
}

bool understood(const Node& node, Graph& graph, FoldBudget& budget) {
  if (fold(node, graph, budget)) return true;
  const std::vector<Shape> shapes = operators::infer(node, operators::Context(graph));
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty()) graph.shapes[node.outputs[i]] = shapes[i];
  }
  return false;
}

}  // namespace

void fold_and_infer(Graph& graph) {
  for (const GraphInput& input : graph.inputs) graph.shapes[input.name] = input.shape;
  for (const auto& [name, constant] : graph.constants) graph.shapes[name] = constant.shape;
  for (const GraphInput& input : graph.inputs) {
    if (input.type != "float") graph.integers[input.name] = {input.type, 0, true};
  }
  const std::set<std::string> pairs = dialects::quantiser_pairs(graph);
  std::vector<Node> kept;
  FoldBudget budget(graph);
  for (const Node& written : graph.nodes) {
    for (Node& node : dialects::expand(written, graph, pairs)) {
      bool folded = false;
      try {
        folded = understood(node, graph, budget);
      } catch (const operators::Refusal&) {  // normalise() meets the same refusal and reports it with all others
      } catch (const operators::UnknownShape&) {
      } catch (const DiagnosticError& error) {
        if (error.diagnostics().front().code == Code("constants-too-large")) throw;
      }
      if (!folded) kept.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(kept);
  dialects::declare_input(graph);
  dialects::restore_integer_outputs(graph);
}

}  // namespace blendsim
