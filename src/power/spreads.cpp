// SPDX-License-Identifier: Apache-2.0
#include "power/spreads.h"

namespace blendsim {

void add_spreads(std::vector<Spread>& spreads, const Amounts& amounts, const Technology& technology,
                 PrimitiveKinds kinds, double scale) {
  for (std::size_t p = 0; p < primitive_count; ++p) {
    const bool dram = is_dram(static_cast<Primitive>(p));
    if (amounts[p] == 0 || (kinds == PrimitiveKinds::logic && dram) || (kinds == PrimitiveKinds::dram && !dram)) {
      continue;
    }
    spreads.push_back(spread_of(primitives[p].name, technology.primitives[p], amounts[p] * femto * scale));
  }
}

Spread spread_of(std::string_view name, const PhysicalConstant& c, double scale) {
  return {name, c.group, scale * static_cast<double>(c.value - c.low), scale * static_cast<double>(c.high - c.value)};
}

}  // namespace blendsim
