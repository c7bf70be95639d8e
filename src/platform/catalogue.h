// SPDX-License-Identifier: Apache-2.0
// The catalogues beside the platforms: configs/devices/devices.yaml and configs/devices/dram.yaml.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/table.h"
#include "platform/platform.h"

namespace blendsim {

// Rows of a device in the catalogue; its texts (family, dsp, source) stand beside them.
inline constexpr std::int64_t most_of_anything = 100'000'000;
inline constexpr std::array<std::string_view, 2> processor_kinds = {"none", "hard"};
inline constexpr std::array device_parameters = {
    Parameter<Device>{"lut", &Device::lut, 1, most_of_anything, Unit::none, "six-input look-up tables", {}, true},
    Parameter<Device>{"ff", &Device::ff, 1, most_of_anything, Unit::none, "flip-flops", {}, true},
    Parameter<Device>{"dsp_slices", &Device::dsp_slices, 0, most_of_anything, Unit::none, "DSP slices", {}, true},
    Parameter<Device>{"bram36", &Device::bram36, 0, most_of_anything, Unit::none, "36-Kb block RAMs", {}, true},
    Parameter<Device>{"uram", &Device::uram, 0, most_of_anything, Unit::none, "288-Kb UltraRAMs", {}, true},
    Parameter<Device>{
        "multiplier_a", &Device::multiplier_a, 8, 64, Unit::bit, "wider signed multiplier port", {}, true},
    Parameter<Device>{
        "multiplier_b", &Device::multiplier_b, 8, 64, Unit::bit, "narrower signed multiplier port", {}, true},
    Parameter<Device>{"fmax_dsp",
                      &Device::fmax_dsp_hz,
                      1'000'000,
                      4'000'000'000,
                      Unit::hertz,
                      "data-sheet limit of a DSP slice, all registers",
                      {},
                      true},
    Parameter<Device>{"fmax_bram",
                      &Device::fmax_bram_hz,
                      1'000'000,
                      4'000'000'000,
                      Unit::hertz,
                      "data-sheet limit of a block RAM",
                      {},
                      true},
    Parameter<Device>{"closes_low",
                      &Device::closes_low_hz,
                      1'000'000,
                      4'000'000'000,
                      Unit::hertz,
                      "clock that designs of this kind reach with little effort",
                      {},
                      true},
    Parameter<Device>{"closes_high",
                      &Device::closes_high_hz,
                      1'000'000,
                      4'000'000'000,
                      Unit::hertz,
                      "clock that designs of this kind hardly exceed",
                      {},
                      true},
    Parameter<Device>{"delay",
                      &Device::delay,
                      10,
                      1000,
                      Unit::percent,
                      "delay of cells and nets, of those of xczu3eg at -1",
                      {},
                      true},
    Parameter<Device>{"static",
                      &Device::static_microwatt,
                      1,
                      1'000'000'000,
                      Unit::microwatt,
                      "static power of VCCINT, VCCBRAM and their like at static_at: doubles with temperature",
                      {},
                      true},
    Parameter<Device>{
        "static_at", &Device::static_celsius, -40, 125, Unit::celsius, "junction temperature of that figure", {}, true},
    Parameter<Device>{"rails",
                      &Device::rails_microwatt,
                      0,
                      1'000'000'000,
                      Unit::microwatt,
                      "static power of VCCAUX, VCCO and their like: does not depend on temperature",
                      {},
                      true},
    Parameter<Device>{
        "static_band", &Device::static_band, 1, 1000, Unit::percent, "by which both may be off", {}, true},
    Parameter<Device>{"theta_ja",
                      &Device::theta_ja_millikelvin,
                      0,
                      100'000,
                      Unit::millikelvin_per_watt,
                      "junction to ambient, on the usual board",
                      {},
                      true},
    Parameter<Device>{"processor", &Device::processor, 0, 1, Unit::none, "whether a hard one is on the chip",
                      processor_kinds, true},
};

[[nodiscard]] std::string device_file(const ConfigPaths& paths);
[[nodiscard]] std::string dram_file(const ConfigPaths& paths);

// Names in file order.
[[nodiscard]] std::vector<std::string> device_names(const ConfigPaths& paths);
[[nodiscard]] std::vector<std::string> dram_names(const ConfigPaths& paths);

// One entry; nothing when the name is unknown, which is collected as unknown-name at `place`.
[[nodiscard]] std::optional<Device> find_device(const std::string& name, const Place& place, const ConfigPaths& paths,
                                                Diagnostics& diagnostics);
[[nodiscard]] std::optional<DramTiming> find_dram(const std::string& name, const Place& place, const ConfigPaths& paths,
                                                  Diagnostics& diagnostics);

}  // namespace blendsim
