// SPDX-License-Identifier: Apache-2.0
// blendsim why through the binary: what it says a cause costs is what a run without the cause takes less.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "isa/program.h"
#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::int64_t number(const std::string& grouped_digits) {
  std::string digits;
  for (const char c : grouped_digits) {
    if (c != ',') digits += c;
  }
  return std::stoll(digits);
}

struct Saved {
  std::int64_t saves = -1, of = -1;
};
// The second line: "saves  1,234 of 5,678 cycles ...".
Saved saved(const std::string& text) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex("saves  ([0-9,]+) of ([0-9,]+) cycles"))) return {};
  return {number(found[1]), number(found[2])};
}

std::int64_t cycles_of(const Workspace& work, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--timing-only", "--json", work.path("cycles.json")});
  const ProcessResult result = blendsim_cli(arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  return nlohmann::json::parse(read_text(work.path("cycles.json"))).at("cycles").get<std::int64_t>();
}

class CliWhy : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(blendsim_cli({"zoo", "neuroblend20", "--blocks", "1", "-o", net}).status, 0); }
  const Workspace work;
  const std::string net = work.path("net.onnx");
};

TEST_F(CliWhy, ASlowMemoryIsTheFirstLineAndItsSavingIsThatOfARun) {
  const std::string tiny = work.path("tiny.onnx");
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", tiny}).status, 0);
  const std::vector<std::string> on = {"--platform", "zu3eg", "--set"};
  const auto with = [&](const std::string& command, const std::string& set) {
    std::vector<std::string> all = {command, tiny};
    all.insert(all.end(), on.begin(), on.end());
    all.push_back(set);
    return all;
  };
  const ProcessResult why = blendsim_cli(with("why", "memory.read_latency=400 cycles"));
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, StartsWith("cause  memory.read_latency is 400 cycles\n"));
  const Saved told = saved(why.out);
  EXPECT_EQ(told.of, cycles_of(work, with("run", "memory.read_latency=400 cycles")));
  EXPECT_EQ(told.of - told.saves, cycles_of(work, with("run", "memory.read_latency=1 cycle")));
}

TEST_F(CliWhy, ABufferWithOneRegionLessIsTheFirstLineAndItsSavingIsThatOfARun) {
  // Of the same capacity a region.
  std::vector<std::string> on = {net, "--platform", "zu3eg", "--set", "buffers.act_fixed.depth=2048", "--set"};
  std::vector<std::string> ask = {"why"}, run = {"run"};
  for (std::vector<std::string>* command : {&ask, &run}) command->insert(command->end(), on.begin(), on.end());
  ask.emplace_back("buffers.act_fixed.regions=1");
  run.emplace_back("buffers.act_fixed.regions=2");
  const ProcessResult why = blendsim_cli(ask);
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, StartsWith("cause  buffers.act_fixed has 1 region\n"));
  const Saved told = saved(why.out);
  EXPECT_GT(told.saves, 0);
  EXPECT_EQ(told.of - told.saves, cycles_of(work, run));
}

TEST_F(CliWhy, AProgramIsAskedByUnitLayerAndCycle) {
  const std::string program = work.path("net.program");
  ASSERT_EQ(blendsim_cli({"compile", net, "--platform", "zu3eg", "-o", program}).status, 0);
  const ProcessResult by_unit = blendsim_cli({"why", program, "--unit", "post_unit", "--top", "2"});
  ASSERT_EQ(by_unit.status, 0) << by_unit.err;
  EXPECT_THAT(by_unit.out, HasSubstr("of post_unit in "));
  EXPECT_THAT(by_unit.out, testing::Not(HasSubstr("of load in ")));
  const ProcessResult by_cycle = blendsim_cli({"why", program, "--cycle", "100"});
  ASSERT_EQ(by_cycle.status, 0) << by_cycle.err;
  for (const char* unit : {"load", "store", "xnor_array", "mac_array", "post_unit", "pool_unit"})
    EXPECT_THAT(by_cycle.out, HasSubstr(unit));
  const ProcessResult late = blendsim_cli({"why", program, "--cycle", "999999999"});
  EXPECT_EQ(late.status, 2);
  EXPECT_THAT(late.err, HasSubstr("its cycles are 0 to "));
  const ProcessResult nowhere = blendsim_cli({"why", program, "--layer", "outputt"});
  EXPECT_EQ(nowhere.status, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("did you mean 'output'?"));
}

TEST_F(CliWhy, AReportNamesItsLayerAndSaysWhatElseNeedsTheProgram) {
  const std::string report = work.path("a.json");
  ASSERT_EQ(blendsim_cli({"run", net, "--platform", "zu3eg", "--timing-only", "--json", report}).status, 0);
  const nlohmann::json json = nlohmann::json::parse(read_text(report));
  std::int64_t most = 0;
  std::string layer;
  for (const auto& row : json.at("layers")) {
    if (row.at("critical_cycles") <= most) continue;
    most = row.at("critical_cycles");
    layer = row.at("name");
  }
  const ProcessResult why = blendsim_cli({"why", report});
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, StartsWith("cause  layer " + layer + " has "));
  EXPECT_THAT(why.out, HasSubstr(json.at("program").at("digest").get<std::string>()));
  EXPECT_EQ(blendsim_cli({"why", report, "--unit", "load"}).status, 2);
}

TEST_F(CliWhy, AnyNumberOfReportsIsComparedInATable) {
  std::vector<std::string> compare = {"compare"};
  for (const char* platform : {"zu3eg", "k26", "zu7ev"}) {
    compare.push_back(work.path(std::string(platform) + ".json"));
    ASSERT_EQ(blendsim_cli({"run", net, "--platform", platform, "--timing-only", "--json", compare.back()}).status, 0);
  }
  const ProcessResult table = blendsim_cli(compare);
  EXPECT_EQ(table.status, 4) << table.err;
  const auto cycles = nlohmann::json::parse(read_text(compare[1])).at("cycles").get<std::int64_t>();
  for (const char* platform : {"zu3eg", "k26", "zu7ev"}) EXPECT_THAT(table.out, HasSubstr(platform));
  EXPECT_EQ(number(std::regex_replace(table.out, std::regex("[^]*\nA +zu3eg +([0-9,]+) [^]*"), "$1")), cycles);
  EXPECT_EQ(blendsim_cli({"compare", compare[1], compare[1], compare[1]}).status, 0);
  EXPECT_EQ(blendsim_cli({"compare", compare[1]}).status, 2);
}

}  // namespace
}  // namespace blendsim
