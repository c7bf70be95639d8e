// SPDX-License-Identifier: Apache-2.0
// Internal to network: what BlendSim knows about an ONNX or QONNX operator, one row an operator.
//
// A row serves the file's form (parameters as inputs, defaults left out) and the canonical form (normalise.h) alike:
// both are read by the same parsing function of the operator's family.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic_codes.h"
#include "network/graph.h"

namespace blendsim::operators {

using Value = Constant;

// Why a node is refused; whoever walks the graph adds file and node.
struct Refusal {
  Code code;
  std::string message;
  std::string hint{};
};

// An operand's shape is unknown because an earlier node was refused: not worth a second message.
struct UnknownShape {};

// Read-only view of a graph while nodes are looked at in order.
class Context {
 public:
  explicit Context(const Graph& graph) : graph_(&graph) {}
  [[nodiscard]] const Graph& graph() const { return *graph_; }
  [[nodiscard]] const Constant* constant(const std::string& tensor) const { return graph_->constant(tensor); }
  [[nodiscard]] const Shape& shape(const std::string& tensor) const;  // throws UnknownShape
  [[nodiscard]] std::int64_t opset(const std::string& domain) const;  // the newest known when the file is silent

 private:
  const Graph* graph_;
};

// Collects the canonical nodes that stand for one node of the file.
class Rewriter {
 public:
  explicit Rewriter(Graph& graph) : graph_(&graph) {}
  [[nodiscard]] Context context() const { return Context(*graph_); }
  // Adds a constant and returns its name: `wish`, suffixed when taken.
  std::string add_constant(const std::string& wish, Constant constant);
  [[nodiscard]] std::string fresh_tensor(const std::string& wish);
  // Appends a node; its outputs' shapes are inferred and noted.
  void emit(Node node);
  std::vector<Node> nodes;

 private:
  Graph* graph_;
};

struct Operator {
  std::string_view name;
  int min_inputs;
  int max_inputs;               // -1: any number
  std::string_view attributes;  // the names it may carry, in the file's and the canonical form, separated by blanks
  std::vector<Shape> (*infer)(const Node&, const Context&);
  std::vector<Value> (*evaluate)(const Node&, const Context&, const std::vector<const Value*>&);
  void (*canonical)(const Node&, Rewriter&);  // nullptr: only constants may be computed with it
  bool any_domain = false;                    // QONNX's operators appear in several domains, and in none
};

// nullptr: unknown, or a standard name in a foreign domain.
[[nodiscard]] const Operator* find_operator(const Node& node);

// Throws Refusal when operand counts, domain or attribute names do not fit. Returns the row.
[[nodiscard]] const Operator& checked_operator(const Node& node);

// Shapes of the node's outputs, checked for size. Throws Refusal, UnknownShape.
[[nodiscard]] std::vector<Shape> infer(const Node& node, const Context& context);

// Values of the node's outputs; absent optional inputs are nullptr. Throws Refusal.
[[nodiscard]] std::vector<Value> evaluate(const Node& node, const Context& context,
                                          const std::vector<const Value*>& inputs);

// The families' rows (one file each).
[[nodiscard]] std::span<const Operator> arithmetic_operators();
[[nodiscard]] std::span<const Operator> function_operators();
[[nodiscard]] std::span<const Operator> comparison_operators();
[[nodiscard]] std::span<const Operator> movement_operators();
[[nodiscard]] std::span<const Operator> shape_operators();
[[nodiscard]] std::span<const Operator> move_operators();
[[nodiscard]] std::span<const Operator> resize_operators();
[[nodiscard]] std::span<const Operator> convolution_operators();
[[nodiscard]] std::span<const Operator> pooling_operators();
[[nodiscard]] std::span<const Operator> quantiser_operators();
[[nodiscard]] std::span<const Operator> linear_quantiser_operators();
[[nodiscard]] std::span<const Operator> normalization_operators();
[[nodiscard]] std::span<const Operator> tail_operators();

// Elements above which a tensor is taken for a mistake.
inline constexpr std::int64_t tensor_limit = std::int64_t{1} << 27;
// Product of the dimensions, or -1 when one is negative or the product is above tensor_limit.
[[nodiscard]] std::int64_t checked_count(const Shape& shape);

}  // namespace blendsim::operators
