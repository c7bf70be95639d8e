// SPDX-License-Identifier: Apache-2.0
// Files as the command line meets them: known by content, written whole or not at all.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "platform/platform.h"

namespace blendsim::cli {

enum class FileKind {
  onnx,
  lowered,
  program,
  yaml,
  report,
  json,
  traffic,
  database,
  perfetto,
  waves,
  records,
  array,
  image,
  text,
  unknown
};

[[nodiscard]] std::string_view describe(FileKind kind);  // "an ONNX network", ...

// By content, never by extension. Throws DiagnosticError file-unreadable; file-damaged for an empty file; usage for
// "-", since standard input is not read.
[[nodiscard]] FileKind file_kind(const std::string& path);

// What was expected, what the file is, and which command takes it: file-unrecognised.
[[noreturn]] void unexpected_kind(const std::string& path, FileKind kind, std::string_view expected);

// "-" is standard output wherever a file is written.
[[nodiscard]] bool is_standard_output(const std::string& path);

// Calls write(temporary) for a file beside `path` and then renames it, so that `path` is either as before or complete.
// What is no regular file (a pipe, a device) is written directly; standard output gets what is complete.
// Throws DiagnosticError file-unwritable naming `path`.
void write_whole(const std::string& path, const std::function<void(const std::string&)>& write);
void write_text(const std::string& path, std::string_view text);
// The outputs of a command: one that cannot be written costs none of the others.
class Outputs {
 public:
  // Performs `write`; a file-unwritable is kept for the end.
  void write(const std::function<void()>& write);
  // Throws DiagnosticError with all that were kept, if there are any.
  void throw_if_any();

 private:
  Diagnostics unwritten_;
};

// Usage error where a file to be written is one that is read, or is to be written twice. Empty names are none; what is
// no regular file (a pipe, a device) may be both. Standard output is written once.
void keep_apart(const std::vector<std::string>& read, const std::vector<std::string>& written);
// Makes a folder, if it is not there. Throws DiagnosticError file-unwritable; usage for standard output.
void make_folder(const std::string& path);

// Where configs/ lies: $BLENDSIM_CONFIGS, else share/blendsim beside the binary's folder, else the source tree, else
// the install prefix.
[[nodiscard]] ConfigPaths config_paths();

// Loads what --platform names. An empty name is a usage error that says `what` needs one, and lists them.
[[nodiscard]] Platform named_platform(const std::string& name, const std::vector<std::string>& sets,
                                      std::string_view what = "a network");

// Wrong usage: exit status 2.
[[noreturn]] void usage_error(const std::string& message, const std::string& hint);

}  // namespace blendsim::cli
