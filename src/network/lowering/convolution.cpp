// SPDX-License-Identifier: Apache-2.0
// Conv and MatMul with constant weights.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

constexpr std::int64_t fan_in_limit = std::int64_t{1} << 16;

// Proven range of each output channel: every tap takes its extreme, taps outside the map add 0.
Domain accumulator_domain(const Map& in, const Convolution& conv, std::size_t outputs, bool binary_weights) {
  const Window& w = conv.window;
  const bool padded = w.pad_top != 0 || w.pad_left != 0 || w.pad_bottom != 0 || w.pad_right != 0;
  const auto inputs = static_cast<std::size_t>(in.channels / conv.groups);
  const auto taps = static_cast<std::size_t>(w.kernel_h * w.kernel_w);
  Domain out;
  out.step = in.format.is_bipolar() && binary_weights && !padded ? 2 : 1;
  const std::size_t outputs_a_group = outputs / static_cast<std::size_t>(conv.groups);
  const auto range = [&](std::size_t channel) {
    return std::pair{in.domain.lo[channel] - in.zero_point, in.domain.hi[channel] - in.zero_point};
  };
  const std::int16_t* tap = conv.weights.data();
  for (std::size_t o = 0; o < outputs; ++o) {
    std::int64_t lo = 0, hi = 0;
    const std::size_t first = o / outputs_a_group * inputs;
    for (std::size_t i = 0; i < inputs;) {
      auto [low, high] = range(first + i);
      const std::int16_t* end = tap;  // of the channels with this range
      for (const auto same = std::pair{low, high}; i < inputs && range(first + i) == same; ++i) end += taps;
      if (padded) {
        low = std::min<std::int64_t>(low, 0);
        high = std::max<std::int64_t>(high, 0);
      }
      std::int32_t positive = 0, negative = 0;  // fan_in_limit bytes at most
      for (; tap != end; ++tap) {
        positive += std::max<int>(*tap, 0);
        negative += std::min<int>(*tap, 0);
      }
      lo += positive * low + negative * high;
      hi += positive * high + negative * low;
    }
    out.lo.push_back(lo);
    out.hi.push_back(hi);
  }
  return out;
}

bool fits_bits(const Domain& domain, int bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return (domain.lowest() >= -half && domain.highest() < half) || (domain.lowest() >= 0 && domain.highest() < 2 * half);
}

}  // namespace

std::optional<PerChannel> Lowerer::pure_scale(const Value& value) const {
  PerChannel out;
  out.values.clear();
  const Map& map = *value.map;
  for (std::size_t c = 0; c < map.domain.channels(); ++c) {
    const auto f = chain_linear(value.chain, c);
    if (!f || f->slope == 0) return std::nullopt;
    const double unit = std::fabs(f->slope), tolerance = unit * 1e-6;
    if (std::fabs(f->offset + map.zero_point * f->slope) > tolerance) return std::nullopt;
    for (const std::int64_t q : {map.domain.lo[c], map.domain.hi[c]}) {
      const double y = f->slope * static_cast<double>(q) + f->offset;
      if (y < f->lo - tolerance || y > f->hi + tolerance) return std::nullopt;
    }
    out.values.push_back(static_cast<float>(f->slope));
  }
  if (out.all(out.values[0])) out.values.resize(1);
  return out;
}

Value Lowerer::convolution_input(const Node& node, const Value& input) {
  Value x = input;
  if (x.pool) x = resolve_pool(std::move(x));
  if (!pure_scale(x)) {  // an offset, or a Relu, on an integer grid of its own
    auto grid = integer_grid(x, node.name);
    if (!grid) grid = code_grid(x, node.name);
    if (grid && grid->format.bits() > 8 && grid->hi - grid->lo <= 255) {  // bytes with a zero point
      grid->out_zero_point = static_cast<int>(-grid->lo);
      grid->zero_point = {{static_cast<float>(-grid->lo)}};
      grid->hi -= grid->lo;
      grid->lo = 0;
      grid->format = Format::unsigned_bits(8);
    }
    if (grid && grid->format.bits() <= 8) x = quantise(std::move(x), *grid);
  }
  const std::int64_t lowest = x.map->domain.lowest(), width = x.map->domain.highest() - lowest;
  if (pure_scale(x) && !x.map->is_plain() && !x.map->is_sum() && !fits_bits(x.map->domain, 8) && width <= 255) {
    x = rebased(std::move(x), static_cast<int>(-lowest));  // bytes with a zero point, moved or padded by a convolution
  }
  const bool exact_map = x.map->is_plain();
  if (!pure_scale(x) || (!exact_map && !fits_bits(x.map->domain, 8))) {
    refuse("not-quantised", node.name,
           "its input is not quantised: float operations stand between the last quantiser and this node",
           or_calibrate("put a quantiser of 8 bits or less directly before it"));
  }
  if (!fits_bits(x.map->domain, 8)) {
    refuse("number-width", node.name,
           fmt::format("its input has {} integers; activations of at most 8 bits are possible", x.map->format.name()),
           "quantise its input to 8 bits or less, or let --bits do it: a plan with `activations: 8` for this layer");
  }
  if (!exact_map || x.map->format.bits() > 8) {  // wider than its integers: such as a pooling of a join leaves them
    const std::vector<std::int32_t> ones(static_cast<std::size_t>(x.map->channels), 1);
    x.map = copy_map(x, ones, x.map->name + ":narrow", 8);
  }
  return x;
}

PerChannel Lowerer::accumulator_scale(const Node& node, const PerChannel& scale, const IntegerWeights& weights,
                                      std::size_t channels, std::size_t outputs, std::size_t groups) const {
  const std::size_t per_group = channels / groups;
  PerChannel factor;
  factor.values.clear();
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::size_t group = o / (outputs / groups);
    const float in_scale = scale.at(group * per_group);
    for (std::size_t i = 0; i < per_group; ++i) {
      if (scale.at(group * per_group + i) != in_scale) {
        refuse("not-lowerable", node.name, "its input channels have different scales, which no integer sum can carry",
               "use one scale for the whole tensor");
      }
    }
    factor.values.push_back(in_scale * weights.scale[weights.scale.size() == 1 ? 0 : o]);
  }
  if (factor.all(factor.values[0])) factor.values.resize(1);
  return factor;
}

namespace {

// Input channels of one group whose scales differ in sign only: the weights take the sign.
void align_signs(PerChannel& scale, IntegerWeights& weights, const Convolution& work, std::size_t channels) {
  if (scale.is_scalar()) return;
  const std::size_t inputs = channels / static_cast<std::size_t>(work.groups);
  const std::size_t taps = static_cast<std::size_t>(work.window.kernel_h * work.window.kernel_w);
  const std::size_t outputs = weights.values.size() / (inputs * taps);
  const std::size_t outputs_a_group = outputs / static_cast<std::size_t>(work.groups);
  const PerChannel own = scale;
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t group = c / inputs, first = group * inputs;
    if (own.at(c) != -own.at(first)) continue;
    scale.values[c] = own.at(first);
    for (std::size_t o = group * outputs_a_group; o < (group + 1) * outputs_a_group; ++o) {
      for (std::size_t t = 0; t < taps; ++t) {
        std::int16_t& w = weights.values[(o * inputs + c - first) * taps + t];
        w = static_cast<std::int16_t>(-w);
      }
    }
  }
  const auto [least, most] = std::minmax_element(weights.values.begin(), weights.values.end());
  if (!weights.format.contains(*least) || !weights.format.contains(*most)) {
    weights.format = Format::for_range(std::min<std::int64_t>(*least, -1), std::max<std::int64_t>(*most, 1));
  }
}

}  // namespace

void Lowerer::emit_convolution(const Node& node, const Value& input, IntegerWeights weights, Convolution work,
                               const Shape& shape) {
  Value x = convolution_input(node, input);
  const auto outputs = static_cast<std::size_t>(shape.at(1)), channels = static_cast<std::size_t>(x.map->channels);
  const auto groups = static_cast<std::size_t>(work.groups);
  PerChannel in_scale = *pure_scale(x);
  align_signs(in_scale, weights, work, channels);
  const PerChannel factor = accumulator_scale(node, in_scale, weights, channels, outputs, groups);
  spread_weights(x, weights, work, node.name);
  const std::int64_t fan_in = std::int64_t{x.map->channels} / work.groups * work.window.kernel_h * work.window.kernel_w;
  if (fan_in > fan_in_limit) {
    refuse("number-width", node.name, fmt::format("{} products a sum; at most {} are possible", fan_in, fan_in_limit));
  }
  const bool biased = node.inputs.size() > 2 && !node.inputs[2].empty();
  if (biased && !is_constant(node.inputs[2])) refuse("not-constant", node.name, "its bias is computed");
  auto map = std::make_shared<Map>();
  map->name = node.outputs.front();
  map->channels = static_cast<int>(outputs);
  map->height = shape.size() > 2 ? static_cast<int>(shape[2]) : 1;
  map->width = shape.size() > 3 ? static_cast<int>(shape[3]) : 1;
  map->format = Format::signed_bits(32);
  map->accumulator = true;
  if (!biased && factor.is_scalar()) map->file_scale = factor.at(0);
  work.weights = std::move(weights.values);
  work.weight_format = weights.format;
  map->domain = accumulator_domain(*x.map, work, outputs, weights.format.is_bipolar());
  if (!map->format.contains(map->domain.lowest()) || !map->format.contains(map->domain.highest())) {
    refuse("number-width", node.name,
           fmt::format("its sums reach [{}, {}], more than 32 bits", map->domain.lowest(), map->domain.highest()));
  }
  work.input = builder_.write(x.map);
  work.output = builder_.add_tensor(*map);
  std::vector<std::string> nodes = chain_nodes(x);
  append(nodes, node.origin.empty() ? std::vector<std::string>{node.name} : node.origin);
  builder_.add_layer(node.name, node.op, nodes, work);

  Value y;
  y.state = Value::State::integer;
  y.map = std::move(map);
  if (!factor.all(1.0F)) y.chain.push_back(make_step(Step::Kind::multiply, factor, node.name));
  if (biased) y.chain.push_back(make_step(Step::Kind::add, {constant_of(node.inputs[2]).as_float()}, node.name));
  define(node.outputs.front(), std::move(y));
}

IntegerWeights Lowerer::weights_of(const Node& node, std::size_t out_axis) const {
  try {
    if (auto weights = integer_weights(graph_, producers_, node.inputs[1], out_axis)) return std::move(*weights);
  } catch (const std::out_of_range& error) {
    refuse("number-width", node.name, error.what());
  } catch (const std::invalid_argument& error) {
    refuse("not-quantised", node.name, error.what(), or_calibrate("quantise the weights in the file"));
  }
  refuse("not-constant", node.name, "its weights are computed");
}

namespace {

// Whether the node's weights are quantised: by a quantiser, or as whole numbers.
bool has_codes(const Node& node, const Graph& graph) {
  const Constant* weights = graph.constant(node.inputs[1]);
  if (weights == nullptr) return true;
  const std::vector<float> values = weights->as_float();
  return std::all_of(values.begin(), values.end(), [](float v) { return v == std::nearbyint(v); });
}

void require_integer(const Value& x, const Node& node, const Graph& graph) {
  if (x.state == Value::State::integer) return;
  if (x.state == Value::State::host) {
    throw DiagnosticError("not-quantised", {.file = graph.file, .node = node.name}, "its input is not quantised",
                          or_calibrate(std::string("put a quantiser between the network's input and this node") +
                                       (has_codes(node, graph) ? ", or say it here: --input-quant int8:1/128" : "")));
  }
  throw DiagnosticError("not-lowerable", {.file = graph.file, .node = node.name},
                        fmt::format("it follows '{}', which {}", x.tail_node, tail_reason(x)));
}

}  // namespace

void Lowerer::convolution(const Node& node) {
  if (!is_constant(node.inputs[1])) refuse("not-constant", node.name, "its weights are computed");
  const Value& x = value_of(node.inputs[0]);
  require_integer(x, node, graph_);
  if (x.shape.size() != 4) {
    refuse("not-lowerable", node.name, fmt::format("Conv on {}; [1, C, H, W] is due", shape_text(x.shape)));
  }
  IntegerWeights weights = weights_of(node, 0);
  Convolution work;
  work.groups = static_cast<int>(node.attribute_int("group", 1));
  const auto pair = [&](const char* key) { return node.attribute_ints(key, {1, 1}); };
  const auto strides = pair("strides"), dilations = pair("dilations");
  const auto pads = node.attribute_ints("pads", {0, 0, 0, 0});
  const auto at = [](const std::vector<std::int64_t>& v, std::size_t i) { return static_cast<int>(v.at(i)); };
  work.window = {at(weights.shape, 2), at(weights.shape, 3), at(strides, 0), at(strides, 1), at(dilations, 0),
                 at(dilations, 1),     at(pads, 0),          at(pads, 1),    at(pads, 2),    at(pads, 3)};
  Shape shape = shape_of(node.outputs[0]);
  if (is_reshaped(x)) {  // pixel by pixel it makes no difference
    if (work.window != Window{}) refuse_reshaped(node, x);
    shape[2] = map_size(x).height;
    shape[3] = map_size(x).width;
  }
  emit_convolution(node, x, std::move(weights), work, shape);
}

void Lowerer::dense(const Node& node) {
  if (!is_constant(node.inputs[1])) {
    refuse("not-constant", node.name,
           is_constant(node.inputs[0]) ? "MatMul with constant weights on the left has no lowering"
                                       : "MatMul of two computed tensors has no lowering");
  }
  const Value& x = value_of(node.inputs[0]);
  require_integer(x, node, graph_);
  IntegerWeights weights = weights_of(node, 1);
  const std::int64_t inputs = weights.shape.at(0), outputs = weights.shape.at(1);
  const Map& map = *x.map;
  if (x.shape.size() != 2 || inputs != std::int64_t{map.channels} * map.height * map.width) {
    refuse("not-lowerable", node.name,
           fmt::format("MatMul on {} with weights {}; a flattened map [1, K] is due", shape_text(x.shape),
                       shape_text(weights.shape)));
  }
  // [K, N] -> [N, C, H, W]: K runs over channels, rows, columns, as Flatten wrote it.
  std::vector<std::int16_t> turned(weights.values.size());
  for (std::int64_t k = 0; k < inputs; ++k) {
    for (std::int64_t n = 0; n < outputs; ++n) {
      turned[static_cast<std::size_t>(n * inputs + k)] = weights.values[static_cast<std::size_t>(k * outputs + n)];
    }
  }
  weights.values = std::move(turned);
  Convolution work;
  work.window.kernel_h = map.height;
  work.window.kernel_w = map.width;
  emit_convolution(node, x, std::move(weights), work, shape_of(node.outputs[0]));
}

}  // namespace blendsim::lowering
