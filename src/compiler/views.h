// SPDX-License-Identifier: Apache-2.0
// Which map, or range of a map, each copy of each tensor has. Part of the pass place.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/plan.h"

namespace blendsim::compiler {

[[noreturn]] void not_lowerable(const std::string& layer, const std::string& message, const std::string& hint = {});

// Maps are made when first asked for, in Plan::maps; Plan::fixed and Plan::binary say where tensors lie.
class Views {
 public:
  explicit Views(Plan& plan);

  [[nodiscard]] Table<TensorId, View>& of(bool binary) { return binary ? plan_.binary : plan_.fixed; }

  // The map range of a tensor. `lanes` is how its writer lays its channels; throws not-lowerable where another lays
  // them otherwise.
  const View& view(TensorId id, const Lanes& lanes, bool binary);

  // A concatenation moves its inputs' maps into one: ranges start at whole slices (cells), gaps stay unused. What lies
  // in another concatenation, or twice in this one, has to be copied: returned, in order.
  struct Copy {
    TensorId tensor = no_tensor;
    View from, to;
  };
  [[nodiscard]] std::vector<Copy> concatenate(LayerId l, const Concatenation& concat, bool binary);

  // Takes the maps out that were moved into others. The last that is asked of it.
  void drop_unused();

 private:
  [[nodiscard]] int pitch(const Lanes& lanes, bool binary) const;
  View new_map(TensorId id, const Lanes& lanes, bool binary);
  void move_map(MapId from, MapId to, int shift);

  Plan& plan_;
  const IntegerNetwork& network_;
  Table<TensorId, LayerId> parent_;  // the concatenation whose map it is a range of: the last one that reads it
  std::set<MapId> retired_;
};

}  // namespace blendsim::compiler
