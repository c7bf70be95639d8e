// SPDX-License-Identifier: Apache-2.0
// Layers of reports as comma-separated values, for spreadsheets.
#pragma once

#include <span>
#include <string>

#include "report/fields.h"

namespace blendsim {

struct NamedReport {
  std::string name;
  const Json& report;
};

// A row a layer, a column a field of `layers[]` whose value is a number or a text, under its name; before them, of
// several reports, the report's name. RFC 4180, lines end with a line feed.
[[nodiscard]] std::string layers_csv(std::span<const NamedReport> reports);

}  // namespace blendsim
