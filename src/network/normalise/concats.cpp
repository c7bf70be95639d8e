// SPDX-License-Identifier: Apache-2.0
// A convolution over a concatenation of parts with scales of their own: the sum of a convolution of each part. One map
// of codes of 8 bits cannot hold such parts, and no unit multiplies wider ones.
#include <algorithm>
#include <cmath>

#include "network/normalise/conv_weights.h"
#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

// Codes of a part: (code - zero point) * scale.
struct Codes {
  double scale = 1, lo = 0, hi = 0;  // hi, lo: less the zero point
};

class Concats {
 public:
  explicit Concats(Graph& graph) : graph_(graph), producers_(graph) {}

  std::optional<std::vector<Node>> split(const Node& conv) {
    if (conv.op != "Conv" || conv.attribute_int("group", 1) != 1) return std::nullopt;
    std::vector<const Node*> pools;  // between the two, the last first: a maximum of parts is parts of the maximum
    const Node* concat = producers_.find(conv.inputs[0]);
    for (; concat != nullptr && concat->op == "MaxPool"; concat = producers_.find(concat->inputs[0]))
      pools.push_back(concat);
    if (concat != nullptr && concat->op != "Concat") return std::nullopt;
    if (concat == nullptr || concat->attribute_int("axis", 1) != 1 || !need_splitting(*concat)) return std::nullopt;
    const auto weights = conv_weights(conv, graph_, producers_);
    if (!weights) return std::nullopt;
    std::vector<Node> made;
    std::int64_t first = 0;
    std::string sum;
    for (std::size_t i = 0; i < concat->inputs.size(); ++i) {
      const std::int64_t channels = graph_.shapes.at(concat->inputs[i])[1];
      const bool last = i + 1 == concat->inputs.size();
      const std::string part = tensor(conv, "/part" + std::to_string(i));
      Node of_part = conv;
      of_part.name += "/part" + std::to_string(i);
      of_part.inputs[0] = pooled(concat->inputs[i], pools, i, made);
      if (i > 0) of_part.inputs.resize(2);  // one bias
      of_part.outputs = {part};
      add_origin(of_part, *concat);
      for (Node& node : with_weights(std::move(of_part), *weights, channels_of(*weights->constant, first, channels),
                                     "/part" + std::to_string(i), graph_))
        made.push_back(std::move(node));
      first += channels;
      if (i == 0) {
        sum = part;
        continue;
      }
      Node add = operators::canonical_copy(conv, "Add", 0);
      add.name += last ? "" : "/sum" + std::to_string(i);
      add.inputs = {sum, part};
      sum = last ? conv.outputs[0] : tensor(conv, "/sum" + std::to_string(i));
      add.outputs = {sum};
      made.push_back(std::move(add));
    }
    return made;
  }

 private:
  std::string pooled(std::string x, const std::vector<const Node*>& pools, std::size_t part, std::vector<Node>& made) {
    for (auto pool = pools.rbegin(); pool != pools.rend(); ++pool) {
      Node of_part = **pool;
      of_part.name += "/part" + std::to_string(part);
      of_part.inputs[0] = x;
      Shape shape = graph_.shapes.at((*pool)->outputs[0]);
      shape[1] = graph_.shapes.at(x)[1];
      x = operators::Rewriter(graph_).fresh_tensor((*pool)->outputs[0] + "/part" + std::to_string(part));
      graph_.shapes[x] = std::move(shape);
      of_part.outputs = {x};
      made.push_back(std::move(of_part));
    }
    return x;
  }

  std::string tensor(const Node& conv, const std::string& suffix) {
    std::string name = operators::Rewriter(graph_).fresh_tensor(conv.outputs[0] + suffix);
    graph_.shapes[name] = graph_.shapes.at(conv.outputs[0]);
    return name;
  }

  // Whether all parts are codes of at most 8 bits, and no 8 bits hold them at one scale.
  [[nodiscard]] bool need_splitting(const Node& concat) const {
    std::vector<Codes> parts;
    for (const std::string& input : concat.inputs) {
      const auto codes = codes_of(input);
      if (!codes) return false;
      parts.push_back(*codes);
    }
    const double least =
        std::min_element(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.scale < b.scale; })->scale;
    double lo = 0, hi = 0;
    for (const Codes& part : parts) {
      const double factor = part.scale / least;
      if (std::fabs(factor - std::nearbyint(factor)) > 1e-6 * factor) return true;
      lo = std::min(lo, part.lo * factor);
      hi = std::max(hi, part.hi * factor);
    }
    return hi - lo > 255;
  }

  [[nodiscard]] std::optional<Codes> codes_of(const std::string& tensor) const {
    const Node* node = producers_.find(tensor);
    while (node != nullptr && is_one_of(node->op, {"MaxPool", "Reshape", "Relu"}))
      node = producers_.find(node->inputs[0]);
    if (node == nullptr || node->op != "Quant" || node->attribute_int("bits", 32) > 8) return std::nullopt;
    const auto single = [&](const char* key) -> std::optional<double> {
      const auto found = node->attributes.find(key);
      const auto* c = found == node->attributes.end() ? nullptr : std::get_if<Constant>(&found->second);
      if (c == nullptr || element_count(c->shape) != 1) return std::nullopt;
      return c->as_float().front();
    };
    const auto scale = single("scale"), zero = single("zero_point");
    if (!scale || !zero || !(*scale > 0)) return std::nullopt;
    return Codes{*scale, static_cast<double>(node->attribute_int("lo", 0)) - *zero,
                 static_cast<double>(node->attribute_int("hi", 0)) - *zero};
  }

  // Weights [out, in, h, w] of input channels [first, first + count).
  static Constant channels_of(const Constant& weights, std::int64_t first, std::int64_t count) {
    const Shape& s = weights.shape;
    const std::int64_t taps = s[2] * s[3];
    const std::vector<float> from = weights.as_float();
    std::vector<float> to;
    to.reserve(static_cast<std::size_t>(s[0] * count * taps));
    for (std::int64_t o = 0; o < s[0]; ++o) {
      const auto begin = from.begin() + (o * s[1] + first) * taps;
      to.insert(to.end(), begin, begin + count * taps);
    }
    return {{s[0], count, s[2], s[3]}, std::move(to), "float"};
  }

  Graph& graph_;
  Producers producers_;
};

}  // namespace

void split_concats(Graph& graph) {
  Concats concats(graph);
  (void)replace_nodes(graph, [&](const Node& node) { return concats.split(node); });
}

}  // namespace blendsim
