// SPDX-License-Identifier: Apache-2.0
// `power` and `efficiency` of the report.
#pragma once

#include <vector>

#include "report/fields.h"
#include "report/figures.h"

namespace blendsim {

[[nodiscard]] Json power_object(const Figures& figures);
[[nodiscard]] Json efficiency_object(const Figures& figures);
void add_power_rows(std::vector<FieldRow>& rows);

}  // namespace blendsim
