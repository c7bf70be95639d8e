// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/diagnostic.h"
#include "network/graph.h"
#include "network/operators/operator.h"

namespace blendsim {

namespace {

using operators::Context;
using operators::Refusal;
using operators::Value;

std::vector<const Value*> operands(const Node& node, const Graph& graph, const std::map<std::string, Value>& values) {
  std::vector<const Value*> in;
  for (const std::string& name : node.inputs) {
    if (name.empty()) {
      in.push_back(nullptr);
    } else if (const Constant* constant = graph.constant(name)) {
      in.push_back(constant);
    } else {
      const auto found = values.find(name);
      if (found == values.end()) {
        throw DiagnosticError("bad-graph", {graph.file, 0, node.name}, "the tensor '" + name + "' has no value");
      }
      in.push_back(&found->second);
    }
  }
  return in;
}

}  // namespace

std::map<std::string, FloatArray> evaluate(const Graph& graph, const FloatArray& x) {
  if (graph.inputs.size() != 1) throw InvariantError("evaluate", "the graph has no single input");
  const GraphInput& input = graph.inputs[0];
  if (x.shape != input.shape || static_cast<std::int64_t>(x.values.size()) != element_count(input.shape)) {
    throw DiagnosticError(
        "input-shape", {graph.file, 0, input.name},
        fmt::format("the input has shape {}, the network takes {}", shape_text(x.shape), shape_text(input.shape)));
  }
  const Context context(graph);
  std::map<std::string, Value> values;
  values[input.name] = {x.shape, x.values, "float"};
  for (const Node& node : graph.nodes) {
    try {
      std::vector<Value> results = operators::evaluate(node, context, operands(node, graph, values));
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (!node.outputs[i].empty()) values[node.outputs[i]] = std::move(results.at(i));
      }
    } catch (const Refusal& refusal) {
      throw DiagnosticError(refusal.code, {graph.file, 0, node.name}, refusal.message, refusal.hint);
    } catch (const operators::UnknownShape&) {
      throw DiagnosticError("dynamic-shape", {graph.file, 0, node.name}, "the shape of an operand is unknown");
    }
  }
  std::map<std::string, FloatArray> result;
  for (auto& [name, value] : values) {
    FloatArray& array = result[name];
    array.shape = value.shape;
    if (value.is_integer()) {
      array.values = value.as_float();
    } else {
      array.values = std::move(std::get<std::vector<float>>(value.values));
    }
  }
  for (const std::string& name : graph.outputs) {  // an output may be a folded constant
    if (const Constant* constant = graph.constant(name)) result[name] = {constant->shape, constant->as_float()};
  }
  return result;
}

}  // namespace blendsim
