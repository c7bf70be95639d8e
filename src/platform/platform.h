// SPDX-License-Identifier: Apache-2.0
// A platform: YAML as written (with line numbers) -> resolved, validated, immutable. Nobody downstream sees YAML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "units/machine_parameters.h"
#include "units/resources.h"

namespace blendsim {

// From configs/devices/devices.yaml, each figure with its source.
struct Device {
  std::string name;    // "xczu3eg-sbva484-1"
  std::string family;  // "ultrascale+", "7series"
  std::string dsp;     // "DSP48E2", "DSP48E1"
  std::int64_t lut = 0, ff = 0, dsp_slices = 0, bram36 = 0, uram = 0;
  std::int64_t multiplier_a = 27, multiplier_b = 18;   // signed port widths of a DSP slice
  std::int64_t fmax_dsp_hz = 0, fmax_bram_hz = 0;      // data-sheet limits of its speed grade
  std::int64_t closes_low_hz = 0, closes_high_hz = 0;  // where designs of this kind are reported to close
  std::int64_t delay = 100;                            // of its cells and nets, per cent of xczu3eg's at -1
  std::int64_t static_microwatt = 0;  // VCCINT and the like at static_celsius: doubles with temperature
  std::int64_t static_celsius = 25;
  std::int64_t rails_microwatt = 0;       // VCCAUX, VCCO and the like: constant
  std::int64_t static_band = 0;           // per cent by which both may be off
  std::int64_t theta_ja_millikelvin = 0;  // junction to ambient, per watt, on its usual board
  std::int64_t processor = 0;             // 1: a hard processor system is on the chip
  std::string source;
};

struct Limits {  // per cent of the device
  std::int64_t lut = 70, ff = 50, dsp = 80, bram36 = 80, uram = 80;
  bool operator==(const Limits&) const = default;
};

struct Assumption {
  std::string key, value, range, why;
};

// What a platform was read from, so that it can be read again with more changes.
struct PlatformSource {
  std::string name, yaml;         // a name or path; or, where it is empty, the text
  std::vector<std::string> sets;  // applied
  std::string configs;            // ConfigPaths::root
};

struct Platform {
  std::string name;
  std::string summary;
  std::string file;  // where it came from
  Device device;
  Limits limits;
  Resources reserved;
  std::int64_t ambient_celsius = 25;
  std::string technology;  // configs/technologies/NAME.yaml
  std::string memory_standard;
  MachineParameters machine;
  std::int64_t host_overhead_ns = 0;
  std::vector<Assumption> assumptions;
  std::vector<std::string> overrides;    // "unit.parameter=value" of --set and extends
  std::vector<std::string> derived;      // keys left out that follow from others: widths and depths
  std::optional<PlatformSource> source;  // none: made by hand

  // Canonical YAML of everything resolved: parses back to an equal platform; what a program embeds.
  [[nodiscard]] std::string yaml() const;
  [[nodiscard]] std::string digest() const;  // of yaml() without name, summary, file
};

// Where configs/ lies: BLENDSIM_CONFIGS in the environment, else the source tree or install prefix given by the caller.
struct ConfigPaths {
  std::string root;  // contains platforms/, devices/, technologies/
};

// `name_or_path`: a name of configs/platforms or a YAML file. `sets`: "xnor_array.rows=32", applied in order.
// Throws DiagnosticError with every finding: yaml-syntax, unknown-key, duplicate-key, missing-key, wrong-type,
// wrong-unit, out-of-range, unknown-name, contradiction, bad-override - each with file:line.
[[nodiscard]] Platform load_platform(const std::string& name_or_path, const std::vector<std::string>& sets,
                                     const ConfigPaths& paths);
// Parses canonical text (a program's platform_yaml); `place` names it in diagnostics.
[[nodiscard]] Platform parse_platform(const std::string& yaml, const std::string& place, const ConfigPaths& paths);
// The same platform read again with further `sets` behind those that it had; it has a source. Throws as load_platform
// does.
[[nodiscard]] Platform with_sets(const Platform& platform, const std::vector<std::string>& sets);
[[nodiscard]] std::vector<std::string> platform_names(const ConfigPaths& paths);  // sorted
// The complete commented YAML to start from: every key with its sentence, unit and range.
[[nodiscard]] std::string commented_yaml(const Platform& platform);
// "xnor_array.rows: 16 -> 32" for every key that differs.
[[nodiscard]] std::vector<std::string> differences(const Platform& a, const Platform& b);

}  // namespace blendsim
