// SPDX-License-Identifier: Apache-2.0
// Thermometer codes: the network's input compared with many constants, each a channel of bits. The host computes them:
// one quantiser of the input, repeated along the channels, with a constant for each.
//   Concat(Sign(x - t1), Sign(x - t2), ...)            -> Sign(repeated x - [t1, t2, ...])
//   Cast, Where, scaling behind a Concat or a Reshape  -> in front of it, so that each is a selection of its own
#include <algorithm>
#include <list>
#include <numeric>

#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/moves.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

constexpr int longest_walk = 64;

bool is_move(const Node& node) {
  return is_one_of(node.op, {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Identity"});
}

bool is_comparison(const Node& node) {
  return is_one_of(node.op, {"Greater", "GreaterOrEqual", "Less", "LessOrEqual"});
}

bool is_uniform(const Graph& graph, const std::string& tensor) {
  const Constant* c = graph.constant(tensor);
  if (c == nullptr) return false;
  const std::vector<float> values = c->as_float();
  return !values.empty() && std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
}

// The operand of a Cast, a Where between two constants, or arithmetic with one constant; absent: it is none of them.
std::optional<std::size_t> selected_operand(const Node& node, const Graph& graph) {
  if (operators::find_operator(node) == nullptr) return std::nullopt;
  if (node.op == "Cast" && node.inputs.size() == 1) return 0;
  if (node.op == "Where" && node.inputs.size() == 3 && is_uniform(graph, node.inputs[1]) &&
      is_uniform(graph, node.inputs[2]))
    return 0;
  if (!is_one_of(node.op, {"Mul", "Add", "Sub", "Div"}) || node.inputs.size() != 2) return std::nullopt;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    if (graph.constant(node.inputs[side]) == nullptr && is_uniform(graph, node.inputs[1 - side])) return side;
  }
  return std::nullopt;
}

// Moves what chooses the values of comparisons in front of what moves them.
class Lifter {
 public:
  explicit Lifter(Graph& graph) : graph_(graph), producers_(graph) {}

  std::optional<std::vector<Node>> lifted(const Node& node) {
    const auto operand = selected_operand(node, graph_);
    if (!operand || node.outputs.size() != 1) return std::nullopt;
    const Node* move = producers_.find(node.inputs[*operand]);
    if (move == nullptr || !is_move(*move) || move->outputs.size() != 1 || !selects(move->outputs[0]))
      return std::nullopt;
    const auto from = graph_.shapes.find(move->outputs[0]), to = graph_.shapes.find(node.outputs[0]);
    if (from == graph_.shapes.end() || to == graph_.shapes.end() || from->second != to->second) return std::nullopt;
    std::vector<Node> made;
    Node behind = *move;
    behind.name = node.name;
    add_origin(behind, node);
    behind.outputs = node.outputs;
    const std::size_t parts = move->op == "Concat" ? move->inputs.size() : 1;
    for (std::size_t i = 0; i < parts; ++i) {
      if (!graph_.shapes.contains(move->inputs[i])) return std::nullopt;
      Node part = node;
      part.name += "/" + std::to_string(i);
      part.inputs[*operand] = move->inputs[i];
      part.outputs = {operators::Rewriter(graph_).fresh_tensor(node.outputs[0] + "/" + std::to_string(i))};
      graph_.shapes[part.outputs[0]] = graph_.shapes.at(move->inputs[i]);
      behind.inputs[i] = part.outputs[0];
      made.push_back(std::move(part));
    }
    made.push_back(std::move(behind));
    return made;
  }

 private:
  // Whether the tensor holds what comparisons of the network's input choose.
  bool selects(const std::string& tensor) {
    const auto [found, is_new] = known_.try_emplace(tensor, false);
    if (!is_new) return found->second;
    const Node* node = producers_.find(tensor);
    bool result = false;
    if (node == nullptr || operators::find_operator(*node) == nullptr || node->inputs.empty()) {
      result = false;
    } else if (is_comparison(*node)) {
      const std::size_t data = graph_.constant(node->inputs[0]) != nullptr ? 1 : 0;
      result = node->inputs.size() == 2 && is_of_input(node->inputs[data], graph_, producers_);
    } else if (node->op == "Concat") {
      result = std::all_of(node->inputs.begin(), node->inputs.end(), [&](const auto& i) { return selects(i); });
    } else if (is_move(*node) || node->op == "Not") {
      result = selects(node->inputs[0]);
    } else if (const auto operand = selected_operand(*node, graph_)) {
      result = selects(node->inputs[*operand]);
    }
    return known_[tensor] = result;
  }

  Graph& graph_;
  Producers producers_;
  std::map<std::string, bool> known_;
};

bool is_equal(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  const auto *c = std::get_if<Constant>(&a), *d = std::get_if<Constant>(&b);
  if (c != nullptr) return c->shape == d->shape && c->values == d->values;
  if (const auto* v = std::get_if<std::int64_t>(&a)) return *v == std::get<std::int64_t>(b);
  if (const auto* v = std::get_if<float>(&a)) return *v == std::get<float>(b);
  if (const auto* v = std::get_if<std::string>(&a)) return *v == std::get<std::string>(b);
  if (const auto* v = std::get_if<std::vector<float>>(&a)) return *v == std::get<std::vector<float>>(b);
  return std::get<std::vector<std::int64_t>>(a) == std::get<std::vector<std::int64_t>>(b);
}

// Parts of one shape, one behind the other along an axis.
Constant concatenated(const std::vector<FloatArray>& parts, std::size_t axis) {
  Shape shape = parts[0].shape;
  std::int64_t inner = 1, outer = 1;
  for (std::size_t d = axis; d < shape.size(); ++d) inner *= shape[d];
  for (std::size_t d = 0; d < axis; ++d) outer *= shape[d];
  std::vector<float> values;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const FloatArray& part : parts)
      values.insert(values.end(), part.values.begin() + o * inner, part.values.begin() + (o + 1) * inner);
  }
  shape[axis] *= static_cast<std::int64_t>(parts.size());
  return {shape, std::move(values), "float"};
}

// The constant with as many values along `axis` as x has, the other dimensions as they are.
FloatArray widened(const Constant& c, const Shape& x, std::size_t axis) {
  Shape shape(x.size(), 1);
  shape[axis] = x[axis];
  const FloatArray ones{shape, std::vector<float>(static_cast<std::size_t>(x[axis]), 1)};
  return zip(FloatArray{c.shape, c.as_float()}, ones, [](float v, float) { return v; });
}

// A Concat of chains that differ in their constants: one chain of the repeated tensor that they begin with.
class Thermometers {
 public:
  explicit Thermometers(Graph& graph) : graph_(graph), producers_(graph) {}

  std::optional<std::vector<Node>> merged(const Node& concat) {
    if (concat.op != "Concat" || concat.inputs.size() < 2) return std::nullopt;
    const auto axis = static_cast<std::size_t>(concat.attribute_int("axis", 1));
    operators::Rewriter out(graph_);
    const auto y = joined(concat.inputs, axis, out, longest_walk);
    if (!y) return std::nullopt;
    (void)operators::emit_move(concat, "Reshape", *y, graph_.shapes.at(concat.outputs[0]), "", concat.outputs[0], out);
    return std::move(out.nodes);
  }

 private:
  using Parts = std::vector<std::string>;

  std::optional<std::string> joined(const Parts& parts, std::size_t axis, operators::Rewriter& out, int rest) {
    if (rest == 0 || axis == 0) return std::nullopt;
    const auto is_first = [&](const std::string& part) { return part == parts[0]; };
    if (std::all_of(parts.begin(), parts.end(), is_first)) return repeated(parts[0], axis, parts.size(), out);
    std::vector<const Node*> nodes;
    for (const std::string& part : parts) {
      nodes.push_back(producers_.find(part));
      if (nodes.back() == nullptr || graph_.shapes.at(part) != graph_.shapes.at(parts[0])) return std::nullopt;
    }
    const auto is_count = [](const Node* node) { return node->op == "MultiThreshold"; };
    std::list<Node> counts;
    for (const Node*& node : nodes) {
      if (node->op == "Bipolar" && std::any_of(nodes.begin(), nodes.end(), is_count))
        node = &counts.emplace_back(with_threshold(*node));
    }
    for (const Node* node : nodes) {
      if (node->op != nodes[0]->op) return std::nullopt;
    }
    if (nodes[0]->op == "Reshape") return stacked(nodes, axis, out, rest);
    if (!is_elementwise(*nodes[0], graph_)) return std::nullopt;
    const std::size_t operand = data_operand(*nodes[0], graph_);
    Parts behind;
    for (const Node* node : nodes) {
      if (node->inputs.size() != nodes[0]->inputs.size() || data_operand(*node, graph_) != operand ||
          graph_.shapes.at(node->inputs[operand]) != graph_.shapes.at(node->outputs[0]))
        return std::nullopt;
      behind.push_back(node->inputs[operand]);
    }
    Node node = *nodes[0];
    for (std::size_t i = 1; i < nodes.size(); ++i) add_origin(node, *nodes[i]);
    if (!join_attributes(nodes, axis, node) || !join_constants(nodes, operand, axis, node, out)) return std::nullopt;
    const auto x = joined(behind, axis, out, rest - 1);
    if (!x) return std::nullopt;
    node.inputs[operand] = *x;
    node.outputs = {out.fresh_tensor(parts[0] + "/all")};
    std::string y = node.outputs[0];
    out.emit(std::move(node));
    return y;
  }

  // A sign as what it is among comparisons with other constants: x >= 0.
  static Node with_threshold(const Node& bipolar) {
    const auto found = bipolar.attributes.find("scale");
    const auto* scale = found == bipolar.attributes.end() ? nullptr : std::get_if<Constant>(&found->second);
    if (scale == nullptr || element_count(scale->shape) != 1) return bipolar;
    const float s = scale->as_float()[0];
    Node node = bipolar;
    node.op = "MultiThreshold";
    node.attributes = {
        {"thresholds", Constant{{1, 1}, std::vector<float>{0}, "float"}}, {"out_scale", 2 * s}, {"out_bias", -s}};
    return node;
  }

  // Each part got a dimension of 1, along which they lie one behind the other.
  std::optional<std::string> stacked(const std::vector<const Node*>& nodes, std::size_t axis, operators::Rewriter& out,
                                     int rest) {
    const Shape& y = graph_.shapes.at(nodes[0]->outputs[0]);
    Shape x = y;
    x.erase(x.begin() + static_cast<std::ptrdiff_t>(axis));
    Parts behind;
    for (const Node* node : nodes) {
      if (graph_.shapes.at(node->inputs[0]) != x) return std::nullopt;
      behind.push_back(node->inputs[0]);
    }
    if (y[axis] != 1 || x.size() < 2) return std::nullopt;
    const auto all = joined(behind, 1, out, rest - 1);
    if (!all) return std::nullopt;
    Shape split = x;
    split.insert(split.begin() + 1, static_cast<std::int64_t>(nodes.size()));
    const std::string stack = operators::emit_move(*nodes[0], "Reshape", *all, split, "/stack", "", out);
    if (axis == 1) return stack;
    Permutation perm(y.size());
    std::iota(perm.begin(), perm.end(), 0);
    std::rotate(perm.begin() + 1, perm.begin() + 2, perm.begin() + static_cast<std::ptrdiff_t>(axis) + 1);
    return operators::emit_move(*nodes[0], "Transpose", stack, perm, "/turned", "", out);
  }

  std::optional<std::string> repeated(const std::string& x, std::size_t axis, std::size_t count,
                                      operators::Rewriter& out) {
    if (!is_of_input(x, graph_, producers_)) return std::nullopt;
    Node like;
    like.op = "Mul";
    like.name = x + "/repeat";
    like.outputs = {x};
    const Shape shape = graph_.shapes.at(x);
    Shape split = shape, ones(shape.size() + 1, 1), whole = shape;
    split.insert(split.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    ones[axis] = static_cast<std::int64_t>(count);
    whole[axis] *= static_cast<std::int64_t>(count);
    const std::string apart = operators::emit_move(like, "Reshape", x, split, "/apart", "", out);
    Node product = like;
    product.inputs = {apart, out.add_constant(x + "/ones", {ones, std::vector<float>(count, 1), "float"})};
    product.outputs = {out.fresh_tensor(x + "/repeated")};
    const std::string y = product.outputs[0];
    out.emit(std::move(product));
    return operators::emit_move(like, "Reshape", y, whole, "/whole", "", out);
  }

  // Those that lie along channels one behind the other, the others alike.
  bool join_attributes(const std::vector<const Node*>& nodes, std::size_t axis, Node& node) const {
    const Shape& x = graph_.shapes.at(nodes[0]->outputs[0]);
    for (auto& [key, attribute] : node.attributes) {
      bool alike = true;
      for (const Node* other : nodes) {
        const auto found = other->attributes.find(key);
        if (found == other->attributes.end() || other->attributes.size() != node.attributes.size()) return false;
        alike = alike && is_equal(found->second, nodes[0]->attributes.at(key));
      }
      const auto* own = std::get_if<Constant>(&attribute);
      const bool rows = is_one_of(key, {"thresholds", "gamma", "beta", "mean", "variance"});
      if (alike &&
          (own == nullptr || (rows ? own->shape[0] == 1 && key == "thresholds" : element_count(own->shape) == 1)))
        continue;
      if (!rows || axis != 1 || own == nullptr) return false;
      std::vector<FloatArray> parts;
      for (const Node* other : nodes) {
        const auto* c = std::get_if<Constant>(&other->attributes.at(key));
        if (c == nullptr || c->shape.size() != own->shape.size()) return false;
        Shape wide = c->shape;
        wide[0] = x[1];
        if (wide.size() > 1 && wide[1] != own->shape[1]) return false;
        parts.push_back(widened(*c, wide, 0));
      }
      attribute = concatenated(parts, 0);
    }
    return true;
  }

  bool join_constants(const std::vector<const Node*>& nodes, std::size_t operand, std::size_t axis, Node& node,
                      operators::Rewriter& out) const {
    const Shape& x = graph_.shapes.at(nodes[0]->outputs[0]);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (i == operand) continue;
      std::vector<FloatArray> parts;
      for (const Node* other : nodes) {
        const Constant* c = graph_.constant(other->inputs[i]);
        if (c == nullptr || c->shape.size() > x.size()) return false;
        parts.push_back(widened(*c, x, axis));
        if (parts.back().shape != parts[0].shape) return false;
      }
      node.inputs[i] = out.add_constant(node.inputs[i] + "/all", concatenated(parts, axis));
    }
    return true;
  }

  Graph& graph_;
  Producers producers_;
};

}  // namespace

bool is_of_input(const std::string& tensor, const Graph& graph, const Producers& producers) {
  const std::string* at = &tensor;
  for (int rest = longest_walk; rest > 0; --rest) {
    const Node* node = producers.find(*at);
    if (node == nullptr) return graph.constant(*at) == nullptr;
    const bool known = is_move(*node) || is_one_of(node->op, {"Mul", "Add", "Sub", "Div", "Pow", "Neg", "Clip", "Relu",
                                                              "Expand", "Tile", "BatchNormalization", "Dropout"});
    if (!(known || (node->op == "Cast" && node->attribute_int("to", 0) == 1)) || node->op == "Concat") return false;
    const std::string* next = nullptr;
    for (const std::string& input : node->inputs) {
      if (input.empty() || graph.constant(input) != nullptr) continue;
      if (next != nullptr) return false;
      next = &input;
    }
    if (next == nullptr) return false;
    at = next;
  }
  return false;
}

void lift_selections(Graph& graph) {
  for (int rest = longest_walk; rest > 0; --rest) {
    Lifter lifter(graph);
    if (!replace_nodes(graph, [&](const Node& node) { return lifter.lifted(node); })) return;
  }
}

void fuse_thermometers(Graph& graph) {
  Thermometers thermometers(graph);
  (void)replace_nodes(graph, [&](const Node& node) { return thermometers.merged(node); });
}

}  // namespace blendsim
