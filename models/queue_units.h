// SPDX-License-Identifier: Apache-2.0
// The modules of all units of the list, each behind a queue of its own.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/compute_unit.h"
#include "models/load.h"
#include "models/store.h"

namespace blendsim {

class QueueUnits {
 public:
  QueueUnits(Context& context, Tokens& tokens, HazardChecker& hazards)
      : load("load", context, tokens, hazards), store("store", context, tokens, hazards) {
    Units::for_each([&]<class U>() {
      QueueUnit*& unit = all[static_cast<std::size_t>(index(U::id))];
      if constexpr (ComputeDescriptor<U>) {
        compute_.push_back(
            std::make_unique<ComputeUnit>(std::string(U::name).c_str(), U::id, context, tokens, hazards));
        unit = compute_.back().get();
      } else {
        unit = U::id == UnitId::load ? static_cast<QueueUnit*>(&load) : &store;
      }
    });
  }
  // Compute units read the context's machine when they are reset.
  void configure(const MachineParameters& machine) {
    load.configure(machine.load);
    store.configure(machine.store);
  }

  Load load;
  Store store;
  std::array<QueueUnit*, unit_count> all{};  // by UnitId

 private:
  std::vector<std::unique_ptr<ComputeUnit>> compute_;
};

}  // namespace blendsim
