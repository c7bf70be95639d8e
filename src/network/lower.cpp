// SPDX-License-Identifier: Apache-2.0
// Normalised Graph -> IntegerNetwork: the walk over the nodes, elementwise operators, shapes and outputs.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "network/lowering/lowerer.h"
#include "network/normalise.h"
#include "network/operators/functions.h"
#include "numerics/float_ops.h"

namespace blendsim {

namespace lowering {

Lowerer::Lowerer(const Graph& graph, const LoweringOptions& options) : graph_(graph), options_(options) {
  builder_.network.name = graph.name;
  builder_.network.options = options;
  for (const auto& [name, constant] : graph.constants) constants_.insert(name);
  for (const Node& node : graph.nodes) {
    for (const std::string& output : node.outputs) producers_[output] = &node;
    for (const std::string& input : node.inputs) ++consumers_[input];
    const bool foldable = node.op == "Quant" || node.op == "Bipolar" || node.op == "Sign" || node.op == "Transpose";
    if (foldable && is_constant(node.inputs.front())) constants_.insert(node.outputs.front());
  }
  for (const std::string& output : graph.outputs) ++consumers_[output];
}

const std::vector<Lowerer::HandlerRow>& Lowerer::handlers() {
  static const std::vector<HandlerRow> table = {
      {"Quant", &Lowerer::quantiser},        {"Bipolar", &Lowerer::quantiser},
      {"Sign", &Lowerer::quantiser},         {"MultiThreshold", &Lowerer::quantiser},
      {"Trunc", &Lowerer::quantiser},        {"Conv", &Lowerer::convolution},
      {"MatMul", &Lowerer::dense},           {"BatchNormalization", &Lowerer::elementwise},
      {"Add", &Lowerer::elementwise},        {"Sub", &Lowerer::elementwise},
      {"Mul", &Lowerer::elementwise},        {"Div", &Lowerer::elementwise},
      {"Pow", &Lowerer::elementwise},        {"Relu", &Lowerer::elementwise},
      {"PRelu", &Lowerer::elementwise},      {"Clip", &Lowerer::elementwise},
      {"MaxPool", &Lowerer::max_pool},       {"AveragePool", &Lowerer::average_pool},
      {"Concat", &Lowerer::concat},          {"Reshape", &Lowerer::reshape},
      {"Transpose", &Lowerer::transpose},    {"Softmax", &Lowerer::output_operator},
      {"ArgMax", &Lowerer::output_operator}, {"Integers", &Lowerer::integers},
      {"TopK", &Lowerer::output_operator},
  };
  return table;
}

void Lowerer::refuse(Code code, const std::string& node, std::string message, std::string hint) const {
  throw DiagnosticError(code, {.file = graph_.file, .node = node}, std::move(message), std::move(hint));
}

Constant Lowerer::constant_of(const std::string& tensor) const {
  if (const Constant* constant = graph_.constant(tensor)) return *constant;
  const auto value = constant_value(graph_, producers_, tensor);
  if (!value) throw InvariantError("lowering", "'" + tensor + "' is not constant");
  return {value->shape, value->values, "float"};
}

void Lowerer::define(const std::string& tensor, Value value) {
  value.shape = shape_of(tensor);
  values_[tensor] = std::move(value);
}

std::vector<std::string> chain_nodes(const Value& value) {
  std::vector<std::string> nodes = value.origin;
  for (const Step& step : value.chain) append(nodes, step.origin);
  return nodes;
}

void Lowerer::lower_node(const Node& node) {
  if (is_constant(node.outputs.front())) return;  // weights: read where they are used
  for (const std::string& input : node.inputs) {
    const bool known = input.empty() || is_constant(input) ||
                       (values_.count(input) != 0 && value_of(input).state != Value::State::failed);
    if (!known) {  // its producer was refused: one diagnostic is enough
      for (const std::string& output : node.outputs) values_[output] = {};
      return;
    }
  }
  const auto row = std::find_if(handlers().begin(), handlers().end(), [&](const auto& r) { return node.op == r.op; });
  if (row == handlers().end() && find_function(node.op) != nullptr) {
    elementwise(node);
  } else if (row == handlers().end()) {
    refuse("unsupported-operator", node.name, fmt::format("operator {} has no lowering", node.op));
  } else (this->*row->handler)(node);
  for (const std::string& output : node.outputs) require_finite(node, output);
}

namespace {

// A range that an operation breaks (1/x around 0) may still hold no integer that it breaks at.
bool is_finite(const Chain& chain, const Domain& domain, std::size_t c) {
  constexpr std::int64_t few = 256;
  if (chain_range(chain, domain.lo[c], domain.hi[c], c)) return true;
  if (domain.count(c) > few) return false;
  for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step) {
    if (!chain_range(chain, q, q, c)) return false;
  }
  return true;
}

}  // namespace

// What the file computes from the machine's integers must be numbers: every fit and every proof rests on that.
void Lowerer::require_finite(const Node& node, const std::string& output) const {
  const auto found = values_.find(output);
  if (found == values_.end() || found->second.state != Value::State::integer) return;
  const Value& value = found->second;
  const Domain& domain = value.map->domain;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    if (is_finite(value.chain, domain, c)) continue;
    refuse("not-lowerable", node.name,
           fmt::format("in channel {} it computes an infinity or NaN from integers of [{}, {}]", c, domain.lo[c],
                       domain.hi[c]),
           "look for a division by zero, or for constants so large that float32 overflows");
  }
}

IntegerNetwork Lowerer::run() {
  if (graph_.inputs.size() != 1) {
    refuse("not-lowerable", {},
           fmt::format("the network has {} inputs; exactly one is possible", graph_.inputs.size()));
  }
  Value input;
  input.state = Value::State::host;
  define(graph_.inputs.front().name, std::move(input));
  for (const Node& node : graph_.nodes) {
    try {
      lower_node(node);
    } catch (const DiagnosticError& error) {
      for (const Diagnostic& d : error.diagnostics()) diagnostics_.error(d.code, d.place, d.message, d.hint);
      for (const std::string& output : node.outputs) values_[output] = {};
    } catch (const std::logic_error& error) {  // a parameter without an integer form
      diagnostics_.error("not-lowerable", {.file = graph_.file, .node = node.name}, error.what());
      for (const std::string& output : node.outputs) values_[output] = {};
    }
  }
  diagnostics_.throw_if_any();
  finish_outputs();
  builder_.remove_unused();
  check(builder_.network);
  return std::move(builder_.network);
}

std::vector<std::string> origin_of(const Node& node) {
  return node.origin.empty() ? std::vector<std::string>{node.name} : node.origin;
}

namespace {

std::optional<Step::Kind> binary_kind(const std::string& op, bool constant_first) {
  if (op == "Add") return Step::Kind::add;
  if (op == "Mul") return Step::Kind::multiply;
  if (op == "Sub") return constant_first ? Step::Kind::reverse_subtract : Step::Kind::subtract;
  if (op == "Div") return constant_first ? Step::Kind::reverse_divide : Step::Kind::divide;
  if (op == "Pow" && !constant_first) return Step::Kind::power;
  return std::nullopt;
}

PerChannel channel_attribute(const Node& node, const std::string& key) {
  return {std::get<Constant>(node.attributes.at(key)).as_float()};
}

Step batch_normalization(const Node& node) {
  Step step = make_step(Step::Kind::batch_normalization, {{0.0F}}, node.name, origin_of(node));
  step.gamma = channel_attribute(node, "gamma");
  step.beta = channel_attribute(node, "beta");
  step.mean = channel_attribute(node, "mean");
  step.variance = channel_attribute(node, "variance");
  step.epsilon = node.attribute_float("epsilon", 1e-5F);
  step.deviation.values.clear();
  for (const float v : step.variance.values) step.deviation.values.push_back(standard_deviation(v, step.epsilon));
  return step;
}

bool fits_channels(const Step& step, std::size_t channels) {
  for (const PerChannel* p : {&step.p, &step.high, &step.gamma, &step.beta, &step.mean, &step.deviation}) {
    if (!p->is_scalar() && p->values.size() != channels) return false;
  }
  return true;
}

}  // namespace

bool is_scalar(const Step& step) { return fits_channels(step, 1); }

void Lowerer::append_host(const Node& node, Value value, HostOp op) {
  op.node = node.name;
  value.ops.push_back(std::move(op));
  append(value.origin, origin_of(node));
  define(node.outputs.front(), std::move(value));
}

void Lowerer::append_step(const Node& node, Value value, Step step) {
  if (value.state == Value::State::integer) {
    const bool per_channel_axis = !value.flat && fits_channels(step, static_cast<std::size_t>(value.map->channels));
    if (is_scalar(step) || per_channel_axis) {
      value.chain.push_back(std::move(step));
      return define(node.outputs.front(), std::move(value));
    }
    value = to_tail(value, node.name);
  }
  const std::size_t channels = value.shape.size() > 1 ? static_cast<std::size_t>(value.shape[1]) : 1;
  append_host(node, std::move(value), host_op(step, shape_of(node.outputs.front()).size(), channels));
}

void Lowerer::refuse_pair(const Node& node, const Value& a, const Value& b) const {
  const bool of_one = a.state == Value::State::integer && b.state == Value::State::integer && a.map == b.map;
  refuse("not-lowerable", node.name, fmt::format("{} of two computed tensors has no integer form", node.op),
         of_one
             ? fmt::format("both follow from '{}': where it is quantised to 8 bits or less, with one scale, they are "
                           "one function of its code",
                           a.map->name)
         : node.op == "Div" ? "multiply by a reciprocal that is quantised to 8 bits: 1 / x is a function of one code"
                            : "only functions of one tensor of at most 8 bits can be combined so");
}

void Lowerer::elementwise(const Node& node) {
  if (node.op == "BatchNormalization") return append_step(node, value_of(node.inputs[0]), batch_normalization(node));
  if (node.op == "Relu") {
    return append_step(node, value_of(node.inputs[0]), make_step(Step::Kind::relu, {}, node.name, origin_of(node)));
  }
  if (find_function(node.op) != nullptr) {
    const operators::FunctionCall call = operators::function_of(node);
    Step step = make_step(Step::Kind::function, {}, node.name, origin_of(node));
    step.function = call.function;
    step.arguments = call.arguments;
    return append_step(node, value_of(node.inputs[0]), std::move(step));
  }
  if (node.op == "Clip") {
    Step step = make_step(Step::Kind::clip, {{node.attribute_float("lo", -HUGE_VALF)}}, node.name, origin_of(node));
    step.high = {{node.attribute_float("hi", HUGE_VALF)}};
    return append_step(node, value_of(node.inputs[0]), std::move(step));
  }
  if (node.op == "PRelu") {
    const Value& x = value_of(node.inputs[0]);
    const auto& slope = std::get<Constant>(node.attributes.at("slope"));
    return append_step(node, x, make_step(Step::Kind::prelu, per_channel(slope, x.shape), node.name, origin_of(node)));
  }
  const bool first = is_constant(node.inputs[0]), second = is_constant(node.inputs[1]);
  if (!first && !second) {
    const Value &a = value_of(node.inputs[0]), &b = value_of(node.inputs[1]);
    const bool joins = node.op == "Add" || node.op == "Sub";
    if (!joins || find_curve(a.chain) != nullptr || find_curve(b.chain) != nullptr) {
      if (auto y = of_one_code(node, a, b)) return define(node.outputs.front(), std::move(*y));
    }
    if (node.op == "Mul") return multiply(node, a, b);
    if (!joins) refuse_pair(node, a, b);
    return join(node, value_of(node.inputs[0]), value_of(node.inputs[1]), node.op == "Sub");
  }
  const auto kind = binary_kind(node.op, first);
  if (!kind)
    refuse("not-lowerable", node.name, fmt::format("{} with a computed exponent has no integer form", node.op));
  Value x = value_of(node.inputs[first ? 1 : 0]);
  const Constant operand = constant_of(node.inputs[first ? 0 : 1]);
  if (x.state == Value::State::integer && shape_of(node.outputs[0]) != x.shape) x = to_tail(x, node.name);
  std::optional<PerChannel> p;
  try {
    p = per_channel(operand, x.shape);
  } catch (const std::invalid_argument&) {  // varies along another axis: only the host can do that
  }
  if (p && x.state == Value::State::integer)
    return append_step(node, x, make_step(*kind, *p, node.name, origin_of(node)));
  if (x.state == Value::State::integer) x = to_tail(x, node.name);
  HostOp op = host_op(make_step(*kind, {{0.0F}}), 2, 1);
  op.operand = {operand.shape, operand.as_float()};
  append_host(node, std::move(x), std::move(op));
}

// The input tensor that nothing has read yet: the host can still write it in another order.
bool Lowerer::is_untouched_input(const Value& x, const std::string& tensor) const {
  const bool is_shared = std::any_of(values_.begin(), values_.end(), [&](const auto& other) {
    return other.second.map == x.map && consumers_.count(other.first) != 0 && consumers_.at(other.first) > 1;
  });
  return !is_shared && x.state == Value::State::integer && !x.pool && x.map->tensor == builder_.network.input_tensor &&
         builder_.network.layers.empty() && consumers_.at(tensor) == 1 && x.shape[0] == 1 &&
         std::all_of(x.chain.begin(), x.chain.end(), is_scalar);
}

// The host does `op` behind its quantiser; the input tensor takes the shape [1, C], [1, C, L], [1, C, H, W] or, of more
// dimensions, which other moves follow, [1, C, all between, W].
void Lowerer::rearrange_input(Value& x, const HostOp& op, const Shape& shape) {
  builder_.network.input.ops.push_back(op);
  Map& map = *x.map;
  map.channels = static_cast<int>(shape[1]);
  map.width = shape.size() > 2 ? static_cast<int>(shape.back()) : 1;
  map.height = static_cast<int>(element_count(shape)) / (map.channels * map.width);
  map.domain = {std::vector(static_cast<std::size_t>(map.channels), map.domain.lowest()),
                std::vector(static_cast<std::size_t>(map.channels), map.domain.highest()), map.domain.step};
  IntTensor& t = builder_.network.tensors[static_cast<std::size_t>(map.tensor)];
  t.channels = builder_.network.input.channels = map.channels;
  t.height = builder_.network.input.height = map.height;
  t.width = builder_.network.input.width = map.width;
  x.flat = false;
}

void Lowerer::reshape(const Node& node) {
  Value x = value_of(node.inputs[0]);
  const Shape& shape = shape_of(node.outputs[0]);
  HostOp op;
  op.kind = HostOp::Kind::reshape;
  op.shape = shape;
  if (x.state != Value::State::integer) return append_host(node, std::move(x), std::move(op));
  if (x.pool) x = resolve_pool(std::move(x));
  const std::int64_t channels = x.map->channels, pixels = std::int64_t{x.map->height} * x.map->width;
  const bool batched = shape.size() >= 2 && shape[0] == 1;
  const bool keeps = batched && shape[1] == channels && element_count(shape) == channels * pixels;
  const bool flattens = batched && shape[1] == channels * pixels;
  if (batched && !keeps && shape.size() >= 2 && is_untouched_input(x, node.inputs[0])) {
    rearrange_input(x, op, shape);
  } else if (keeps || flattens) {
    x.flat = !keeps;
    append(x.origin, origin_of(node));
    if (x.map->name == node.outputs[0] + "/turned") {  // the file's tensor after all (normalise/layout.cpp)
      x.map->name = node.outputs[0];
      if (x.map->is_written()) builder_.rename(x.map, x.map->name);
    }
  } else {
    x = to_tail(x, node.name);
    return append_host(node, std::move(x), std::move(op));
  }
  define(node.outputs[0], std::move(x));
}

void Lowerer::integers(const Node& node) {
  Value x = value_of(node.inputs[0]);
  if (x.state == Value::State::integer) x = to_tail(x, node.name);
  HostOp op;
  op.kind = HostOp::Kind::quantize;
  op.zero_point = node.attribute_float("zero_point", 0);
  op.lo = node.attribute_int("lo", 0);
  op.hi = node.attribute_int("hi", 0);
  op.saturate_first = false;
  append_host(node, std::move(x), std::move(op));
}

void Lowerer::output_operator(const Node& node) {
  Value x = value_of(node.inputs[0]);
  if (x.state == Value::State::integer) x = to_tail(x, node.name);
  HostOp op;
  const std::int64_t axis = node.attribute_int("axis", node.op == "ArgMax" ? 0 : -1);
  op.axis = static_cast<int>(axis < 0 ? axis + static_cast<std::int64_t>(x.shape.size()) : axis);
  op.kind = node.op == "Softmax"  ? HostOp::Kind::softmax
            : node.op == "ArgMax" ? HostOp::Kind::argmax
                                  : HostOp::Kind::top_k;
  op.keep_dimensions = node.attribute_int("keepdims", 1) != 0;
  op.count = node.attribute_int("k", 1);
  if (node.op == "TopK" && node.attribute_int("largest", 1) == 0) {
    refuse("unsupported-attribute", node.name, "TopK with largest = 0; only the largest values can be taken");
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    Value y = x;
    op.output = static_cast<int>(i);
    op.node = node.name;
    y.ops.push_back(op);
    define(node.outputs[i], std::move(y));
  }
}

Value Lowerer::to_tail(const Value& value, const std::string& node) {
  Value x = value.pool ? resolve_pool(value) : value;
  MapPtr map = x.map;
  if (!map->is_plain()) {
    // The copy stands for the file's tensor where one scale relates them; the accumulator then makes room.
    const bool stands = !map->accumulator || map->file_scale.has_value();
    const std::string name = stands ? map->name : map->name + ":stored";
    const float scale = map->file_scale.value_or(map->scale);
    if (stands && map->is_written()) builder_.rename(map, builder_.network.tensor(map->tensor).name + ":acc");
    const bool accumulator = map->accumulator;
    map = copy_map(x, std::vector<std::int32_t>(static_cast<std::size_t>(map->channels), 1), name);
    if (accumulator) builder_.network.tensors[static_cast<std::size_t>(map->tensor)].scale = map->scale = scale;
  }
  builder_.write(map);
  Value out;
  out.state = Value::State::tail;
  out.map = map;
  out.shape = x.shape;
  out.tail_node = node;
  out.ops = host_ops(x.chain, 4, static_cast<std::size_t>(map->channels));
  const Shape own = {1, map->channels, map->height, map->width};
  if (out.shape != own) {
    HostOp op;
    op.kind = HostOp::Kind::reshape;
    op.shape = out.shape;
    op.node = node;
    out.ops.push_back(std::move(op));
  }
  return out;
}

void Lowerer::finish_outputs() {
  for (const std::string& name : graph_.outputs) {
    if (values_.count(name) == 0) refuse("not-lowerable", name, "the output does not depend on the input");
    Value value = value_of(name);
    if (value.state == Value::State::host) {
      refuse("not-quantised", name, "no quantiser stands between the network's input and this output");
    }
    if (value.state == Value::State::integer) value = to_tail(value, name);
    HostOutput output;
    output.name = name;
    output.shape = shape_of(name);
    output.ops = value.ops;
    output.channels = value.map->channels;
    output.height = value.map->height;
    output.width = value.map->width;
    builder_.network.outputs.push_back(std::move(output));
    builder_.network.output_tensors.push_back(value.map->tensor);
  }
}

}  // namespace lowering

IntegerNetwork lower(const Graph& graph, const LoweringOptions& options) {
  return lowering::Lowerer(graph, options).run();
}

IntegerNetwork load_network(const std::string& onnx_path, const LoweringOptions& options) {
  return load_network(onnx_path, options, {});
}

IntegerNetwork load_network(const std::string& onnx_path, const LoweringOptions& options, const ImportOptions& import) {
  return lower(normalise(import_onnx(onnx_path, import)), options);
}

}  // namespace blendsim
