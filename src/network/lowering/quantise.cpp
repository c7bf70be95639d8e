// SPDX-License-Identifier: Apache-2.0
// A quantiser of the file ends a chain: thresholds, an affine requantisation, or the network's input.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "network/lowering/lowerer.h"
#include "network/lowering/runs.h"

namespace blendsim::lowering {

namespace {

// Channels in which a three-valued sign can give 0.
std::int64_t channels_reaching_zero(const ThresholdFit& fit, const Domain& domain) {
  std::int64_t channels = 0;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const std::int64_t from = std::max(fit.thresholds.values[2 * c], domain.lo[c]);
    const std::int64_t to = std::min(fit.thresholds.values[2 * c + 1], domain.hi[c] + 1);
    const std::int64_t skip = (from - domain.lo[c]) % domain.step;
    const std::int64_t first = skip == 0 ? from : from + domain.step - skip;
    channels += first < to ? 1 : 0;
  }
  return channels;
}

void explain(Exactness& exactness) {
  if (exactness.exact || !exactness.note.empty()) return;
  exactness.note =
      exactness.differing == 0
          ? fmt::format("not proven: the domain is too large; {} samples agree with the file's float32 formula",
                        exactness.checked)
          : fmt::format("{} of {} checked values differ from the file's float32 formula", exactness.differing,
                        exactness.checked);
}

}  // namespace

MapPtr Lowerer::new_map(const Value& like, const Quantiser& q) {
  auto map = std::make_shared<Map>();
  map->name = q.tensor_name();
  map->channels = like.map->channels;
  map->height = like.map->height;
  map->width = like.map->width;
  map->format = q.format;
  map->domain = uniform_domain(like.map->domain.channels(), q.format.is_bipolar() ? -1 : q.lo,
                               q.format.is_bipolar() ? 1 : q.hi, q.format.is_bipolar() ? 2 : 1);
  map->zero_point = q.out_zero_point;
  map->scale = q.out_scale.at(0);
  map->layer_name = q.node;
  map->nodes = chain_nodes(like);
  append(map->nodes, q.origin);
  map->uses = consumers_.count(q.output) != 0 ? consumers_.at(q.output) : 1;
  return map;
}

MapPtr Lowerer::coded_map(const Value& value, const Quantiser& wanted) {
  Quantiser q = wanted;
  auto fit = fit_thresholds({value.chain, q}, value.map->domain);
  if (!fit) return nullptr;
  if (q.kind == Quantiser::Kind::sign) {
    const std::int64_t channels = channels_reaching_zero(*fit, value.map->domain);
    if (channels == 0) {
      q.kind = Quantiser::Kind::bipolar;
      q.format = Format::bipolar();
      fit = fit_thresholds({value.chain, q}, value.map->domain);
      fit->exactness.note = "three-valued Sign taken as two-valued: 0 is not reachable";
    } else {
      fit->exactness.note =
          fmt::format("three-valued Sign: 0 is reachable in {} of {} channels", channels, value.map->domain.channels());
    }
  }
  MapPtr map = new_map(value, q);
  map->exactness = fit->exactness;
  Exactness& e = map->exactness;
  if (!e.exact) {
    e.max_error = 1;
    e.note += (e.note.empty() ? "" : "; ") + uncertain_note(e.ambiguous, e.checked);
  }
  if (!q.format.is_bipolar()) {
    const Reference reference{value.chain, q};
    for (std::size_t c = 0; c < map->domain.channels(); ++c) {  // monotone: the codes at the ends bound all others
      if (!chain_direction(value.chain, c)) continue;
      const std::int64_t first = reference(value.map->domain.lo[c], c), last = reference(value.map->domain.hi[c], c);
      map->domain.lo[c] = std::min(first, last);
      map->domain.hi[c] = std::max(first, last);
    }
  }
  std::optional<Thresholds> thresholds = fit->thresholds;
  if (fit->is_sign) thresholds.reset();
  builder_.write_code(value.map, {thresholds, {}}, map);
  return map;
}

namespace {

Quantiser without_zero_point(const Quantiser& q) {
  Quantiser plain = q;
  const auto zero = static_cast<std::int64_t>(q.zero_point.at(0));
  plain.zero_point = {{0.0F}};
  plain.lo -= zero;
  plain.hi -= zero;
  return plain;
}

// QuantizeLinear adds its zero point to the rounded value: where that is odd, ties go to odd codes, which takes a step
// of its own behind the rounding.
std::optional<AffineFit> fit_without_zero_point(const Value& value, const Quantiser& q, int multiplier_bits) {
  const float zero = q.zero_point.at(0);
  if (q.kind != Quantiser::Kind::quant || q.saturate_first || std::fmod(zero, 2.0F) == 0) return std::nullopt;
  const Quantiser plain = without_zero_point(q);
  CodeRuns runs({value.chain, plain}, value.map->domain);
  return fit_affine(runs, multiplier_bits);
}

Affine addition(std::size_t channels, std::int64_t constant, std::int64_t lo, std::int64_t hi) {
  Affine q;
  q.multiplier.assign(channels, 1);
  q.offset.assign(channels, constant);
  q.shift.assign(channels, 0);
  q.lo = lo;
  q.hi = hi;
  return q;
}

// The most codes by which the result moves when its operand moves by `error`.
std::int64_t code_error(const Affine& q, std::int64_t error) {
  double most = 0;
  for (std::size_t c = 0; c < q.multiplier.size(); ++c) {
    most = std::max(most, std::ldexp(std::fabs(static_cast<double>(q.multiplier[c])), -q.shift[c]));
  }
  return static_cast<std::int64_t>(
      std::min(std::ceil(most * static_cast<double>(error)), static_cast<double>(q.hi - q.lo)));
}

}  // namespace

// An odd zero point takes both: the finer grid, and an addition behind the rounding. A post-processing has two steps,
// so another one adds. nullptr: it would not be better than `other`.
MapPtr Lowerer::three_step_map(const Value& value, const Quantiser& q, const AffineFit& other) {
  const float zero = q.zero_point.at(0);
  if (q.kind != Quantiser::Kind::quant || q.saturate_first || std::fmod(zero, 2.0F) == 0) return nullptr;
  const Domain& domain = value.map->domain;
  Quantiser plain = without_zero_point(q);
  plain.format = Format::signed_bits(q.format.bits() + 1);  // every code less its zero point
  plain.out_zero_point = 0;
  plain.output += ":plain";
  CodeRuns runs({value.chain, plain}, domain);
  const auto fit = fit_two_steps(runs, multiplier_bits(options_, domain.lowest(), domain.highest()), options_.step_bits,
                                 other.exactness.differing);
  if (!fit) return nullptr;
  MapPtr first = new_map(value, plain);
  first->exactness = fit->exactness;
  explain(first->exactness);
  first->recipe = builder_.on_top(value.map);
  first->recipe->q1 = fit->first;
  first->recipe->q3 = fit->second;
  Value rounded = value;
  rounded.map = first;
  rounded.chain.clear();
  MapPtr map = new_map(rounded, q);
  map->recipe = builder_.on_top(first);
  map->recipe->q1 = addition(domain.channels(), q.out_zero_point, q.lo, q.hi);
  return map;
}

namespace {

bool is_reachable(const Quantiser& q, const Exactness& exactness) {
  const bool toward = q.rounding == RoundMode::up || q.rounding == RoundMode::down;
  return !toward || q.lo >= 0 || exactness.differing == 0;
}

}  // namespace

// Rounding toward zero, or away from it, is no line: it takes another offset on each side of 0.
void Lowerer::require_reachable_rounding(const Quantiser& q, const Exactness& exactness) const {
  if (is_reachable(q, exactness)) return;
  refuse(
      "not-lowerable", q.node,
      fmt::format("rounding mode {} to {} needs another offset for each sign; multiply, add and shift would differ on "
                  "{} of {} values",
                  q.rounding_name, q.format.name(), exactness.differing, exactness.checked),
      "round with ROUND, FLOOR or CEIL, or quantise to 4 bits or less");
}

MapPtr Lowerer::affine_map(const Value& value, const Quantiser& q) {
  const Domain& domain = value.map->domain;
  const int bits = multiplier_bits(options_, domain.lowest(), domain.highest());
  CodeRuns runs({value.chain, q}, domain);
  auto fit = options_.prove ? fit_affine(runs, bits) : nearest_affine({value.chain, q}, domain, bits);
  if (!fit) return nullptr;
  std::optional<Affine> behind;
  if (!fit->exactness.exact && options_.prove) {
    auto plain = fit_without_zero_point(value, q, bits);
    if (plain && (plain->exactness.exact || plain->exactness.differing < fit->exactness.differing)) {
      behind = addition(domain.channels(), q.out_zero_point, fit->affine.lo, fit->affine.hi);
      fit = std::move(plain);
      builder_.write(value.map);
    }
  }
  const bool sum = value.map->is_sum() && !value.map->is_written();
  if (fit->exactness.differing != 0 && !sum) {  // the steps of a sum are taken
    if (auto two = fit_two_steps(runs, bits, options_.step_bits, fit->exactness.differing)) {
      two->exactness.ambiguous = fit->exactness.ambiguous;
      fit = AffineFit{two->first, two->exactness};
      behind = two->second;
    }
  }
  if (fit->exactness.differing != 0 && !sum) {
    if (auto map = three_step_map(value, q, *fit)) return map;
  }
  if (q.kind == Quantiser::Kind::thresholds && fit->exactness.max_error > 1) return nullptr;
  if (!fits_table(value, q)) require_reachable_rounding(q, fit->exactness);
  MapPtr map = new_map(value, q);
  map->exactness = fit->exactness;
  if (options_.prove) explain(map->exactness);
  if (sum) {
    Exactness operands = value.map->exactness;  // its error counts units of the sum, here it counts codes
    if (operands.max_error != 0) operands.max_error = code_error(fit->affine, operands.max_error);
    operands.max_error += std::exchange(map->exactness.max_error, 0);
    merge(map->exactness, operands);
    std::vector<std::string> nodes = value.map->nodes;
    append(nodes, map->nodes);
    map->nodes = std::move(nodes);
  }
  map->recipe = builder_.on_top(value.map);
  (sum ? map->recipe->q3 : map->recipe->q1) = fit->affine;
  if (behind) map->recipe->q3 = behind;
  const auto code = [&](std::int64_t x, std::size_t c) {
    const std::int64_t y = fit->affine.apply(x, c);
    return behind ? behind->apply(y, c) : y;
  };
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    const std::int64_t first = code(domain.lo[c], c), last = code(domain.hi[c], c);
    map->domain.lo[c] = std::min(first, last);
    map->domain.hi[c] = std::max(first, last);
  }
  return map;
}

MapPtr Lowerer::activated_map(const Value& value, const Quantiser& q) {
  CodeRuns runs({value.chain, q}, value.map->domain);
  const auto fit = fit_activation(runs, options_);
  if (!fit) return nullptr;
  if (!fits_table(value, q)) require_reachable_rounding(q, fit->exactness);
  MapPtr map = new_map(value, q);
  map->exactness = fit->exactness;
  explain(map->exactness);
  PostProcessing recipe = fit->recipe;
  recipe.a = builder_.write(value.map);
  if (q.format.bits() > 4) {
    map->recipe = recipe;
    return map;
  }
  recipe.code = builder_.add_tensor(*map);
  builder_.add_layer(map->layer_name, "Post", map->nodes, recipe, map->exactness);
  return map;
}

Value Lowerer::quantised_value(const Value& from, MapPtr map, const Quantiser& q) {
  Value out;
  out.state = Value::State::integer;
  out.map = std::move(map);
  out.chain = q.dequantise();
  out.flat = from.flat;
  return out;
}

Value Lowerer::quantise_pooled(Value value, const Quantiser& q) {
  const PendingPool pool = *value.pool;
  const Chain after(value.chain.begin() + static_cast<std::ptrdiff_t>(pool.chain_before), value.chain.end());
  for (std::size_t c = 0; c < value.map->domain.channels(); ++c) {
    if (chain_direction(after, c).value_or(-1) < 0) return quantise(resolve_pool(std::move(value)), q);
  }
  value.pool.reset();
  Quantiser before = q;
  before.output = q.output + ":unpooled";
  Value full = quantise(value, before);
  full.map->uses = 2;  // the pool needs it written
  full.pool = pool;
  full.pool->chain_before = 0;  // of the codes, which never fall, whatever sign they are scaled with
  full.pool->of_codes = true;
  full.pool->output = q.tensor_name();
  return resolve_pool(std::move(full));
}

void Lowerer::settle_quantiser(const Value& value, Quantiser& q) const {
  const auto fits = [&](const PerChannel& p) {
    return p.is_scalar() || (!value.flat && p.values.size() == static_cast<std::size_t>(value.map->channels));
  };
  const bool rows = q.levels == 0 || q.thresholds.size() == q.levels || !value.flat;
  if (!fits(q.scale) || !fits(q.zero_point) || !fits(q.out_scale) || !rows) {
    refuse("not-lowerable", q.node, "the quantiser's parameters differ between elements that are no channels",
           "quantise before flattening");
  }
  const Reference reference{value.chain, q};
  const Domain& domain = value.map->domain;
  if (q.kind == Quantiser::Kind::trunc && !q.trunc_clips) {  // unbounded: as wide as its domain makes it
    q.lo = INT64_MAX;
    q.hi = INT64_MIN;
    for (std::size_t c = 0; c < domain.channels(); ++c) {
      for (const std::int64_t end : {domain.lo[c], domain.hi[c]}) {
        q.lo = std::min(q.lo, reference(end, c));
        q.hi = std::max(q.hi, reference(end, c));
      }
    }
    if (q.lo == q.hi) ++q.hi;  // one code only: a second that is never reached, as formats have two
    q.format = Format::for_range(q.lo, q.hi);
  }
}

bool Lowerer::is_on_its_grid(const Value& value, const Quantiser& q) {
  const Map& map = *value.map;
  const Domain& domain = map.domain;
  if (!map.is_plain() || map.format != q.format || map.zero_point != q.out_zero_point ||
      domain.highest() - domain.lowest() > exhaustive_limit) {
    return false;
  }
  const Reference reference{value.chain, q};
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    for (std::int64_t i = domain.lo[c]; i <= domain.hi[c]; i += domain.step) {
      if (reference(i, c) != i) return false;
    }
  }
  return true;
}

// Thresholds or lines where there are any, though they may differ in a few codes: not every machine has tables, and all
// compute the same integers.
MapPtr Lowerer::any_map(const Value& value, const Quantiser& q) {
  const bool narrow = q.format.bits() <= 4;
  MapPtr map = narrow ? coded_map(value, q) : affine_map(value, q);
  if (!map && !narrow) map = activated_map(value, q);
  if (map && (narrow || is_reachable(q, map->exactness))) return map;
  if (MapPtr table = table_map(value, q)) return table;
  return map || !narrow ? map : activated_map(value, q);
}

Value Lowerer::quantise(Value value, Quantiser q) {
  if (value.pool) return quantise_pooled(std::move(value), q);
  settle_quantiser(value, q);
  if (is_on_its_grid(value, q)) return quantised_value(value, value.map, q);  // quantised twice on one grid
  if (value.map->factors && !value.map->is_written() && options_.prove) prove_pairs(value, q);
  const MapPtr map = any_map(value, q);
  if (!map) refuse_form(value, q);
  derive(value, q, map);
  if (q.format.is_bipolar() || map->format.is_bipolar()) q.format = Format::bipolar();
  return quantised_value(value, map, q);
}

void Lowerer::quantiser(const Node& node) {
  Value value = value_of(node.inputs[0]);
  const Quantiser q = read_quantiser(node, value.shape);
  if (is_beyond_machine(value, q) && !feeds_machine(node.outputs[0])) value = to_tail(value, node.name);
  if (value.state == Value::State::tail) {  // the host quantises, and dequantises
    Value y = value;
    append_host_quantiser(node, value, q, y.ops);
    const std::size_t channels = y.shape.size() > 1 ? static_cast<std::size_t>(y.shape[1]) : 1;
    for (HostOp& op : host_ops(q.dequantise(), y.shape.size(), channels)) y.ops.push_back(std::move(op));
    append(y.origin, origin_of(node));
    return define(node.outputs[0], std::move(y));
  }
  define(node.outputs[0], value.state == Value::State::host ? quantise_host(node, value, q) : quantise(value, q));
}

}  // namespace blendsim::lowering
