// SPDX-License-Identifier: Apache-2.0
#include "compiler/group.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/pending/disjoint_sets.hpp>
#include <boost/range/iterator_range.hpp>
#include <iterator>

#include "base/diagnostic.h"

namespace blendsim::compiler {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

class Grouper {
 public:
  Grouper(const IntegerNetwork& network, const Table<TensorId, LayerId>& producer, Assignment& assignment)
      : network_(network), producer_(producer), assignment_(assignment), sets_(network.layers.size()) {}

  Groups run() {
    for (const LayerId l : layers_of(network_)) {
      if (!assignment_.live[l]) continue;
      if (const auto* post = std::get_if<PostProcessing>(&layer(l).work)) {
        for (const TensorId id : {post->a, post->b}) {
          if (id == no_tensor || !is_accumulator(id)) continue;
          if (id == post->b && has_one_pixel(network_, *post)) keep_apart(l, id);  // it has other tiles
          else join(l, id);
        }
      } else {
        for (const TensorId id : layer_inputs(layer(l))) {
          if (is_accumulator(id)) needs(id).fixed = true;
        }
      }
    }
    put_in_order();
    return std::move(groups_);
  }

 private:
  [[nodiscard]] const Layer& layer(LayerId l) const { return layer_of(network_, l); }
  Needs& needs(TensorId id) { return assignment_.needs[id]; }
  [[nodiscard]] bool is_accumulator(TensorId id) const {
    return producer_[id].exists() && std::holds_alternative<Convolution>(layer(producer_[id]).work);
  }
  [[nodiscard]] Vertex group_of(LayerId l) { return sets_.find_set(position_of(l)); }

  void join(LayerId post, TensorId accumulator) {
    const Sets before = sets_;
    sets_.union_set(position_of(producer_[accumulator]), position_of(post));
    if (is_acyclic()) return;
    sets_ = before;
    keep_apart(post, accumulator);
  }

  void keep_apart(LayerId post, TensorId accumulator) {
    needs(accumulator).fixed = true;
    groups_.unfused.insert({post, accumulator});
  }

  // An edge from each group to those that read its maps. A group may read its own, from post-processing to
  // post-processing.
  [[nodiscard]] Graph graph_of_groups() {
    Graph graph(network_.layers.size());
    for (const LayerId l : layers_of(network_)) {
      if (!assignment_.live[l]) continue;
      for (const TensorId id : layer_inputs(layer(l))) {
        if (!producer_[id].exists()) continue;
        const Vertex from = group_of(producer_[id]), to = group_of(l);
        if (from != to || std::holds_alternative<Convolution>(layer(l).work)) boost::add_edge(from, to, graph);
      }
    }
    return graph;
  }

  [[nodiscard]] bool is_acyclic() {
    const Graph graph = graph_of_groups();
    std::vector<Vertex> order;
    try {
      boost::topological_sort(graph, std::back_inserter(order));
      return true;
    } catch (const boost::not_a_dag&) {
      return false;
    }
  }

  // The one whose first layer comes first where there is a choice, which a depth-first sort does not say.
  void put_in_order() {
    const Graph graph = graph_of_groups();
    std::vector<std::vector<LayerId>> members(network_.layers.size());
    for (const LayerId l : layers_of(network_)) {
      if (assignment_.live[l]) members[group_of(l)].push_back(l);
    }
    const auto readers = [&](Vertex group) {
      return boost::make_iterator_range(boost::adjacent_vertices(group, graph));
    };
    std::vector<std::size_t> waiting(members.size());
    for (Vertex group = 0; group < members.size(); ++group) {
      for (const Vertex reader : readers(group)) ++waiting[reader];
    }
    std::set<std::pair<LayerId, Vertex>> ready;  // by first layer
    for (Vertex group = 0; group < members.size(); ++group) {
      if (!members[group].empty() && waiting[group] == 0) ready.insert({members[group].front(), group});
    }
    while (!ready.empty()) {
      const Vertex group = ready.extract(ready.begin()).value().second;
      groups_.members.push_back(members[group]);
      for (const Vertex reader : readers(group)) {
        if (--waiting[reader] == 0) ready.insert({members[reader].front(), reader});
      }
    }
    if (std::any_of(waiting.begin(), waiting.end(), [](std::size_t left) { return left > 0; }))
      throw InvariantError("compiler", "the groups of layers form a cycle");
  }

  using Sets = boost::disjoint_sets_with_storage<>;
  const IntegerNetwork& network_;
  const Table<TensorId, LayerId>& producer_;
  Assignment& assignment_;
  Sets sets_;  // of layers
  Groups groups_;
};

}  // namespace

Groups group_layers(const IntegerNetwork& network, const Table<TensorId, LayerId>& producer, Assignment& assignment) {
  return Grouper(network, producer, assignment).run();
}

}  // namespace blendsim::compiler
