// SPDX-License-Identifier: Apache-2.0
// rtl/control.sv: what the host writes reaches the units whole, at the doorbell and not before; a doorbell while a run
// lasts is none.
#include <gtest/gtest.h>

#include "isa/verilog_package.h"
#include "platform/platform.h"
#include "rtl_module.h"

namespace blendsim::conformance {
namespace {

class ControlConformance : public testing::Test {
 protected:
  void SetUp() override {
    if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
    rtl = std::make_unique<RtlModule>(
        RtlSource{"control", verilog_package(load_platform("zu3eg", {}, {BLENDSIM_CONFIGS}).machine, "control"), {}});
    set("register_write", 0), set("end_written", 0), set("enter", 0), set("done", 0);
    set("reset", 1);
    rtl->edge();
    set("reset", 0);
  }
  void set(const char* name, std::uint64_t value) { rtl->port(name).set(value); }
  std::uint64_t get(const char* name) { return rtl->port(name).get(); }
  void write(std::uint32_t address, std::uint64_t value) {
    set("register_write", 1), set("register_address", address), set("register_write_data", value);
    rtl->edge();
    set("register_write", 0);
    rtl->settle();
  }
  void write_all(std::uint64_t high) {
    for (const std::uint32_t address : {0x10U, 0x18U, 0x20U, 0x28U}) {
      write(address, 0x1000U * address);
      write(address + 4, high + address);
    }
    write(0x08, 77), write(0x0c, 1);
  }
  void expect_taken(std::uint64_t high) {
    EXPECT_EQ(get("stream_address"), (high + 0x10) << 32 | 0x10000);
    EXPECT_EQ(get("program_base"), (high + 0x18) << 32 | 0x18000);
    EXPECT_EQ(get("input_base"), (high + 0x20) << 32 | 0x20000);
    EXPECT_EQ(get("output_base"), (high + 0x28) << 32 | 0x28000);
    EXPECT_EQ(get("stream_words"), 77U);
    EXPECT_EQ(get("resident"), 1U);
  }
  std::unique_ptr<RtlModule> rtl;
};

TEST_F(ControlConformance, TheDoorbellTakesEveryRegisterWhole) {
  write_all(0x40);
  write(0x00, 1);
  EXPECT_EQ(get("go"), 1U);
  expect_taken(0x40);
  write_all(0x80);
  expect_taken(0x40);
}

TEST_F(ControlConformance, ADoorbellDuringARunIsNone) {
  write_all(0x40);
  write(0x00, 1);
  write_all(0x80);
  write(0x00, 1);
  EXPECT_EQ(get("go"), 0U);
  expect_taken(0x40);
}

TEST_F(ControlConformance, StatusIsTheCompletionOfTheLastRun) {
  write_all(0);
  set("register_address", 0x04);
  write(0x00, 1);
  set("register_address", 0x04);
  rtl->settle();
  EXPECT_EQ(get("register_read_data"), 0U);
  set("end_written", 1);
  rtl->edge();
  set("end_written", 0);
  for (int n = 0; n < 4; ++n) rtl->edge();
  EXPECT_EQ(get("complete"), 1U);
  EXPECT_EQ(get("register_read_data"), 1U);
  write(0x00, 1);  // the next run
  EXPECT_EQ(get("go"), 1U);
  set("register_address", 0x04);
  rtl->settle();
  EXPECT_EQ(get("register_read_data"), 0U);
}

}  // namespace
}  // namespace blendsim::conformance
