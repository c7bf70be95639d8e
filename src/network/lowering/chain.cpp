// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/chain.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <utility>

#include "numerics/float_ops.h"

namespace blendsim::lowering {

Step make_step(Step::Kind kind, PerChannel p, std::string node, std::vector<std::string> origin) {
  Step step;
  step.kind = kind;
  step.p = std::move(p);
  step.node = std::move(node);
  step.origin = std::move(origin);
  return step;
}

const FloatBounds& Lookup::at(float q) const {
  const std::int64_t n = std::llround(q) - first;
  return values[static_cast<std::size_t>(std::clamp<std::int64_t>(n, 0, std::ssize(values) - 1))];
}

float Step::apply(float x, std::size_t c) const {
  switch (kind) {
    case Kind::add: return x + p.at(c);
    case Kind::subtract: return x - p.at(c);
    case Kind::reverse_subtract: return p.at(c) - x;
    case Kind::multiply: return x * p.at(c);
    case Kind::divide: return x / p.at(c);
    case Kind::reverse_divide: return p.at(c) / x;
    case Kind::power: return power(x, p.at(c));
    case Kind::relu: return x < 0 ? 0.0F : x;
    case Kind::prelu: return x < 0 ? x * p.at(c) : x;
    case Kind::clip: return clipped(x, p.at(c), high.at(c));
    case Kind::function: return function->of(x, arguments);
    case Kind::lookup: return table->at(x).value;
    case Kind::batch_normalization: return batch_normalized(x, gamma.at(c), beta.at(c), mean.at(c), deviation.at(c));
  }
  return x;
}

float evaluate_chain(const Chain& chain, float x, std::size_t channel) {
  for (const Step& step : chain) x = step.apply(x, channel);
  return x;
}

namespace {

bool contains_zero(float lo, float hi) { return lo <= 0 && hi >= 0; }

}  // namespace

// All but a few operations are monotone.
std::optional<std::vector<float>> Step::extremes(float lo, float hi, std::size_t c) const {
  switch (kind) {
    case Kind::prelu:
    case Kind::power:
    case Kind::reverse_divide:
      if (contains_zero(lo, hi)) return std::vector{lo, hi, 0.0F};
      break;
    case Kind::function: {
      const auto places = blendsim::extremes(*function, arguments, lo, hi);
      if (!places) return std::nullopt;
      return std::vector(places->begin(), places->end());
    }
    case Kind::lookup: {
      std::vector<float> all;
      for (float q = lo; q <= hi; q += 1) all.push_back(q);
      return all;
    }
    default: break;
  }
  (void)c;
  return std::vector{lo, hi};
}

const Step* find_curve(const Chain& chain) {
  const auto found = std::find_if(chain.begin(), chain.end(), [](const Step& step) {
    return step.kind == Step::Kind::function || step.kind == Step::Kind::lookup ||
           step.kind == Step::Kind::reverse_divide || (step.kind == Step::Kind::power && !step.p.all(1));
  });
  return found == chain.end() ? nullptr : &*found;
}

bool is_certain(const Chain& chain) {
  return std::all_of(chain.begin(), chain.end(), [](const Step& step) {
    if (step.kind == Step::Kind::function) return step.function->is_exact();
    if (step.kind != Step::Kind::lookup) return true;
    const auto& values = step.table->values;
    return std::all_of(values.begin(), values.end(), [](const FloatBounds& v) { return v.is_exact(); });
  });
}

FloatBounds bound_chain(const Chain& chain, const FloatBounds& x, std::size_t channel) {
  FloatBounds y = x;
  for (const Step& step : chain) {
    if (step.kind == Step::Kind::function) {
      y = bounds_of(*step.function, step.arguments, y);
    } else if (step.kind == Step::Kind::lookup) {
      y = step.table->at(y.value);
    } else {
      FloatBounds next = FloatBounds::exactly(step.apply(y.value, channel));
      if (y.is_exact()) {
        y = next;
        continue;
      }
      const auto places = step.extremes(y.lo, y.hi, channel);
      for (const float place : *places) {
        const float v = step.apply(place, channel);
        next.lo = std::isnan(v) ? v : std::min(next.lo, v);
        next.hi = std::isnan(v) ? v : std::max(next.hi, v);
      }
      y = next;
    }
  }
  return y;
}

namespace {

int sign_of(float v) { return v > 0 ? 1 : v < 0 ? -1 : 0; }

std::optional<int> lookup_direction(const Lookup& table) {
  bool rises = false, falls = false;
  for (std::size_t n = 1; n < table.values.size(); ++n) {
    rises = rises || table.values[n].value > table.values[n - 1].value;
    falls = falls || table.values[n].value < table.values[n - 1].value;
  }
  if (rises && falls) return std::nullopt;
  return rises ? 1 : falls ? -1 : 0;
}

std::optional<int> step_direction(const Step& step, std::size_t c) {
  switch (step.kind) {
    case Step::Kind::add:
    case Step::Kind::subtract:
    case Step::Kind::relu:
    case Step::Kind::clip: return 1;
    case Step::Kind::reverse_subtract: return -1;
    case Step::Kind::multiply:
    case Step::Kind::divide: return sign_of(step.p.at(c));
    case Step::Kind::batch_normalization: return sign_of(step.gamma.at(c));
    case Step::Kind::prelu: return step.p.at(c) >= 0 ? std::optional(1) : std::nullopt;
    case Step::Kind::power: return step.p.at(c) == 1.0F ? std::optional(1) : std::nullopt;
    case Step::Kind::function: return step.function->rises_with(step.arguments) ? std::optional(1) : std::nullopt;
    case Step::Kind::lookup: return lookup_direction(*step.table);
    case Step::Kind::reverse_divide: return std::nullopt;
  }
  return std::nullopt;
}

void scale_linear(Linear& f, double factor) {
  if (factor == 0) {  // a constant needs no bounds
    f = Linear{.slope = 0, .offset = 0};
    return;
  }
  f.slope *= factor;
  f.offset *= factor;
  f.lo *= factor;
  f.hi *= factor;
  if (factor < 0) std::swap(f.lo, f.hi);
}

void shift_linear(Linear& f, double constant) {
  f.offset += constant;
  f.lo += constant;
  f.hi += constant;
}

void clamp_linear(Linear& f, double lo, double hi) {
  f.lo = std::clamp(f.lo, lo, hi);
  f.hi = std::clamp(f.hi, lo, hi);
}

}  // namespace

std::optional<int> chain_direction(const Chain& chain, std::size_t channel) {
  int direction = 1;
  for (const Step& step : chain) {
    const std::optional<int> d = step_direction(step, channel);
    if (!d) return std::nullopt;
    direction *= *d;
    if (direction == 0) return 0;
  }
  return direction;
}

std::optional<Linear> chain_linear(const Chain& chain, std::size_t c) {
  Linear f;
  for (const Step& step : chain) {
    switch (step.kind) {
      case Step::Kind::add: shift_linear(f, step.p.at(c)); break;
      case Step::Kind::subtract: shift_linear(f, -double{step.p.at(c)}); break;
      case Step::Kind::reverse_subtract:
        scale_linear(f, -1);
        shift_linear(f, step.p.at(c));
        break;
      case Step::Kind::multiply: scale_linear(f, step.p.at(c)); break;
      case Step::Kind::divide: scale_linear(f, 1.0 / step.p.at(c)); break;
      case Step::Kind::relu: clamp_linear(f, 0, std::numeric_limits<double>::infinity()); break;
      case Step::Kind::clip: clamp_linear(f, step.p.at(c), step.high.at(c)); break;
      case Step::Kind::batch_normalization:
        shift_linear(f, -double{step.mean.at(c)});
        scale_linear(f, 1.0 / step.deviation.at(c) * step.gamma.at(c));
        shift_linear(f, step.beta.at(c));
        break;
      case Step::Kind::prelu:
        if (step.p.at(c) != 1.0F) return std::nullopt;
        break;
      case Step::Kind::power:
        if (step.p.at(c) != 1.0F) return std::nullopt;
        break;
      case Step::Kind::reverse_divide:
      case Step::Kind::function:
      case Step::Kind::lookup: return std::nullopt;
    }
  }
  return f;
}

std::optional<FloatRange> chain_range(const Chain& chain, std::int64_t lo, std::int64_t hi, std::size_t channel) {
  FloatRange range{static_cast<float>(lo), static_cast<float>(hi)};
  for (const Step& step : chain) {
    std::vector<float> ends;
    if (const auto places = step.extremes(range.lo, range.hi, channel)) {
      for (const float place : *places) ends.push_back(step.apply(place, channel));
    } else {
      ends = {step.function->lo, step.function->hi};
    }
    if (!std::all_of(ends.begin(), ends.end(), [](float v) { return std::isfinite(v); })) return std::nullopt;
    const auto [least, most] = std::minmax_element(ends.begin(), ends.end());
    range = {*least, *most};
  }
  return range;
}

int granule_of(double v) {
  if (v == 0) return INT_MAX;
  if (!std::isfinite(v)) return -(1 << 20);
  int exponent = 0;
  const double mantissa = std::frexp(v, &exponent);
  auto bits = static_cast<std::uint64_t>(std::fabs(std::ldexp(mantissa, 53)));
  exponent -= 53;
  while ((bits & 1) == 0) {
    bits >>= 1;
    ++exponent;
  }
  return exponent;
}

void ExactWalk::start(std::int64_t lo, std::int64_t hi) {
  granule = 0;
  bound = static_cast<double>(std::max(lo < 0 ? -lo : lo, hi < 0 ? -hi : hi));
  exact = true;
  check();
}

void ExactWalk::check() {
  if (granule < -120 || bound > std::ldexp(1.0, 24 + granule)) exact = false;
}

void ExactWalk::add(double constant) {
  if (constant != 0) granule = std::min(granule, granule_of(constant));
  bound += std::fabs(constant);
  check();
}

void ExactWalk::multiply(double factor) {
  if (factor == 0) {
    bound = 0;
    return;
  }
  granule += granule_of(factor);
  bound *= std::fabs(factor);
  check();
}

bool is_power_of_two(double v) {
  int exponent = 0;
  return std::fabs(std::frexp(v, &exponent)) == 0.5;
}

void ExactWalk::divide(double divisor) {
  if (!is_power_of_two(divisor)) {
    exact = false;
    return;
  }
  multiply(1.0 / divisor);
}

bool walk_chain(const Chain& chain, std::size_t c, ExactWalk& walk) {
  for (const Step& step : chain) {
    switch (step.kind) {
      case Step::Kind::add:
      case Step::Kind::subtract:
      case Step::Kind::reverse_subtract: walk.add(step.p.at(c)); break;
      case Step::Kind::multiply: walk.multiply(step.p.at(c)); break;
      case Step::Kind::divide: walk.divide(step.p.at(c)); break;
      case Step::Kind::batch_normalization:
        walk.add(step.mean.at(c));
        walk.divide(step.deviation.at(c));
        walk.multiply(step.gamma.at(c));
        walk.add(step.beta.at(c));
        break;
      case Step::Kind::relu: break;
      case Step::Kind::clip:
        for (const float bound : {step.p.at(c), step.high.at(c)}) {
          if (std::isfinite(bound) && bound != 0 && std::fabs(bound) < walk.bound) {
            walk.granule = std::min(walk.granule, granule_of(bound));
          }
        }
        walk.check();
        break;
      case Step::Kind::prelu:
        if (step.p.at(c) != 0) walk.granule += std::min(0, granule_of(step.p.at(c)));
        walk.bound *= std::max(1.0, std::fabs(double{step.p.at(c)}));
        walk.check();
        break;
      case Step::Kind::power:
        if (step.p.at(c) != 1.0F) return false;
        break;
      case Step::Kind::reverse_divide:
      case Step::Kind::function:
      case Step::Kind::lookup: return false;
    }
  }
  return walk.exact;
}

std::optional<Chain> other_order(const Chain& chain) {
  Chain out;
  bool found = false;
  for (const Step& step : chain) {
    if (step.kind != Step::Kind::batch_normalization) {
      out.push_back(step);
      continue;
    }
    found = true;
    PerChannel a, b;
    a.values.clear();
    b.values.clear();
    for (std::size_t c = 0; c < step.gamma.values.size(); ++c) {
      const float factor = step.gamma.at(c) / step.deviation.at(c);
      a.values.push_back(factor);
      const float shift = step.mean.at(c) * factor;
      b.values.push_back(step.beta.at(c) - shift);
    }
    out.push_back(make_step(Step::Kind::multiply, std::move(a)));
    out.push_back(make_step(Step::Kind::add, std::move(b)));
  }
  if (!found) return std::nullopt;
  return out;
}

namespace {

FloatArray operand_array(const PerChannel& p, std::size_t rank, std::size_t channels) {
  if (p.is_scalar()) return {{}, p.values};
  Shape shape(rank, 1);
  shape[1] = static_cast<std::int64_t>(channels);
  return {shape, p.values};
}

HostOp batch_normalization_op(const Step& step, std::size_t channels) {
  HostOp op;
  op.kind = HostOp::Kind::batch_normalization;
  op.operand.shape = {5, static_cast<std::int64_t>(channels)};
  for (const PerChannel* row : {&step.gamma, &step.beta, &step.mean, &step.variance}) {
    for (std::size_t c = 0; c < channels; ++c) op.operand.values.push_back(row->at(c));
  }
  op.operand.values.insert(op.operand.values.end(), channels, step.epsilon);
  return op;
}

}  // namespace

HostOp host_op(const Step& step, std::size_t rank, std::size_t channels) {
  HostOp op;
  switch (step.kind) {
    case Step::Kind::add: op.kind = HostOp::Kind::add; break;
    case Step::Kind::subtract: op.kind = HostOp::Kind::subtract; break;
    case Step::Kind::reverse_subtract: op.kind = HostOp::Kind::reverse_subtract; break;
    case Step::Kind::multiply: op.kind = HostOp::Kind::multiply; break;
    case Step::Kind::divide: op.kind = HostOp::Kind::divide; break;
    case Step::Kind::reverse_divide: op.kind = HostOp::Kind::reverse_divide; break;
    case Step::Kind::power: op.kind = HostOp::Kind::power; break;
    case Step::Kind::relu: op.kind = HostOp::Kind::relu; break;
    case Step::Kind::prelu: op.kind = HostOp::Kind::leaky_relu; break;
    case Step::Kind::clip: op.kind = HostOp::Kind::clip; break;
    case Step::Kind::function:
      op.kind = HostOp::Kind::function;
      op.function = step.function->name;
      op.operand = {{2}, {step.arguments[0], step.arguments[1]}};
      break;
    case Step::Kind::lookup:
      op.kind = HostOp::Kind::lookup;
      op.lo = step.table->first;
      op.operand.shape = {std::ssize(step.table->values)};
      for (const FloatBounds& v : step.table->values) op.operand.values.push_back(v.value);
      break;
    case Step::Kind::batch_normalization: op = batch_normalization_op(step, channels); break;
  }
  op.node = step.node;
  const bool is_complete = step.kind == Step::Kind::relu || step.kind == Step::Kind::function ||
                           step.kind == Step::Kind::lookup || step.kind == Step::Kind::batch_normalization;
  if (step.kind == Step::Kind::clip) {
    op.operand = {{2}, {step.p.at(0), step.high.at(0)}};
  } else if (!is_complete) {
    op.operand = operand_array(step.p, rank, channels);
  }
  return op;
}

std::vector<HostOp> host_ops(const Chain& chain, std::size_t rank, std::size_t channels) {
  std::vector<HostOp> ops;
  for (const Step& step : chain) ops.push_back(host_op(step, rank, channels));
  return ops;
}

}  // namespace blendsim::lowering
