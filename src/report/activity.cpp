// SPDX-License-Identifier: Apache-2.0
#include "report/activity.h"

#include <fmt/format.h>

#include <optional>

namespace blendsim {
namespace {

// Name of the words behind the XNOR gates, whose density follows from those of operands and weights.
constexpr const char* xnor_words = "xnor_word";

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json distance_json(const DistanceSum& sum, const std::optional<Density>& density) {
  return {{"bits", sum.bits},
          {"words", sum.words},
          {"compared_bits", sum.compared},
          {"density", density ? Json(density->value) : Json(nullptr)},
          {"standard_error", density ? number_or_null(density->error) : Json(nullptr)}};
}

// The distances of `unit`; sum(d) and density(d) tell of each.
template <class Sum, class Densities>
Json distances_json(UnitId unit, const Sum& sum, const Densities& density) {
  Json out = Json::object();
  for (std::size_t d = 0; d < distance_count; ++d) {
    if (distance_units[d] != unit) continue;
    const auto distance = static_cast<Distance>(d);
    out[std::string(distance_names[d])] = distance_json(sum(distance), density(distance));
  }
  if (unit == UnitId::xnor_array) {
    const auto x = density(Distance::xnor_operand), w = density(Distance::xnor_weight);
    out[xnor_words] = {{"density", x && w ? Json(xnor_density(x->value, w->value)) : Json(nullptr)}};
  }
  return out;
}

Json layer_json(const std::string& name, const LayerSwitching& layer) {
  Json out = {{"name", name}, {"units", Json::object()}};
  for (const UnitId unit : all_units) {
    const auto u = static_cast<std::size_t>(index(unit));
    if (layer.instructions[u] == 0) continue;
    out["units"][std::string(unit_names[u])] = {
        {"instructions", layer.instructions[u]},
        {"sampled", layer.sampled[u]},
        {"distances",
         distances_json(
             unit, [&](Distance d) -> const DistanceSum& { return layer.distances[static_cast<std::size_t>(d)]; },
             [&](Distance d) { return density(layer, d); })}};
  }
  return out;
}

Json unit_json(UnitId unit, const Switching& switching) {
  const auto u = static_cast<std::size_t>(index(unit));
  LayerSwitching sum;
  for (const LayerSwitching& layer : switching.layers) {
    sum.instructions[u] += layer.instructions[u];
    sum.sampled[u] += layer.sampled[u];
    for (std::size_t d = 0; d < distance_count; ++d) sum.distances[d] += layer.distances[d];
  }
  return {{"instructions", sum.instructions[u]},
          {"sampled", sum.sampled[u]},
          {"distances",
           distances_json(
               unit, [&](Distance d) -> const DistanceSum& { return sum.distances[static_cast<std::size_t>(d)]; },
               [&](Distance d) { return density(switching, d); })}};
}

}  // namespace

Json activity_json(const Program& program, const Switching& switching) {
  Json out = {{"every", switching.every}, {"units", Json::object()}, {"layers", Json::array()}};
  for (const UnitId unit : all_units) out["units"][std::string(name(unit))] = unit_json(unit, switching);
  for (std::size_t l = 0; l < switching.layers.size(); ++l)
    out["layers"].push_back(layer_json(program.layers[l].name, switching.layers[l]));
  return out;
}

std::vector<FieldRow> activity_field_rows() {
  return {
      {"activity", "", "Switching activity of a sample of the instructions; only with --activity."},
      {"activity.every", "", "N of --activity=N: one of N instructions of each unit and layer is sampled."},
      {"activity.units", "", "By unit: over all layers, each with the weight of all its instructions."},
      {"activity.layers", "", "By layer, in program order."},
      {"activity.layers[].name", "", "Name of the layer."},
      {"activity.layers[].units", "", "By unit that works for the layer; the fields of `activity.units.UNIT`."},
      {"activity.units.UNIT.instructions", "", "Instructions executed in the run."},
      {"activity.units.UNIT.sampled", "", "Of these, how many were sampled."},
      {"activity.units.UNIT.distances", "",
       "By port: Hamming distances of the words that pass it; `xnor_word` has a density alone."},
      {"activity.units.UNIT.distances.PORT.bits", "bits",
       "Bits that differ from the word before, over the instructions sampled."},
      {"activity.units.UNIT.distances.PORT.words", "",
       "Words compared with the one before; an instruction's first is not."},
      {"activity.units.UNIT.distances.PORT.compared_bits", "bits", "words x width."},
      {"activity.units.UNIT.distances.PORT.density", "",
       "Share of a port's bits that change from word to word; null without a word. Of a layer bits / compared_bits."},
      {"activity.units.UNIT.distances.PORT.standard_error", "",
       "Of the density, from how the sampled instructions' differ; 0: all were sampled; null: too few were."},
  };
}

std::string activity_text(const Json& report, const TextLayout& layout) {
  if (!report.contains("activity")) return {};
  const Json& activity = report.at("activity");
  std::string out = fmt::format("activity    bits that change from word to word, one instruction of {} sampled\n",
                                activity.at("every").get<std::int64_t>());
  TextTable table({{"unit", true}, {"port", true}, {"words", false, 1}, {"change"}, {"+-", false, 2}});
  for (const auto& [unit, row] : activity.at("units").items()) {
    for (const auto& [port, distance] : row.at("distances").items()) {
      if (distance.at("density").is_null()) continue;
      const bool counted = distance.contains("words");
      const Json error = counted ? distance.at("standard_error") : Json(nullptr);
      table.row({unit, port, counted ? grouped(distance.at("words").get<std::int64_t>()) : "",
                 percent(distance.at("density").get<double>()), error.is_null() ? "" : percent(error.get<double>())});
    }
  }
  return wrapped(out, 12, layout) + table.text(layout) + '\n';
}

}  // namespace blendsim
