// SPDX-License-Identifier: Apache-2.0
#include "network/normalise/passes.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>

namespace blendsim {

Producers::Producers(const Graph& graph) : graph_(&graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) {
      if (!output.empty()) index_.emplace(output, i);
    }
  }
}

const Node* Producers::find(const std::string& tensor) const {
  const auto found = index_.find(tensor);
  return found == index_.end() ? nullptr : &graph_->nodes[found->second];
}

const Node* Producers::find(const std::string& tensor, const std::string& op) const {
  const Node* node = find(tensor);
  return node != nullptr && node->op == op && operators::find_operator(*node) != nullptr ? node : nullptr;
}

void report(Diagnostics& diagnostics, const Graph& graph, const Node& node, const operators::Refusal& refusal) {
  diagnostics.error(refusal.code, {graph.file, 0, node.name}, node.op + ": " + refusal.message, refusal.hint);
}

void add_origin(Node& node, const Node& matched) {
  for (const std::string& name : matched.origin) {
    if (std::find(node.origin.begin(), node.origin.end(), name) == node.origin.end()) node.origin.push_back(name);
  }
}

void rewrite(Graph& graph, Diagnostics& diagnostics, const Pattern& pattern) {
  const Producers producers(graph);
  for (Node& node : graph.nodes) {
    try {
      if (std::optional<Node> replacement = pattern(node, graph, producers)) node = std::move(*replacement);
    } catch (const operators::Refusal& refusal) {
      report(diagnostics, graph, node, refusal);
    } catch (const operators::UnknownShape&) {  // behind a node that is refused
    } catch (const DiagnosticError&) {          // an attribute of another kind: canonicalise() says so
    } catch (const std::invalid_argument&) {    // constants of another kind: not the pattern
    }
  }
}

bool replace_nodes(Graph& graph, const std::function<std::optional<std::vector<Node>>(const Node&)>& others) {
  std::vector<Node> nodes;
  bool changed = false;
  for (const Node& node : graph.nodes) {
    auto made = others(node);
    changed = changed || made.has_value();
    if (!made) nodes.push_back(node);
    else std::move(made->begin(), made->end(), std::back_inserter(nodes));
  }
  if (!changed) return false;
  graph.nodes = std::move(nodes);
  remove_unused(graph);
  return true;
}

void remove_unused(Graph& graph) {
  std::set<std::string> needed(graph.outputs.begin(), graph.outputs.end());
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool used = std::any_of(node->outputs.begin(), node->outputs.end(),
                                  [&](const std::string& output) { return needed.contains(output); });
    if (!used) continue;
    needed.insert(node->inputs.begin(), node->inputs.end());
    needed.insert(node->outputs.begin(), node->outputs.end());
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  for (const GraphInput& input : graph.inputs) needed.insert(input.name);
  std::erase_if(graph.constants, [&](const auto& entry) { return !needed.contains(entry.first); });
  std::erase_if(graph.shapes, [&](const auto& entry) { return !needed.contains(entry.first); });
}

void remove_identities(Graph& graph) {
  std::set<std::string> outputs(graph.outputs.begin(), graph.outputs.end());
  std::map<std::string, std::string> renamed;
  const auto current = [&](const std::string& name) {
    const auto found = renamed.find(name);
    return found == renamed.end() ? name : found->second;
  };
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    for (std::string& input : node.inputs) input = current(input);
    if (node.op != "Identity") {
      kept.push_back(std::move(node));
      continue;
    }
    const std::string source = node.inputs[0], target = node.outputs[0];
    const auto producer = std::find_if(kept.begin(), kept.end(), [&](const Node& n) {
      return std::find(n.outputs.begin(), n.outputs.end(), source) != n.outputs.end();
    });
    if (!outputs.contains(target)) {
      renamed[target] = source;
    } else if (producer != kept.end() && !outputs.contains(source)) {  // the output's name wins
      std::replace(producer->outputs.begin(), producer->outputs.end(), source, target);
      for (Node& other : kept) std::replace(other.inputs.begin(), other.inputs.end(), source, target);
      for (auto& [from, to] : renamed) {
        if (to == source) to = target;
      }
      renamed[source] = target;
    } else {  // an input or another output handed on: an operator that changes nothing must stand for it
      node.op = "Reshape";
      node.attributes["shape"] = graph.shapes.at(target);
      kept.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(kept);
}

void fuse_batch_norm_reshapes(Graph& graph, Diagnostics& diagnostics) {
  // Any reshape that keeps the first two dimensions keeps every element in its channel.
  rewrite(graph, diagnostics, [](const Node& node, Graph& g, const Producers& producers) -> std::optional<Node> {
    if (node.op != "Squeeze" && node.op != "Reshape") return std::nullopt;
    const Node* norm = node.inputs.empty() ? nullptr : producers.find(node.inputs[0], "BatchNormalization");
    if (norm == nullptr || norm->inputs.empty()) return std::nullopt;
    const Node* widen = producers.find(norm->inputs[0], "Unsqueeze");
    if (widen == nullptr) widen = producers.find(norm->inputs[0], "Reshape");
    if (widen == nullptr || widen->inputs.empty()) return std::nullopt;
    const operators::Context context(g);
    const Shape &x = context.shape(widen->inputs[0]), &inner = context.shape(norm->inputs[0]);
    if (x.size() < 2 || inner.size() < 2 || x[0] != inner[0] || x[1] != inner[1] ||
        context.shape(node.outputs[0]) != x) {
      return std::nullopt;
    }
    Node fused = *norm;
    fused.inputs[0] = widen->inputs[0];
    fused.outputs = node.outputs;
    add_origin(fused, *widen);
    add_origin(fused, node);
    return fused;
  });
}

}  // namespace blendsim
