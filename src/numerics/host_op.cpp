// SPDX-License-Identifier: Apache-2.0
#include "numerics/host_op.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "base/diagnostic.h"
#include "numerics/float_ops.h"
#include "numerics/functions.h"

namespace blendsim {

namespace {

using Kind = HostOp::Kind;

struct KindRow {
  Kind kind;
  std::string_view name;
};

constexpr KindRow kind_table[] = {
    {Kind::add, "Add"},
    {Kind::subtract, "Sub"},
    {Kind::multiply, "Mul"},
    {Kind::divide, "Div"},
    {Kind::power, "Pow"},
    {Kind::reverse_subtract, "Sub"},
    {Kind::reverse_divide, "Div"},
    {Kind::relu, "Relu"},
    {Kind::leaky_relu, "LeakyRelu"},
    {Kind::clip, "Clip"},
    {Kind::function, "Function"},
    {Kind::lookup, "Lookup"},
    {Kind::batch_normalization, "BatchNormalization"},
    {Kind::quantize, "Quant"},
    {Kind::bipolar, "BipolarQuant"},
    {Kind::sign, "Sign"},
    {Kind::thresholds, "MultiThreshold"},
    {Kind::softmax, "Softmax"},
    {Kind::argmax, "ArgMax"},
    {Kind::top_k, "TopK"},
    {Kind::reshape, "Reshape"},
    {Kind::transpose, "Transpose"},
    {Kind::identity, "Identity"},
};

template <class F>
FloatArray each(FloatArray x, F f) {
  for (float& value : x.values) value = f(value);
  return x;
}

FloatArray with_operand(const HostOp& op, const FloatArray& x) {
  switch (op.kind) {
    case Kind::add: return zip(x, op.operand, [](float a, float b) { return a + b; });
    case Kind::subtract: return zip(x, op.operand, [](float a, float b) { return a - b; });
    case Kind::multiply: return zip(x, op.operand, [](float a, float b) { return a * b; });
    case Kind::divide: return zip(x, op.operand, [](float a, float b) { return a / b; });
    case Kind::power: return zip(x, op.operand, power);
    case Kind::reverse_subtract: return zip(x, op.operand, [](float a, float b) { return b - a; });
    default: return zip(x, op.operand, [](float a, float b) { return b / a; });
  }
}

FloatArray batch_normalize(const HostOp& op, const FloatArray& x) {
  if (x.shape.size() < 2 || op.operand.values.size() != 5 * static_cast<std::size_t>(x.shape[1])) {
    throw std::invalid_argument("batch normalization needs [5, channels] parameters for " + shape_text(x.shape));
  }
  const auto channels = static_cast<std::size_t>(x.shape[1]);
  const std::vector<float>& p = op.operand.values;
  const std::size_t inner = x.values.size() / std::max<std::size_t>(1, channels * static_cast<std::size_t>(x.shape[0]));
  FloatArray out = x;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const std::size_t c = i / inner % channels;
    const float deviation = standard_deviation(p[3 * channels + c], p[4 * channels + c]);
    out.values[i] = batch_normalized(x.values[i], p[c], p[channels + c], p[2 * channels + c], deviation);
  }
  return out;
}

FloatArray quantize(const HostOp& op, FloatArray x) {
  const auto lo = static_cast<float>(op.lo), hi = static_cast<float>(op.hi);
  for (float& value : x.values) {
    const float y = value / op.scale;
    if (std::isnan(y)) {
      throw DiagnosticError("input-value", {.node = op.node}, "NaN has no integer", "remove NaN from the input");
    }
    value = op.saturate_first ? round_as(clipped(y + op.zero_point, lo, hi), op.rounding)
                              : clipped(round_as(y, op.rounding) + op.zero_point, lo, hi);
    value += 0.0F;  // -0 is the integer 0
  }
  return x;
}

FloatArray of_function(const HostOp& op, const FloatArray& x) {
  const Function* function = find_function(op.function);
  if (function == nullptr) throw std::invalid_argument("there is no function '" + op.function + "'");
  const FunctionArguments arguments{op.operand.values.at(0), op.operand.values.at(1)};
  return each(x, [&](float v) { return function->of(v, arguments); });
}

FloatArray looked_up(const HostOp& op, const FloatArray& x) {
  const auto last = static_cast<float>(op.operand.values.size()) - 1;
  return each(x, [&](float v) {
    if (std::isnan(v)) return v;
    return op.operand.values.at(static_cast<std::size_t>(clipped(v - static_cast<float>(op.lo), 0, last)));
  });
}

FloatArray reshaped(const HostOp& op, FloatArray x) {
  if (element_count(op.shape) != element_count(x.shape)) {
    throw std::invalid_argument("cannot reshape " + shape_text(x.shape) + " to " + shape_text(op.shape));
  }
  x.shape = op.shape;
  return x;
}

FloatArray apply_unchecked(const HostOp& op, const FloatArray& x) {
  const auto operand = [&](std::size_t i) { return op.operand.values.at(i); };
  switch (op.kind) {
    case Kind::add:
    case Kind::subtract:
    case Kind::multiply:
    case Kind::divide:
    case Kind::power:
    case Kind::reverse_subtract:
    case Kind::reverse_divide: return with_operand(op, x);
    case Kind::relu: return each(x, [](float v) { return v < 0 ? 0.0F : v; });
    case Kind::leaky_relu: return zip(x, op.operand, [](float v, float a) { return v < 0 ? v * a : v; });
    case Kind::clip: return each(x, [lo = operand(0), hi = operand(1)](float v) { return clipped(v, lo, hi); });
    case Kind::function: return of_function(op, x);
    case Kind::lookup: return looked_up(op, x);
    case Kind::batch_normalization: return batch_normalize(op, x);
    case Kind::quantize: return quantize(op, x);
    case Kind::bipolar:
      for (const float v : x.values) {
        if (std::isnan(v)) {
          throw DiagnosticError("input-value", {.node = op.node}, "NaN has no sign",
                                "remove NaN values from the input");
        }
      }
      return each(x, [](float v) { return v >= 0 ? 1.0F : -1.0F; });
    case Kind::sign: return each(x, [](float v) { return v > 0 ? 1.0F : v < 0 ? -1.0F : 0.0F; });
    case Kind::thresholds: return threshold_counts(x, op.operand);
    case Kind::softmax: return softmax(x, op.axis);
    case Kind::argmax: return arg_max(x, op.axis, op.keep_dimensions);
    case Kind::top_k: {
      auto both = top_k(x, op.axis, op.count, true);
      return op.output == 0 ? std::move(both.first) : std::move(both.second);
    }
    case Kind::reshape: return reshaped(op, x);
    case Kind::transpose: return transposed(x, op.shape);
    case Kind::identity: return x;
  }
  throw InvariantError("host operator", "unknown kind");
}

}  // namespace

FloatArray apply(const HostOp& op, const FloatArray& x) {
  try {
    return apply_unchecked(op, x);
  } catch (const std::logic_error& error) {  // invalid_argument, out_of_range: the operator was built wrongly
    throw InvariantError(describe(op), error.what());
  }
}

std::string describe(const HostOp& op) {
  std::string_view name = "?";
  for (const KindRow& row : kind_table) {
    if (row.kind == op.kind) name = row.name;
  }
  if (op.kind == Kind::function) name = op.function;
  return op.node.empty() ? fmt::format("{} on the host", name)
                         : fmt::format("{} on the host (node '{}')", name, op.node);
}

float round_as(float value, const std::string& mode) {
  if (mode == "ROUND" || mode == "HALF_EVEN") return std::nearbyint(value);  // default environment: ties to even
  if (mode == "CEIL") return std::ceil(value);
  if (mode == "FLOOR") return std::floor(value);
  if (mode == "UP") return value < 0 ? std::floor(value) : std::ceil(value);
  if (mode == "DOWN") return std::trunc(value);
  if (mode == "HALF_UP") return std::round(value);
  if (mode == "HALF_DOWN") {
    const float whole = std::trunc(value);
    return std::fabs(value - whole) > 0.5F ? whole + std::copysign(1.0F, value) : whole;
  }
  throw std::invalid_argument("unknown rounding mode '" + mode + "'");
}

std::vector<std::int32_t> quantize_input(const HostInput& input, const FloatArray& x) {
  const bool without_batch = x.shape.size() + 1 == input.shape.size() && input.shape.front() == 1 &&
                             std::equal(x.shape.begin(), x.shape.end(), input.shape.begin() + 1);
  if (x.shape != input.shape && !without_batch) {
    throw DiagnosticError(
        "input-shape", {.node = input.name},
        fmt::format("the input has shape {}, the network takes {}", shape_text(x.shape), shape_text(input.shape)));
  }
  FloatArray value{input.shape, x.values};
  for (const HostOp& op : input.ops) value = apply(op, value);
  if (element_count(value.shape) != std::int64_t{input.channels} * input.height * input.width) {
    throw InvariantError("host input '" + input.name + "'", "its operators yield " + shape_text(value.shape));
  }
  std::vector<std::int32_t> integers;
  integers.reserve(value.values.size());
  for (const float v : value.values) {
    const bool representable = v >= -2147483648.0F && v < 2147483648.0F;  // false for NaN
    if (!representable || v != std::nearbyint(v) || !input.format.contains(static_cast<std::int64_t>(v))) {
      throw DiagnosticError("input-value", {.node = input.name},
                            fmt::format("the value {} is no {} integer", v, input.format.name()),
                            "the network takes integers as they are; another type of input is declared in the file, by "
                            "its element type or by finn_datatype in its quantization_annotation");
    }
    integers.push_back(static_cast<std::int32_t>(v));
  }
  return integers;
}

std::string element_type(const HostOutput& output) {
  if (output.ops.empty() || output.ops.back().kind != Kind::quantize) return "float32";
  const std::int64_t lo = output.ops.back().lo, hi = output.ops.back().hi;
  if (lo >= 0) return hi <= 255 ? "uint8" : hi <= 65535 ? "uint16" : "uint32";
  return lo >= -128 && hi <= 127 ? "int8" : lo >= -32768 && hi <= 32767 ? "int16" : "int32";
}

FloatArray finish_output(const HostOutput& output, const std::vector<std::int32_t>& values) {
  FloatArray y;
  y.shape = {1, output.channels, output.height, output.width};
  if (element_count(y.shape) != static_cast<std::int64_t>(values.size())) {
    throw InvariantError("host output '" + output.name + "'",
                         fmt::format("{} values for {}", values.size(), shape_text(y.shape)));
  }
  for (const std::int32_t value : values) y.values.push_back(static_cast<float>(value));
  for (const HostOp& op : output.ops) y = apply(op, y);
  if (element_count(y.shape) == element_count(output.shape)) y.shape = output.shape;
  return y;
}

}  // namespace blendsim
