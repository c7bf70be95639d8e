// SPDX-License-Identifier: Apache-2.0
// Internal to network: what the passes that move transposes of data share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "network/graph.h"

namespace blendsim {

using Permutation = std::vector<std::int64_t>;
using ProducerIndex = std::map<std::string, std::size_t>;  // node of a graph by each tensor that it yields

[[nodiscard]] Permutation perm_of(const Node& node);
[[nodiscard]] Permutation inverse(const Permutation& perm);
// transposed(transposed(x, first), second)
[[nodiscard]] Permutation composed(const Permutation& first, const Permutation& second);
[[nodiscard]] bool is_identity(const Permutation& perm);
[[nodiscard]] Shape permuted(const Shape& x, const Permutation& perm);

[[nodiscard]] bool is_one_of(const std::string& op, std::initializer_list<const char*> list);
[[nodiscard]] ProducerIndex producers_of(const Graph& graph);
// An operator on single elements, one operand of which is computed.
[[nodiscard]] bool is_elementwise(const Node& node, const Graph& graph);
// The place of that operand.
[[nodiscard]] std::size_t data_operand(const Node& node, const Graph& graph);
// Where a tensor comes from through moves and operators on single elements.
[[nodiscard]] const std::string& root_of(const std::string& tensor, const Graph& graph, const ProducerIndex& producer);
// Whether that is the network's input, or a constant.
[[nodiscard]] bool is_near_input(const std::string& tensor, const Graph& graph, const ProducerIndex& producer);

// The parameters of a node on single elements: each key of its attributes, or input, that may lie along a dimension.
inline constexpr const char* parameter_keys[] = {"scale", "zero_point", "slope", "out_scale"};
// The node with its parameters as they are for the tensor in front of a Transpose `perm`; constants are added to the
// graph. Absent: they lie along channels that move.
[[nodiscard]] std::optional<Node> before_transpose(const Node& node, const Permutation& perm, Graph& graph);

}  // namespace blendsim
