// SPDX-License-Identifier: Apache-2.0
// What rtl_conformance refuses before it verilates anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtl_module.h"
#include "system/process.h"

namespace blendsim::conformance {
namespace {

using testing::HasSubstr;

void expect(int status, const std::string& words, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {RTL_CONFORMANCE_BINARY, "/nowhere/net.program"});
  const ProcessResult result = run_process(arguments);
  EXPECT_EQ(result.status, status) << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr(words));
}

TEST(RtlConformance, WrongUsageHasStatusTwo) {
  expect(2, "xnor_array", {"--corrupt", "nounit", "--corrupt-cycle", "5"});
  expect(2, "store", {"--corrupt", "store"});  // writes no buffer
  expect(2, "--corrupt-cycle requires --corrupt", {"--corrupt-cycle", "5"});
  expect(2, "--corrupt-cycle", {"--corrupt", "post_unit", "--corrupt-cycle", "-3"});
  expect(2, "excludes", {"--input", "x.npy", "--seed", "3"});
  expect(2, "excludes", {"--time", "--corrupt", "post_unit"});
}

TEST(RtlConformance, UnreadableAndUnwritableNamesAreErrors) {
  if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  expect(1, "/nowhere/net.program", {});
  expect(1, "file-unwritable", {"--vcd", "/proc/waveforms"});
}

}  // namespace
}  // namespace blendsim::conformance
