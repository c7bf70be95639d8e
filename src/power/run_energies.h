// SPDX-License-Identifier: Apache-2.0
// Energies of a run's actions, layer by layer: with the densities of the run's own data where they were sampled, else
// with those of the profile.
#pragma once

#include <vector>

#include "power/energies.h"
#include "result/run.h"

namespace blendsim {

class RunEnergies {
 public:
  RunEnergies(const PowerModel& model, const Run& run);

  [[nodiscard]] const ActionEnergies& of_layer(std::size_t layer) const { return tables_[place_[layer]]; }
  // Of what belongs to no layer, and of actions that no data change.
  [[nodiscard]] const ActionEnergies& of_rest() const { return tables_.front(); }

 private:
  std::vector<ActionEnergies> tables_;  // the first: of the profile
  std::vector<std::size_t> place_;      // by layer
};

}  // namespace blendsim
