// SPDX-License-Identifier: Apache-2.0
// The report as a page: one HTML file that shows reports side by side and asks nothing of any network.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/fields.h"

namespace blendsim {

// One or two whole reports, with a timeline or without. Everything on the page comes from them.
[[nodiscard]] std::string page_html(std::span<const Json> reports);

// Built from page/ (docs/page.md).
extern const std::string_view page_script, page_style;

}  // namespace blendsim
