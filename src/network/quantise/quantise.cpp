// SPDX-License-Identifier: Apache-2.0
// Where quantisers are missing, with how many bits, and of which range.
//
// A quantiser stands where a value is made, not where it is read: behind the chain of elementwise operators (batch
// normalisation, Relu) of the node that makes it, in front of pools, moves and concatenations, which keep codes as they
// are. So a map is stored once, in 8 bits, and its readers share it; one that wants fewer bits has a quantiser of its
// own.
#include "network/quantise.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "network/lowering/weights.h"
#include "network/normalise/passes.h"
#include "network/operators/support.h"
#include "network/quantise/ranges.h"
#include "numerics/functions.h"

namespace blendsim {

namespace {

using quantising::Interval;
using quantising::Observer;

constexpr int ordinary = 8;  // bits of codes that stand for values of any kind

bool is_layer(const Node& node) { return node.op == "Conv" || node.op == "MatMul"; }
bool is_file_quantiser(const Node& node) {
  return node.op == "Quant" || node.op == "Bipolar" || node.op == "Sign" || node.op == "MultiThreshold" ||
         node.op == "Trunc";
}
bool is_activation(const Node& node) { return node.op == "Relu" || node.op == "PRelu" || node.op == "Clip"; }
// Neither a line nor an activation of the machine: a table of codes (lowering/table.cpp).
bool is_function(const Node& node) { return find_function(node.op) != nullptr || node.op == "Pow"; }

// Scales a layer's weights along its output channels.
std::size_t output_axis(const Node& layer) { return layer.op == "Conv" ? 0 : 1; }

// Convolutions that only move (operators/moves.cpp): weights 0 and 1, at most one 1 an output channel, no bias.
bool only_moves(const Node& node, const Graph& graph) {
  if (node.op != "Conv" || node.inputs.size() > 2) return false;
  const Constant* weights = graph.constant(node.inputs[1]);
  if (weights == nullptr) return false;
  const std::vector<float> w = weights->as_float();
  const std::size_t run = w.size() / static_cast<std::size_t>(std::max<std::int64_t>(1, weights->shape[0]));
  for (std::size_t begin = 0; begin < w.size(); begin += run) {
    std::size_t ones = 0;
    for (std::size_t i = begin; i < begin + run; ++i) {
      if (w[i] != 0 && w[i] != 1) return false;
      ones += w[i] == 1 ? 1 : 0;
    }
    if (ones > 1) return false;
  }
  return true;
}

// A stripped quantiser's codes.
struct FileRange {
  std::optional<Interval> interval;  // none: a sign's, which tells nothing of the values
  int bits = ordinary;
};

class Pass {
 public:
  Pass(const Graph& graph, const QuantiseInput& input) : input_(input), graph_(graph) {}

  Quantised run() {
    match_layers();
    strip();
    index();
    find_wants();
    cut_chains();
    observe();
    emit();
    return {std::move(graph_), std::move(layers_), changed_};
  }

 private:
  struct Layer {
    std::string name;
    std::optional<int> weights, activations;  // as the plan says
    int file_activations = 0;                 // 0: no quantiser in front
  };

  [[noreturn]] void refuse(Code code, const std::string& node, std::string message, std::string hint = {}) const {
    throw DiagnosticError(code, {.file = graph_.file, .node = node}, std::move(message), std::move(hint));
  }

  // --- the plan's rows ---

  void match_layers() {
    const PrecisionPlan& plan = input_.plan;
    std::vector<bool> used(plan.layers.size(), false);
    std::vector<std::string> names;
    for (const Node& node : graph_.nodes) {
      if (!is_layer(node) || only_moves(node, graph_)) continue;
      Layer layer{node.name, plan.weights, plan.activations, 0};
      std::vector<std::string> own = node.origin;
      own.push_back(node.name);
      for (std::size_t r = 0; r < plan.layers.size(); ++r) {
        const PrecisionPlan::Row& row = plan.layers[r];
        const auto named = [&](const std::string& name) {
          return ::fnmatch(row.pattern.c_str(), name.c_str(), 0) == 0;
        };
        if (std::ranges::none_of(own, named)) continue;
        used[r] = true;
        if (row.weights) layer.weights = row.weights;
        if (row.activations) layer.activations = row.activations;
      }
      names.push_back(node.name);
      layers_by_name_[node.name] = std::move(layer);
    }
    Diagnostics diagnostics;
    for (std::size_t r = 0; r < plan.layers.size(); ++r) {
      if (used[r]) continue;
      const std::string near = nearest(plan.layers[r].pattern, names);
      std::string list;
      for (std::size_t n = 0; n < std::min<std::size_t>(names.size(), 5); ++n) list += (n == 0 ? "" : ", ") + names[n];
      diagnostics.error("unknown-name", plan.layers[r].place,
                        fmt::format("'{}' names no Conv, MatMul or Gemm of {}", plan.layers[r].pattern, graph_.file),
                        near.empty() ? fmt::format("its layers: {}{}", list, names.size() > 5 ? ", ..." : "")
                                     : fmt::format("did you mean '{}'?", near));
    }
    diagnostics.throw_if_any();
  }

  // --- the file's quantisers that the plan replaces ---

  // Keeps codes as they are.
  bool passes(const Node& node) const {
    return node.op == "MaxPool" || node.op == "Reshape" || node.op == "Transpose" || node.op == "Concat" ||
           only_moves(node, graph_);
  }
  std::size_t data_inputs(const Node& node) const { return node.op == "Concat" ? node.inputs.size() : 1; }

  // Of a tensor, the quantisers that codes come from; false: some values come from elsewhere.
  bool file_quantisers(const std::string& tensor, const Producers& producers, std::vector<const Node*>& out) const {
    const Node* node = producers.find(tensor);
    if (node == nullptr) return graph_.constant(tensor) != nullptr;
    if (is_file_quantiser(*node)) {
      out.push_back(node);
      return true;
    }
    if (!passes(*node)) return false;
    bool all = true;
    for (std::size_t i = 0; i < data_inputs(*node); ++i) all = file_quantisers(node->inputs[i], producers, out) && all;
    return all;
  }

  void strip() {
    const Producers producers(graph_);
    std::set<std::string> stripped;  // by their outputs
    for (const Node& node : graph_.nodes) {
      const auto layer = layers_by_name_.find(node.name);
      if (layer == layers_by_name_.end()) continue;
      std::vector<const Node*> quantisers;
      if (!file_quantisers(node.inputs[0], producers, quantisers) || quantisers.empty()) continue;
      for (const Node* q : quantisers)
        layer->second.file_activations = std::max(layer->second.file_activations, bits_of(*q));
      if (!layer->second.activations || *layer->second.activations == layer->second.file_activations) continue;
      for (const Node* q : quantisers) {
        if (q->op != "Quant" && q->op != "Bipolar") {
          refuse("unsupported-attribute", node.name,
                 fmt::format("its input is quantised by {} '{}', whose codes have no scale that could change", q->op,
                             q->name),
                 "give no `activations` for this layer");
        }
        if (q->attribute_int("declared", 0) == 0 &&
            std::ranges::find(graph_.outputs, q->outputs[0]) == graph_.outputs.end())
          stripped.insert(q->outputs[0]);
      }
    }
    if (stripped.empty()) return;
    std::map<std::string, std::string> instead;
    std::vector<Node> kept;
    for (Node& node : graph_.nodes) {
      for (std::string& name : node.inputs) {
        if (const auto found = instead.find(name); found != instead.end()) name = found->second;
      }
      if (!node.outputs.empty() && stripped.contains(node.outputs[0])) {
        instead[node.outputs[0]] = node.inputs[0];
        file_ranges_[node.inputs[0]] = range_of(node);
        continue;
      }
      kept.push_back(std::move(node));
    }
    graph_.nodes = std::move(kept);
  }

  static int bits_of(const Node& quantiser) {
    if (quantiser.op == "Bipolar") return 1;
    return static_cast<int>(quantiser.attribute_int("bits", ordinary));
  }

  FileRange range_of(const Node& quantiser) const {
    FileRange out{{}, bits_of(quantiser)};
    if (quantiser.op != "Quant") return out;
    const operators::Quantiser q = operators::parse_quantiser(quantiser, operators::Context(graph_));
    const std::vector<float> scales = q.scale.as_float(), zeros = q.zero_point.as_float();
    Interval all{};
    for (std::size_t i = 0; i < std::max(scales.size(), zeros.size()); ++i) {
      const float scale = scales[scales.size() == 1 ? 0 : i], zero = zeros[zeros.size() == 1 ? 0 : i];
      all.lo = std::min(all.lo, (static_cast<float>(q.lo) - zero) * scale);
      all.hi = std::max(all.hi, (static_cast<float>(q.hi) - zero) * scale);
    }
    out.interval = all;
    return out;
  }

  // --- who reads what ---

  bool is_constant(const std::string& tensor) const {
    return tensor.empty() || graph_.constant(tensor) != nullptr || constants_.contains(tensor);
  }

  void index() {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (std::ranges::all_of(node.inputs, [&](const std::string& name) { return is_constant(name); }))
        constants_.insert(node.outputs.begin(), node.outputs.end());
      for (const std::string& name : node.outputs) producer_[name] = n;
      for (const std::string& name : node.inputs) ++readers_[name];
    }
    for (const std::string& name : graph_.outputs) ++readers_[name];
    from_host_.insert(graph_.inputs.front().name);
    for (const Node& node : graph_.nodes) {
      const bool elementwise = !is_layer(node) && !is_file_quantiser(node) && !passes(node) && node.op != "AveragePool";
      const bool host = std::ranges::all_of(
          node.inputs, [&](const std::string& name) { return is_constant(name) || from_host_.contains(name); });
      if (elementwise && host && !is_constant(node.outputs[0]))
        from_host_.insert(node.outputs.begin(), node.outputs.end());
    }
  }

  const Node* producer(const std::string& tensor) const {
    const auto found = producer_.find(tensor);
    return found == producer_.end() ? nullptr : &graph_.nodes[found->second];
  }
  bool is_join(const Node& node) const {
    return (node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div") && node.inputs.size() == 2 &&
           !is_constant(node.inputs[0]) && !is_constant(node.inputs[1]);
  }
  // Computes each element from that of one tensor alone: which one; nullptr: not so.
  const std::string* only_operand(const Node& node) const {
    if (is_layer(node) || is_file_quantiser(node) || passes(node) || is_join(node) || node.op == "AveragePool")
      return nullptr;
    return &(is_constant(node.inputs[0]) && node.inputs.size() > 1 ? node.inputs[1] : node.inputs[0]);
  }
  // The tensors that a value follows from element by element, itself first.
  std::vector<std::string> sources_of(const std::string& tensor) const {
    std::vector<std::string> out{tensor};
    for (const Node* node = producer(tensor); node != nullptr; node = producer(out.back())) {
      const std::string* x = only_operand(*node);
      if (x == nullptr) break;
      out.push_back(*x);
    }
    return out;
  }
  // x * Sigmoid(x): the nearest tensor of which both operands are functions; empty: there is none.
  std::string common_source(const Node& pair) const {
    const std::vector<std::string> a = sources_of(pair.inputs[0]), b = sources_of(pair.inputs[1]);
    for (const std::string& tensor : a) {
      if (std::ranges::find(b, tensor) != b.end()) return tensor;
    }
    return {};
  }

  // Its values are codes, of the file's quantisers.
  bool is_coded(const std::string& tensor) const {
    if (is_constant(tensor)) return true;
    const Node* node = producer(tensor);
    if (node == nullptr) return false;
    if (is_file_quantiser(*node)) return true;
    if (!passes(*node)) return false;
    for (std::size_t i = 0; i < data_inputs(*node); ++i) {
      if (!is_coded(node->inputs[i])) return false;
    }
    return true;
  }

  void want(const std::string& tensor, int bits) {
    if (!is_coded(tensor)) wants_[tensor].insert(bits);
  }
  int widest(const std::string& tensor) const {
    const auto found = wants_.find(tensor);
    return found == wants_.end() || found->second.empty() ? 0 : *found->second.rbegin();
  }
  // Bits of an operand of an addition or a pool.
  int operand_bits(const std::string& tensor) const {
    const auto file = file_ranges_.find(tensor);
    const int own = file == file_ranges_.end() || file->second.bits == 1 ? ordinary : file->second.bits;
    return std::max(own, widest(tensor));
  }

  // The layer whose accumulators come to this tensor through elementwise operators, all read by nobody else.
  const Node* behind_layer(const std::string& tensor) const {
    const std::string* at = &tensor;
    while (readers_.at(*at) == 1) {
      const Node* node = producer(*at);
      if (node == nullptr) return nullptr;
      if (is_layer(*node)) return only_moves(*node, graph_) ? nullptr : node;
      if (is_file_quantiser(*node) || passes(*node) || is_join(*node) || node->op == "AveragePool" ||
          is_function(*node))
        return nullptr;
      at = only_operand(*node);
    }
    return nullptr;
  }
  std::int64_t multiplications(const Node* layer) const {
    if (layer == nullptr) return -1;
    const Shape& out = graph_.shapes.at(layer->outputs[0]);
    const Shape& weights = graph_.shapes.contains(layer->inputs[1]) ? graph_.shapes.at(layer->inputs[1]) : out;
    return element_count(out) * element_count(weights) / std::max<std::int64_t>(1, out.size() > 1 ? out[1] : 1);
  }

  void find_wants() {
    std::set<std::string> below;  // tensors that something of the machine's reads, at last
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
      const Node& node = graph_.nodes[n];
      if (is_constant(node.outputs[0])) continue;
      const bool leads_on = std::ranges::any_of(node.outputs, [&](const auto& name) { return below.contains(name); });
      const bool on_machine =
          is_layer(node) || is_join(node) || node.op == "AveragePool" || node.op == "Concat" || is_file_quantiser(node);
      if (leads_on || on_machine) below.insert(node.inputs.begin(), node.inputs.end());
      if (leads_on) leads_on_.insert(n);
      if (is_layer(node) && !only_moves(node, graph_)) {
        const Layer& layer = layers_by_name_.at(node.name);
        const int bits = layer.activations.value_or(layer.file_activations > 0 ? layer.file_activations : input_.bits);
        want(node.inputs[0], bits);
        reads_[n] = bits;
      } else if (is_join(node)) {
        want_operands(node);
      } else if (node.op == "AveragePool" || (is_function(node) && leads_on)) {
        want(node.inputs[0], operand_bits(node.inputs[0]));
      } else if (passes(node) && (leads_on || node.op == "Concat")) {
        const std::string& made = node.outputs[0];
        const bool only_turns = node.op == "Reshape" || node.op == "Transpose";  // accumulators too
        if (is_coded(made) || (only_turns && widest(made) == 0)) continue;
        const int bits = std::max(widest(made), widest(made) == 0 ? ordinary : 0);
        for (std::size_t i = 0; i < data_inputs(node); ++i) {
          want(node.inputs[i], bits);
          join_groups(made, node.inputs[i]);
        }
        if (auto found = wants_.find(made); found != wants_.end()) found->second.erase(bits);
        kept_[made] = bits;
      }
    }
  }

  // One operand of an addition may come straight from accumulators.
  void want_operands(const Node& node) {
    if (const std::string source = common_source(node); !source.empty()) return want(source, operand_bits(source));
    const std::int64_t first = multiplications(behind_layer(node.inputs[0])),
                       second = multiplications(behind_layer(node.inputs[1]));
    const bool sums = node.op == "Add" || node.op == "Sub";
    for (std::size_t i = 0; i < 2; ++i) {
      const bool straight = sums && (i == 0 ? first >= 0 && first >= second : second > first);
      if (!straight) want(node.inputs[i], operand_bits(node.inputs[i]));
    }
  }

  // Another number for each channel.
  bool differs_between_channels(const Node& node) const {
    if (node.op == "BatchNormalization") return true;
    const auto slope = node.attributes.find("slope");
    if (slope != node.attributes.end() && element_count(std::get<Constant>(slope->second).shape) > 1) return true;
    return std::ranges::any_of(node.inputs, [&](const std::string& name) {
      const Constant* constant = graph_.constant(name);
      return constant != nullptr && element_count(constant->shape) > 1;
    });
  }

  // What the machine has between two quantisers: a line in each channel with one activation in it, or a table of codes,
  // which is the same in all channels.
  void cut_chains() {
    struct Since {  // accumulators or codes
      int activations = 0;
      bool curved = false;
    };
    std::map<std::string, Since> since;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.inputs.empty() || is_constant(node.outputs[0])) continue;
      if (is_join(node)) since[node.outputs[0]].curved = !common_source(node).empty();
      const std::string* x = only_operand(node);
      if ((node.op == "Reshape" || node.op == "Transpose") && !kept_.contains(node.outputs[0]))
        since[node.outputs[0]] = since[node.inputs[0]];
      if (x == nullptr || is_constant(*x) || from_host_.contains(*x)) continue;
      Since here = widest(*x) >= ordinary ? Since{} : since[*x];
      const bool twice = is_activation(node) && here.activations > 0 && !here.curved;
      if ((twice || (here.curved && differs_between_channels(node))) && leads_on_.contains(n)) {
        want(*x, ordinary);
        here = {};
      }
      here.activations += is_activation(node) ? 1 : 0;
      here.curved = here.curved || is_function(node);
      since[node.outputs[0]] = here;
    }
  }

  // --- ranges ---

  std::string group_of(std::string tensor) const {
    for (auto found = groups_.find(tensor); found != groups_.end(); found = groups_.find(tensor))
      tensor = found->second;
    return tensor;
  }
  void join_groups(const std::string& a, const std::string& b) {
    const std::string x = group_of(a), y = group_of(b);
    if (x != y) groups_[y] = x;
  }

  void observe() {
    for (const FloatArray& image : input_.images) {
      const auto tensors = evaluate(graph_, image);
      for (const auto& [name, array] : tensors) {
        const auto bad = std::ranges::find_if(array.values, [](float v) { return !std::isfinite(v); });
        if (bad != array.values.end()) {
          const Node* node = producer(name);
          refuse("input-value", node == nullptr ? name : node->name,
                 fmt::format("with a calibration image it computes {}, of which no range follows", *bad));
        }
      }
      for (const auto& [name, bits] : wants_) {
        if (bits.empty()) continue;
        auto& observer = observers_[group_of(name)];
        if (observer == nullptr) observer = std::make_unique<Observer>();
        observer->add(tensors.at(name).values);
      }
    }
    if (!input_.images.empty()) return;
    for (const auto& [name, bits] : wants_) {
      if (bits.empty()) continue;
      const std::optional<Interval> known = known_range(name);
      if (!known) {
        const Node* node = producer(name);
        refuse("not-quantised", node == nullptr ? name : node->name,
               fmt::format("the range of its values '{}' is not known: no quantiser of the file holds them", name),
               "--calibrate IMAGES finds ranges; --assume 8 makes them up, for latency, power and resources alone");
      }
      Interval& all = intervals_[group_of(name)];
      all = hull(all, *known);
    }
  }

  static Interval hull(Interval a, Interval b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

  // What the file's quantisers say of the values of a tensor; none: sums of products lie between, or signs.
  std::optional<Interval> known_range(const std::string& tensor) const {
    if (const auto found = file_ranges_.find(tensor); found != file_ranges_.end()) return found->second.interval;
    const Node* node = producer(tensor);
    if (node == nullptr) return std::nullopt;
    if (node->op == "Quant") return range_of(*node).interval;
    const std::optional<Interval> x = known_range(node->inputs[0]);
    if (!x) return std::nullopt;
    if (node->op == "Relu") return Interval{std::max(x->lo, 0.0F), std::max(x->hi, 0.0F)};
    if (node->op == "Clip") {
      const float lo = node->attribute_float("lo", x->lo), hi = node->attribute_float("hi", x->hi);
      return Interval{std::clamp(x->lo, lo, hi), std::clamp(x->hi, lo, hi)};
    }
    if (node->op == "Add" && node->inputs.size() == 2) {
      const std::optional<Interval> y = known_range(node->inputs[1]);
      return y ? std::optional(Interval{x->lo + y->lo, x->hi + y->hi}) : std::nullopt;
    }
    Interval all = *x;
    if (node->op == "Concat") {
      for (const std::string& name : node->inputs) {
        const std::optional<Interval> y = known_range(name);
        if (!y) return std::nullopt;
        all = hull(all, *y);
      }
      return all;
    }
    if (node->op == "AveragePool" || passes(*node)) return hull(all, {});
    return std::nullopt;
  }

  operators::Quantiser quantiser_of(const std::string& tensor, int bits) const {
    const std::string group = group_of(tensor);
    if (input_.images.empty()) {
      const Interval i = intervals_.at(group);
      return quantising::activation_quantiser(i, bits, std::max(-i.lo, i.hi) / 2);
    }
    const Observer& seen = *observers_.at(group);
    const Interval ends = seen.ends();
    const bool is_input = tensor == graph_.inputs.front().name;
    if (is_input && bits == ordinary) {  // pictures: exact
      if (ends.lo >= 0 && ends.hi <= 1 && ends.hi > 0 && seen.are_multiples(1.0F / 255.0F))
        return quantising::activation_quantiser({0, 1}, bits, 0);
      if (ends.lo >= 0 && ends.hi <= 255 && seen.are_multiples(1))
        return quantising::activation_quantiser({0, 255}, bits, 0);
      if (ends.lo >= -127 && ends.hi <= 127 && seen.are_multiples(1))
        return quantising::activation_quantiser({-127, 127}, bits, 0);
    }
    return quantising::activation_quantiser(seen.interval(bits, input_.plan), bits, seen.mean_magnitude());
  }

  // --- the new graph ---

  Node quantiser_node(const operators::Quantiser& q, const std::string& from, const std::string& to) {
    changed_ = true;
    Node node;
    node.op = q.bipolar ? "Bipolar" : "Quant";
    node.name = to;
    node.inputs = {from};
    node.outputs = {to};
    q.write(node);
    return node;
  }

  void emit_quantisers(operators::Rewriter& out, const std::string& tensor) {
    const auto found = wants_.find(tensor);
    if (found == wants_.end()) return;
    std::string from = tensor;
    for (auto bits = found->second.rbegin(); bits != found->second.rend(); ++bits) {
      const std::string name = out.fresh_tensor(fmt::format("{}_q{}", tensor, *bits));
      out.emit(quantiser_node(quantiser_of(tensor, *bits), from, name));
      versions_[{tensor, *bits}] = name;
      if (from_host_.contains(tensor)) from = name;  // the host quantises once
    }
  }

  // What a reader gets: the version of so many bits; 0: the widest where it has 8 bits, else the value itself.
  std::string version(const std::string& tensor, int bits) const {
    if (bits == 0) {
      const int most = widest(tensor);
      if (most < ordinary && !(most > 0 && file_ranges_.contains(tensor))) return tensor;
      bits = most;
    }
    const auto found = versions_.find({tensor, bits});
    return found == versions_.end() ? tensor : found->second;
  }

  void emit() {
    operators::Rewriter out(graph_);
    const std::vector<Node> nodes = graph_.nodes;
    emit_quantisers(out, graph_.inputs.front().name);
    lowering::Producers producers;
    for (const Node& node : nodes) {
      for (const std::string& name : node.outputs) producers[name] = &node;
    }
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      Node node = nodes[n];
      if (!is_constant(node.outputs[0])) {
        const bool layer = reads_.contains(n);
        for (std::string& name : node.inputs) {
          const auto kept = kept_.find(node.outputs[0]);
          if (!is_constant(name)) name = version(name, layer ? reads_.at(n) : kept != kept_.end() ? kept->second : 0);
        }
        if (layer) emit_weights(out, node, producers, is_coded(nodes[n].inputs[0]) ? 0 : reads_.at(n));
      }
      const std::string made = node.outputs[0];
      out.emit(std::move(node));
      emit_quantisers(out, made);
    }
    graph_.nodes = std::move(out.nodes);
    remove_unused(graph_);
  }

  void emit_weights(operators::Rewriter& out, Node& node, const lowering::Producers& producers, int activations) {
    const Layer& layer = layers_by_name_.at(node.name);
    QuantisedLayer row{node.name, 0, activations, 0};
    const std::string weights = node.inputs[1];
    const auto value = lowering::constant_value(graph_, producers, weights);
    if (!value) {
      layers_.push_back(row);
      return;  // lowering says what is wrong with them
    }
    row.parameters = static_cast<std::int64_t>(value->values.size());
    const auto made_by = producers.find(weights);
    const int own = made_by == producers.end() ? 0 : bits_of(*made_by->second);
    const bool stays = layer.weights ? *layer.weights == own : own != 0 || has_integers(producers, weights, node);
    if (!stays) {
      row.weights = layer.weights.value_or(input_.bits);
      const std::string from = made_by == producers.end()
                                   ? weights
                                   : out.add_constant(weights + "_float", {value->shape, value->values, "float"});
      const std::string name = out.fresh_tensor(fmt::format("{}_q{}", weights, row.weights));
      out.emit(quantiser_node(weights_quantiser(*value, row.weights, output_axis(node)), from, name));
      node.inputs[1] = name;
    }
    layers_.push_back(row);
  }

  bool has_integers(const lowering::Producers& producers, const std::string& weights, const Node& node) const {
    try {
      return lowering::integer_weights(graph_, producers, weights, output_axis(node)).has_value();
    } catch (const std::invalid_argument&) {
      return false;
    }
  }

  static operators::Quantiser weights_quantiser(const FloatArray& weights, int bits, std::size_t axis) {
    operators::Quantiser q;
    q.bits = bits;
    q.bipolar = bits == 1;
    q.saturate_first = false;
    q.hi = (std::int64_t{1} << (bits - 1)) - 1;
    q.lo = -q.hi;
    q.zero_point = operators::scalar(0);
    const auto channels = static_cast<std::size_t>(weights.shape.at(axis));
    std::size_t run = 1;
    for (std::size_t d = axis + 1; d < weights.shape.size(); ++d) run *= static_cast<std::size_t>(weights.shape[d]);
    q.scale.shape.assign(weights.shape.size(), 1);
    q.scale.shape[axis] = weights.shape[axis];
    q.scale.onnx_type = "float";
    std::vector<float> scales, channel;
    for (std::size_t c = 0; c < channels; ++c) {
      channel.clear();
      for (std::size_t begin = c * run; begin < weights.values.size(); begin += channels * run)
        channel.insert(channel.end(), weights.values.begin() + static_cast<std::ptrdiff_t>(begin),
                       weights.values.begin() + static_cast<std::ptrdiff_t>(begin + run));
      scales.push_back(quantising::weight_scale(channel, bits));
    }
    q.scale.values = std::move(scales);
    return q;
  }

  const QuantiseInput& input_;
  Graph graph_;
  std::map<std::string, Layer> layers_by_name_;
  std::map<std::string, FileRange> file_ranges_;  // of tensors whose quantisers were taken away
  std::set<std::string> constants_, from_host_;   // tensors
  std::map<std::string, std::size_t> producer_;
  std::map<std::string, int> readers_;
  std::set<std::size_t> leads_on_;              // nodes with something of the machine's behind them
  std::map<std::string, std::set<int>> wants_;  // bits of the quantisers behind a tensor
  std::map<std::size_t, int> reads_;            // bits that a layer reads
  std::map<std::string, int> kept_;             // made by what keeps codes: of so many bits
  std::map<std::string, std::string> groups_;   // tensors with one scale
  std::map<std::string, std::unique_ptr<Observer>> observers_;
  std::map<std::string, Interval> intervals_;
  std::map<std::pair<std::string, int>, std::string> versions_;
  std::vector<QuantisedLayer> layers_;
  bool changed_ = false;
};

}  // namespace

Quantised quantise(const Graph& graph, const QuantiseInput& input) {
  if (graph.inputs.size() != 1) {
    throw DiagnosticError("bad-graph", {.file = graph.file},
                          fmt::format("the network has {} inputs; exactly one is possible", graph.inputs.size()));
  }
  return Pass(graph, input).run();
}

QuantisationLoss quantisation_loss(const Graph& original, const Graph& quantised,
                                   const std::vector<FloatArray>& images) {
  QuantisationLoss out;
  double signal = 0, noise = 0;
  for (const FloatArray& image : images) {
    const auto want = evaluate(original, image), got = evaluate(quantised, image);
    bool same = true;
    for (const std::string& name : original.outputs) {
      const std::vector<float>&w = want.at(name).values, &g = got.at(name).values;
      for (std::size_t i = 0; i < w.size(); ++i) {
        const double difference = double{g[i]} - double{w[i]};
        signal += double{w[i]} * double{w[i]};
        noise += difference * difference;
      }
      same = same && std::ranges::max_element(w) - w.begin() == std::ranges::max_element(g) - g.begin();
    }
    ++out.images;
    out.top1_equal += same ? 1 : 0;
  }
  out.sqnr_db = noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
  return out;
}

}  // namespace blendsim
