// SPDX-License-Identifier: Apache-2.0
// A study's findings as the JSON that its page is drawn from (schema blendsim.study_page/1, docs/exploration.md).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "explore/exploration.h"
#include "report/fields.h"

namespace blendsim::explore {

inline constexpr std::string_view study_page_schema = "blendsim.study_page/1";
inline constexpr std::size_t most_page_points = 20'000;

// `batches`: the journal's, in order. `asked_for`: the study as the command line names it. Of more complete trials than
// `most` there are those of the front, the base platform's, and of the others every n-th.
[[nodiscard]] Json study_page(const Study& study, const Findings& findings, std::span<const BatchRecord> batches,
                              const std::string& asked_for, std::size_t most = most_page_points);

}  // namespace blendsim::explore
