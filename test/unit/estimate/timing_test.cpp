// SPDX-License-Identifier: Apache-2.0
// The delay forms against the longest paths that yosys' netlists have (rtl/synthesis/timing.csv). `held` rows took no
// part in the fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "estimate/module_delay.h"
#include "estimate/module_resources.h"

namespace blendsim {
namespace {

struct Point {
  bool held = false;
  std::string platform, module, settings;
  std::int64_t levels = 0, logic_ps = 0, net_ps = 0;
  std::string from, to, version;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

const std::vector<Point>& points() {
  static const std::vector<Point> points = [] {
    std::ifstream file(BLENDSIM_SOURCE "/rtl/synthesis/timing.csv");
    std::vector<Point> read;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      const std::vector<std::string> c = split(line, ',');
      if (c.size() != 11) throw std::runtime_error("no row of eleven cells: " + line);
      read.push_back(
          {c[0] == "held", c[1], c[2], c[3], std::stoll(c[4]), std::stoll(c[5]), std::stoll(c[6]), c[7], c[8], c[10]});
    }
    return read;
  }();
  return points;
}

constexpr std::string_view buffer_prefix = "buffer ";

LongestPath estimated(const Point& p) {
  const Platform platform = load_platform(p.platform, split(p.settings, ';'), ConfigPaths{BLENDSIM_CONFIGS});
  if (!p.module.starts_with(buffer_prefix)) return module_path(p.module, platform.machine);
  const auto buffer = std::find(buffer_names.begin(), buffer_names.end(), p.module.substr(buffer_prefix.size()));
  if (buffer == buffer_names.end()) throw std::runtime_error("no " + p.module);
  return buffer_path(static_cast<BufferId>(buffer - buffer_names.begin()), platform.machine);
}

std::string place(const Point& p) { return p.module + " of " + p.platform + ' ' + p.settings + ", " + p.version; }

double residual(std::int64_t estimate, std::int64_t found) {  // per cent
  return 100 * (static_cast<double>(estimate) / static_cast<double>(found) - 1);
}

TEST(Timing, EveryUnitWasSynthesisedAtPointsOfTheFitAndApartFromThem) {
  const auto rows = [](std::string_view module, bool held) {
    return std::count_if(points().begin(), points().end(),
                         [&](const Point& p) { return p.held == held && p.module == module; });
  };
  for (const std::string_view module : delayed_modules(MachineParameters{})) {
    EXPECT_GE(rows(module, false), 1) << module;
    EXPECT_GE(rows(module, true), module == "control" ? 0 : 1) << module;
  }
  for (const std::string_view buffer : buffer_names)
    EXPECT_GE(rows(std::string(buffer_prefix) + std::string(buffer), false), 1) << buffer;
}

TEST(Timing, LogicDelayOfEveryPointIsWithinFifteenPerCent) {
  for (const Point& p : points()) {
    const LongestPath e = estimated(p);
    EXPECT_LE(std::abs(residual(e.logic_ps, p.logic_ps)), 15)
        << place(p) << ": " << e.logic_ps << " for " << p.logic_ps;
  }
}

TEST(Timing, LevelsOfEveryPointAreWithinTwo) {
  for (const Point& p : points()) {
    const LongestPath e = estimated(p);
    EXPECT_LE(std::abs(e.levels - p.levels), 2) << place(p) << ": " << e.levels << " for " << p.levels;
  }
}

TEST(Timing, EndsOfAUnitsPathAreThoseOfTheNetlistAtTheDefaults) {
  for (const Point& p : points()) {
    if (!p.settings.empty() || p.module.starts_with(buffer_prefix)) continue;
    const LongestPath e = estimated(p);
    EXPECT_EQ(e.from, p.from) << place(p);
    EXPECT_EQ(e.to, p.to) << place(p);
  }
}

// The rows' nets have the medians of their fan-outs; the estimate takes one figure for all.
TEST(Timing, RoutingOfANetIsTheMeanOfTheRows) {
  std::int64_t nets = 0, delay = 0;
  for (const Point& p : points()) {
    nets += p.levels + 1;
    delay += p.net_ps;
  }
  EXPECT_NEAR(static_cast<double>(delay) / static_cast<double>(nets), routing_per_net_ps, 15);
}

TEST(Timing, AnUnknownModuleIsABrokenInvariant) {
  EXPECT_THROW((void)module_path("multiplier", load_platform("zu3eg", {}, ConfigPaths{BLENDSIM_CONFIGS}).machine),
               InvariantError);
}

// scripts/accuracy.sh publishes these rows.
TEST(Timing, ResidualsArePublished) {
  std::ostringstream table;
  for (const Point& p : points()) {
    const LongestPath e = estimated(p);
    char line[400];
    std::snprintf(line, sizeof line, "%s,%s,%s,%s,%lld,%lld,%lld,%lld,%.1f,%s,%s\n", p.held ? "held" : "fit",
                  p.platform.c_str(), p.module.c_str(), p.settings.c_str(), static_cast<long long>(p.levels),
                  static_cast<long long>(e.levels), static_cast<long long>(p.logic_ps),
                  static_cast<long long>(e.logic_ps), residual(e.logic_ps, p.logic_ps), p.from.c_str(), p.to.c_str());
    table << line;
  }
  EXPECT_FALSE(table.str().empty());
  if (const char* path = std::getenv("BLENDSIM_TIMING_TABLE")) std::ofstream(path) << table.str();
}

}  // namespace
}  // namespace blendsim
