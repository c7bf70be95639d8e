// SPDX-License-Identifier: Apache-2.0
// Functions of one code of at most 8 bits as tables: whatever the file computes between a code and the next quantiser,
// looked at for every code.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "network/lowering/lowerer.h"

namespace blendsim::lowering {

namespace {

bool is_one_code(const Value& value) {
  return value.state == Value::State::integer && !value.pool &&
         CodeTable::holds(value.map->domain.lowest(), value.map->domain.highest());
}

FloatBounds hull(const FloatBounds& a, const FloatBounds& b) {
  return {a.value, std::min(a.lo, b.lo), std::max(a.hi, b.hi)};
}

bool same(const FloatBounds& a, const FloatBounds& b) { return a.value == b.value && a.lo == b.lo && a.hi == b.hi; }

// The value by its map's codes, from the lowest of all channels on. Absent: channels differ.
std::optional<Lookup> lookup_of(const Value& value) {
  const Domain& domain = value.map->domain;
  Lookup out;
  out.first = domain.lowest();
  for (std::int64_t q = domain.lowest(); q <= domain.highest(); ++q) {
    const FloatBounds code = FloatBounds::exactly(static_cast<float>(q));
    out.values.push_back(bound_chain(value.chain, code, 0));
    for (std::size_t c = 1; c < domain.channels(); ++c) {
      if (!same(bound_chain(value.chain, code, c), out.values.back())) return std::nullopt;
    }
  }
  return out;
}

// The same by the codes of the map that its map's follow from.
Lookup behind(const Derivation& derivation, const Lookup& table) {
  Lookup out;
  out.first = derivation.first;
  for (const CodeBounds& code : derivation.codes) {
    FloatBounds v = table.at(static_cast<float>(code.value));
    for (std::int64_t q = code.lo; q <= code.hi; ++q) v = hull(v, table.at(static_cast<float>(q)));
    out.values.push_back(v);
  }
  return out;
}

// The maps of codes that a value follows from, its own first, and the value by each one's codes.
std::vector<std::pair<MapPtr, Lookup>> sources_of(const Value& value) {
  std::vector<std::pair<MapPtr, Lookup>> out;
  if (!is_one_code(value)) return out;
  auto table = lookup_of(value);
  for (MapPtr map = value.map; table; map = map->derivation->from) {
    out.emplace_back(map, *table);
    if (!map->derivation) break;
    table = behind(*map->derivation, *table);
  }
  return out;
}

using Pair = float (*)(float, float);
Pair pair_of(const std::string& op) {
  if (op == "Add") return [](float a, float b) { return a + b; };
  if (op == "Sub") return [](float a, float b) { return a - b; };
  if (op == "Mul") return [](float a, float b) { return a * b; };
  if (op == "Div") return [](float a, float b) { return a / b; };
  return nullptr;
}

// Of an operation that is monotone in each operand; a divisor that may be 0 gives anything.
FloatBounds combine(const std::string& op, const FloatBounds& a, const FloatBounds& b) {
  const Pair f = pair_of(op);
  FloatBounds y = FloatBounds::exactly(f(a.value, b.value));
  if (op == "Div" && !b.is_exact() && b.lo <= 0 && b.hi >= 0) return {y.value, -HUGE_VALF, HUGE_VALF};
  for (const float v : {f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)}) {
    y.lo = std::min(y.lo, v);
    y.hi = std::max(y.hi, v);
  }
  return y;
}

// The quantiser's codes by the value's, alike in all channels.
struct Codes {
  std::int64_t first = 0;
  std::vector<CodeBounds> codes;
  std::int64_t swapped = 0;  // on which the two usual orders of batch normalisation disagree
};
std::optional<Codes> codes_of(const Value& value, const Quantiser& q) {
  const Domain& domain = value.map->domain;
  const Reference reference{value.chain, q};
  const std::optional<Chain> other = other_order(value.chain);
  Codes out;
  out.first = domain.lowest();
  for (std::int64_t u = domain.lowest(); u <= domain.highest(); ++u) {
    std::optional<CodeBounds> code;
    for (std::size_t c = 0; c < domain.channels(); ++c) {
      if (u < domain.lo[c] || u > domain.hi[c] || (u - domain.lo[c]) % domain.step != 0) continue;
      const CodeBounds own = reference.bounds(u, c);
      if (!code) code = own;
      if (code->value != own.value) return std::nullopt;
      *code = {own.value, std::min(code->lo, own.lo), std::max(code->hi, own.hi)};
      if (other) out.swapped += Reference{*other, q}(u, c) == own.value ? 0 : 1;
    }
    if (!code && !out.codes.empty()) code = out.codes.back();  // no channel reaches it
    out.codes.push_back(code.value_or(CodeBounds{q.lo, q.lo, q.lo}));
  }
  return out;
}

}  // namespace

std::optional<Quantiser> Lowerer::code_grid(const Value& value, const std::string& node) {
  const auto table = is_one_code(value) ? lookup_of(value) : std::nullopt;
  if (!table) return std::nullopt;
  std::vector<double> steps;
  for (const FloatBounds& v : table->values) {
    if (!v.is_exact() || !std::isfinite(v.value)) return std::nullopt;
    if (v.value != 0) steps.push_back(v.value);
  }
  const auto unit = steps.empty() ? std::nullopt : common_unit(steps);
  if (!unit) return std::nullopt;
  Quantiser grid = grid_quantiser(static_cast<float>(*unit), 32, node, value.map->name + ":grid");
  grid.lo = grid.hi = 0;
  for (const double step : steps) {
    const double code = std::nearbyint(step / *unit);
    if (std::fabs(code) > 255) return std::nullopt;
    grid.lo = std::min(grid.lo, static_cast<std::int64_t>(code));
    grid.hi = std::max(grid.hi, static_cast<std::int64_t>(code));
  }
  grid.format = Format::for_range(grid.lo, grid.hi);
  return grid;
}

std::string Lowerer::uncertain_note(std::int64_t uncertain, std::int64_t checked) {
  return fmt::format(
      "{} of {} values lie so close to a tie that float32 functions of other libraries may decide "
      "otherwise",
      uncertain, checked);
}

bool Lowerer::fits_table(const Value& value, const Quantiser& q) {
  return is_one_code(value) && q.format.bits() <= 8 && codes_of(value, q);
}

MapPtr Lowerer::table_map(const Value& value, const Quantiser& q) {
  if (!is_one_code(value) || q.format.bits() > 8) return nullptr;
  const auto found = codes_of(value, q);
  if (!found) return nullptr;
  const Domain& domain = value.map->domain;
  const auto code = [&](std::int64_t u) -> const CodeBounds& {
    return found->codes[static_cast<std::size_t>(std::clamp(u, found->first, domain.highest()) - found->first)];
  };
  CodeTable table;
  const bool is_signed = domain.lowest() < 0;
  for (std::int64_t n = 0; n < 256; ++n)
    table.values[static_cast<std::size_t>(n)] =
        static_cast<std::int16_t>(code(is_signed && n > 127 ? n - 256 : n).value);
  MapPtr map = new_map(value, q);
  Exactness& e = map->exactness;
  e.ambiguous = found->swapped;
  std::int64_t uncertain = 0;
  for (std::size_t c = 0; c < domain.channels(); ++c) {
    e.checked += domain.count(c);
    std::int64_t lo = code(domain.lo[c]).value, hi = lo;
    for (std::int64_t u = domain.lo[c]; u <= domain.hi[c]; u += domain.step) {
      lo = std::min(lo, code(u).value);
      hi = std::max(hi, code(u).value);
      if (code(u).is_certain()) continue;
      ++uncertain;
      e.max_error = std::max({e.max_error, code(u).value - code(u).lo, code(u).hi - code(u).value});
    }
    if (q.format.is_bipolar()) continue;
    map->domain.lo[c] = lo;
    map->domain.hi[c] = hi;
  }
  if (uncertain != 0) {
    e.exact = false;
    e.ambiguous += uncertain;
    e.note = uncertain_note(uncertain, e.checked);
  }
  builder_.write_code(value.map, {{}, table}, map);
  return map;
}

void Lowerer::derive(const Value& value, const Quantiser& q, const MapPtr& map) {
  if (!is_one_code(value) || q.format.bits() > 8 || map == value.map || map->derivation) return;
  if (!map->exactness.exact && map->exactness.differing != 0) return;  // not the file's code
  auto found = codes_of(value, q);
  if (!found) return;
  map->derivation = std::make_shared<const Derivation>(Derivation{value.map, found->first, std::move(found->codes)});
}

void Lowerer::refuse_form(const Value& value, const Quantiser& q) const {
  const Step* function = find_curve(value.chain);
  if (function == nullptr) {
    refuse("not-lowerable", q.node,
           "the float operations before this quantiser are neither monotone (for thresholds) nor linear with at most "
           "one Relu or PRelu (for multiply, add, shift)",
           is_one_code(value) ? "quantise between the operations, or to 8 bits or less"
                              : "quantise between the operations, or to 4 bits or less");
  }
  const std::string name = function->function != nullptr                  ? std::string(function->function->name)
                           : function->kind == Step::Kind::power          ? "Pow"
                           : function->kind == Step::Kind::reverse_divide ? "Div"
                                                                          : "a function";
  if (!is_one_code(value)) {
    refuse(
        "not-lowerable", q.node,
        fmt::format("{} ('{}') stands between sums of [{}, {}] and this quantiser, and a table takes codes of at most "
                    "8 bits",
                    name, function->node, value.map->domain.lowest(), value.map->domain.highest()),
        fmt::format("put a quantiser of 8 bits or less in front of '{}'", function->node));
  }
  if (q.format.bits() > 8) {
    refuse("not-lowerable", q.node,
           fmt::format("{} ('{}') stands before a quantiser of {} bits, and a table gives codes of at most 8", name,
                       function->node, q.format.bits()),
           fmt::format("quantise to 8 bits or less behind '{}'", function->node));
  }
  refuse("not-lowerable", q.node,
         fmt::format("{} ('{}') stands among operations that differ between channels, and a table is one for all", name,
                     function->node),
         fmt::format("put a quantiser of 8 bits or less, of one scale for the whole tensor, in front of '{}'",
                     function->node));
}

std::optional<Value> Lowerer::of_one_code(const Node& node, const Value& a, const Value& b) const {
  if (pair_of(node.op) == nullptr || a.shape != b.shape || a.flat != b.flat) return std::nullopt;
  const auto of_a = sources_of(a), of_b = sources_of(b);
  for (const auto& [map, table_a] : of_a) {
    for (const auto& [other, table_b] : of_b) {
      if (map != other) continue;
      auto table = std::make_shared<Lookup>();
      table->first = table_a.first;
      for (std::size_t n = 0; n < table_a.values.size(); ++n)
        table->values.push_back(combine(node.op, table_a.values[n], table_b.values[n]));
      Step step = make_step(Step::Kind::lookup, {}, node.name, chain_nodes(a));
      append(step.origin, chain_nodes(b));
      append(step.origin, origin_of(node));
      step.table = std::move(table);
      Value y;
      y.state = Value::State::integer;
      y.map = map;
      y.flat = a.flat;
      y.chain.push_back(std::move(step));
      return y;
    }
  }
  return std::nullopt;
}

}  // namespace blendsim::lowering
