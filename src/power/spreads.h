// SPDX-License-Identifier: Apache-2.0
// What a technology's errors move an estimate by.
#pragma once

#include <vector>

#include "power/band.h"
#include "power/technology.h"

namespace blendsim {

enum class PrimitiveKinds { logic, dram, all };

// Of `amounts`, `scale` times: in joules, or with a rate in watts. Primitives that do not work add nothing.
void add_spreads(std::vector<Spread>& spreads, const Amounts& amounts, const Technology& technology,
                 PrimitiveKinds kinds, double scale);

// Of a constant in its own unit, times `scale`.
[[nodiscard]] Spread spread_of(std::string_view name, const PhysicalConstant& constant, double scale);

}  // namespace blendsim
