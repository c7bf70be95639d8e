// SPDX-License-Identifier: Apache-2.0
// A file written front to back through a buffer of its own.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace blendsim {

class OutputFile {
 public:
  // Throws DiagnosticError file-unwritable, as every member does.
  explicit OutputFile(const std::string& path);

  void append(std::string_view bytes) {
    buffer_.append(bytes);
    if (buffer_.size() >= chunk) flush();
  }
  // What comes next may be appended here directly, before flush_if_full().
  [[nodiscard]] std::string& buffer() { return buffer_; }
  void flush_if_full() {
    if (buffer_.size() >= chunk) flush();
  }
  [[nodiscard]] std::int64_t bytes() const { return written_ + static_cast<std::int64_t>(buffer_.size()); }
  // Replaces bytes at the file's beginning, after everything else was appended.
  void rewrite(std::string_view bytes);
  void close();

 private:
  static constexpr std::size_t chunk = std::size_t{1} << 16;
  void flush();
  [[noreturn]] void fail() const;

  std::string path_, buffer_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::int64_t written_ = 0;
};

// Why a library could not write `path`, which it does not tell: the system's reason for not letting the file grow, else
// `otherwise`. The file is of no more use then.
[[nodiscard]] std::string why_unwritable(const std::string& path, const std::string& otherwise);

}  // namespace blendsim
