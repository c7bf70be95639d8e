// SPDX-License-Identifier: Apache-2.0
// The netlist of a whole machine: it does what the model and rtl/ do, and its toggles are Icarus's. The smallest
// machine takes minutes to synthesise, so these have the label `long`.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "activity_run.h"
#include "commands.h"
#include "compiler/compile.h"
#include "machine_bench.h"
#include "network/zoo.h"
#include "power/activity.h"
#include "power/technology.h"
#include "power/terms.h"
#include "terms.h"

namespace blendsim::activity {
namespace {

const std::string source = BLENDSIM_SOURCE;

class MachineActivity : public testing::Test {
 protected:
  // One synthesis for all tests.
  static void SetUpTestSuite() {
    if (!test::installed("yosys") || !test::installed("verilator")) return;
    folder_ = test::temporary_folder("machine");
    platform_ = load_platform(source + "/test/conformance/platforms/tiny.yaml", {}, {BLENDSIM_CONFIGS});
    write_zoo_network("neuroblend_tiny", {}, folder_ + "/network.onnx");
    program_ = compile(load_network(folder_ + "/network.onnx"), platform_).program;
    const char* kept = std::getenv("BLENDSIM_TINY_NETLIST");
    netlist_file_ = kept != nullptr ? kept : folder_ + "/machine.json";
    if (kept == nullptr) {
      (void)test::output_of(
          fmt::format("BLENDSIM={0} BLENDSIM_CONFIGS={1} {2}/scripts/activity.sh netlist "
                      "{2}/test/conformance/platforms/tiny.yaml {3}",
                      BLENDSIM_BINARY, BLENDSIM_CONFIGS, source, netlist_file_));
    }
    netlist_ = read_netlist(test::read_text(netlist_file_), "machine", machine_group);
  }
  void SetUp() override {
    if (folder_.empty()) GTEST_SKIP() << "yosys or verilator is not installed";
  }
  static ActivityResult run(const Netlist& netlist, const ActivityOptions& options) {
    return ActivityRun(platform_.machine, program_, netlist, {conformance::random_image(program_.host_input, 1)})
        .run(options);
  }

  inline static std::string folder_, netlist_file_;
  inline static Platform platform_;
  inline static Program program_;
  inline static Netlist netlist_;
};

TEST_F(MachineActivity, LongItDoesInEveryCycleWhatTheModelAndTheRtlDo) {
  ActivityOptions options;
  options.compare_with_rtl = true;
  const ActivityResult result = run(netlist_, options);
  EXPECT_EQ(result.divergence, "");
  EXPECT_GE(result.compared_outputs, static_cast<std::uint64_t>(result.cycles) * netlist_.instance_ports.size());
  ASSERT_EQ(result.windows.size(), static_cast<std::size_t>((result.cycles + 255) / 256));
  Cycles next = 0;
  for (const Window& window : result.windows) {
    EXPECT_EQ(window.first, next);
    next += window.cycles;
  }
  EXPECT_EQ(next, result.cycles);
}

TEST_F(MachineActivity, LongCountsDoNotDependOnTheWindow) {
  ActivityOptions options;
  const auto totals = [&](Cycles window) {
    options.window = window;
    std::vector<Counts> total(netlist_.groups.size());
    for (const Window& w : run(netlist_, options).windows) {
      for (std::size_t group = 0; group < total.size(); ++group) {
        for (std::size_t n = 0; n < count_kinds; ++n) total[group][n] += w.groups[group][n];
      }
    }
    return total;
  };
  EXPECT_EQ(totals(256), totals(1'000'000));
}

// What a count is priced as: of xnor_array's slices the logic unit works, of the others' the multiplier.
std::optional<Primitive> primitive_of(Count count, const std::string& group) {
  switch (count) {
    case Count::lut:
    case Count::srl:
    case Count::lutram: return Primitive::lut_toggle;
    case Count::carry: return Primitive::carry_toggle;
    case Count::ff: return Primitive::ff_toggle;
    case Count::net: return Primitive::net_toggle;
    case Count::pin: return Primitive::pin_toggle;
    case Count::srl_cycle: return Primitive::srl_clock;
    case Count::lutram_write: return Primitive::lutram_access;
    case Count::dsp_input: return group == "xnor_array" ? Primitive::dsp_logic_input : Primitive::dsp_multiply_input;
    case Count::dsp_product: return Primitive::dsp_product;
    case Count::dsp_output: return Primitive::dsp_output;
    case Count::dsp_cycle_multiply: return Primitive::dsp_multiply_cycle;
    case Count::dsp_cycle_logic:
    case Count::dsp_cycle_add: return Primitive::dsp_logic_cycle;
    default: return {};
  }
}

double femtojoules(const Amounts& amounts, const Technology& technology) {
  double sum = 0;
  for (std::size_t p = 0; p < primitive_count; ++p)
    sum += amounts[p] * static_cast<double>(technology.primitives[p].value);
  return sum;
}

// The shipped activity, of which nothing was fitted to this machine, against its netlist: the run's own densities.
TEST_F(MachineActivity, LongTheModelsEnergyIsTheNetlists) {
  const Technology technology = load_technology(platform_.technology, {BLENDSIM_CONFIGS});
  const ActivityModel activity = load_activity({BLENDSIM_CONFIGS});
  const ActivityResult result = run(netlist_, {});
  const Counter counter(netlist_);
  const std::vector<std::vector<std::int32_t>> images = {conformance::random_image(program_.host_input, 1)};
  const TermCounts terms = count_terms(platform_.machine, program_, images, result.cycles);
  double netlist_sum = 0, model_sum = 0;
  for (std::size_t group = 0; group < netlist_.groups.size(); ++group) {
    const std::string& name = netlist_.groups[group];
    const std::string module = name.starts_with("buffer ") ? name.substr(7) : name;
    if (module == "machine" || module == "control") continue;  // start values and wires
    double netlist = 0;
    for (const Window& window : result.windows) {
      for (std::size_t count = 0; count < count_kinds; ++count) {
        const auto primitive = primitive_of(static_cast<Count>(count), module);
        if (primitive) netlist += static_cast<double>(window.groups[group][count] * technology[*primitive].value);
      }
    }
    const ModuleActivity& of = activity[module == "xnor_array" ? "xnor_array-lut" : module];
    const auto flip_flops =
        static_cast<double>(std::max<std::uint64_t>(1, counter.parts()[group][static_cast<std::size_t>(Part::ff)]));
    double model = femtojoules(of[cycle_term], technology) * flip_flops * static_cast<double>(result.cycles);
    for (const auto& [key, windows] : terms.counts) {
      if (std::get<0>(key) != module) continue;
      const double energy = femtojoules(of[std::get<1>(key)], technology);
      for (const double count : windows) model += energy * count;
    }
    fmt::print("{:<16} netlist {:8.1f} nJ, model {:8.1f} nJ, {:+.1f} %\n", module, netlist / 1e6, model / 1e6,
               100 * (model / netlist - 1));
    netlist_sum += netlist;
    model_sum += model;
  }
  EXPECT_NEAR(model_sum / netlist_sum, 1, 0.2);
}

TEST_F(MachineActivity, LongAWrongLutIsFound) {
  Netlist wrong = netlist_;
  const auto cell = std::find_if(wrong.cells.begin(), wrong.cells.end(), [](const Cell& candidate) {
    return candidate.path.starts_with("xnor_array.") && candidate.type->name == "LUT6";
  });
  ASSERT_NE(cell, wrong.cells.end());
  Parameters parameters = *cell->parameters;
  for (char& bit : parameters["INIT"]) bit = bit == '1' ? '0' : '1';
  cell->parameters = std::make_shared<Parameters>(parameters);
  EXPECT_THAT(run(wrong, {}).divergence, testing::HasSubstr("divergence in cycle"));
}

TEST_F(MachineActivity, LongTogglesOfUnitsAreThoseThatIcarusCounts) {
  if (!test::installed("iverilog")) GTEST_SKIP() << "iverilog is not installed";
  std::filesystem::create_directories(folder_ + "/program");
  write_program(program_, folder_ + "/program/tiny.bsp");
  for (const std::string unit : {"xnor_array", "mac_array", "post_unit", "queue[3].unit"}) {
    EXPECT_NO_THROW((void)test::output_of(fmt::format(
        "NETLIST_ACTIVITY={} BLENDSIM_CONFIGS={} {}/scripts/activity.sh icarus {}/program/tiny.bsp {} '{}' 100 400",
        NETLIST_ACTIVITY_BINARY, BLENDSIM_CONFIGS, source, folder_, netlist_file_, unit)))
        << unit;
  }
}

}  // namespace
}  // namespace blendsim::activity
