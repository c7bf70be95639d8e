// SPDX-License-Identifier: Apache-2.0
// Operators on maps with their channels last, as transposes around the operator that has them first.
// (qonnx/custom_op/channels_last: activations and weights [.., height, width, channels].)
#include "network/dialects/dialect.h"

namespace blendsim::dialects {

std::vector<std::int64_t> channels_first(std::size_t rank) {
  std::vector<std::int64_t> perm{0, static_cast<std::int64_t>(rank) - 1};
  for (std::size_t d = 1; d + 1 < rank; ++d) perm.push_back(static_cast<std::int64_t>(d));
  return perm;
}

std::vector<std::int64_t> channels_last(std::size_t rank) {
  std::vector<std::int64_t> perm{0};
  for (std::size_t d = 2; d < rank; ++d) perm.push_back(static_cast<std::int64_t>(d));
  perm.push_back(1);
  return perm;
}

namespace {

bool turned(Expansion& e, const char* op, std::vector<std::string> operands, Attributes attributes) {
  const std::size_t rank = e.context().shape(e.input(0)).size();
  if (rank < 3) {
    e.finish(op, operands, std::move(attributes));
    return true;
  }
  operands[0] = e.add("Transpose", {operands[0]}, "channels_first", {{"perm", channels_first(rank)}});
  const std::string y = e.add(op, operands, "turned", std::move(attributes));
  e.finish("Transpose", {y}, {{"perm", channels_last(rank)}});
  return true;
}

bool convolution(Expansion& e) {
  e.require_inputs(2);
  const std::size_t rank = e.context().shape(e.input(1)).size();
  std::vector<std::string> operands = e.node.inputs;
  operands[1] = e.add("Transpose", {operands[1]}, "weights", {{"perm", channels_first(rank)}});
  return turned(e, "Conv", operands, e.node.attributes);
}

bool max_pool(Expansion& e) {
  e.require_inputs(1);
  return turned(e, "MaxPool", e.node.inputs, e.node.attributes);
}

bool batch_normalization(Expansion& e) {
  e.require_inputs(5);
  return turned(e, "BatchNormalization", e.node.inputs, e.node.attributes);
}

bool multi_threshold(Expansion& e) {
  const std::string layout = e.node.attribute_string("data_layout", "NCHW");
  if (layout.empty() || layout.back() != 'C' || layout.size() < 3) return false;
  e.require_inputs(2);
  Attributes attributes = e.node.attributes;
  attributes.erase("data_layout");
  return turned(e, "MultiThreshold", e.node.inputs, std::move(attributes));
}

constexpr const char* domain = "qonnx.custom_op.channels_last";

constexpr Rule table[] = {
    {"Conv", domain, convolution},
    {"MaxPool", domain, max_pool},
    {"BatchNormalization", domain, batch_normalization},
    {"MultiThreshold", "*", multi_threshold},
};

}  // namespace

std::span<const Rule> channels_last_rules() { return table; }

}  // namespace blendsim::dialects
