// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

#include <unistd.h>

#include <iostream>

#include "cli/terminal.h"
#include "report/format_text.h"

namespace blendsim::cli {

void print(std::string_view text) {
  constexpr std::size_t indent = 16;
  std::cout << wrapped(text, indent, line_layout(STDOUT_FILENO));
}

}  // namespace blendsim::cli
