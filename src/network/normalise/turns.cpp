// SPDX-License-Identifier: Apache-2.0
#include "network/normalise/turns.h"

#include <algorithm>

#include "network/operators/support.h"
#include "numerics/functions.h"

namespace blendsim {

Permutation perm_of(const Node& node) { return node.attribute_ints("perm", {}); }

Permutation inverse(const Permutation& perm) {
  Permutation out(perm.size());
  for (std::size_t d = 0; d < perm.size(); ++d) out[static_cast<std::size_t>(perm[d])] = static_cast<std::int64_t>(d);
  return out;
}

Permutation composed(const Permutation& first, const Permutation& second) {
  Permutation out;
  for (const std::int64_t d : second) out.push_back(first[static_cast<std::size_t>(d)]);
  return out;
}

bool is_identity(const Permutation& perm) {
  for (std::size_t d = 0; d < perm.size(); ++d) {
    if (perm[d] != static_cast<std::int64_t>(d)) return false;
  }
  return true;
}

Shape permuted(const Shape& x, const Permutation& perm) {
  Shape out;
  for (const std::int64_t d : perm) out.push_back(x[static_cast<std::size_t>(d)]);
  return out;
}

ProducerIndex producers_of(const Graph& graph) {
  ProducerIndex producer;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) producer[output] = i;
  }
  return producer;
}

bool is_one_of(const std::string& op, std::initializer_list<const char*> list) {
  return std::any_of(list.begin(), list.end(), [&](const char* name) { return op == name; });
}

namespace {

// A parameter that broadcasts to a transposed tensor, for the tensor itself. Absent: it has more dimensions.
std::optional<Constant> turned(const Constant& parameter, const Permutation& perm) {
  Constant wide = operators::float_constant(parameter);
  if (element_count(wide.shape) == 1) return Constant{{}, wide.values, "float"};
  if (wide.shape.size() > perm.size()) return std::nullopt;
  wide.shape.insert(wide.shape.begin(), perm.size() - wide.shape.size(), 1);
  const FloatArray moved = transposed(FloatArray{wide.shape, wide.as_float()}, inverse(perm));
  return Constant{moved.shape, moved.values, "float"};
}

}  // namespace

bool is_elementwise(const Node& node, const Graph& graph) {
  if (is_one_of(node.op, {"Quant", "Bipolar", "Sign", "Trunc", "Relu", "PRelu", "Clip", "MultiThreshold",
                          "BatchNormalization"}) ||
      find_function(node.op) != nullptr)
    return true;
  return is_one_of(node.op, {"Add", "Sub", "Mul", "Div", "Pow"}) &&
         (graph.constant(node.inputs[0]) != nullptr || graph.constant(node.inputs[1]) != nullptr);
}

std::size_t data_operand(const Node& node, const Graph& graph) {
  return node.inputs.size() > 1 && graph.constant(node.inputs[0]) != nullptr ? 1 : 0;
}

const std::string& root_of(const std::string& tensor, const Graph& graph, const ProducerIndex& producer) {
  const std::string* at = &tensor;
  for (auto found = producer.find(*at); found != producer.end(); found = producer.find(*at)) {
    const Node& node = graph.nodes[found->second];
    if (!is_elementwise(node, graph) && !is_one_of(node.op, {"Transpose", "Reshape"})) break;
    at = &node.inputs[data_operand(node, graph)];
  }
  return *at;
}

bool is_near_input(const std::string& tensor, const Graph& graph, const ProducerIndex& producer) {
  return producer.count(root_of(tensor, graph, producer)) == 0;
}

std::optional<Node> before_transpose(const Node& node, const Permutation& perm, Graph& graph) {
  Node out = node;
  if (is_one_of(node.op, {"BatchNormalization", "MultiThreshold"}) && (perm.size() < 2 || perm[1] != 1)) {
    if (node.op == "BatchNormalization") return std::nullopt;
    const auto* rows = std::get_if<Constant>(&node.attributes.at("thresholds"));
    if (rows == nullptr || rows->shape[0] != 1) return std::nullopt;
  }
  for (const char* key : parameter_keys) {
    const auto found = out.attributes.find(key);
    const auto* constant = found == out.attributes.end() ? nullptr : std::get_if<Constant>(&found->second);
    if (constant == nullptr) continue;
    const auto moved = turned(*constant, perm);
    if (!moved) return std::nullopt;
    found->second = *moved;
  }
  for (std::string& input : out.inputs) {
    const Constant* constant = graph.constant(input);
    if (constant == nullptr) continue;
    const auto moved = turned(*constant, perm);
    if (!moved) return std::nullopt;
    input = operators::Rewriter(graph).add_constant(input + "/turned", *moved);
  }
  return out;
}

}  // namespace blendsim
