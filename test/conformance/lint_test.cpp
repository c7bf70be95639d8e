// SPDX-License-Identifier: Apache-2.0
// Every module of rtl/ passes verilator --lint-only -Wall without a word on every platform of the conformance tests,
// and the machine on platforms whose units differ in width or are the smallest that there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "isa/verilog_package.h"
#include "platform/platform.h"
#include "units/units.h"

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

std::string lint(const fs::path& package, const fs::path& file) {
  return output_of(BLENDSIM_VERILATOR " --lint-only -Wall --assert -y " BLENDSIM_SOURCE "/rtl --top-module " +
                   file.stem().string() + " " + package.string() + " " + file.string());
}

class RtlLint : public testing::TestWithParam<std::string> {};

TEST_P(RtlLint, EveryModuleIsClean) {
  const fs::path rtl = fs::path(BLENDSIM_SOURCE) / "rtl";
  const fs::path package = fs::path(BLENDSIM_PACKAGES) / GetParam() / "blendsim_pkg.sv";
  for (const auto& file : fs::directory_iterator(rtl)) {
    if (file.path().extension() != ".sv") continue;
    EXPECT_EQ(lint(package, file.path()), "") << file.path();
  }
}

std::string lint_with(const std::string& parameter, const std::string& module) {
  return output_of(BLENDSIM_VERILATOR " --lint-only -Wall --assert -G" + parameter +
                   " -y " BLENDSIM_SOURCE "/rtl --top-module " + module +
                   " " BLENDSIM_PACKAGES "/tiny/blendsim_pkg.sv " BLENDSIM_SOURCE "/rtl/" + module + ".sv");
}

TEST(RtlParameters, AQueueOfAUnitThatThereIsNotIsRefused) {
  EXPECT_EQ(lint_with("UNIT=" + std::to_string(unit_count - 1), "queue_unit"), "");
  EXPECT_NE(lint_with("UNIT=" + std::to_string(unit_count), "queue_unit"), "");
}

TEST(RtlParameters, TheDispatcherTakesInstructionsOfThreeWords) {
  EXPECT_EQ(lint_with("ENTRY_WORDS=3", "dispatcher"), "");
}

INSTANTIATE_TEST_SUITE_P(Platforms, RtlLint, testing::Values("zu3eg", "tiny", "wide", "odd"),
                         [](const auto& test) { return test.param; });

using Settings = std::vector<std::string>;
class MachineLint : public testing::TestWithParam<Settings> {};

TEST_P(MachineLint, IsCleanToo) {
  const Platform platform = load_platform("zu3eg", GetParam(), {BLENDSIM_CONFIGS});
  const fs::path folder = fs::path(testing::TempDir()) / ("blendsim_lint_" + platform.digest());
  fs::create_directories(folder);
  const fs::path package = folder / verilog_package_file;  // named as the package in it
  std::ofstream(package) << verilog_package(platform.machine, "lint");
  EXPECT_EQ(lint(package, fs::path(BLENDSIM_SOURCE) / "rtl/machine.sv"), "") << testing::PrintToString(GetParam());
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(
    Platforms, MachineLint,
    testing::Values(
        Settings{"dispatcher.queue_depth=1", "dispatcher.token_bits=1 bit"}, Settings{"mac_array.rows=32"},
        Settings{"mac_array.rows=32", "mac_array.products_per_dsp=2"},
        Settings{"mac_array.rows=64", "mac_array.columns=1"},
        Settings{"xnor_array.accumulator=12 bit", "mac_array.accumulator=16 bit"},
        Settings{"xnor_array.rows=64", "xnor_array.words=12", "xnor_array.implementation=lut"},
        Settings{"post_unit.table=0"}, Settings{"post_unit.product=0 bit"}, Settings{"transpose_unit.lanes=0"},
        Settings{"post_unit.product=18 bit", "post_unit.value=20 bit", "post_unit.operand=32 bit"},
        Settings{"post_unit.lanes=8", "xnor_array.rows=32", "xnor_array.words=6", "mac_array.rows=48"},
        Settings{"memory.port_width=32 bit", "load.outstanding=1", "load.burst=1 beats", "store.outstanding=1"},
        Settings{"buffers.parameters.depth=2", "buffers.act_binary.depth=2", "buffers.act_binary.regions=1",
                 "buffers.act_fixed.depth=2", "buffers.weights_binary.depth=2", "buffers.accumulators.depth=2"},
        Settings{"buffers.act_binary.regions=4", "buffers.act_fixed.regions=1", "buffers.instructions.kind=lutram"}),
    [](const auto& test) { return "platform" + std::to_string(test.index); });

}  // namespace
}  // namespace blendsim::conformance
#endif
