// SPDX-License-Identifier: Apache-2.0
// Internal to network: the passes of normalise(), one file each. Patterns replace the last node of what they match and
// leave the others to remove_unused(); a pattern that does not match leaves the graph alone.
#pragma once

#include <functional>
#include <optional>

#include "base/diagnostic.h"
#include "network/operators/operator.h"

namespace blendsim {

// Who produces a tensor. Valid while the graph's nodes stay in place.
class Producers {
 public:
  explicit Producers(const Graph& graph);
  [[nodiscard]] const Node* find(const std::string& tensor) const;  // nullptr: input or constant
  // The producer when it is one of `op` in the standard domain.
  [[nodiscard]] const Node* find(const std::string& tensor, const std::string& op) const;

 private:
  const Graph* graph_;
  std::map<std::string, std::size_t> index_;
};

using Pattern = std::function<std::optional<Node>(const Node&, Graph&, const Producers&)>;
// Replaces each node that the pattern matches; a Refusal on the way is reported for that node.
void rewrite(Graph& graph, Diagnostics& diagnostics, const Pattern& pattern);

// Puts others in the place of each node for which `others` has some, and drops what nothing reads then. Whether there
// were.
bool replace_nodes(Graph& graph, const std::function<std::optional<std::vector<Node>>(const Node&)>& others);

void remove_unused(Graph& graph);            // nodes, constants and shapes that no output needs
void remove_straight_through(Graph& graph);  // (sign - clip) + clip -> sign
void fuse_batch_norm_reshapes(Graph& graph, Diagnostics& diagnostics);  // Unsqueeze, BatchNormalization, Squeeze
void lift_selections(Graph& graph);                            // Cast, Where of moved comparisons in front of the moves
void fuse_selections(Graph& graph, Diagnostics& diagnostics);  // comparisons -> Bipolar, MultiThreshold
void fuse_thermometers(Graph& graph);                          // a Concat of quantisers of the input -> one quantiser
void fuse_linear_quantisers(Graph& graph, Diagnostics& diagnostics);  // QuantizeLinear, Clip, DequantizeLinear -> Quant
void fuse_staircases(Graph& graph, Diagnostics& diagnostics);         // Round, Floor, Ceil, Cast and Cast -> Quant
void canonicalise(Graph& graph, Diagnostics& diagnostics);            // node by node, through the operator table
void keep_rows(Graph& graph);                                         // matrices [n, k] as [1, n, k]
void remove_identities(Graph& graph);
void settle_layout(Graph& graph);                                    // moves transposes of data to where they vanish
void settle_orientations(Graph& graph);                              // part of it: where matrices are transposed
void fuse_channel_shuffles(Graph& graph, Diagnostics& diagnostics);  // Reshape, Transpose, Reshape of channels -> Conv
void merge_sums(Graph& graph);                                       // a sum of channels in the convolution behind it
void absorb_moves(Graph& graph);   // convolutions that only move, in the weights of those behind them
void split_concats(Graph& graph);  // convolutions over parts with scales of their own
void split_strides(Graph& graph);  // strides beyond an instruction's, as blocks of pixels
void settle_weights(Graph& graph,
                    Diagnostics& diagnostics);  // Transpose(Quant(c)) -> Quant(c'), folds the rest, checks

// Whether the tensor is the network's input, moved and computed with constants, and no quantiser lies between.
[[nodiscard]] bool is_of_input(const std::string& tensor, const Graph& graph, const Producers& producers);

// Adds the diagnostic of a refused node.
void report(Diagnostics& diagnostics, const Graph& graph, const Node& node, const operators::Refusal& refusal);

// Appends the origins of a matched node.
void add_origin(Node& node, const Node& matched);

// x >= T ? yes : no for each element, from comparisons and Where, or Cast and arithmetic behind it.
struct Selection {
  std::string x;
  Constant threshold;  // broadcastable to x
  float yes = 1, no = 0;
  std::vector<std::string> origin;
};
[[nodiscard]] std::optional<Selection> match_selection(const Node& node, const Graph& graph,
                                                       const Producers& producers);

}  // namespace blendsim
