// SPDX-License-Identifier: Apache-2.0
// Which of the two ways round each matrix [1, A, B] of the network lies: the transposes that are needed then cost
// least.
//
// Sums, quantisers and other operators on single elements work either way round, if their parameters do; convolutions
// take their channels first. A reader that has a tensor the other way round than its producer costs a transpose, which
// all such readers share: little for codes, more for signs (they are bytes in between), and what no quantiser has
// written cannot be transposed at all. Two labels, and a cost where they differ: a minimum cut (Boykov and Kolmogorov,
// PAMI 26(9), 2004).
#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <limits>
#include <set>

#include "network/normalise/passes.h"
#include "network/normalise/turns.h"
#include "network/operators/support.h"

namespace blendsim {

namespace {

const Permutation swapped{0, 2, 1};

bool is_matrix(const Shape& x) { return x.size() == 3 && x[0] == 1 && x[1] > 1 && x[2] > 1; }

// A cut of least cost between two ends. Costs are whole numbers.
class Cut {
 public:
  using Vertex = std::size_t;
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max() / 1024;

  Cut() : zero_(add()), one_(add()) {}

  Vertex add() { return boost::add_vertex(graph_); }
  [[nodiscard]] Vertex end(bool label) const { return label ? one_ : zero_; }
  // Costs so much where the label of `from` is 0 and that of `to` is 1.
  void charge(Vertex from, Vertex to, std::int64_t cost) {
    const auto forward = boost::add_edge(from, to, graph_).first, back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, forward, cost);
    boost::put(boost::edge_capacity, graph_, back, 0);
    boost::put(boost::edge_reverse, graph_, forward, back);
    boost::put(boost::edge_reverse, graph_, back, forward);
  }
  // Costs so much, once, where the label of any reader is another than the source's.
  void charge_once(Vertex source, const std::vector<Vertex>& readers, std::int64_t cost) {
    const Vertex ones = add(), zeros = add();
    charge(source, ones, cost);
    charge(zeros, source, cost);
    for (const Vertex reader : readers) {
      charge(ones, reader, never);
      charge(reader, zeros, never);
    }
  }
  void solve() { boost::boykov_kolmogorov_max_flow(graph_, zero_, one_); }
  [[nodiscard]] bool label(Vertex v) const {
    return boost::get(boost::vertex_color, graph_, v) != boost::get(boost::vertex_color, graph_, zero_);
  }

 private:
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::bidirectionalS>;
  using Edge = Traits::edge_descriptor;
  using Flow = boost::adjacency_list<
      boost::vecS, boost::vecS, boost::bidirectionalS,
      boost::property<boost::vertex_index_t, std::size_t,
                      boost::property<boost::vertex_color_t, boost::default_color_type,
                                      boost::property<boost::vertex_distance_t, long,
                                                      boost::property<boost::vertex_predecessor_t, Edge>>>>,
      boost::property<boost::edge_capacity_t, std::int64_t,
                      boost::property<boost::edge_residual_capacity_t, std::int64_t,
                                      boost::property<boost::edge_reverse_t, Edge>>>>;
  Flow graph_;
  Vertex zero_, one_;
};

class Orientations {
 public:
  explicit Orientations(Graph& graph) : graph_(with_inputs(graph)), producer_(producers_of(graph)) {}

  void run() {
    find_uses();
    if (!free_.empty()) {
      find_parities();
      cut();
      rebuild();
    }
    remove_inputs();
  }

 private:
  static constexpr const char* input_op = "network input";

  // Operand `operand` of node `reader` is what node `source` yields, transposed or not.
  struct Use {
    std::size_t reader, operand, source;
    bool turned;
  };

  [[nodiscard]] const Shape& shape(const std::string& tensor) const { return graph_.shapes.at(tensor); }
  [[nodiscard]] bool is_output(const std::string& tensor) const {
    return std::find(graph_.outputs.begin(), graph_.outputs.end(), tensor) != graph_.outputs.end();
  }

  // Computed from the network's input, or that itself.
  [[nodiscard]] bool is_data(const std::string& tensor) const {
    return producer_.count(tensor) != 0 && graph_.constant(root_of(tensor, graph_, producer_)) == nullptr;
  }

  // The network's inputs, which the host turns for nothing, as nodes in front of all others.
  static Graph& with_inputs(Graph& graph) {
    std::vector<Node> inputs;
    for (const GraphInput& input : graph.inputs) {
      Node& node = inputs.emplace_back();
      node.op = input_op;
      node.name = input.name;
      node.outputs = {input.name};
    }
    graph.nodes.insert(graph.nodes.begin(), inputs.begin(), inputs.end());
    return graph;
  }
  void remove_inputs() {
    std::erase_if(graph_.nodes, [](const Node& node) { return node.op == input_op; });
  }

  // A transpose that may stand elsewhere: not that of an output, which is the host's.
  [[nodiscard]] bool is_turn(const Node& node) const {
    return node.op == "Transpose" && perm_of(node) == swapped && is_data(node.inputs[0]) &&
           is_matrix(shape(node.inputs[0])) && !is_output(node.outputs[0]);
  }

  // A Reshape that keeps the shape.
  [[nodiscard]] bool is_identity(const Node& node) const {
    return node.op == "Reshape" && is_data(node.inputs[0]) && !is_output(node.outputs[0]) &&
           is_matrix(shape(node.outputs[0])) && shape(node.inputs[0]) == shape(node.outputs[0]);
  }
  [[nodiscard]] bool passes(const Node& node) const { return is_turn(node) || is_identity(node); }

  // Whether the node can work on its operands the other way round.
  [[nodiscard]] bool is_free(const Node& node) const {
    if (node.outputs.size() != 1 || !is_matrix(shape(node.outputs[0]))) return false;
    const auto like_output = [&](const std::string& input) {
      return is_data(input) && shape(input) == shape(node.outputs[0]);
    };
    if (is_elementwise(node, graph_)) {
      const std::string& x = node.inputs[data_operand(node, graph_)];
      return like_output(x);
    }
    if (node.op == "Concat") {
      return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const auto& i) { return is_data(i); });
    }
    return is_one_of(node.op, {"Add", "Sub", "Mul", "Div"}) &&
           std::all_of(node.inputs.begin(), node.inputs.end(), like_output);
  }

  void find_uses() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (passes(node)) continue;
      if (is_free(node)) free_.insert(i);
      for (std::size_t k = 0; k < node.inputs.size(); ++k) {
        bool turned = false;
        auto source = producer_.find(node.inputs[k]);
        for (; source != producer_.end() && passes(graph_.nodes[source->second]);
             source = producer_.find(graph_.nodes[source->second].inputs[0]))
          turned = turned != is_turn(graph_.nodes[source->second]);
        if (source != producer_.end() && is_matrix(shape(node.inputs[k])))
          uses_.push_back({i, k, source->second, turned});
      }
    }
  }

  // The way round in which a free node's operator has an integer form: with its parameters along the channels.
  [[nodiscard]] std::optional<bool> asked_of(const Node& node) const {
    if (node.op == "Concat") return node.attribute_int("axis", 1) != 1;
    if (node.op == "BatchNormalization") return false;
    bool channels = false, pixels = false;
    const auto look = [&](const Constant& c, std::size_t channel_axis) {
      for (std::size_t d = 0; d < c.shape.size(); ++d) {
        if (c.shape[d] != 1) (d == channel_axis ? channels : pixels) = true;
      }
    };
    const auto look_at = [&](const Constant& c) {  // aligned with the last dimensions
      const std::size_t rank = c.shape.size();
      look(c, rank < 2 ? rank : rank - 2);
    };
    const auto thresholds = node.attributes.find("thresholds");
    if (thresholds != node.attributes.end()) look({{std::get<Constant>(thresholds->second).shape[0]}, {}, {}}, 0);
    for (const char* key : parameter_keys) {
      const auto found = node.attributes.find(key);
      const auto* c = found == node.attributes.end() ? nullptr : std::get_if<Constant>(&found->second);
      if (c != nullptr) look_at(*c);
    }
    for (const std::string& input : node.inputs) {
      if (const Constant* c = graph_.constant(input)) look_at(*c);
    }
    if (channels == pixels) return std::nullopt;
    return pixels;
  }

  // Of a transpose of what a node yields.
  [[nodiscard]] std::int64_t cost_of(std::size_t source) const {
    constexpr std::int64_t signs = 3, unquantised = 1000;
    const std::int64_t size = element_count(shape(graph_.nodes[source].outputs[0]));
    for (const Node* node = &graph_.nodes[source];;) {
      if (node->op == input_op) return 0;
      if (node->op == "Bipolar") return signs * size;
      if (node->op == "MultiThreshold") return size;
      if (node->op == "Quant") return node->attribute_int("bits", 8) <= 8 ? size : unquantised * size;
      const bool passes = is_one_of(node->op, {"Reshape", "Relu", "Clip", "MaxPool", "Transpose"}) ||
                          (is_elementwise(*node, graph_) && has_one_parameter(*node));
      const auto before = passes ? producer_.find(node->inputs[data_operand(*node, graph_)]) : producer_.end();
      if (before == producer_.end()) return unquantised * size;
      node = &graph_.nodes[before->second];
    }
  }
  [[nodiscard]] bool has_one_parameter(const Node& node) const {
    return is_one_of(node.op, {"Add", "Sub", "Mul", "Div"}) &&
           element_count(graph_.constant(node.inputs[1 - data_operand(node, graph_)])->shape) == 1;
  }

  // Nodes' labels are relative to one of their neighbours, so that equal ones need no transpose between them. Where two
  // ways say otherwise (x + x transposed) the later is left out of the costs.
  void find_parities() {
    std::map<std::size_t, std::vector<std::pair<std::size_t, bool>>> neighbours;
    for (const Use& use : uses_) {
      if (free_.count(use.reader) == 0 || free_.count(use.source) == 0) continue;
      neighbours[use.reader].emplace_back(use.source, use.turned);
      neighbours[use.source].emplace_back(use.reader, use.turned);
    }
    for (const std::size_t first : free_) {
      std::vector<std::size_t> open;
      if (parity_.emplace(first, false).second) open.push_back(first);
      while (!open.empty()) {
        const std::size_t at = open.back();
        open.pop_back();
        for (const auto& [next, turned] : neighbours[at]) {
          if (parity_.emplace(next, parity_.at(at) != turned).second) open.push_back(next);
        }
      }
    }
  }

  // The host or the weights behind it take its transpose in.
  [[nodiscard]] bool takes_any_order(std::size_t reader) const {
    const Node& node = graph_.nodes[reader];
    if (node.op == "Transpose") return is_output(node.outputs[0]);
    if (node.op != "Reshape" || shape(node.outputs[0]).size() != 2) return false;
    return std::all_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& other) {
      return std::find(other.inputs.begin(), other.inputs.end(), node.outputs[0]) == other.inputs.end() ||
             other.op == "MatMul";
    });
  }

  // Label of a free node: whether it is turned, relative to its parity.
  void cut() {
    Cut cut;
    std::map<std::size_t, Cut::Vertex> vertex;
    for (const std::size_t node : free_) {
      vertex[node] = cut.add();
      if (const auto asked = asked_of(graph_.nodes[node])) {
        const bool label = *asked != parity_.at(node);
        cut.charge(label ? vertex[node] : cut.end(false), label ? cut.end(true) : vertex[node], Cut::never);
      }
    }
    std::map<std::pair<std::size_t, bool>, std::vector<Cut::Vertex>> readers;  // of a source; fixed: by label
    std::set<std::pair<std::size_t, bool>> there;                              // transposes that stay anyway
    for (const Use& use : uses_) {
      if (!is_movable(use) && use.turned) there.emplace(use.source, true);
    }
    for (const Use& use : uses_) {
      if (!is_movable(use) || takes_any_order(use.reader)) continue;
      const bool free_source = free_.count(use.source) != 0, free_reader = free_.count(use.reader) != 0;
      if (free_source && free_reader) {
        if (parity_.at(use.source) != (parity_.at(use.reader) != use.turned)) continue;
        readers[{use.source, false}].push_back(vertex[use.reader]);
      } else if (free_source) {
        readers[{use.source, false}].push_back(cut.end(use.turned != parity_.at(use.source)));
      } else if (there.count({use.source, true}) == 0) {
        readers[{use.source, use.turned != parity_.at(use.reader)}].push_back(vertex[use.reader]);
      }
    }
    for (const auto& [source, list] : readers) {
      const bool is_free_source = free_.count(source.first) != 0;
      cut.charge_once(is_free_source ? vertex[source.first] : cut.end(source.second), list, cost_of(source.first));
    }
    cut.solve();
    for (const std::size_t node : free_) {
      if (cut.label(vertex[node]) != parity_.at(node)) turned_.insert(node);
    }
  }
  [[nodiscard]] bool is_movable(const Use& use) const {
    return free_.count(use.source) != 0 || free_.count(use.reader) != 0;
  }

  // Its tensor the way round that is asked for, transposed where it is not there yet.
  std::string tensor_of(std::size_t source, bool turned, std::vector<Node>& nodes) {
    const auto found = tensors_.find({source, turned});
    if (found != tensors_.end()) return found->second;
    const std::string& x = tensors_.at({source, !turned});
    const Node& node = graph_.nodes[source];
    Node turn = turns_.count(source) != 0 ? *turns_.at(source) : operators::canonical_copy(node, "Transpose", 0);
    if (turns_.count(source) == 0) turn.name += "/transpose";
    turn.attributes = {{"perm", swapped}};
    turn.inputs = {x};
    turn.outputs = {name_of(source, turned)};
    nodes.push_back(turn);
    return tensors_[{source, turned}] = turn.outputs[0];
  }

  // Names of the file where it has the tensor that way round.
  std::string name_of(std::size_t source, bool turned) {
    const std::string& own = graph_.nodes[source].outputs[0];
    if (!turned) return own;
    const auto known = turns_.find(source);
    const std::string name =
        known != turns_.end() ? known->second->outputs[0] : operators::Rewriter(graph_).fresh_tensor(own + "/turned");
    graph_.shapes[name] = permuted(shape(own), swapped);
    return name;
  }

  void rebuild() {
    std::vector<Node> nodes;
    const std::vector<Node> old = graph_.nodes;
    for (const Node& node : old) {
      auto source = is_turn(node) ? producer_.find(node.inputs[0]) : producer_.end();
      while (source != producer_.end() && is_identity(old[source->second]))
        source = producer_.find(old[source->second].inputs[0]);
      if (source != producer_.end() && !is_turn(old[source->second])) turns_.emplace(source->second, &node);
    }
    std::map<std::pair<std::size_t, std::size_t>, const Use*> use_of;
    for (const Use& use : uses_) use_of[{use.reader, use.operand}] = &use;
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (passes(old[i])) continue;
      const bool turned = turned_.count(i) != 0;
      Node node = old[i];
      if (turned) {
        auto other = before_transpose(old[i], swapped, graph_);
        if (!other) throw InvariantError("orientations", old[i].name + " cannot be turned");
        node = std::move(*other);
        if (node.op == "Concat")
          node.attributes["axis"] = swapped[static_cast<std::size_t>(node.attribute_int("axis", 1))];
      }
      for (std::size_t k = 0; k < node.inputs.size(); ++k) {
        const auto use = use_of.find({i, k});
        if (use != use_of.end()) node.inputs[k] = tensor_of(use->second->source, use->second->turned != turned, nodes);
      }
      if (node.outputs.size() == 1) {
        node.outputs[0] = name_of(i, turned);
        tensors_[{i, turned}] = node.outputs[0];
      }
      nodes.push_back(std::move(node));
      if (turned && is_output(old[i].outputs[0])) (void)tensor_of(i, false, nodes);  // by the host
    }
    graph_.nodes = std::move(nodes);
  }

  Graph& graph_;
  ProducerIndex producer_;
  std::vector<Use> uses_;
  std::set<std::size_t> free_;
  std::map<std::size_t, bool> parity_;
  std::set<std::size_t> turned_;                                 // nodes that work the other way round
  std::map<std::size_t, const Node*> turns_;                     // of a source, in the file
  std::map<std::pair<std::size_t, bool>, std::string> tensors_;  // that there are: of a source, turned or not
};

}  // namespace

void settle_orientations(Graph& graph) { Orientations(graph).run(); }

}  // namespace blendsim
