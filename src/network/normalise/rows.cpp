// SPDX-License-Identifier: Apache-2.0
// Dense layers on rows, as tf2onnx writes them: Reshape of [1, n, k] or [1, h, w, k] to [n, k], MatMul or Gemm, Reshape
// back. A tensor [n, k] of more than one row is kept as what it was, where a MatMul is a convolution over n pixels;
// what takes nothing else gets [n, k] again.
#include <algorithm>
#include <numeric>
#include <set>

#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

class Rows {
 public:
  explicit Rows(Graph& graph) : graph_(graph), out_(graph) {
    for (const GraphInput& input : graph.inputs) computed_.insert(input.name);
  }

  void run() {
    for (const Node& node : graph_.nodes) {
      const bool is_computed =
          std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& i) { return computed_.contains(i); });
      if (is_computed) computed_.insert(node.outputs.begin(), node.outputs.end());
      if (!is_computed || !keep(node)) emit_with_matrices(node);
    }
    graph_.nodes = std::move(out_.nodes);
    remove_unused(graph_);
  }

 private:
  [[nodiscard]] const Shape& shape(const std::string& tensor) const { return graph_.shapes.at(tensor); }
  [[nodiscard]] bool is_kept(const std::string& tensor) const { return kept_.contains(tensor); }
  [[nodiscard]] bool is_output(const std::string& tensor) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), tensor) != graph_.outputs.end();
  }
  [[nodiscard]] bool is_matrix(const std::string& tensor) const {
    const Shape& s = shape(tensor);
    return s.size() == 2 && s[0] > 1 && s[1] > 0;
  }

  // A kept tensor as [1, n, k].
  std::string flat(const Node& node, const std::string& x) {
    const Shape from = shape(x);
    if (from.size() == 3) return x;
    return operators::emit_move(node, "Reshape", x, {1, element_count(from) / from.back(), from.back()}, "/rows", "",
                                out_);
  }
  Node flat(Node node) {
    for (std::string& input : node.inputs) {
      if (is_kept(input)) input = flat(node, input);
    }
    return node;
  }

  // Emits the node on [1, n, k] where it begins, works on or ends such tensors; false: it is none of these.
  bool keep(const Node& node) {
    if (node.outputs.size() != 1) return false;
    const std::string y = node.outputs[0];
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& i) { return is_kept(i); });
    if (node.op == "Reshape") return reshape(node, reads);
    if (!reads || !is_matrix(y)) return false;
    if (is_output(y)) return keep_output(node);
    if (is_elementwise(node, graph_)) return elementwise(node);
    if (node.op == "Transpose" && node.attribute_ints("perm", {}) == std::vector<std::int64_t>{1, 0}) {
      emit_as(flat(node), "perm", std::vector<std::int64_t>{0, 2, 1});
    } else if (node.op == "Concat" && all_kept(node)) {
      emit_as(flat(node), "axis", node.attribute_int("axis", 1) + 1);
    } else if (is_one_of(node.op, {"Add", "Sub", "Mul", "Div"}) && all_kept(node)) {
      const bool alike = shape(node.inputs[0]) == shape(node.inputs[1]);
      out_.emit(alike ? node : flat(node));
    } else if (node.op == "MatMul" && computed_.contains(node.inputs[0]) != computed_.contains(node.inputs[1])) {
      operators::checked_operator(node).canonical(node, out_);
    } else {
      return false;
    }
    kept_.insert(y);
    return true;
  }

  // The caller gets [n, k].
  bool keep_output(const Node& node) {
    const std::string y = node.outputs[0];
    const Shape matrix = shape(y);
    Node inner = node;
    inner.outputs = {out_.fresh_tensor(y + "/rows")};
    graph_.shapes[inner.outputs[0]] = matrix;
    if (!keep(inner)) return false;
    (void)operators::emit_move(node, "Reshape", inner.outputs[0], matrix, "/matrix", y, out_);
    return true;
  }

  bool reshape(const Node& node, bool reads) {
    const std::string& x = node.inputs[0];
    const std::string y = node.outputs[0];
    const Shape from = shape(x);
    Shape to = shape(y);
    const bool begins = is_matrix(y) && !is_output(y) && !from.empty() && from[0] == 1;
    if (!begins && !reads) return false;
    const bool whole = from.size() > 2 && from.back() == to.back();  // [1, n, k] or [1, h, w, k]
    if (begins && whole) to = from;
    else if (begins) to.insert(to.begin(), 1);
    Node move = node;
    move.attributes["shape"] = to;
    if (from == to && !is_output(y)) {
      move.op = "Identity";
      move.attributes.clear();
    }
    out_.emit(std::move(move));
    if (begins) kept_.insert(y);
    return true;
  }

  // Those with something for each channel find it in the second dimension.
  bool elementwise(const Node& node) {
    const std::size_t operand = data_operand(node, graph_);
    const std::string y = node.outputs[0];
    bool rows = node.op == "BatchNormalization";
    if (node.op == "MultiThreshold") {
      const auto* thresholds = std::get_if<Constant>(&node.attributes.at("thresholds"));
      rows = thresholds == nullptr || thresholds->shape[0] != 1;
    }
    if (rows) {
      Permutation last(shape(node.inputs[operand]).size());
      std::iota(last.begin(), last.end(), 0);
      std::rotate(last.begin() + 1, last.begin() + 2, last.end());
      Node inner = node;
      inner.inputs[operand] =
          operators::emit_move(node, "Transpose", node.inputs[operand], inverse(last), "/first", "", out_);
      inner.outputs = {out_.fresh_tensor(y + "/turned")};
      const std::string turned = inner.outputs[0];
      out_.emit(std::move(inner));
      (void)operators::emit_move(node, "Transpose", turned, last, "/last", y, out_);
    } else {
      out_.emit(has_rows(node) ? flat(node) : node);
    }
    kept_.insert(y);
    return true;
  }

  // Whether a constant of the node has something for each row.
  [[nodiscard]] bool has_rows(const Node& node) const {
    const auto is_rows = [](const Constant* c) { return c != nullptr && c->shape.size() == 2 && c->shape[0] > 1; };
    for (const auto& [key, attribute] : node.attributes) {
      if (key != "thresholds" && is_rows(std::get_if<Constant>(&attribute))) return true;
    }
    return std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](const auto& input) { return is_rows(graph_.constant(input)); });
  }

  [[nodiscard]] bool all_kept(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const auto& i) { return is_kept(i); });
  }

  void emit_as(Node node, const char* key, Attribute value) {
    node.attributes[key] = std::move(value);
    out_.emit(std::move(node));
  }

  // The node as it is, its inputs [n, k].
  void emit_with_matrices(Node node) {
    for (std::string& input : node.inputs) {
      if (!is_kept(input)) continue;
      const Shape from = shape(input), matrix{element_count(from) / from.back(), from.back()};
      input = operators::emit_move(node, "Reshape", input, matrix, "/matrix", "", out_);
    }
    out_.nodes.push_back(std::move(node));
  }

  Graph& graph_;
  operators::Rewriter out_;
  std::set<std::string> computed_, kept_;
};

}  // namespace

void keep_rows(Graph& graph) { Rows(graph).run(); }

}  // namespace blendsim
