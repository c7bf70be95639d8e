// SPDX-License-Identifier: Apache-2.0
// The end of a file that was written through a stream: whoever could not write it says why.
#pragma once

#include <fstream>
#include <string>

namespace blendsim {

// Throws DiagnosticError file-unwritable of `path` for this reason.
[[noreturn]] void unwritable_file(const std::string& path, const std::string& why);

// Closes the stream. Throws DiagnosticError file-unwritable with the system's reason where opening it, a write or the
// end failed.
void close_written(std::ofstream& stream, const std::string& path);

}  // namespace blendsim
