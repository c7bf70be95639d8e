// SPDX-License-Identifier: Apache-2.0
// A study's findings for people and for other programs.
#pragma once

#include <string>
#include <vector>

#include "explore/explain.h"
#include "explore/exploration.h"
#include "report/format_text.h"

namespace blendsim::explore {

// A figure in its metric's unit: "57.1 us", "45,181".
[[nodiscard]] std::string figure_text(const Study& study, std::size_t figure, double value);

// "12,480 of 20,000  1,390/s  front 23  8 s left": one line, without a newline.
[[nodiscard]] std::string progress_line(const Study& study, const Findings& findings, double per_second);

// The front, a row a point; what the others failed on; what moves each objective.
[[nodiscard]] std::string findings_text(const Study& study, const Findings& findings, const TextLayout& layout);

// What a point costs, and which of its neighbours are better in an objective; `neighbours` as they were evaluated.
[[nodiscard]] std::string why_text(const Study& study, const Trial& trial, const std::vector<Neighbour>& neighbours,
                                   const TextLayout& layout);

// All trials, a line each: id, stage, code, subject, verified, figures in base units, the keys' values.
[[nodiscard]] std::string csv_text(const Study& study, const Findings& findings);

// The point as a platform: YAML that extends the study's, with the keys that differ from it; what its network has is a
// comment.
[[nodiscard]] std::string platform_text(const Study& study, const Trial& trial);

// "xnor_array.rows=32", for each key of the point that differs from the base platform.
[[nodiscard]] std::vector<std::string> changed_machine_keys(const Study& study, const Point& point);
// The network's values, and those.
[[nodiscard]] std::vector<std::string> changed_keys(const Study& study, const Point& point);

}  // namespace blendsim::explore
