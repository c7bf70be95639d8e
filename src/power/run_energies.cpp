// SPDX-License-Identifier: Apache-2.0
#include "power/run_energies.h"

namespace blendsim {

RunEnergies::RunEnergies(const PowerModel& model, const Run& run) : place_(run.layer_actions.size(), 0) {
  tables_.push_back(model.energies(model.profile()));
  if (!run.switching) return;
  for (std::size_t l = 0; l < place_.size(); ++l) {
    Densities densities = model.profile();
    for (std::size_t d = 0; d < densities.of.size(); ++d) {
      const auto sampled = density(run.switching->layers[l], static_cast<Distance>(d));
      if (sampled) densities.of[d] = sampled->value;
    }
    place_[l] = tables_.size();
    tables_.push_back(model.energies(densities));
  }
}

}  // namespace blendsim
