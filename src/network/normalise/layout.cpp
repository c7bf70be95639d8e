// SPDX-License-Identifier: Apache-2.0
// Transposes of data, which cost the machine time, and of some kinds it does not do. Each moves towards the network's
// output, through operators that work element by element, until another one undoes it, a MatMul takes it into the rows
// of its weights, or the output is reached, where the host does it. Those at the network's input stay: the host does
// them too. Of matrices, orientations.cpp decides where those stand that are left.
#include <algorithm>
#include <numeric>

#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

// Only dimensions of 1 change their place.
bool moves_nothing(const Permutation& perm, const Shape& x) {
  std::int64_t last = -1;
  for (const std::int64_t d : perm) {
    if (x[static_cast<std::size_t>(d)] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}

// The matrix that a tensor is whose first and last dimensions change places as wholes.
struct Matrix {
  std::int64_t rows = 1, columns = 1;
};

std::optional<Matrix> matrix_of(const Shape& x, const Permutation& perm) {
  if (perm.size() < 4 || perm[0] != 0 || x[0] != 1) return std::nullopt;
  const std::int64_t first = perm[1], count = static_cast<std::int64_t>(perm.size()) - 1;
  Matrix m;
  for (std::int64_t d = 1; d <= count; ++d) {
    if (perm[static_cast<std::size_t>(d)] != (first - 1 + d - 1) % count + 1) return std::nullopt;
    (d < first ? m.rows : m.columns) *= x[static_cast<std::size_t>(d)];
  }
  return m;
}

class Layout {
 public:
  explicit Layout(Graph& graph) : graph_(graph) {}

  // settled: what each matrix is kept as is decided; transposes move no more, but vanish where they can.
  void run(bool settled) {
    settled_ = settled;
    index();
    if (!settled_) merge_equal();
    for (std::size_t i = 0; i < graph_.nodes.size();) {
      index();
      i = step(i) ? restart(i) : i + 1;
    }
  }

 private:
  // Nodes before `i` may have a transpose in front of them now.
  static std::size_t restart(std::size_t i) { return i == 0 ? 0 : i - 1; }

  void index() { producer_ = producers_of(graph_); }
  [[nodiscard]] const Node* producer(const std::string& tensor) const {
    const auto found = producer_.find(tensor);
    return found == producer_.end() ? nullptr : &graph_.nodes[found->second];
  }
  [[nodiscard]] bool is_constant(const std::string& tensor) const { return graph_.constant(tensor) != nullptr; }
  [[nodiscard]] const Shape& shape(const std::string& tensor) const { return operators::Context(graph_).shape(tensor); }

  // The Transpose of data that yields the tensor, unless it is the host's at the network's input.
  [[nodiscard]] const Node* transpose_of(const std::string& tensor) const {
    const Node* node = producer(tensor);
    return node != nullptr && node->op == "Transpose" && !is_near_input(node->inputs[0], graph_, producer_) ? node
                                                                                                            : nullptr;
  }

  // One rewriting of node i; false: none applies.
  bool step(std::size_t i) {
    const Node& node = graph_.nodes[i];
    if (node.op == "Transpose") return simplify(i) || turn_before_split(i);
    if (node.op == "MatMul") return sink_into_weights(i);
    if (node.op == "Reshape") return merge_reshapes(i) || turn_merged(i);
    if (settled_) return false;
    if (is_elementwise(node, graph_)) return sink_through_elementwise(i) || lift_out_of_reshape(i);
    return is_one_of(node.op, {"Add", "Sub", "Concat"}) && sink_through_join(i);
  }

  bool simplify(std::size_t i) {
    Node& node = graph_.nodes[i];
    if (is_constant(node.inputs[0]) || is_near_input(node.inputs[0], graph_, producer_)) return false;
    const Permutation perm = perm_of(node);
    const Shape& x = shape(node.inputs[0]);
    if (is_identity(perm) || moves_nothing(perm, x)) {
      node.op = "Reshape";
      node.attributes = {{"shape", permuted(x, perm)}};
      return true;
    }
    const Node* before = transpose_of(node.inputs[0]);
    if (before == nullptr) return false;
    node.attributes["perm"] = composed(perm_of(*before), perm);
    add_origin(node, *before);
    node.inputs[0] = before->inputs[0];
    return true;
  }

  // `inner` in place of node i with a tensor of its own, and a Transpose behind it that yields node i's output.
  void put(std::size_t i, Node inner, const Node& transpose, const Permutation& perm) {
    Node outer = transpose;
    outer.outputs = {inner.outputs[0]};
    outer.attributes["perm"] = perm;
    outer.name = inner.name + "/transpose";
    const std::string name = operators::Rewriter(graph_).fresh_tensor(inner.outputs[0] + "/turned");
    graph_.shapes[name] = permuted(shape(inner.outputs[0]), inverse(perm));
    inner.outputs[0] = name;
    outer.inputs = {name};
    graph_.nodes[i] = std::move(inner);
    graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(outer));
  }

  bool sink_through_elementwise(std::size_t i) {
    const std::size_t operand = data_operand(graph_.nodes[i], graph_);
    const Node* found = transpose_of(graph_.nodes[i].inputs[operand]);
    if (found == nullptr || shape(graph_.nodes[i].outputs[0]) != shape(found->outputs[0])) return false;
    const Node transpose = *found;
    const Permutation perm = perm_of(transpose);
    auto inner = before_transpose(graph_.nodes[i], perm, graph_);
    if (!inner) return false;
    inner->inputs[operand] = transpose.inputs[0];
    put(i, std::move(*inner), transpose, perm);
    return true;
  }

  bool sink_through_join(std::size_t i) {
    Node inner = graph_.nodes[i];
    std::vector<const Node*> found;
    for (const std::string& input : inner.inputs) found.push_back(transpose_of(input));
    if (found.empty() || found[0] == nullptr) return false;
    const Node transpose = *found[0];
    const Permutation perm = perm_of(transpose);
    for (std::size_t k = 0; k < found.size(); ++k) {
      const bool same = found[k] != nullptr && perm_of(*found[k]) == perm &&
                        (inner.op == "Concat" || shape(inner.inputs[k]) == shape(inner.inputs[0]));
      if (!same) return false;
      inner.inputs[k] = found[k]->inputs[0];
    }
    if (inner.op == "Concat") inner.attributes["axis"] = perm[static_cast<std::size_t>(inner.attribute_int("axis", 1))];
    put(i, std::move(inner), transpose, perm);
    return true;
  }

  // Transpose -> Reshape -> operator with one parameter: the operator first.
  bool lift_out_of_reshape(std::size_t i) {
    const std::size_t operand = data_operand(graph_.nodes[i], graph_);
    const Node* found = producer(graph_.nodes[i].inputs[operand]);
    if (found == nullptr || found->op != "Reshape" || transpose_of(found->inputs[0]) == nullptr) return false;
    if (shape(graph_.nodes[i].outputs[0]) != shape(found->outputs[0])) return false;
    Node reshape = *found, inner = graph_.nodes[i];
    if (!has_single_parameters(inner)) return false;
    const std::string output = inner.outputs[0];
    inner.inputs[operand] = reshape.inputs[0];
    inner.outputs[0] = operators::Rewriter(graph_).fresh_tensor(output + "/turned");
    graph_.shapes[inner.outputs[0]] = shape(reshape.inputs[0]);
    reshape.inputs = {inner.outputs[0]};
    reshape.outputs = {output};
    reshape.name = inner.name + "/reshape";
    graph_.nodes[i] = std::move(inner);
    graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(reshape));
    return true;
  }

  [[nodiscard]] bool has_single_parameters(const Node& node) const {
    const auto single = [](const Constant& c) { return element_count(c.shape) == 1; };
    if (node.op == "BatchNormalization") return false;
    for (const auto& [key, attribute] : node.attributes) {
      const auto* constant = std::get_if<Constant>(&attribute);
      if (constant == nullptr) continue;
      if (key == "thresholds" ? constant->shape[0] != 1 : !single(*constant)) return false;
    }
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& input) {
      return !is_constant(input) || single(*graph_.constant(input));
    });
  }

  // Transpose -> Reshape to [1, K] -> MatMul: the weights' rows take the order of the tensor itself.
  bool sink_into_weights(std::size_t i) {
    const Node* flat = producer(graph_.nodes[i].inputs[0]);
    if (flat == nullptr || flat->op != "Reshape") return false;
    const Node* found = transpose_of(flat->inputs[0]);
    if (found == nullptr) return false;
    const Node transpose = *found;
    const Permutation perm = perm_of(transpose);
    const Shape turned_shape = shape(transpose.outputs[0]), flat_shape = shape(flat->outputs[0]);
    const Shape& w = shape(graph_.nodes[i].inputs[1]);
    if (perm[0] != 0 || flat_shape.size() != 2 || flat_shape[0] != turned_shape[0] || w.size() != 2) return false;
    Node matmul = graph_.nodes[i], reshape = *flat;
    operators::Rewriter out(graph_);
    const auto emit = [&](const char* op, const std::string& x, const char* suffix, Attribute attribute) {
      Node move = operators::canonical_copy(matmul, op, 0);
      move.name += suffix;
      move.inputs = {x};
      move.outputs = {out.fresh_tensor(matmul.inputs[1] + suffix)};
      move.attributes[move.op == "Reshape" ? "shape" : "perm"] = std::move(attribute);
      std::string y = move.outputs[0];
      out.emit(std::move(move));
      return y;
    };
    Shape rows(turned_shape.begin() + 1, turned_shape.end());
    rows.push_back(w[1]);
    Permutation back;
    for (const std::int64_t d : inverse(perm)) {
      if (d != 0) back.push_back(d - 1);
    }
    back.push_back(static_cast<std::int64_t>(perm.size()) - 1);
    const std::string parts = emit("Reshape", matmul.inputs[1], "/rows", rows);
    const std::string moved = emit("Transpose", parts, "/turned", back);
    matmul.inputs[1] = emit("Reshape", moved, "/matrix", Shape(w));
    reshape.name = matmul.name + "/flat";
    reshape.inputs = {transpose.inputs[0]};
    reshape.outputs = {out.fresh_tensor(matmul.inputs[0] + "/turned")};
    add_origin(reshape, transpose);
    matmul.inputs[0] = reshape.outputs[0];
    out.emit(std::move(reshape));
    out.emit(std::move(matmul));
    const auto place = graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i);
    graph_.nodes.insert(graph_.nodes.erase(place), out.nodes.begin(), out.nodes.end());
    return true;
  }

  // Reshape(Reshape(x)): the last shape counts.
  bool merge_reshapes(std::size_t i) {
    Node& node = graph_.nodes[i];
    const Node* before = producer(node.inputs[0]);
    if (before == nullptr || before->op != "Reshape" || transpose_of(before->inputs[0]) == nullptr) return false;
    node.inputs[0] = before->inputs[0];
    add_origin(node, *before);
    return true;
  }

  // Two moves in place of node i: its output by way of `middle`.
  bool put_moves(std::size_t i, const std::string& x, const Node& first, const Shape& middle, const Node& second) {
    const Node node = graph_.nodes[i];
    const auto named = [&](const Node& move, const std::string& input, const std::string& output, const char* suffix) {
      Node out = operators::canonical_copy(node, move.op.c_str(), 0);
      out.name += suffix;
      out.attributes = move.attributes;
      out.inputs = {input};
      out.outputs = {output};
      return out;
    };
    const std::string name = operators::Rewriter(graph_).fresh_tensor(node.outputs[0] + "/matrix");
    graph_.shapes[name] = middle;
    graph_.nodes[i] = named(second, name, node.outputs[0], "");
    graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i), named(first, x, name, "/matrix"));
    return true;
  }

  static Node move_of(const char* op, std::vector<std::int64_t> value) {
    Node move;
    move.op = op;
    move.attributes[move.op == "Reshape" ? "shape" : "perm"] = std::move(value);
    return move;
  }

  // Transpose -> Reshape to a matrix [1, B, A]: [1, A, B] transposed.
  bool turn_merged(std::size_t i) {
    const Node* found = transpose_of(graph_.nodes[i].inputs[0]);
    if (found == nullptr) return false;
    const auto matrix = matrix_of(shape(found->inputs[0]), perm_of(*found));
    if (!matrix || shape(graph_.nodes[i].outputs[0]) != Shape{1, matrix->columns, matrix->rows}) return false;
    const Shape rows{1, matrix->rows, matrix->columns};
    return put_moves(i, std::string(found->inputs[0]), move_of("Reshape", rows), rows, move_of("Transpose", {0, 2, 1}));
  }

  // A matrix [1, A, B] -> Reshape -> Transpose: transposed first.
  bool turn_before_split(std::size_t i) {
    const Node& node = graph_.nodes[i];
    const Node* found = producer(node.inputs[0]);
    if (found == nullptr || found->op != "Reshape" || is_near_input(found->inputs[0], graph_, producer_)) return false;
    const auto matrix = matrix_of(shape(node.inputs[0]), perm_of(node));
    if (!matrix || shape(found->inputs[0]) != Shape{1, matrix->rows, matrix->columns}) return false;
    return put_moves(i, std::string(found->inputs[0]), move_of("Transpose", {0, 2, 1}),
                     {1, matrix->columns, matrix->rows}, move_of("Reshape", shape(node.outputs[0])));
  }

  // Readers of one tensor that transpose it alike read one Transpose.
  void merge_equal() {
    std::map<std::pair<std::string, Permutation>, std::string> seen;
    std::map<std::string, std::string> renamed;
    const std::vector<std::string>& outputs = graph_.outputs;
    for (Node& node : graph_.nodes) {
      for (std::string& input : node.inputs) {
        const auto found = renamed.find(input);
        if (found != renamed.end()) input = found->second;
      }
      if (node.op != "Transpose" || is_constant(root_of(node.inputs[0], graph_, producer_))) continue;
      const auto [first, is_new] = seen.try_emplace({node.inputs[0], perm_of(node)}, node.outputs[0]);
      const bool is_output = std::find(outputs.begin(), outputs.end(), node.outputs[0]) != outputs.end();
      if (!is_new && !is_output) renamed[node.outputs[0]] = first->second;
    }
  }

  Graph& graph_;
  bool settled_ = false;
  ProducerIndex producer_;
};

}  // namespace

void settle_layout(Graph& graph) {
  const auto transposes = [&] {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
      return node.op == "Transpose" && graph.constant(node.inputs[0]) == nullptr;
    });
  };
  if (transposes()) Layout(graph).run(false);
  settle_orientations(graph);
  if (transposes()) Layout(graph).run(true);
  remove_unused(graph);
}

}  // namespace blendsim
