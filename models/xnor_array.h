// SPDX-License-Identifier: Apache-2.0
// xnor_array in time: binary and bit-plane convolution tiles.
#pragma once

#include "models/compute_unit.h"
#include "units/xnor_array/law.h"

namespace blendsim {

class XnorArray final : public ComputeUnit {
 public:
  using ComputeUnit::ComputeUnit;
  void configure(const XnorArrayParameters& parameters);

 private:
  [[nodiscard]] Cycles law(const Instruction& instruction) const override;

  XnorArrayParameters parameters_;
};

}  // namespace blendsim
