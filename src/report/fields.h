// SPDX-License-Identifier: Apache-2.0
// The fields of the report's JSON: name, unit, meaning and how each is filled, in one table a section (fields.cpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/figures.h"
#include "report/format_text.h"

namespace blendsim {

using Json = nlohmann::ordered_json;

inline constexpr std::string_view report_schema = "blendsim.report/2";
inline constexpr std::string_view earlier_report_schema = "blendsim.report/1";  // read for comparisons alone

// The whole report without `digest` and `host`.
[[nodiscard]] Json report_body(const Figures& figures);
// What the digest covers of report_body: how a platform was written down is no part of what ran.
[[nodiscard]] Json digested(Json body);
[[nodiscard]] std::string report_digest(const Json& body);  // over the dumped text of digested(body)
[[nodiscard]] Json report_host(const Figures& figures);
// All of it.
[[nodiscard]] Json report_object(const ReportInput& input);
// As a file holds it, a line a field; a timeline stands on one line.
[[nodiscard]] std::string json_text(Json report);
// The report for people.
[[nodiscard]] std::string report_text(const Json& report, const TextLayout& layout = {});

// One row a field, as docs/report.md lists them. Paths: "layers[].name", "units.UNIT.busy",
// "resources.by_unit.PART.lut".
struct FieldRow {
  std::string path, unit, sentence;
};
[[nodiscard]] std::vector<FieldRow> report_field_rows();
// The rows as a Markdown table.
[[nodiscard]] std::string report_field_table();

}  // namespace blendsim
