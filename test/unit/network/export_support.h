// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, and running test/ort/*.mjs on what was written there.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace blendsim::test {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "blendsim_test_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

struct Outcome {
  int status = -1;
  std::string text;
};

inline bool onnx_runtime_present() {
  return std::filesystem::exists(std::filesystem::path(BLENDSIM_NODE_MODULES) / "onnxruntime-node") &&
         std::system("node --version >/dev/null 2>&1") == 0;
}

inline Outcome run_script(const std::string& script, const std::string& arguments) {
  const std::string command = "node " BLENDSIM_SOURCE "/test/ort/" + script + " " + arguments + " 2>&1";
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.text.append(buffer, n);
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

}  // namespace blendsim::test

// ONNX Runtime is fetched by `npm install --prefix test`; without it these tests have no second opinion.
#define BLENDSIM_NEEDS_ONNX_RUNTIME() \
  if (!blendsim::test::onnx_runtime_present()) GTEST_SKIP() << "needs `npm install --prefix test` and node"
