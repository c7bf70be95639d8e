// SPDX-License-Identifier: Apache-2.0
// The resource forms against what yosys counted (rtl/synthesis/xcup.csv). `held` rows took no part in the fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "estimate/module_resources.h"

namespace blendsim {
namespace {

struct Point {
  bool held = false;
  std::string module, settings, version;
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
    if (cells.size() != 9) throw std::runtime_error("no row of nine cells: " + line);
    points.push_back({cells[0] == "held", cells[1], cells[2], cells[8],
                      {std::stoll(cells[3]), std::stoll(cells[4]), std::stoll(cells[5]), std::stoll(cells[6]), std::stoll(cells[7])}});
  }
  return points;
}

Resources estimated(const Point& point) {
  const Platform platform = load_platform("zu3eg", split(point.settings, ';'), ConfigPaths{BLENDSIM_CONFIGS});
  const auto module = std::find(module_names.begin(), module_names.end(), point.module);
  if (module == module_names.end()) throw std::runtime_error("no module " + point.module);
  return module_resources(static_cast<Module>(module - module_names.begin()), platform.machine);
}

double residual(std::int64_t estimate, std::int64_t counted) {
  return counted == 0 ? 0 : 100 * (static_cast<double>(estimate) / static_cast<double>(counted) - 1);
}

TEST(Synthesis, EveryModuleWasCountedAtPointsOfTheFitAndApartFromThem) {
  for (const std::string_view module : module_names) {
    int fit = 0, held = 0;
    for (const Point& p : points()) {
      if (p.module == module) ++(p.held ? held : fit);
    }
    EXPECT_GE(fit, 1) << module;
    if (module != "control") EXPECT_GE(held, 2) << module;
  }
}

TEST(Synthesis, DspAndBlockRamAndUltraRamAreTheCountsOfYosysExactly) {
  for (const Point& p : points()) {
    const Resources e = estimated(p);
    EXPECT_EQ(e.dsp, p.counted.dsp) << p.module << ' ' << p.settings << ", " << p.version;
    EXPECT_EQ(e.bram36_halves, p.counted.bram36_halves) << p.module << ' ' << p.settings << ", " << p.version;
    EXPECT_EQ(e.uram, p.counted.uram) << p.module << ' ' << p.settings << ", " << p.version;
  }
}

TEST(Synthesis, LutAndFlipFlopsOfPointsApartFromTheFitAreWithinTenPerCent) {
  for (const Point& p : points()) {
    if (!p.held) continue;
    const Resources e = estimated(p);
    EXPECT_LE(std::abs(residual(e.lut, p.counted.lut)), 10) << p.module << ' ' << p.settings << ": " << e.lut << " for " << p.counted.lut << ", " << p.version;
    EXPECT_LE(std::abs(residual(e.ff, p.counted.ff)), 10) << p.module << ' ' << p.settings << ": " << e.ff << " for " << p.counted.ff << ", " << p.version;
  }
}

// scripts/accuracy.sh publishes these rows.
TEST(Synthesis, ResidualsArePublished) {
  const char* path = std::getenv("BLENDSIM_RESOURCE_TABLE");
  std::ostringstream table;
  for (const Point& p : points()) {
    const Resources e = estimated(p);
    char line[400];
    std::snprintf(line, sizeof line, "%s,%s,%s,%lld,%lld,%.1f,%lld,%lld,%.1f,%lld,%lld\n", p.held ? "held" : "fit", p.module.c_str(),
                  p.settings.c_str(), static_cast<long long>(p.counted.lut), static_cast<long long>(e.lut), residual(e.lut, p.counted.lut),
                  static_cast<long long>(p.counted.ff), static_cast<long long>(e.ff), residual(e.ff, p.counted.ff),
                  static_cast<long long>(p.counted.dsp), static_cast<long long>(p.counted.bram36_halves));
    table << line;
  }
  EXPECT_FALSE(table.str().empty());
  if (path != nullptr) std::ofstream(path) << table.str();
}

}  // namespace
}  // namespace blendsim
