// SPDX-License-Identifier: Apache-2.0
// The resource forms against what yosys counted (rtl/synthesis/xcup.csv). `held` rows took no part in the fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "estimate/estimate.h"
#include "estimate/module_resources.h"

namespace blendsim {
namespace {

struct Point {
  bool held = false;
  std::string platform, module, settings, version;
  Resources counted;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<Point> points() {
  std::ifstream file(BLENDSIM_SOURCE "/rtl/synthesis/xcup.csv");
  std::vector<Point> points;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line, ',');
    if (cells.size() != 10) throw std::runtime_error("no row of ten cells: " + line);
    points.push_back({cells[0] == "held",
                      cells[1],
                      cells[2],
                      cells[3],
                      cells[9],
                      {std::stoll(cells[4]), std::stoll(cells[5]), std::stoll(cells[6]), std::stoll(cells[7]),
                       std::stoll(cells[8])}});
  }
  return points;
}

constexpr std::string_view buffer_prefix = "buffer ", machine_name = "machine";

std::vector<std::string_view> module_names() {
  std::vector<std::string_view> names(common_modules.begin(), common_modules.end());
  names.insert(names.end(), unit_names.begin(), unit_names.end());
  return names;
}

// The whole machine: the sum of its parts, without what the platform reserves.
Resources machine_resources(const Platform& platform) {
  Platform bare = platform;
  bare.reserved = {};
  return estimate_resources(bare).total;
}

Resources estimated(const Point& point) {
  const Platform platform = load_platform(point.platform, split(point.settings, ';'), ConfigPaths{BLENDSIM_CONFIGS});
  if (point.module == machine_name) return machine_resources(platform);
  if (point.module.starts_with(buffer_prefix)) {
    const auto buffer = std::find(buffer_names.begin(), buffer_names.end(), point.module.substr(buffer_prefix.size()));
    if (buffer == buffer_names.end()) throw std::runtime_error("no " + point.module);
    return buffer_resources(static_cast<BufferId>(buffer - buffer_names.begin()), platform.machine);
  }
  return module_resources(point.module, platform.machine);
}

std::string place(const Point& p) { return p.module + " of " + p.platform + ' ' + p.settings + ", " + p.version; }

// In per cent; what is not there is met exactly or not at all.
double residual(std::int64_t estimate, std::int64_t counted) {
  if (counted == 0) return estimate == 0 ? 0 : 100;
  return 100 * (static_cast<double>(estimate) / static_cast<double>(counted) - 1);
}

TEST(Synthesis, EveryModuleWasCountedAtPointsOfTheFitAndApartFromThem) {
  for (const std::string_view module : module_names()) {
    int fit = 0, held = 0;
    for (const Point& p : points()) {
      if (p.module == module) ++(p.held ? held : fit);
    }
    EXPECT_GE(fit, 1) << module;
    if (module != "control") EXPECT_GE(held, 2) << module;
  }
}

TEST(Synthesis, EveryBufferAndTheMachineWereCountedApartFromTheFit) {
  const std::vector<Point> all = points();
  const auto held = [&](const std::string& module) {
    return std::count_if(all.begin(), all.end(), [&](const Point& p) { return p.held && p.module == module; });
  };
  for (const std::string_view buffer : buffer_names)
    EXPECT_GE(held(std::string(buffer_prefix) + std::string(buffer)), 2) << buffer;
  EXPECT_GE(held(std::string(machine_name)), 1);
}

TEST(Synthesis, DspAndBlockRamAndUltraRamAreTheCountsOfYosysExactly) {
  for (const Point& p : points()) {
    const Resources e = estimated(p);
    EXPECT_EQ(e.dsp, p.counted.dsp) << place(p);
    EXPECT_EQ(e.bram36_halves, p.counted.bram36_halves) << place(p);
    EXPECT_EQ(e.uram, p.counted.uram) << place(p);
  }
}

TEST(Synthesis, LutAndFlipFlopsOfEveryPointAreWithinTenPerCent) {
  for (const Point& p : points()) {
    const Resources e = estimated(p);
    EXPECT_LE(std::abs(residual(e.lut, p.counted.lut)), 10) << place(p) << ": " << e.lut << " for " << p.counted.lut;
    EXPECT_LE(std::abs(residual(e.ff, p.counted.ff)), 10) << place(p) << ": " << e.ff << " for " << p.counted.ff;
  }
}

// scripts/accuracy.sh publishes these rows.
TEST(Synthesis, ResidualsArePublished) {
  const char* path = std::getenv("BLENDSIM_RESOURCE_TABLE");
  std::ostringstream table;
  for (const Point& p : points()) {
    const Resources e = estimated(p);
    char line[400];
    std::snprintf(line, sizeof line, "%s,%s,%s,%s,%lld,%lld,%.1f,%lld,%lld,%.1f,%lld,%lld,%lld\n",
                  p.held ? "held" : "fit", p.platform.c_str(), p.module.c_str(), p.settings.c_str(),
                  static_cast<long long>(p.counted.lut), static_cast<long long>(e.lut), residual(e.lut, p.counted.lut),
                  static_cast<long long>(p.counted.ff), static_cast<long long>(e.ff), residual(e.ff, p.counted.ff),
                  static_cast<long long>(p.counted.dsp), static_cast<long long>(p.counted.bram36_halves),
                  static_cast<long long>(p.counted.uram));
    table << line;
  }
  EXPECT_FALSE(table.str().empty());
  if (path != nullptr) std::ofstream(path) << table.str();
}

}  // namespace
}  // namespace blendsim
