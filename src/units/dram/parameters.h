// SPDX-License-Identifier: Apache-2.0
// The external memory: a data-sheet table of one standard, and how this board uses it.
#pragma once

#include <array>
#include <cstdint>

#include "base/table.h"

namespace blendsim {

// All times in cycles of the memory's own command clock (tCK). Resolved from configs/devices/dram.yaml by platform.
struct DramTiming {
  std::int64_t clock_hz = 0;      // command clock; data moves on both edges
  std::int64_t burst_length = 8;  // beats of the data bus a column command moves
  std::int64_t banks = 8;
  std::int64_t row_bytes = 2048;  // of one chip rank over the whole channel width, at the table's native width
  std::int64_t cl = 0, cwl = 0;   // read and write latency
  std::int64_t rcd = 0, rp = 0, ras = 0, rc = 0;
  std::int64_t ccd = 4, rrd = 0, faw = 0;
  std::int64_t rtp = 0, wr = 0, wtr = 0, rtw = 0;  // rtw: read command to write command on one channel
  std::int64_t refi = 0, rfc = 0;
  bool operator==(const DramTiming&) const = default;
};

inline constexpr std::array dram_timing_parameters = {
    Parameter<DramTiming>{"clock",
                          &DramTiming::clock_hz,
                          1'000'000,
                          4'000'000'000,
                          Unit::hertz,
                          "command clock; data moves on both edges",
                          {},
                          true},
    Parameter<DramTiming>{"burst_length",
                          &DramTiming::burst_length,
                          2,
                          32,
                          Unit::none,
                          "data-bus beats a column command moves",
                          {},
                          true},
    Parameter<DramTiming>{"banks", &DramTiming::banks, 1, 64, Unit::none, "banks of a channel", {}, true},
    Parameter<DramTiming>{"row_bytes",
                          &DramTiming::row_bytes,
                          256,
                          65536,
                          Unit::byte,
                          "bytes of an open row over the channel's width",
                          {},
                          true},
    Parameter<DramTiming>{"cl", &DramTiming::cl, 1, 100, Unit::none, "read command to first data, tCK", {}, true},
    Parameter<DramTiming>{"cwl", &DramTiming::cwl, 1, 100, Unit::none, "write command to first data, tCK", {}, true},
    Parameter<DramTiming>{"rcd", &DramTiming::rcd, 1, 200, Unit::none, "activate to column command, tCK", {}, true},
    Parameter<DramTiming>{"rp", &DramTiming::rp, 1, 200, Unit::none, "precharge to activate, tCK", {}, true},
    Parameter<DramTiming>{"ras", &DramTiming::ras, 1, 400, Unit::none, "activate to precharge, tCK", {}, true},
    Parameter<DramTiming>{"rc", &DramTiming::rc, 1, 400, Unit::none, "activate to activate of one bank, tCK", {}, true},
    Parameter<DramTiming>{
        "ccd", &DramTiming::ccd, 1, 32, Unit::none, "column command to column command, tCK", {}, true},
    Parameter<DramTiming>{
        "rrd", &DramTiming::rrd, 1, 64, Unit::none, "activate to activate of another bank, tCK", {}, true},
    Parameter<DramTiming>{"faw", &DramTiming::faw, 1, 200, Unit::none, "window of four activates, tCK", {}, true},
    Parameter<DramTiming>{"rtp", &DramTiming::rtp, 1, 64, Unit::none, "read command to precharge, tCK", {}, true},
    Parameter<DramTiming>{"wr", &DramTiming::wr, 1, 100, Unit::none, "last write data to precharge, tCK", {}, true},
    Parameter<DramTiming>{"wtr", &DramTiming::wtr, 1, 64, Unit::none, "last write data to read command, tCK", {}, true},
    Parameter<DramTiming>{"rtw", &DramTiming::rtw, 1, 64, Unit::none, "read command to write command, tCK", {}, true},
    Parameter<DramTiming>{"refi", &DramTiming::refi, 100, 100000, Unit::none, "refresh interval, tCK", {}, true},
    Parameter<DramTiming>{"rfc", &DramTiming::rfc, 1, 5000, Unit::none, "refresh duration, tCK", {}, true},
};

struct MemoryParameters {
  DramTiming timing;
  std::int64_t width = 32;  // data-bus bits of a channel
  std::int64_t channels = 1;
  std::int64_t port_width = 128;  // bus word of the AXI port, bits
  std::int64_t port_count = 1;
  std::int64_t read_latency = 40;   // accelerator cycles through the interconnect, on top of the DRAM table
  std::int64_t write_latency = 20;  // last data to response, likewise
  std::int64_t sync = 2;            // destination-clock cycles to cross clocks
  std::int64_t taken_by_cpu = 0;    // percent of the bandwidth that others use
  std::int64_t capacity = std::int64_t{1} << 31;  // bytes
  bool operator==(const MemoryParameters&) const = default;

  [[nodiscard]] std::int64_t bus_bytes() const { return port_width / 8; }
};

inline constexpr std::array memory_parameters = {
    Parameter<MemoryParameters>{
        "width", &MemoryParameters::width, 8, 1024, Unit::bit, "data-bus width of a channel", {}, true, 8},
    Parameter<MemoryParameters>{"channels", &MemoryParameters::channels, 1, 32, Unit::none, "independent channels"},
    Parameter<MemoryParameters>{"port_width",
                                &MemoryParameters::port_width,
                                32,
                                1024,
                                Unit::bit,
                                "bus word of the AXI port",
                                {},
                                false,
                                powers_of_two},
    Parameter<MemoryParameters>{"port_count", &MemoryParameters::port_count, 1, 1, Unit::none, "AXI ports"},
    Parameter<MemoryParameters>{"read_latency", &MemoryParameters::read_latency, 1, 1000, Unit::cycle,
                                "through the interconnect and back, on top of the DRAM table"},
    Parameter<MemoryParameters>{"write_latency", &MemoryParameters::write_latency, 1, 1000, Unit::cycle,
                                "last data written to response received"},
    Parameter<MemoryParameters>{"sync", &MemoryParameters::sync, 1, 8, Unit::cycle,
                                "cycles of the destination clock to cross clocks"},
    Parameter<MemoryParameters>{"taken_by_cpu", &MemoryParameters::taken_by_cpu, 0, 90, Unit::percent,
                                "bandwidth that others use"},
    Parameter<MemoryParameters>{"capacity", &MemoryParameters::capacity, 1 << 20, std::int64_t{1} << 40, Unit::byte,
                                "bytes that the accelerator may use"},
};

}  // namespace blendsim
