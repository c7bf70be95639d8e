// SPDX-License-Identifier: Apache-2.0
// The report as a page: one HTML file that shows reports side by side and asks nothing of any network.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace blendsim {

// `reports`: one or two texts of report_json, with a timeline or without. Everything on the page comes from them.
[[nodiscard]] std::string page_html(std::span<const std::string> reports);

// Built from page/ (docs/page.md).
extern const std::string_view page_script, page_style;

}  // namespace blendsim
