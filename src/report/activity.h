// SPDX-License-Identifier: Apache-2.0
// Switching activity in the report: the object `activity`, which a run with --activity has, and its lines in the text.
#pragma once

#include <string>
#include <vector>

#include "report/fields.h"

namespace blendsim {

[[nodiscard]] Json activity_json(const Program& program, const Switching& switching);
[[nodiscard]] std::vector<FieldRow> activity_field_rows();
// Empty without `activity` in the report.
[[nodiscard]] std::string activity_text(const Json& report, const TextLayout& layout);

}  // namespace blendsim
