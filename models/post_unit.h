// SPDX-License-Identifier: Apache-2.0
// post_unit in time: scale, shift, join, activation, requantisation, thresholds.
#pragma once

#include "models/compute_unit.h"
#include "units/post_unit/law.h"

namespace blendsim {

class PostUnit final : public ComputeUnit {
 public:
  using ComputeUnit::ComputeUnit;
  void configure(const PostUnitParameters& parameters, std::int64_t parameter_width);

 private:
  [[nodiscard]] Cycles law(const Instruction& instruction) const override;

  PostUnitParameters parameters_;
  std::int64_t parameter_width_ = 0;
};

}  // namespace blendsim
