// SPDX-License-Identifier: Apache-2.0
// mac_array in time: fixed-point convolution tiles.
#pragma once

#include "models/compute_unit.h"
#include "units/mac_array/law.h"

namespace blendsim {

class MacArray final : public ComputeUnit {
 public:
  using ComputeUnit::ComputeUnit;
  void configure(const MacArrayParameters& parameters);

 private:
  [[nodiscard]] Cycles law(const Instruction& instruction) const override;

  MacArrayParameters parameters_;
};

}  // namespace blendsim
