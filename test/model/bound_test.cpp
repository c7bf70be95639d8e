// SPDX-License-Identifier: Apache-2.0
// The compiler's lower bound, against the machine: nothing is faster, and what one unit alone decides comes near it.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "model/compiled_network.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

using test::NetworkBuilder;

Run timed(const Program& program, const MachineParameters& machine) {
  RunOptions options;
  options.values = false;
  return Machine::instance().run(machine, program, std::vector<std::vector<std::int32_t>>(1), options);
}

Platform wide(const std::vector<std::string>& sets = {}) {
  std::vector<std::string> all = {"post_unit.operand=32 bit", "xnor_array.accumulator=32 bit"};
  all.insert(all.end(), sets.begin(), sets.end());
  return load_platform("zu7ev", all, {BLENDSIM_CONFIGS});
}

struct Compared {
  int orders = 0;
  double nearest = 1e9;  // cycles over the bound
};

// Every order that was tried, beside the bound of its tiles.
Compared compare(const IntegerNetwork& network, const Platform& platform, int images = 1) {
  std::string text;
  CompileOptions options;
  options.explain = true;
  options.images = images;
  options.evaluate = timed;
  options.print = [&](const std::string& lines) { text += lines; };
  (void)compile(network, platform, options);
  Compared out;
  std::istringstream lines(text);
  double bound = 0;
  std::smatch found;
  const std::regex fewer("no order of these takes fewer than ([0-9]+) cycles.*"),
      order("order '.*': ([0-9]+) cycles on the machine");
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, found, fewer)) bound = std::stod(found[1]);
    if (!std::regex_match(line, found, order)) continue;
    EXPECT_GT(bound, 0) << text;
    EXPECT_GE(std::stod(found[1]), bound) << network.name << ": " << line;
    out.nearest = std::min(out.nearest, std::stod(found[1]) / bound);
    ++out.orders;
  }
  return out;
}

TEST(Bound, IsBelowEveryOrderOfRandomNetworks) {
  const Platform platform = wide();
  int orders = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    try {
      orders += compare(test::random_integer_network(seed, {}), platform, 1 + static_cast<int>(seed % 3)).orders;
    } catch (const DiagnosticError&) {}
  }
  EXPECT_GE(orders, 100);
}

TEST(Bound, IsBelowWhereConstantsAreStreamed) {
  NetworkBuilder b(5);
  TensorId x = b.input(32, 6, 6, Format::signed_bits(8));
  for (int i = 0; i < 4; ++i) {
    x = b.post(b.conv(x, 64, NetworkBuilder::square(3, 1, 1), Format::signed_bits(8)), no_tensor, true,
               Format::signed_bits(8), false, Format::signed_bits(8))
            .fixed;
  }
  b.output(x);
  for (const int depth : {80, 200, 400}) {
    EXPECT_GT(compare(b.net, wide({"buffers.weights_fixed.depth=" + std::to_string(depth)})).orders, 0) << depth;
  }
}

// A convolution that keeps its array for nearly all of the time.
TEST(Bound, IsNearWhereOneUnitWorksAllTheTime) {
  NetworkBuilder b(5);
  const TensorId x = b.input(64, 24, 24, Format::signed_bits(8));
  b.output(b.post(b.conv(x, 64, NetworkBuilder::square(3, 1, 1), Format::signed_bits(8)), no_tensor, true,
                  Format::signed_bits(8), false, Format::signed_bits(8))
               .fixed);
  EXPECT_LT(compare(b.net, wide()).nearest, 1.05);
}

}  // namespace
}  // namespace blendsim
