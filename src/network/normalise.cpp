// SPDX-License-Identifier: Apache-2.0
#include "network/normalise.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "network/dialects/dialect.h"
#include "network/import/structure.h"
#include "network/normalise/passes.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

using operators::Refusal;

// Indices behind ArgMax and TopK may be cast to another integer type; nothing else computed is an integer.
bool is_index(const std::string& tensor, const Producers& producers) {
  const std::string* at = &tensor;
  for (const Node* node = producers.find(*at); node != nullptr; node = producers.find(*at)) {
    if (node->op == "ArgMax" || (node->op == "TopK" && node->outputs.size() > 1 && node->outputs[1] == *at))
      return true;
    const bool passes = node->op == "Cast" || node->op == "Reshape" || node->op == "Squeeze" || node->op == "Flatten" ||
                        node->op == "Identity" || node->op == "Unsqueeze";
    if (!passes || node->inputs.empty()) return false;
    at = &node->inputs[0];
  }
  return false;
}

// What a binary quantiser may be written with (normalise/selections.cpp).
bool is_comparison(const std::string& op) {
  static constexpr const char* list[] = {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or",
                                         "Not",     "Where"};
  return std::find(std::begin(list), std::end(list), op) != std::end(list);
}

void canonicalise_node(const Node& node, Graph& graph, const Producers& producers, operators::Rewriter& out) {
  if (operators::find_operator(node) == nullptr && dialects::find_rule(node) != nullptr) {  // refused when expanded
    dialects::Expansion again(graph, node);
    (void)dialects::find_rule(node)->rewrite(again);
  }
  const operators::Operator& row = operators::checked_operator(node);
  if (node.op == "Cast") {
    constexpr std::int64_t to_float = 1;
    (void)operators::infer(node, out.context());
    if (node.attribute_int("to", 0) != to_float && !is_index(node.inputs[0], producers)) {
      throw Refusal{"unsupported-attribute", "only casts to float32 are supported in a computed place"};
    }
    return out.emit(operators::canonical_copy(node, "Identity", 1));
  }
  if (row.canonical == nullptr) {
    (void)operators::infer(node,
                           out.context());  // behind a refused node no quantiser is recognised: not this one's fault
    if (!is_comparison(node.op)) {
      throw Refusal{"unsupported-operator", "the operator is supported on constants only",
                    "replace it by supported operators (docs/numerics.md lists them)"};
    }
    throw Refusal{
        "unsupported-operator", "the operator is supported on constants only, or as a part of a binary quantiser",
        "write a sign as BipolarQuant, as GreaterOrEqual -> Where, or as GreaterOrEqual -> Cast -> Mul 2 -> Sub 1"};
  }
  row.canonical(node, out);
}

void check_complete(const Graph& graph, Diagnostics& diagnostics) {
  std::set<std::string> known;
  for (const GraphInput& input : graph.inputs) known.insert(input.name);
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (known.contains(input) || graph.constant(input) != nullptr) continue;
      report(diagnostics, graph, node,
             {"unsupported-operator", "the tensor '" + input + "' is an output that is not supported"});
    }
    known.insert(node.outputs.begin(), node.outputs.end());
  }
}

}  // namespace

// Of nodes that ask for no shape when they are written in canonical form: the first whose own is unknown, though those
// of its inputs are known.
void report_unknown_shape(const Graph& original, const Graph& graph, Diagnostics& diagnostics) {
  const auto is_known = [&](const std::string& tensor) { return tensor.empty() || graph.shapes.contains(tensor); };
  for (const Node& node : original.nodes) {
    if (std::ranges::all_of(node.outputs, is_known) || !std::ranges::all_of(node.inputs, is_known)) continue;
    Refusal why{"bad-graph", "its attributes and the shapes of its inputs do not fit each other",
                "check the node with the exporter that wrote it"};
    try {
      if (dialects::find_rule(node) == nullptr) (void)operators::infer(node, operators::Context(graph));
    } catch (const Refusal& refusal) {
      why = refusal;
    } catch (const std::exception& error) {
      why.message = error.what();
    }
    return report(diagnostics, graph, node, why);
  }
}

void canonicalise(Graph& graph, Diagnostics& diagnostics) {
  const Graph original = [&] {  // names and operators only: Producers must see the nodes as they were
    Graph copy;
    copy.nodes = graph.nodes;
    return copy;
  }();
  const Producers producers(original);
  std::vector<Node> canonical;
  bool cascaded = false;
  for (const Node& node : original.nodes) {
    const auto blamed = [&](const Diagnostic& d) { return d.place.node == node.name; };
    if (std::any_of(diagnostics.list().begin(), diagnostics.list().end(), blamed)) continue;  // by a pattern, already
    operators::Rewriter out(graph);
    try {
      canonicalise_node(node, graph, producers, out);
      for (Node& made : out.nodes) canonical.push_back(std::move(made));
    } catch (const Refusal& refusal) {
      report(diagnostics, graph, node, refusal);
    } catch (const operators::UnknownShape&) {
      cascaded = true;
    } catch (const std::invalid_argument& error) {
      report(diagnostics, graph, node, {"bad-constant", error.what()});
    } catch (const DiagnosticError& error) {
      for (const Diagnostic& d : error.diagnostics()) {
        diagnostics.error(d.code, {graph.file, 0, node.name}, node.op + ": " + d.message, d.hint);
      }
    }
  }
  if (cascaded && diagnostics.empty()) report_unknown_shape(original, graph, diagnostics);
  if (cascaded && diagnostics.empty()) throw InvariantError("normalise", "a shape is unknown and no node is to blame");
  graph.nodes = std::move(canonical);
}

Graph normalise(Graph graph) {
  Diagnostics diagnostics;
  remove_unused(graph);
  fuse_batch_norm_reshapes(graph, diagnostics);
  lift_selections(graph);
  fuse_selections(graph, diagnostics);
  fuse_linear_quantisers(graph, diagnostics);
  remove_unused(graph);
  fuse_staircases(graph, diagnostics);
  remove_unused(graph);
  canonicalise(graph, diagnostics);
  diagnostics.throw_if_any();
  keep_rows(graph);
  remove_identities(graph);
  fuse_thermometers(graph);
  fuse_channel_shuffles(graph, diagnostics);
  settle_layout(graph);
  settle_weights(graph, diagnostics);
  diagnostics.throw_if_any();
  remove_unused(graph);
  check_complete(graph, diagnostics);
  diagnostics.throw_if_any();
  return graph;
}

}  // namespace blendsim
