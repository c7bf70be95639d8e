// SPDX-License-Identifier: Apache-2.0
#include "trace/file.h"

#include <cerrno>
#include <cstring>

#include <vector>

#include "base/diagnostic.h"

namespace blendsim {

OutputFile::OutputFile(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb"), &std::fclose) {
  if (!file_) fail();
  buffer_.reserve(chunk + (chunk >> 2));
}

void OutputFile::fail() const {
  throw DiagnosticError("file-unwritable", {.file = path_}, std::strerror(errno),
                        "check that the folder exists, may be written to and has room");
}

void OutputFile::flush() {
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) fail();
  written_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
}

void OutputFile::rewrite(std::string_view bytes) {
  flush();
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) fail();
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
}

void OutputFile::close() {
  flush();
  if (std::fclose(file_.release()) != 0) fail();
}

std::string why_unwritable(const std::string& path, const std::string& otherwise) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "ab"), &std::fclose);
  const std::vector<char> more(std::size_t{1} << 20);
  errno = 0;
  if (file && std::fwrite(more.data(), 1, more.size(), file.get()) == more.size() && std::fflush(file.get()) == 0)
    return otherwise;
  return errno != 0 ? std::strerror(errno) : otherwise;
}

}  // namespace blendsim
