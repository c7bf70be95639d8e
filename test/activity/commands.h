// SPDX-License-Identifier: Apache-2.0
// Other people's programs, for tests.
#pragma once

#include <string>

namespace blendsim::activity::test {

[[nodiscard]] bool installed(const std::string& program);
// A new empty folder.
[[nodiscard]] std::string temporary_folder(const std::string& name);
// What a shell command prints; std::runtime_error with its words where it fails.
[[nodiscard]] std::string output_of(const std::string& command);
void write_text(const std::string& file, const std::string& text);
[[nodiscard]] std::string read_text(const std::string& file);

}  // namespace blendsim::activity::test
