// SPDX-License-Identifier: Apache-2.0
// A page: one HTML file that shows reports side by side, or a study, and asks nothing of any network.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/fields.h"

namespace blendsim {

// One or two whole reports, with a timeline or without; or one study (blendsim.study_page/1). Everything on the page
// comes from them.
[[nodiscard]] std::string page_html(std::span<const Json> held);

// Built from page/ (docs/page.md).
extern const std::string_view page_script, page_style;

}  // namespace blendsim
