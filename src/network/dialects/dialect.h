// SPDX-License-Identifier: Apache-2.0
// Internal to network: operators of other dialects, each written in ONNX's own float32 operators when a file is
// imported. A rule is a row of a table and a function; everything behind it knows the result only.
//
// Integer tensors of a file (of QuantizeLinear, QLinearConv, ConvInteger, ...; an input of type uint8) become float32
// tensors of their integers less their zero point, under the file's name: DequantizeLinear is then a product with the
// scale, and what moves or compares integers (Reshape, MaxPool, Relu, Concat, ...) means what it says.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/operators/support.h"

namespace blendsim::dialects {

using Attributes = std::map<std::string, Attribute>;

// One node and the nodes that come to stand for it. Tensors and nodes in between are named after it.
class Expansion : public operators::Rewriter {
 public:
  Expansion(Graph& whole, const Node& expanded) : Rewriter(whole), node(expanded), graph(whole) {}

  const Node& node;  // inputs and outputs as in the file
  Graph& graph;

  // Throws Refusal bad-graph where it is left out.
  [[nodiscard]] const std::string& input(std::size_t i) const;
  [[nodiscard]] const std::string& output() const { return node.outputs.at(0); }
  [[nodiscard]] bool has_input(std::size_t i) const { return operators::has_input(node, i); }
  // Throws Refusal bad-graph when one of the first `count` inputs or the output is missing.
  void require_inputs(std::size_t count) const;
  // The node's attributes of these names (separated by blanks); all but those and `ignored` are refused.
  [[nodiscard]] Attributes attributes(std::string_view taken, std::string_view ignored = {}) const;

  // Emits `op`; returns its output, the tensor "<output>/<suffix>".
  std::string add(const std::string& op, std::vector<std::string> inputs, const std::string& suffix,
                  Attributes attributes = {});
  // Emits `op` as the one that yields the node's output.
  void finish(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});
  std::string constant(const std::string& suffix, Constant value);

  // Product and quotient with a constant; the tensor itself where that is 1. Add: where it is 0.
  std::string scaled(const std::string& x, Constant factor, const std::string& suffix);
  std::string divided(const std::string& x, Constant divisor, const std::string& suffix);
  std::string shifted(const std::string& x, float summand, const std::string& suffix);

  // A scale: finite and positive. Throws Refusal.
  [[nodiscard]] Constant scale(std::size_t input) const;
  // The one zero point behind an input, 0 where it is left out. Throws Refusal when it differs between channels.
  [[nodiscard]] float zero_point(std::size_t input) const;
  // The element type of the zero point behind an input ("uint8" where it is left out).
  [[nodiscard]] std::string zero_point_type(std::size_t input) const;

  [[nodiscard]] const IntegerTensor* integer(const std::string& tensor) const;
  void register_integer(const std::string& tensor, IntegerTensor description) { graph.integers[tensor] = description; }
  // The float32 tensor of an integer tensor's (or constant's) integers less `zero_point`. Throws UnknownShape behind a
  // refused node.
  std::string centred(const std::string& tensor, float zero_point);
  // An integer constant's values less its zero points (one, or one a channel along `axis`), in float32.
  [[nodiscard]] Constant centred_constant(std::size_t input, std::size_t zero_points, std::size_t axis) const;
  // Rounds x half to even, adds the zero point and saturates to the type: the node's output, an integer tensor. With
  // `rounds_sum` it is x plus the zero point that is rounded, which is another code for ties and odd zero points.
  void quantise(const std::string& x, float zero_point, const std::string& type, bool rounds_sum = false);

 private:
  Node made(const std::string& op, std::vector<std::string> inputs, Attributes attributes) const;
};

struct Rule {
  std::string_view op;
  std::string_view domain;      // "": standard
  bool (*rewrite)(Expansion&);  // false: the node stays as it is. Throws Refusal, UnknownShape
};

// Permutations of [N, ..., C] to [N, C, ...], and back.
[[nodiscard]] std::vector<std::int64_t> channels_first(std::size_t rank);
[[nodiscard]] std::vector<std::int64_t> channels_last(std::size_t rank);

// The families' rows (one file each).
[[nodiscard]] std::span<const Rule> integer_rules();
[[nodiscard]] std::span<const Rule> qlinear_rules();
[[nodiscard]] std::span<const Rule> channels_last_rules();
[[nodiscard]] std::span<const Rule> requantise_rules();
[[nodiscard]] std::span<const Rule> quant_avg_pool_rules();

[[nodiscard]] const Rule* find_rule(const Node& node);

// Nodes QuantizeLinear whose integers go, through a Clip at most, to DequantizeLinear of the same scale and zero point
// only: such a pair is one quantiser (normalise/linear_quantisers.cpp). Returns the names of their outputs.
[[nodiscard]] std::set<std::string> quantiser_pairs(const Graph& graph);

// The nodes that stand for `node`: itself where no rule applies or a rule refuses it (normalise() reports that then).
// Shapes of its inputs are known. Nodes are expanded in order.
[[nodiscard]] std::vector<Node> expand(const Node& node, Graph& graph, const std::set<std::string>& pairs);

// Integer outputs of the network get their zero point back: operator Integers (operators/linear_quantisers.cpp).
void restore_integer_outputs(Graph& graph);

// A quantiser of values that are integers from lo to hi less zero_point already: it changes none and refuses others.
[[nodiscard]] Node code_quantiser(const Node& reader, const std::string& x, const std::string& y, std::int64_t lo,
                                  std::int64_t hi, float zero_point);
// Puts one behind an input of declared integers that reaches a sum without another quantiser.
void declare_input(Graph& graph);

// The smallest and the largest integer of an ONNX type. Throws Refusal for types of no integers.
struct IntegerRange {
  std::int64_t lo = 0, hi = 0;
  int bits = 8;
  bool is_signed = false;
};
[[nodiscard]] IntegerRange integer_range(const std::string& type);

}  // namespace blendsim::dialects
