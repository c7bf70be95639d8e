// SPDX-License-Identifier: Apache-2.0
// The model's waves over those of rtl/ in Verilator: every signal that the model writes under `machine` is one of the
// RTL's, of the same width, and has its value in every cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "machine_bench.h"
#include "model_machine.h"
#include "network/zoo.h"
#include "rtl_machine.h"
#include "sim/machine.h"
#include "trace/sink.h"
#include "trace/vcd_reader.h"
#include "unit/compiler/network_builder.h"

namespace blendsim::conformance {
namespace {

Platform platform_named(const std::string& name) {
  const std::string own = std::string(BLENDSIM_SOURCE) + "/test/conformance/platforms/" + name + ".yaml";
  return load_platform(std::filesystem::exists(own) ? own : name, {}, {BLENDSIM_CONFIGS});
}

using Images = std::vector<std::vector<std::int32_t>>;

// Of main, after init ran on the same machine. Returns the last completion.
Cycles write_rtl_waves(const Platform& platform, const Program& program, const Images& images,
                       const std::string& file) {
  const ModelMachine model(platform.machine, program, images);
  RtlMachine rtl(platform.machine, RtlSource::Use::trace);
  rtl.memory() = model.memory();
  if (model.has_init()) (void)rtl.run(model.init_stream(), false);
  const Cycles end = model.main_events().cycles;
  rtl.trace(file, 0, end + 1);
  const MachineEvents events = rtl.run(model.main_stream(), false);
  EXPECT_EQ(events.cycles, end);
  return end;
}

Run write_model_waves(const Platform& platform, const Program& program, const Images& images,
                      const std::vector<std::string>& files) {
  const TraceSubject subject(program, platform.machine, platform.name);
  std::vector<std::unique_ptr<Sink>> sinks;
  RunOptions options;
  for (const std::string& file : files) {
    sinks.push_back(open_sink(format_of(file), file, subject));
    options.consumers.push_back(sinks.back().get());
  }
  Run run = Machine::instance().run(platform.machine, program, images, options);
  for (const auto& sink : sinks) sink->close();
  return run;
}

// In the bench the machine is an instance `dut`.
const std::string rtl_machine = "top.bench_machine.dut.", model_machine = "machine.";

// How many signals were compared.
int expect_agreement(const test::Vcd& model, const test::Vcd& rtl, Cycles end) {
  int compared = 0;
  for (const auto& [path, signal] : model.signals) {
    if (!path.starts_with(model_machine)) continue;
    const auto other = rtl.signals.find(rtl_machine + path.substr(model_machine.size()));
    if (other == rtl.signals.end()) {
      ADD_FAILURE() << path << " is no signal of rtl/";
      continue;
    }
    EXPECT_EQ(signal.width, other->second.width) << path;
    ++compared;
    // Equal changes at equal times are equal values in every cycle.
    const auto ours = signal.distinct(end), theirs = other->second.distinct(end);
    const auto [mine, its] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
    const auto text = [](auto at, const auto& list) {
      return at == list.end() ? "nothing more" : at->second + " from cycle " + std::to_string(at->first);
    };
    EXPECT_TRUE(mine == ours.end() && its == theirs.end())
        << path << ": model " << text(mine, ours) << ", rtl " << text(its, theirs);
  }
  return compared;
}

class WaveConformance : public testing::Test {
 protected:
  void SetUp() override {
    if (!RtlModule::available()) GTEST_SKIP() << "verilator is not installed";
  }
  static void compare(const std::string& platform_name, const IntegerNetwork& network, int count) {
    const Platform platform = platform_named(platform_name);
    const Program program = compile(network, platform).program;
    compare(platform, program, count);
  }
  static void compare(const Platform& platform, const Program& program, int count) {
    Images images;
    for (int n = 0; n < count; ++n)
      images.push_back(random_image(program.host_input, static_cast<std::uint64_t>(n) + 1));
    const std::string folder = testing::TempDir() + "/blendsim_waves_" + platform.name;
    std::filesystem::create_directories(folder);
    const std::string rtl_file = folder + "/rtl.vcd", vcd = folder + "/model.vcd", fst = folder + "/model.fst";
    const Cycles end = write_rtl_waves(platform, program, images, rtl_file);
    const auto run = write_model_waves(platform, program, images, {vcd, fst});
    ASSERT_EQ(run.cycles, end);
    const test::Vcd model = test::read_vcd(vcd);
    const test::Vcd rtl = test::read_vcd(rtl_file, [&model](const std::string& path) {
      return path.starts_with(rtl_machine) && model.signals.count(model_machine + path.substr(rtl_machine.size())) != 0;
    });
    std::filesystem::remove(rtl_file);
    EXPECT_GT(expect_agreement(model, rtl, end), 150);
    // Every instruction's start is there to be compared.
    std::size_t starts = 0;
    for (const auto& [path, signal] : model.signals) {
      if (!path.starts_with("machine.queue[") || !path.ends_with("].unit.start")) continue;
      for (const auto& [time, value] : signal.changes) starts += value == "1" ? 1 : 0;
    }
    EXPECT_GT(starts, run.records.size() / 2);  // starts in neighbouring cycles are one pulse
    if (std::system("command -v fst2vcd > /dev/null 2>&1") != 0) GTEST_SKIP() << "gtkwave is not installed";
    const std::string back = folder + "/fst.vcd";
    ASSERT_EQ(std::system(("fst2vcd -f '" + fst + "' -o '" + back + "'").c_str()), 0);
    const test::Vcd from_fst = test::read_vcd(back);
    EXPECT_GT(expect_agreement(from_fst, rtl, end), 150);
    EXPECT_EQ(from_fst.signals.size(), model.signals.size());
  }
};

// Of the seeded networks that fit the one with the shortest program: a dump of all of rtl/ takes 40 kB a cycle.
IntegerNetwork network_for(const std::string& platform) {
  std::optional<IntegerNetwork> shortest;
  std::size_t words = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    IntegerNetwork network = test::random_integer_network(seed);
    try {
      const std::size_t size = compile(network, platform_named(platform)).program.main.size();
      if (shortest && size >= words) continue;
      shortest = std::move(network);
      words = size;
    } catch (const DiagnosticError&) {  // it does not fit
    }
  }
  return shortest.value();
}

TEST_F(WaveConformance, EverySignalOfTheModelIsTheRtlsInEveryCycleOnTheSmallestMachine) {
  compare("tiny", network_for("tiny"), 2);
}

TEST_F(WaveConformance, LongEverySignalOfTheModelIsTheRtlsInEveryCycleOfNeuroblend20) {
  ZooOptions reduced;
  reduced.width = 8;
  reduced.blocks = 1;
  const std::string file = testing::TempDir() + "/blendsim_waves.onnx";
  write_zoo_network("neuroblend20", reduced, file);
  compare("zu3eg", load_network(file), 2);
}

TEST_F(WaveConformance, LongTheMachineOfOddSizesAgreesToo) { compare("odd", network_for("odd"), 2); }

}  // namespace
}  // namespace blendsim::conformance
