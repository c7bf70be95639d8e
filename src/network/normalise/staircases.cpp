// SPDX-License-Identifier: Apache-2.0
// Quantisers written out: Round, Floor, Ceil, and Cast to integers and back, between float operations (DoReFa, LSQ,
// PACT and their like: Clip -> Mul -> Round -> Div in any order). Each is a Quant of scale 1: the operations around it
// stay what they are. Its range follows from what bounds the values in front of it, or behind it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "network/normalise/passes.h"
#include "network/operators/quantiser.h"
#include "network/operators/support.h"
#include "numerics/functions.h"
#include "numerics/host_op.h"

namespace blendsim {

namespace {

using operators::Refusal;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr int longest_walk = 64;

struct Range {
  float lo = -infinity, hi = infinity;
};

std::optional<Range> constant_range(const Graph& graph, const std::string& tensor) {
  const Constant* c = graph.constant(tensor);
  if (c == nullptr) return std::nullopt;
  const std::vector<float> values = c->as_float();
  if (values.empty()) return std::nullopt;
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  return Range{*lo, *hi};
}

Range clip_of(const Node& node, const Graph& graph) {
  const operators::Context context(graph);
  const auto bound = [&](const char* file, const char* canonical, std::size_t input, float fallback) {
    const char* key = operators::has_attribute(node, canonical) ? canonical : file;
    return operators::float_parameter(node, context, key, input).value_or(fallback);
  };
  return {bound("min", "lo", 1, -infinity), bound("max", "hi", 2, infinity)};
}

template <class F>
Range ends(Range a, Range b, F f) {
  const float all[] = {f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)};
  if (std::any_of(std::begin(all), std::end(all), [](float v) { return std::isnan(v); })) return {};
  const auto [lo, hi] = std::minmax_element(std::begin(all), std::end(all));
  return {*lo, *hi};
}

// What the values of tensors can be, by the operators in front of them.
class Ranges {
 public:
  Ranges(const Graph& graph, const Producers& producers) : graph_(graph), producers_(producers) {}

  [[nodiscard]] Range of(const std::string& tensor, int rest = longest_walk) const {
    if (const auto fixed = constant_range(graph_, tensor)) return *fixed;
    const Node* node = producers_.find(tensor);
    if (node == nullptr || rest == 0 || node->inputs.empty() || operators::find_operator(*node) == nullptr) return {};
    const std::string& op = node->op;
    if (const Function* function = find_function(op)) return {function->lo, function->hi};
    if (op == "Quant" && operators::has_attribute(*node, "lo")) return of_quantiser(*node);
    const Range x = of(node->inputs[0], rest - 1);
    if (op == "Clip") {
      const Range clip = clip_of(*node, graph_);
      return {std::clamp(x.lo, clip.lo, clip.hi), std::clamp(x.hi, clip.lo, clip.hi)};
    }
    if (op == "Relu") return {std::max(x.lo, 0.0F), std::max(x.hi, 0.0F)};
    if (op == "Round") return {std::nearbyint(x.lo), std::nearbyint(x.hi)};
    if (op == "Floor") return {std::floor(x.lo), std::floor(x.hi)};
    if (op == "Ceil") return {std::ceil(x.lo), std::ceil(x.hi)};
    static constexpr const char* movers[] = {"Identity",    "Reshape",          "Flatten",   "Squeeze",
                                             "Unsqueeze",   "MaxPool",          "Transpose", "GlobalMaxPool",
                                             "AveragePool", "GlobalAveragePool"};
    if (std::find(std::begin(movers), std::end(movers), op) != std::end(movers)) return x;
    return node->inputs.size() == 2 ? of_pair(op, x, of(node->inputs[1], rest - 1)) : Range{};
  }

 private:
  static Range of_pair(const std::string& op, Range a, Range b) {
    if (op == "Add") return ends(a, b, [](float u, float v) { return u + v; });
    if (op == "Sub") return ends(a, b, [](float u, float v) { return u - v; });
    if (op == "Mul") return ends(a, b, [](float u, float v) { return u == 0 || v == 0 ? 0 : u * v; });
    if (op == "Div" && (b.lo > 0 || b.hi < 0)) return ends(a, b, [](float u, float v) { return u / v; });
    if (op == "Min") return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
    if (op == "Max") return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
    return {};
  }
  static Range of_quantiser(const Node& node) {
    const auto* scale = std::get_if<Constant>(&node.attributes.at("scale"));
    const auto* zero = std::get_if<Constant>(&node.attributes.at("zero_point"));
    if (scale == nullptr || zero == nullptr) return {};
    const std::vector<float> s = scale->as_float(), z = zero->as_float();
    const float most = *std::max_element(s.begin(), s.end());
    const auto [z_lo, z_hi] = std::minmax_element(z.begin(), z.end());
    return {std::min(0.0F, (static_cast<float>(node.attribute_int("lo", 0)) - *z_hi) * most),
            std::max(0.0F, (static_cast<float>(node.attribute_int("hi", 0)) - *z_lo) * most)};
  }

  const Graph& graph_;
  const Producers& producers_;
};

// The bounds that the operators behind a tensor put on it: a Clip behind sums and products with one number.
Range bounds_behind(const Graph& graph, std::string tensor) {
  double slope = 1, offset = 0;
  for (int rest = longest_walk; rest > 0; --rest) {
    const Node* reader = nullptr;
    for (const Node& node : graph.nodes) {
      if (std::find(node.inputs.begin(), node.inputs.end(), tensor) == node.inputs.end()) continue;
      if (reader != nullptr) return {};
      reader = &node;
    }
    if (reader == nullptr || std::find(graph.outputs.begin(), graph.outputs.end(), tensor) != graph.outputs.end())
      return {};
    Range clip;
    const bool first = reader->inputs[0] == tensor;
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();  // of no one constant
    const Range operand = reader->inputs.size() == 2
                              ? constant_range(graph, reader->inputs[first ? 1 : 0]).value_or(Range{nan, nan})
                              : Range{nan, nan};
    const float other = operand.lo;
    if (reader->op == "Clip") clip = clip_of(*reader, graph);
    else if (reader->op == "Relu") clip.lo = 0;
    else if (operand.lo != operand.hi) return {};
    else if (reader->op == "Min") clip.hi = other;
    else if (reader->op == "Max") clip.lo = other;
    else if (reader->op == "Add") offset += static_cast<double>(other);
    else if (reader->op == "Sub" && first) offset -= static_cast<double>(other);
    else if ((reader->op == "Mul" || (reader->op == "Div" && first)) && other > 0) {
      const double factor = reader->op == "Mul" ? static_cast<double>(other) : 1.0 / static_cast<double>(other);
      slope *= factor;
      offset *= factor;
    } else {
      return {};
    }
    const auto back = [&](float v) { return static_cast<float>((static_cast<double>(v) - offset) / slope); };
    if (std::isfinite(clip.lo) || std::isfinite(clip.hi)) {
      // Both bounds, or one and the other from a second operator behind it.
      const Range next =
          std::isfinite(clip.lo) && std::isfinite(clip.hi) ? Range{} : bounds_behind(graph, reader->outputs[0]);
      return {std::max(back(clip.lo), back(next.lo)), std::min(back(clip.hi), back(next.hi))};
    }
    tensor = reader->outputs[0];
  }
  return {};
}

std::string rounding_of(const Node& node) {
  return node.op == "Round" ? "ROUND" : node.op == "Floor" ? "FLOOR" : node.op == "Ceil" ? "CEIL" : "";
}

// Casts to integers of 8 bits and more, which cut fractions off; `inner`: the first of the two.
bool cuts(const Node& node, const Node* inner) {
  constexpr std::int64_t to_float = 1;
  constexpr std::int64_t types[] = {2, 3, 4, 5, 6, 7};
  if (node.op != "Cast" || node.attribute_int("to", 0) != to_float || inner == nullptr || inner->op != "Cast")
    return false;
  return std::find(std::begin(types), std::end(types), inner->attribute_int("to", 0)) != std::end(types);
}

// Codes from lo to hi of a rounding, as the narrowest format holds them.
operators::Quantiser staircase(double lo, double hi, const std::string& rounding) {
  operators::Quantiser q;
  q.scale = q.zero_point = operators::scalar(1);
  q.rounding = rounding;
  q.saturate_first = false;
  q.lo = static_cast<std::int64_t>(lo);
  q.hi = std::max(static_cast<std::int64_t>(hi), q.lo + 1);
  const bool fits = (q.lo >= -128 && q.hi <= 127) || (q.lo >= 0 && q.hi <= 255);
  const std::int64_t zero = !fits && q.hi - q.lo <= 255 ? -q.lo : 0;  // a byte with a zero point
  q.zero_point = operators::scalar(static_cast<float>(zero));
  q.lo += zero;
  q.hi += zero;
  q.is_signed = q.lo < 0;
  q.bits = q.is_signed ? 2 : 1;
  while ((std::int64_t{1} << (q.bits - (q.is_signed ? 1 : 0))) <= std::max(q.hi, -q.lo - 1)) ++q.bits;
  return q;
}

std::optional<Node> fuse(const Node& node, Graph& graph, const Producers& producers) {
  if (operators::find_operator(node) == nullptr || node.inputs.size() != 1) return std::nullopt;
  const Node* inner = producers.find(node.inputs[0], "Cast");
  const bool casts = cuts(node, inner);
  const std::string rounding = casts ? "DOWN" : rounding_of(node);
  const std::string x = casts ? inner->inputs[0] : node.inputs[0];
  if (rounding.empty() || graph.constant(x) != nullptr || graph.integers.contains(x)) return std::nullopt;
  const Node* source = producers.find(x);
  if (source != nullptr && (source->op == "ArgMax" || source->op == "TopK")) return std::nullopt;  // indices
  const Range front = Ranges(graph, producers).of(x);
  double lo = round_as(front.lo, rounding), hi = round_as(front.hi, rounding);
  bool clips = false;
  if (!std::isfinite(lo) || !std::isfinite(hi) || hi - lo > 255) {
    const Range behind = bounds_behind(graph, node.outputs[0]);
    lo = std::max(lo, std::floor(static_cast<double>(behind.lo)));
    hi = std::min(hi, std::ceil(static_cast<double>(behind.hi)));
    clips = true;
  }
  if (!std::isfinite(lo) || !std::isfinite(hi) || hi < lo || hi - lo > 65535) {
    throw Refusal{"not-lowerable",
                  fmt::format("nothing bounds the integers that {} gives, so they have no number of bits", node.op),
                  "put a Clip in front of it, or behind it"};
  }
  Node quantiser = operators::canonical_copy(node, "Quant", 1);
  quantiser.inputs = {x};
  if (casts) add_origin(quantiser, *inner);
  if (clips) {  // not the file's tensor, whose values the Clip behind it bounds
    quantiser.outputs = {operators::Rewriter(graph).fresh_tensor(node.outputs[0] + "/clipped")};
    for (const std::string& alike : {node.outputs[0], x}) {  // behind what a pass has made, one of them may be unknown
      const auto known = graph.shapes.find(alike);
      if (known != graph.shapes.end()) graph.shapes.emplace(quantiser.outputs[0], Shape(known->second));
    }
    for (Node& reader : graph.nodes)
      std::replace(reader.inputs.begin(), reader.inputs.end(), node.outputs[0], quantiser.outputs[0]);
  }
  staircase(lo, hi, rounding).write(quantiser);
  return quantiser;
}

}  // namespace

void fuse_staircases(Graph& graph, Diagnostics& diagnostics) { rewrite(graph, diagnostics, fuse); }

}  // namespace blendsim
