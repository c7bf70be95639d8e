// SPDX-License-Identifier: Apache-2.0
// A report that was written before: what its digest covers is what it holds.
#pragma once

#include <string>

#include "report/fields.h"

namespace blendsim {

struct SavedReport {
  Json body, digest;    // body: without `digest`, `host` and `timeline`
  Json host, timeline;  // null: the report has none

  // The report as it was written.
  [[nodiscard]] Json whole() const;
};

// Throws DiagnosticError: file-unreadable, file-damaged, report-schema, report-damaged.
[[nodiscard]] SavedReport read_report(const std::string& path);

// Throws report-schema, naming `path`, where the two were written by versions whose figures mean different things.
void require_schemas_equal(const std::string& path, const SavedReport& report, const SavedReport& first);

}  // namespace blendsim
