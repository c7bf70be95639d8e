// SPDX-License-Identifier: Apache-2.0
#include "base/written_file.h"

#include <cerrno>
#include <cstring>

#include "base/diagnostic.h"

namespace blendsim {

void unwritable_file(const std::string& path, const std::string& why) {
  throw DiagnosticError("file-unwritable", {.file = path}, "cannot be written: " + why,
                        "check that the folder exists, may be written to and has room");
}

void close_written(std::ofstream& stream, const std::string& path) {
  // A stream that failed before calls the system no more: errno is still that of the failure.
  stream.close();
  if (!stream) unwritable_file(path, std::strerror(errno));
}

}  // namespace blendsim
