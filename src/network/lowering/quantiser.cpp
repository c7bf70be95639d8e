// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/quantiser.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "numerics/float_ops.h"

namespace blendsim::lowering {

RoundMode parse_round_mode(const std::string& name) {
  static constexpr std::pair<const char*, RoundMode> table[] = {
      {"ROUND", RoundMode::half_even}, {"HALF_EVEN", RoundMode::half_even},
      {"CEIL", RoundMode::ceil},       {"FLOOR", RoundMode::floor},
      {"UP", RoundMode::up},           {"DOWN", RoundMode::down},
      {"HALF_UP", RoundMode::half_up}, {"HALF_DOWN", RoundMode::half_down}};
  for (const auto& [text, mode] : table) {
    if (name == text) return mode;
  }
  throw std::invalid_argument("unknown rounding mode '" + name + "'");
}

float round_float(float value, RoundMode mode) {
  switch (mode) {
    case RoundMode::half_even: return std::nearbyint(value);
    case RoundMode::ceil: return std::ceil(value);
    case RoundMode::floor: return std::floor(value);
    case RoundMode::up: return value < 0 ? std::floor(value) : std::ceil(value);
    case RoundMode::down: return std::trunc(value);
    case RoundMode::half_up: return std::round(value);
    case RoundMode::half_down: break;
  }
  const float whole = std::trunc(value);
  return std::fabs(value - whole) > 0.5F ? whole + std::copysign(1.0F, value) : whole;
}

std::int64_t Quantiser::code(float x, std::size_t c) const {
  if (std::isnan(x)) return format.is_bipolar() ? -1 : lo;  // beyond a channel's own domain only
  switch (kind) {
    case Kind::bipolar: return x >= 0 ? 1 : -1;
    case Kind::sign: return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Kind::thresholds: {
      const float* row = thresholds.data() + (thresholds.size() == levels ? 0 : c * levels);
      std::int64_t count = 0;
      for (std::size_t k = 0; k < levels; ++k) count += x >= row[k] ? 1 : 0;
      return format.is_bipolar() ? 2 * count - 1 : lo + count;
    }
    case Kind::quant: {
      const float y = x / scale.at(c);
      const auto low = static_cast<float>(lo), high = static_cast<float>(hi);
      const float z = saturate_first ? round_float(clipped(y + zero_point.at(c), low, high), rounding)
                                     : clipped(round_float(y, rounding) + zero_point.at(c), low, high);
      return std::clamp(static_cast<std::int64_t>(z), lo, hi);
    }
    case Kind::trunc: {
      float y = std::nearbyint(x / scale.at(c) + zero_point.at(c)) / divisor;
      constexpr float beyond_formats = 0x1p40F;  // where nothing clips, a code too wide for any format must stay one
      y = trunc_clips ? clipped(y, static_cast<float>(lo), static_cast<float>(hi))
                      : clipped(y, -beyond_formats, beyond_formats);
      return static_cast<std::int64_t>(round_float(y, rounding));
    }
  }
  return 0;
}

Chain Quantiser::dequantise() const {
  Chain chain;
  if (out_zero_point != 0) {
    chain.push_back(make_step(Step::Kind::subtract, {{static_cast<float>(out_zero_point)}}, node));
  }
  if (!out_scale.all(1.0F)) chain.push_back(make_step(Step::Kind::multiply, out_scale, node));
  if (out_offset != 0) chain.push_back(make_step(Step::Kind::add, {{out_offset}}, node));
  return chain;
}

PerChannel per_channel(const Constant& constant, const Shape& shape) {
  const std::vector<float> values = constant.as_float();
  if (values.size() == 1) return {values};
  const auto& s = constant.shape;
  for (std::size_t d = 0; d < s.size(); ++d) {
    if (s[d] == 1) continue;
    if (s.size() > shape.size() || d + shape.size() - s.size() != 1 || s[d] != shape[1]) {
      throw std::invalid_argument("a parameter of shape " + shape_text(s) + " varies along more than the channels of " +
                                  shape_text(shape));
    }
  }
  if (std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; })) return {{values[0]}};
  return {values};
}

bool is_quantiser(const std::string& op) {
  return op == "Quant" || op == "Bipolar" || op == "Sign" || op == "MultiThreshold" || op == "Trunc";
}

namespace {

PerChannel parameter(const Node& node, const std::string& key, const Shape& shape, float fallback) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return {{fallback}};
  if (const auto* value = std::get_if<float>(&found->second)) return {{*value}};
  if (const auto* value = std::get_if<std::int64_t>(&found->second)) return {{static_cast<float>(*value)}};
  return per_channel(std::get<Constant>(found->second), shape);
}

int integer_zero_point(const PerChannel& zero_point) {
  const float z = zero_point.at(0);
  if (!zero_point.all(z)) throw std::invalid_argument("zero points that differ between channels");
  if (z != std::nearbyint(z) || std::fabs(z) > 65536) throw std::invalid_argument("a zero point that is no integer");
  return static_cast<int>(z);
}

void read_quant(const Node& node, const Shape& shape, Quantiser& q) {
  q.kind = Quantiser::Kind::quant;
  q.scale = parameter(node, "scale", shape, 1);
  q.zero_point = parameter(node, "zero_point", shape, 0);
  q.lo = node.attribute_int("lo", -128);
  q.hi = node.attribute_int("hi", 127);
  q.rounding_name = node.attribute_string("rounding", "ROUND");
  q.rounding = parse_round_mode(q.rounding_name);
  q.saturate_first = node.attribute_int("saturate_first", 1) != 0;
  q.declared = node.attribute_int("declared", 0) != 0;
  q.out_scale = q.scale;
  q.out_zero_point = integer_zero_point(q.zero_point);
}

void read_thresholds(const Node& node, const Shape& shape, Quantiser& q) {
  q.kind = Quantiser::Kind::thresholds;
  const auto& table = std::get<Constant>(node.attributes.at("thresholds"));
  q.thresholds = table.as_float();
  if (table.shape.size() != 2) throw std::invalid_argument("thresholds of shape " + shape_text(table.shape));
  q.levels = static_cast<std::size_t>(table.shape[1]);
  if (table.shape[0] != 1 && table.shape[0] != shape[1]) {
    throw std::invalid_argument("thresholds of shape " + shape_text(table.shape) + " for " + shape_text(shape));
  }
  const float scale = node.attribute_float("out_scale", 1), bias = node.attribute_float("out_bias", 0);
  if (q.levels == 1 && bias == -scale / 2) {
    q.format = Format::bipolar();
    q.out_scale = {{scale / 2}};
    return;
  }
  const float base = bias / scale;
  if (base != std::nearbyint(base)) q.out_offset = bias;  // the code is the count
  q.lo = q.out_offset != 0 ? 0 : static_cast<std::int64_t>(base);
  q.hi = q.lo + static_cast<std::int64_t>(q.levels);
  q.out_scale = {{scale}};
}

void read_trunc(const Node& node, const Shape& shape, Quantiser& q) {
  q.kind = Quantiser::Kind::trunc;
  q.scale = parameter(node, "scale", shape, 1);
  q.zero_point = parameter(node, "zero_point", shape, 0);
  q.rounding_name = node.attribute_string("rounding", "FLOOR");
  q.rounding = parse_round_mode(q.rounding_name);
  q.lo = node.attribute_int("lo", 0);
  q.hi = node.attribute_int("hi", 0);
  const float in_bits = parameter(node, "in_bits", shape, 0).at(0),
              out_bits = parameter(node, "out_bits", shape, 0).at(0);
  if (node.attribute_int("version", 1) >= 2) {
    q.out_scale = parameter(node, "out_scale", shape, 1);
    q.trunc_clips = true;
    q.divisor = std::exp2(std::nearbyint(std::log2(q.out_scale.at(0) / q.scale.at(0))));
    PerChannel zero = q.zero_point;
    for (float& z : zero.values) z /= q.divisor;
    q.out_zero_point = integer_zero_point(zero);
  } else {
    q.out_scale = q.scale;
    q.divisor = std::exp2(in_bits - out_bits);
    q.out_zero_point = integer_zero_point(q.zero_point);
  }
}

}  // namespace

Quantiser read_quantiser(const Node& node, const Shape& shape) {
  Quantiser q;
  q.node = node.name;
  q.output = node.outputs.front();
  q.origin = node.origin.empty() ? std::vector<std::string>{node.name} : node.origin;
  if (node.op == "Quant") {
    read_quant(node, shape, q);
  } else if (node.op == "Bipolar") {
    q.kind = Quantiser::Kind::bipolar;
    q.format = Format::bipolar();
    q.out_scale = parameter(node, "scale", shape, 1);
  } else if (node.op == "Sign") {
    q.kind = Quantiser::Kind::sign;
    q.format = Format::signed_bits(2);
  } else if (node.op == "MultiThreshold") {
    read_thresholds(node, shape, q);
  } else {
    read_trunc(node, shape, q);
  }
  if (!q.format.is_bipolar()) q.format = Format::for_range(q.lo, q.hi);
  return q;
}

Quantiser grid_quantiser(float scale, int bits, std::string node, std::string output) {
  Quantiser q;
  q.scale = {{scale}};
  q.zero_point = {{0.0F}};
  q.format = Format::signed_bits(bits);
  q.lo = q.format.min();
  q.hi = q.format.max();
  q.out_scale = {{scale}};
  q.node = std::move(node);
  q.output = std::move(output);
  return q;
}

}  // namespace blendsim::lowering
