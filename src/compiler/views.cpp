// SPDX-License-Identifier: Apache-2.0
#include "compiler/views.h"

#include "base/diagnostic.h"
#include "units/buffer/layout.h"

namespace blendsim::compiler {
namespace {

// Every view that a plan holds: of tensors, and of the nodes' parts.
template <class Visit>
void for_each_view(Plan& plan, Visit&& visit) {
  for (View& v : plan.fixed) visit(v);
  for (View& v : plan.binary) visit(v);
  for (Node& node : plan.nodes) {
    for_views_read(node, visit);
    for_views_written(node, visit);
  }
}

}  // namespace

void not_lowerable(const std::string& layer, const std::string& message, const std::string& hint) {
  throw DiagnosticError("not-lowerable", Place{{}, 0, layer}, message, hint);
}

Views::Views(Plan& plan) : plan_(plan), network_(*plan.network), parent_(network_.tensors.size()) {
  plan_.fixed.resize(network_.tensors.size());
  plan_.binary.resize(network_.tensors.size());
  for (const LayerId l : layers_of(network_)) {
    const auto* concat = std::get_if<Concatenation>(&layer_of(network_, l).work);
    if (concat == nullptr || !plan_.assignment.live[l]) continue;
    for (const TensorId id : concat->inputs) parent_[id] = l;
  }
}

// Slices that a range takes in a map: whole cells in a binary one.
int Views::pitch(const Lanes& lanes, bool binary) const {
  const int m = binary ? plan_.cell_slices() : 1;
  return static_cast<int>(ceil_divide(lanes.slices, m)) * m;
}

View Views::new_map(TensorId id, const Lanes& lanes, bool binary) {
  const IntTensor& t = network_.tensor(id);
  Map map;
  map.name = t.name;
  map.binary = binary;
  map.height = t.height;
  map.width = t.width;
  map.slices = binary ? pitch(lanes, true) / plan_.cell_slices() : lanes.slices;
  map.planes = binary ? (t.format.is_bipolar() ? 1 : t.format.bits()) : 1;
  map.bytes = binary ? 1 : bytes_of(t.format);
  return {plan_.maps.add(map), 0, lanes, id};
}

const View& Views::view(TensorId id, const Lanes& lanes, bool binary) {
  View& v = of(binary)[id];
  if (!v.exists()) {
    v = new_map(id, lanes, binary);
  } else if (!(v.lanes == lanes)) {
    not_lowerable(network_.tensor(id).name, "the tensor's channels would lie in two different ways");
  }
  return v;
}

std::vector<Views::Copy> Views::concatenate(LayerId l, const Concatenation& concat, bool binary) {
  Table<TensorId, View>& views = of(binary);
  Lanes lanes;
  std::vector<int> first;
  for (const TensorId id : concat.inputs) {
    const View& v = views[id];
    if (!v.exists()) throw InvariantError("compiler", "a concatenation's input has no map");
    first.push_back(lanes.slices);
    for (const int p : v.lanes.position) lanes.position.add(p + lanes.slices * slice_channels);
    lanes.slices += pitch(v.lanes, binary);
  }
  if (!binary || plan_.cell_slices() == 1) lanes.slices = first.back() + views[concat.inputs.back()].lanes.slices;
  const View whole = new_map(concat.output, lanes, binary);
  views[concat.output] = whole;
  std::set<TensorId> moved;
  std::vector<Copy> copies;
  for (std::size_t i = 0; i < concat.inputs.size(); ++i) {
    const TensorId id = concat.inputs[i];
    if (parent_[id] == l && moved.insert(id).second) {
      move_map(views[id].map, whole.map, first[i] - views[id].first);
    } else {
      copies.push_back({id, {}, {whole.map, first[i], views[id].lanes, views[id].tensor}});
    }
  }
  for (Copy& copy : copies) copy.from = views[copy.tensor];  // once everything has moved
  return copies;
}

// Everything that lay in map `from` now lies in map `to`, `shift` slices further.
void Views::move_map(MapId from, MapId to, int shift) {
  for_each_view(plan_, [&](View& v) {
    if (v.map != from) return;
    v.map = to;
    v.first += shift;
  });
  retired_.insert(from);
}

void Views::drop_unused() {
  Table<MapId, MapId> renumbered(plan_.maps.size());
  Table<MapId, Map> kept;
  for (const MapId m : plan_.maps.keys()) {
    if (!retired_.contains(m)) renumbered[m] = kept.add(plan_.maps[m]);
  }
  plan_.maps = std::move(kept);
  for_each_view(plan_, [&](View& v) {
    if (v.exists()) v.map = renumbered[v.map];
  });
}

}  // namespace blendsim::compiler
