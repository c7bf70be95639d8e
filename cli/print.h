// SPDX-License-Identifier: Apache-2.0
// Text that is written line by line, rather than a table.
#pragma once

#include <string_view>

namespace blendsim::cli {

// On standard output. On a terminal, and where $COLUMNS is given, lines that are too long are broken and indented
// behind their first word; in a pipe or a file each stays one line.
void print(std::string_view text);

}  // namespace blendsim::cli
