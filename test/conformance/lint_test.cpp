// SPDX-License-Identifier: Apache-2.0
// Every module of rtl/ passes verilator --lint-only -Wall without a word, on every platform of the conformance tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>

#ifdef BLENDSIM_VERILATOR
namespace blendsim::conformance {
namespace {

namespace fs = std::filesystem;

// What a command prints, both streams.
std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot be run: " + command;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  return ::pclose(pipe) == 0 ? out : out + "failed: " + command;
}

class RtlLint : public testing::TestWithParam<std::string> {};

TEST_P(RtlLint, EveryModuleIsClean) {
  const fs::path rtl = fs::path(BLENDSIM_SOURCE) / "rtl";
  const fs::path package = fs::path(BLENDSIM_PACKAGES) / GetParam() / "blendsim_pkg.sv";
  for (const auto& file : fs::directory_iterator(rtl)) {
    if (file.path().extension() != ".sv") continue;
    const std::string top = file.path().stem().string();
    EXPECT_EQ(output_of(BLENDSIM_VERILATOR " --lint-only -Wall --assert -y " + rtl.string() + " --top-module " + top + " " + package.string() +
                        " " + file.path().string()),
              "")
        << top;
  }
}

INSTANTIATE_TEST_SUITE_P(Platforms, RtlLint, testing::Values("zu3eg", "tiny", "wide", "odd"), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace blendsim::conformance
#endif
