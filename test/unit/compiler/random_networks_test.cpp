// SPDX-License-Identifier: Apache-2.0
// compile() proves each program itself: legal by verify(), and equal to execute() on every tensor.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

struct Sizes {
  const char* name;
  test::MachineSizes sizes;
};

class RandomNetworks : public testing::TestWithParam<Sizes> {};

// Of seeds 1 to `last`, how many compile.
int compile_all(const Platform& platform, const test::RandomNetworkOptions& options, std::uint64_t last) {
  int compiled = 0;
  for (std::uint64_t seed = 1; seed <= last; ++seed) {
    const IntegerNetwork network = test::random_integer_network(seed, options);
    try {
      const CompileResult result = compile(network, platform);
      ++compiled;
      EXPECT_FALSE(result.program.main.empty());
    } catch (const DiagnosticError& error) {
      // What no program can express is refused by name, never miscompiled.
      EXPECT_EQ(error.diagnostics().front().code, Code("not-lowerable")) << "seed " << seed << ": " << error.what();
    } catch (const InvariantError& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  }
  return compiled;
}

TEST_P(RandomNetworks, compute_what_the_reference_says_on_every_tensor) {
  EXPECT_GE(compile_all(test::platform_of(GetParam().sizes), {}, 40), 30);
}

TEST_P(RandomNetworks, with_transpositions_compute_what_the_reference_says_on_every_tensor) {
  test::RandomNetworkOptions options;
  options.turn_percent = 50;
  EXPECT_GE(compile_all(test::platform_of(GetParam().sizes), options, 20), 12);
}

INSTANTIATE_TEST_SUITE_P(
    machines, RandomNetworks,
    testing::Values(Sizes{"small", {16, 3, 16, 4, 16, 16}}, Sizes{"wide_cells", {16, 6, 16, 8, 32, 32}},
                    Sizes{"tall_xnor", {32, 12, 16, 16, 16, 16}}, Sizes{"tall_mac", {16, 3, 64, 12, 32, 16}},
                    Sizes{"large", {64, 12, 32, 16, 64, 64}}, Sizes{"odd_columns", {48, 9, 32, 5, 16, 16}}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace blendsim
