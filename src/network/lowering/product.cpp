// SPDX-License-Identifier: Apache-2.0
// Mul of two computed tensors: the product of their integers, at the product of their scales.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "network/lowering/join.h"
#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

struct Span {
  std::int64_t lo = 0, hi = 0;
};

// Of a channel's integers less the zero point.
Span span_of(const Map& map, std::size_t c) {
  return {map.domain.lo[c] - map.zero_point, map.domain.hi[c] - map.zero_point};
}

Span product_of(const Span& a, const Span& b) {
  const auto [lo, hi] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
  return {lo, hi};
}

std::int64_t widest(const Map& map) {
  std::int64_t most = 0;
  for (std::size_t c = 0; c < map.domain.channels(); ++c)
    most = std::max({most, -span_of(map, c).lo, span_of(map, c).hi});
  return most;
}

// x - zero_point.
Affine centred(const Map& map) {
  Affine q;
  q.multiplier.assign(map.domain.channels(), 1);
  q.offset.assign(map.domain.channels(), -map.zero_point);
  q.shift.assign(map.domain.channels(), 0);
  q.lo = map.domain.lowest() - map.zero_point;
  q.hi = map.domain.highest() - map.zero_point;
  return q;
}

// Both float32 values of every pair and their product are exact.
bool rounds_nowhere(const Value& a, const Value& b, std::size_t c) {
  ExactWalk of_a, of_b;
  of_a.start(a.map->domain.lo[c], a.map->domain.hi[c]);
  of_b.start(b.map->domain.lo[c], b.map->domain.hi[c]);
  if (!walk_chain(a.chain, c, of_a) || !walk_chain(b.chain, c, of_b)) return false;
  ExactWalk product{of_a.granule + of_b.granule, of_a.bound * of_b.bound};
  product.check();
  return product.exact;
}

bool is_scalar(const Chain& chain) {
  return std::all_of(chain.begin(), chain.end(), [](const Step& s) {
    return s.p.is_scalar() && s.high.is_scalar() && s.gamma.is_scalar() && s.beta.is_scalar() && s.mean.is_scalar() &&
           s.deviation.is_scalar();
  });
}

bool is_uniform(const Domain& domain) {
  return std::all_of(domain.lo.begin(), domain.lo.end(), [&](std::int64_t v) { return v == domain.lo[0]; }) &&
         std::all_of(domain.hi.begin(), domain.hi.end(), [&](std::int64_t v) { return v == domain.hi[0]; });
}

std::vector<float> floats_of(const Chain& chain, const Domain& domain, std::size_t c) {
  std::vector<float> out;
  for (std::int64_t q = domain.lo[c]; q <= domain.hi[c]; q += domain.step)
    out.push_back(evaluate_chain(chain, static_cast<float>(q), c));
  return out;
}

// The pairs of a channel's factors for which the file's float32 product gets another code than the exact one.
class Pairs {
 public:
  Pairs(const Factors& factors, const Chain& behind, const Quantiser& q)
      : factors_(factors),
        behind_(behind),
        q_(q),
        from_float_(behind.begin() + (factors.scaled ? 1 : 0), behind.end()) {}

  [[nodiscard]] std::int64_t count(std::size_t c) const {
    return factors_.domains[0].count(c) * factors_.domains[1].count(c);
  }
  [[nodiscard]] std::int64_t differing(std::size_t c) const {
    const Domain &of_a = factors_.domains[0], &of_b = factors_.domains[1];
    const std::vector<float> a = floats_of(factors_.chains[0], of_a, c), b = floats_of(factors_.chains[1], of_b, c);
    std::int64_t found = 0;
    for (std::size_t m = 0; m < a.size(); ++m) {
      const std::int64_t x = of_a.lo[c] + static_cast<std::int64_t>(m) * of_a.step - factors_.zero_points[0];
      for (std::size_t n = 0; n < b.size(); ++n) {
        const std::int64_t y = of_b.lo[c] + static_cast<std::int64_t>(n) * of_b.step - factors_.zero_points[1];
        const std::int64_t in_file = q_.code(evaluate_chain(from_float_, a[m] * b[n], c), c);
        found += in_file != q_.code(evaluate_chain(behind_, static_cast<float>(x * y), c), c) ? 1 : 0;
      }
    }
    return found;
  }

 private:
  const Factors& factors_;
  const Chain& behind_;
  const Quantiser& q_;
  Chain from_float_;
};

constexpr std::int64_t most_pairs = std::int64_t{1} << 23;

}  // namespace

void Lowerer::prove_pairs(const Value& value, const Quantiser& q) const {
  Map& map = *value.map;
  const Factors& factors = *map.factors;
  const Pairs pairs(factors, value.chain, q);
  const bool alike = is_scalar(value.chain) && is_scalar(factors.chains[0]) && is_scalar(factors.chains[1]) &&
                     is_uniform(factors.domains[0]) && is_uniform(factors.domains[1]) && q.scale.is_scalar() &&
                     q.zero_point.is_scalar() && q.thresholds.size() == q.levels;
  const std::size_t channels = alike ? 1 : map.domain.channels();
  Exactness found;
  std::int64_t all = 0;
  for (std::size_t c = 0; c < channels; ++c) all += pairs.count(c);
  for (std::size_t c = 0; c < channels && found.checked + pairs.count(c) <= most_pairs; ++c) {
    found.differing += pairs.differing(c);
    found.checked += pairs.count(c);
  }
  if (found.differing != 0) {
    found.exact = false;
    found.max_error = 1;
    found.note = fmt::format(
        "at a scale that is no power of two {} of {} pairs of factors lie so close to a tie that the file's float32 "
        "product is on the other side",
        found.differing, found.checked);
  } else if (found.checked < all) {
    found.exact = false;
    found.note = fmt::format(
        "not proven: at a scale that is no power of two the file's float32 product rounds; {} of {} pairs of factors "
        "were looked at, and agree",
        found.checked, all);
  }
  map.exactness = factors.operands;
  merge(map.exactness, found);
}

Value Lowerer::repeated(const Value& value, int channels, const Node& node) {
  Value x = convolution_input(node, value);
  auto map = std::make_shared<Map>();
  map->name = x.map->name + ":repeated";
  map->layer_name = node.name + ":repeat";
  map->channels = channels;
  map->height = x.map->height;
  map->width = x.map->width;
  map->format = Format::signed_bits(32);
  map->accumulator = true;
  map->domain = uniform_domain(static_cast<std::size_t>(channels), x.map->domain.lo[0] - x.map->zero_point,
                               x.map->domain.hi[0] - x.map->zero_point, x.map->domain.step);
  Convolution work;
  work.weights.assign(static_cast<std::size_t>(channels), 1);
  work.weight_format = Format::signed_bits(2);
  work.input = builder_.write(x.map);
  work.output = builder_.add_tensor(*map);
  builder_.add_layer(map->layer_name, "Conv", chain_nodes(x), work);
  Value y;
  y.state = Value::State::integer;
  y.shape = value.shape;
  y.shape[1] = channels;
  y.chain = x.chain;
  if (x.map->zero_point != 0) {  // the sums have lost it, the chain takes it off
    y.chain.insert(y.chain.begin(), make_step(Step::Kind::add, {{static_cast<float>(x.map->zero_point)}}));
  }
  y.map = std::move(map);
  return y;
}

Value Lowerer::factor(const Value& value, const Value& other, const Node& node) {
  Value x = value.pool ? resolve_pool(value) : value;
  if (!pure_scale(x)) {
    auto grid = integer_grid(x, node.name);
    if (!grid && value.map == other.map) refuse_pair(node, value, other);
    if (!grid) {
      refuse("not-quantised", node.name,
             fmt::format("float operations stand between '{}' and this product", x.map->name),
             or_calibrate("quantise both operands to 8 bits or less"));
    }
    x = quantise(std::move(x), *grid);
  }
  x.shape = value.shape;
  const bool repeats = value.shape.size() == 4 && other.shape.size() == 4 && value.shape[1] == 1 &&
                       other.shape[1] != 1 && (!is_one_pixel(value) || is_one_pixel(other));
  if (!repeats) return x;
  if (x.map->domain.highest() - x.map->domain.lowest() > 255) {
    const std::string& tensor = node.inputs[value_of(node.inputs[0]).map == value.map ? 0 : 1];
    refuse("not-quantised", node.name,
           fmt::format("the map of one channel '{}', which it multiplies all channels by, has integers of more than 8 "
                       "bits",
                       tensor),
           or_calibrate(fmt::format("put a quantiser to int8 between '{}' and this product", tensor)));
  }
  return repeated(x, other.map->channels, node);
}

void Lowerer::multiply(const Node& node, const Value& first, const Value& second) {
  for (const Value* value : {&first, &second}) {
    if (value->state != Value::State::integer)
      refuse("not-quantised", node.name, "an operand is not quantised", or_calibrate("quantise both operands"));
  }
  Value a = factor(first, second, node), b = factor(second, first, node);
  if (!meets(a, b)) refuse_shapes(node, first, second);
  bool alone_a = consumers_[node.inputs[0]] == 1, alone_b = consumers_[node.inputs[1]] == 1;
  const bool pixel_a = is_one_pixel(a), pixel_b = is_one_pixel(b);
  if (pixel_a != pixel_b ? pixel_a : widest(*a.map) < widest(*b.map)) {
    std::swap(a, b);
    std::swap(alone_a, alone_b);
  }
  const PerChannel scale_a = *pure_scale(a), scale_b = *pure_scale(b);

  auto map = std::make_shared<Map>();
  map->name = node.outputs[0];
  map->layer_name = node.name;
  map->channels = a.map->channels;
  map->height = a.map->height;
  map->width = a.map->width;
  map->format = Format::signed_bits(32);
  PerChannel scale;
  scale.values.clear();
  bool rounds = false;
  for (std::size_t c = 0; c < a.map->domain.channels(); ++c) {
    const Span range = product_of(span_of(*a.map, c), span_of(*b.map, c));
    map->domain.lo.push_back(range.lo);
    map->domain.hi.push_back(range.hi);
    scale.values.push_back(scale_a.at(c) * scale_b.at(c));
    rounds = rounds || !rounds_nowhere(a, b, c);
  }
  if (scale.all(scale.values[0])) scale.values.resize(1);
  map->scale = scale.is_scalar() ? scale.at(0) : 1;
  if (!map->format.contains(map->domain.lowest()) || !map->format.contains(map->domain.highest())) {
    refuse("number-width", node.name,
           fmt::format("its products reach [{}, {}], more than 32 bits", map->domain.lowest(), map->domain.highest()),
           or_calibrate("quantise both operands to 8 bits or less"));
  }
  auto factors = std::make_shared<Factors>();
  PostProcessing recipe;
  recipe.product = true;
  const auto side = [&](const Value& value, bool alone, TensorId& tensor, std::optional<Affine>& q) {
    const bool takes_steps =
        alone && value.map->zero_point == 0 && !(value.map->recipe && value.map->recipe->activation);
    Side s = takes_steps ? make_side(builder_, value, 1, true, *map) : Side{builder_.write(value.map), {}, {}};
    if (!takes_steps) append(map->nodes, chain_nodes(value));
    if (s.activation) s = {builder_.write(value.map), {}, {}};
    if (value.map->zero_point != 0) s.q = centred(*value.map);
    tensor = s.tensor;
    q = std::move(s.q);
  };
  side(a, alone_a, recipe.a, recipe.q1);
  side(b, alone_b, recipe.b, recipe.q2);
  map->recipe = recipe;
  append(map->nodes, origin_of(node));

  Value y;
  y.state = Value::State::integer;
  y.flat = a.flat;
  if (!scale.all(1.0F)) y.chain.push_back(make_step(Step::Kind::multiply, scale, node.name));
  if (rounds) {
    *factors = {{a.chain, b.chain},
                {a.map->domain, b.map->domain},
                {a.map->zero_point, b.map->zero_point},
                !y.chain.empty(),
                map->exactness};
    map->factors = std::move(factors);
    Exactness note;
    note.exact = false;
    note.note = "the product of two values at a scale that is no power of two may round in the file";
    merge(map->exactness, note);
  }
  y.map = std::move(map);
  define(node.outputs[0], std::move(y));
}

}  // namespace blendsim::lowering
