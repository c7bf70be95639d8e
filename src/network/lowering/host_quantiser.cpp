// SPDX-License-Identifier: Apache-2.0
// Quantisers that the host computes: of the network's input, and behind the last layer.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

void Lowerer::append_host_quantiser(const Node& node, const Value& value, const Quantiser& q,
                                    std::vector<HostOp>& ops) const {
  const std::size_t rank = value.shape.size(), channels = rank > 1 ? static_cast<std::size_t>(value.shape[1]) : 1;
  const auto push = [&](HostOp op) {
    op.node = node.name;
    ops.push_back(std::move(op));
  };
  HostOp op;
  switch (q.kind) {
    case Quantiser::Kind::quant:
      if (q.declared) {  // quantize_input refuses what is no integer of the format
        if (q.out_zero_point != 0)
          push(host_op(make_step(Step::Kind::add, {{static_cast<float>(q.out_zero_point)}}), rank, channels));
        break;
      }
      if (!q.scale.is_scalar()) push(host_op(make_step(Step::Kind::divide, q.scale), rank, channels));
      op.kind = HostOp::Kind::quantize;
      op.scale = q.scale.is_scalar() ? q.scale.at(0) : 1.0F;
      op.zero_point = q.zero_point.at(0);
      op.lo = q.lo;
      op.hi = q.hi;
      op.rounding = q.rounding_name;
      op.saturate_first = q.saturate_first;
      push(op);
      break;
    case Quantiser::Kind::bipolar:
      op.kind = HostOp::Kind::bipolar;
      push(op);
      break;
    case Quantiser::Kind::sign:
      op.kind = HostOp::Kind::sign;
      push(op);
      break;
    case Quantiser::Kind::thresholds:
      op.kind = HostOp::Kind::thresholds;
      op.operand = {{static_cast<std::int64_t>(q.thresholds.size() / q.levels), static_cast<std::int64_t>(q.levels)},
                    q.thresholds};
      push(op);
      if (q.format.is_bipolar()) push(host_op(make_step(Step::Kind::multiply, {{2.0F}}), rank, channels));
      push(host_op(make_step(Step::Kind::add, {{q.format.is_bipolar() ? -1.0F : static_cast<float>(q.lo)}}), rank,
                   channels));
      break;
    case Quantiser::Kind::trunc: refuse("not-quantised", node.name, "Trunc reads values that no quantiser produced");
  }
}

Value Lowerer::quantise_host(const Node& node, const Value& value, const Quantiser& q) {
  if (builder_.network.input_tensor != no_tensor) {
    refuse("not-lowerable", node.name,
           fmt::format("two quantisers ('{}' and this one) read the network's float input", host_node_),
           "quantise the input once");
  }
  host_node_ = node.name;
  HostInput& input = builder_.network.input;
  input.name = graph_.inputs.front().name;
  input.batch = graph_.inputs.front().batch;
  input.shape = graph_.inputs.front().shape;
  input.ops = value.ops;
  input.format = q.format;
  append_host_quantiser(node, value, q, input.ops);
  if (value.shape.size() < 2 || value.shape[0] != 1) {
    refuse("not-lowerable", node.name,
           fmt::format("the quantised input has shape {}; [1, C], [1, C, L] or [1, C, H, W] is due",
                       shape_text(value.shape)));
  }
  auto map = std::make_shared<Map>();
  map->name = q.tensor_name();
  map->channels = input.channels = static_cast<int>(value.shape[1]);
  map->width = input.width = value.shape.size() > 2 ? static_cast<int>(value.shape.back()) : 1;
  map->height = input.height = static_cast<int>(element_count(value.shape) / (map->channels * map->width));
  map->format = q.format;
  map->zero_point = q.out_zero_point;
  map->scale = q.out_scale.at(0);
  map->domain = uniform_domain(static_cast<std::size_t>(map->channels), q.format.is_bipolar() ? -1 : q.lo,
                               q.format.is_bipolar() ? 1 : q.hi, q.format.is_bipolar() ? 2 : 1);
  map->uses = consumers_[q.output];
  builder_.network.input_tensor = builder_.add_tensor(*map);
  return quantised_value(value, map, q);
}

// Whether anything but the host reads the tensor, through operators on single elements and moves.
bool Lowerer::feeds_machine(const std::string& tensor) const {
  std::set<std::string> behind{tensor};
  for (const Node& node : graph_.nodes) {
    std::size_t computed = 0;
    for (const std::string& input : node.inputs) computed += behind.count(input);
    if (computed == 0) continue;
    const auto is_sum = [&](const char* op) { return node.op == op; };
    static constexpr const char* sums[] = {"Conv", "MatMul", "MaxPool", "AveragePool", "Concat"};
    const bool joins = node.inputs.size() == 2 && !is_constant(node.inputs[0]) && !is_constant(node.inputs[1]);
    if (joins || std::any_of(std::begin(sums), std::end(sums), is_sum)) return true;
    behind.insert(node.outputs.begin(), node.outputs.end());
  }
  return false;
}

// A code of more than 4 bits of what is neither a line nor known to rise or to fall.
bool Lowerer::is_beyond_machine(const Value& value, const Quantiser& q) {
  if (value.state != Value::State::integer || q.format.bits() <= 4) return false;
  return find_curve(value.chain) != nullptr;
}

}  // namespace blendsim::lowering
