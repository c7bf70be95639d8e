// SPDX-License-Identifier: Apache-2.0
#include "network/dialects/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/diagnostic.h"
#include "network/operators/quantiser.h"

namespace blendsim::dialects {

using operators::Refusal;

namespace {

using Family = std::span<const Rule> (*)();
constexpr Family families[] = {integer_rules, qlinear_rules, channels_last_rules, requantise_rules,
                               quant_avg_pool_rules};

bool lists(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool all(const Constant& c, float value) {
  const std::vector<float> values = c.as_float();
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == value; });
}

}  // namespace

IntegerRange integer_range(const std::string& type) {
  struct Row {
    std::string_view name;
    int bits;
    bool is_signed;
  };
  static constexpr Row rows[] = {{"int4", 4, true},   {"uint4", 4, false},   {"int8", 8, true},
                                 {"uint8", 8, false}, {"int16", 16, true},   {"uint16", 16, false},
                                 {"int32", 32, true}, {"uint32", 32, false}, {"int64", 48, true}};
  for (const Row& row : rows) {
    if (row.name != type) continue;
    const std::int64_t span = std::int64_t{1} << row.bits;
    return {row.is_signed ? -span / 2 : 0, row.is_signed ? span / 2 - 1 : span - 1, row.bits, row.is_signed};
  }
  throw Refusal{"unsupported-attribute", fmt::format("integers of type {} are not supported", type)};
}

const std::string& Expansion::input(std::size_t i) const {
  if (!has_input(i)) throw Refusal{"bad-graph", fmt::format("{} has no input {}", node.op, i)};
  return node.inputs[i];
}

void Expansion::require_inputs(std::size_t count) const {
  bool complete = !node.outputs.empty() && !node.outputs[0].empty();
  for (std::size_t i = 0; i < count; ++i) complete = complete && has_input(i);
  if (!complete)
    throw Refusal{"bad-graph", fmt::format("{} takes {} inputs or more and has an output", node.op, count)};
}

Attributes Expansion::attributes(std::string_view taken, std::string_view ignored) const {
  Attributes out;
  for (const auto& [key, value] : node.attributes) {
    if (lists(taken, key)) out[key] = value;
    else if (!lists(ignored, key))
      throw Refusal{"unsupported-attribute", fmt::format("{} has no attribute '{}' here", node.op, key)};
  }
  return out;
}

Node Expansion::made(const std::string& op, std::vector<std::string> inputs, Attributes attributes) const {
  Node out = operators::canonical_copy(node, op, 0);
  out.inputs = std::move(inputs);
  out.attributes = std::move(attributes);
  out.outputs.resize(1);
  return out;
}

std::string Expansion::add(const std::string& op, std::vector<std::string> inputs, const std::string& suffix,
                           Attributes attributes) {
  Node out = made(op, std::move(inputs), std::move(attributes));
  out.name += "/" + suffix;
  out.outputs = {fresh_tensor(output() + "/" + suffix)};
  std::string y = out.outputs[0];
  emit(std::move(out));
  return y;
}

void Expansion::finish(const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
  emit(made(op, std::move(inputs), std::move(attributes)));
}

std::string Expansion::constant(const std::string& suffix, Constant value) {
  return add_constant(output() + "/" + suffix, std::move(value));
}

std::string Expansion::scaled(const std::string& x, Constant factor, const std::string& suffix) {
  if (all(factor, 1)) return x;
  return add("Mul", {x, constant(suffix + "/factor", std::move(factor))}, suffix);
}

std::string Expansion::divided(const std::string& x, Constant divisor, const std::string& suffix) {
  if (all(divisor, 1)) return x;
  return add("Div", {x, constant(suffix + "/divisor", std::move(divisor))}, suffix);
}

std::string Expansion::shifted(const std::string& x, float summand, const std::string& suffix) {
  if (summand == 0) return x;
  return add("Add", {x, constant(suffix + "/summand", operators::scalar(summand))}, suffix);
}

Constant Expansion::scale(std::size_t input) const {
  const Constant& scale = operators::constant_input(node, context(), input, "scale");
  operators::require_finite(scale, "scale", true);
  Constant out = operators::float_constant(scale);
  if (element_count(out.shape) == 1) out.shape.clear();
  return out;
}

float Expansion::zero_point(std::size_t input) const {
  if (!has_input(input)) return 0;
  const std::vector<float> values = operators::constant_input(node, context(), input, "zero point").as_float();
  if (values.empty() || std::any_of(values.begin(), values.end(), [&](float v) { return v != values[0]; }))
    throw Refusal{"not-lowerable", "the zero point differs between channels", "use one zero point a tensor"};
  return values[0];
}

std::string Expansion::zero_point_type(std::size_t input) const {
  return has_input(input) ? operators::constant_input(node, context(), input, "zero point").onnx_type : "uint8";
}

const IntegerTensor* Expansion::integer(const std::string& tensor) const {
  const auto found = graph.integers.find(tensor);
  return found == graph.integers.end() ? nullptr : &found->second;
}

std::string Expansion::centred(const std::string& tensor, float zero_point) {
  if (const Constant* c = context().constant(tensor)) {
    Constant out = operators::float_constant(*c);
    std::vector<float> values = out.as_float();
    for (float& v : values) v -= zero_point;
    out.values = std::move(values);
    return add_constant(tensor + "/centred", std::move(out));
  }
  const IntegerTensor* found = integer(tensor);
  if (found == nullptr) throw operators::UnknownShape{};
  const IntegerTensor own = *found;
  if (!own.raw) return shifted(tensor, own.zero_point - zero_point, "zero_point");
  if (!own.codes.empty()) {
    const float already = graph.integers.at(own.codes).zero_point;
    return shifted(own.codes, already - zero_point, "zero_point");
  }
  // The network's input: the machine takes its integers as they are.
  Expansion at_input(graph, node);
  const std::string moved = at_input.shifted(tensor, -zero_point, "input");
  const IntegerRange range = integer_range(own.type);
  Node quantiser = code_quantiser(node, moved, fresh_tensor(tensor + "/codes"), range.lo, range.hi, zero_point);
  const std::string codes = quantiser.outputs[0];
  for (Node& made : at_input.nodes) nodes.push_back(std::move(made));
  emit(std::move(quantiser));
  register_integer(codes, {own.type, zero_point});
  graph.integers[tensor].codes = codes;
  return codes;
}

Constant Expansion::centred_constant(std::size_t input, std::size_t zero_points, std::size_t axis) const {
  const Constant& integers = operators::constant_input(node, context(), input, "weights");
  if (!integers.is_integer()) throw Refusal{"bad-constant", "the weights are no integers"};
  FloatArray values{integers.shape, integers.as_float()};
  if (has_input(zero_points)) {
    const Constant& zeros = operators::constant_input(node, context(), zero_points, "weights' zero point");
    FloatArray z{{}, zeros.as_float()};
    if (z.values.size() != 1) {
      if (axis >= values.shape.size() || static_cast<std::int64_t>(z.values.size()) != values.shape[axis])
        throw Refusal{"shape-mismatch",
                      fmt::format("{} zero points do not fit weights {}", z.values.size(), shape_text(values.shape))};
      z.shape.assign(values.shape.size() - axis, 1);
      z.shape[0] = values.shape[axis];
    }
    values = zip(values, z, [](float w, float zero) { return w - zero; });
  }
  return {values.shape, values.values, "float"};
}

void Expansion::quantise(const std::string& x, float zero_point, const std::string& type, bool rounds_sum) {
  const IntegerRange range = integer_range(type);
  operators::Quantiser q;
  q.scale = operators::scalar(1);
  q.zero_point = operators::scalar(zero_point);
  q.lo = range.lo;
  q.hi = range.hi;
  q.bits = range.bits;
  q.is_signed = range.is_signed;
  q.saturate_first = rounds_sum;
  Node quantiser = made("Quant", {x}, {});
  q.write(quantiser);
  emit(std::move(quantiser));
  register_integer(output(), {type, zero_point});
}

const Rule* find_rule(const Node& node) {
  for (const Family family : families) {
    for (const Rule& rule : family()) {
      if (rule.op == node.op && (rule.domain == "*" || rule.domain == node.domain)) return &rule;
    }
  }
  return nullptr;
}

std::vector<Node> expand(const Node& node, Graph& graph, const std::set<std::string>& pairs) {
  const Rule* rule = find_rule(node);
  const auto is_paired = [&](const std::string& tensor) { return pairs.contains(tensor); };
  const bool complete = !node.outputs.empty() && !node.outputs[0].empty();
  if (rule == nullptr || !complete || std::any_of(node.outputs.begin(), node.outputs.end(), is_paired)) return {node};
  Expansion expansion(graph, node);
  try {
    if (rule->rewrite(expansion)) return std::move(expansion.nodes);
  } catch (const Refusal&) {
  } catch (const operators::UnknownShape&) {
  } catch (const DiagnosticError&) {         // an attribute of another kind
  } catch (const std::invalid_argument&) {}  // constants of another kind
  return {node};
}

void restore_integer_outputs(Graph& graph) {
  for (const std::string& output : graph.outputs) {
    const auto found = graph.integers.find(output);
    if (found == graph.integers.end() || found->second.raw) continue;
    const auto producer = std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) {
      return std::find(n.outputs.begin(), n.outputs.end(), output) != n.outputs.end();
    });
    if (producer == graph.nodes.end()) continue;
    operators::Rewriter out(graph);
    const std::string centred = out.fresh_tensor(output + "/centred");
    Node integers = operators::canonical_copy(*producer, "Integers", 0);
    integers.name += "/integers";
    integers.inputs = {centred};
    integers.outputs = {output};
    integers.attributes["zero_point"] = found->second.zero_point;
    const IntegerRange range = integer_range(found->second.type);
    integers.attributes["lo"] = range.lo;
    integers.attributes["hi"] = range.hi;
    for (Node& node : graph.nodes) {
      std::replace(node.inputs.begin(), node.inputs.end(), output, centred);
      std::replace(node.outputs.begin(), node.outputs.end(), output, centred);
    }
    graph.shapes[centred] = graph.shapes.at(output);
    graph.nodes.push_back(std::move(integers));
  }
}

std::set<std::string> quantiser_pairs(const Graph& graph) {
  std::map<std::string, std::vector<const Node*>> readers;
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs) readers[input].push_back(&node);
  }
  const std::set<std::string> outputs(graph.outputs.begin(), graph.outputs.end());
  const auto same = [&](const Node& a, const Node& b, std::size_t i) {
    const bool first = operators::has_input(a, i), second = operators::has_input(b, i);
    if (first != second) return false;
    if (!first || a.inputs[i] == b.inputs[i]) return true;
    const Constant *x = graph.constant(a.inputs[i]), *y = graph.constant(b.inputs[i]);
    return x == nullptr || y == nullptr || (x->onnx_type == y->onnx_type && x->as_float() == y->as_float());
  };
  std::set<std::string> pairs;
  for (const Node& node : graph.nodes) {
    if (node.op != "QuantizeLinear" || !node.domain.empty() || node.outputs.size() != 1) continue;
    bool pair = !outputs.contains(node.outputs[0]) && !readers[node.outputs[0]].empty();
    std::vector<const Node*> ends;
    std::set<std::string> clipped{node.outputs[0]};
    for (const Node* reader : readers[node.outputs[0]]) {
      if (reader->op != "Clip") {
        ends.push_back(reader);
        continue;
      }
      pair = pair && reader->outputs.size() == 1 && !outputs.contains(reader->outputs[0]);
      if (!pair) break;
      clipped.insert(reader->outputs[0]);
      const auto& behind = readers[reader->outputs[0]];
      ends.insert(ends.end(), behind.begin(), behind.end());
    }
    for (const Node* end : ends) {
      pair = pair && end->op == "DequantizeLinear" && same(node, *end, 1) && same(node, *end, 2) &&
             node.attribute_int("axis", 1) == end->attribute_int("axis", 1);
    }
    if (pair) pairs.insert(clipped.begin(), clipped.end());
  }
  return pairs;
}

}  // namespace blendsim::dialects
