// SPDX-License-Identifier: Apache-2.0
// blendsim why through the binary: what it says a cause costs is what a run without the cause takes less.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "isa/program.h"
#include "process.h"
#include "shell.h"

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

// Where nothing that could be avoided matters, the first line is the unit that works, and its larger size is tried.
TEST_F(CliWhy, ARunThatIsBoundByAUnitIsToldSoWithWhatALargerOneSaves) {
  const std::vector<std::string> on = {net, "--platform", "zu3eg", "--set", "mac_array.columns=1"};
  std::vector<std::string> ask = {"why"}, run = {"run"};
  for (std::vector<std::string>* command : {&ask, &run}) command->insert(command->end(), on.begin(), on.end());
  const ProcessResult why = blendsim_cli(ask);
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, StartsWith("cause  mac_array works in "));
  std::smatch remedy;
  ASSERT_TRUE(
      std::regex_search(why.out, remedy,
                        std::regex("^saves  .*compiled and run with --set (mac_array[^ \n]*)( --allow-oversize)?",
                                   std::regex::multiline)))
      << why.out;
  run.insert(run.end(), {"--set", remedy[1]});
  if (remedy[2].matched && remedy[2].length() > 0) run.emplace_back("--allow-oversize");
  const Saved told = saved(why.out);
  EXPECT_GT(told.saves, 0);
  EXPECT_EQ(told.of - told.saves, cycles_of(work, run));
}

// Every remedy of the list, taken as it is printed, gives what the list says: the ones that no longer fit the part say
// so.
TEST_F(CliWhy, EveryRemedyRunsAsItIsPrinted) {
  for (const std::string platform : {"z7020", "k26"}) {
    const ProcessResult why = blendsim_cli({"why", net, "--platform", platform, "--top", "99"});
    ASSERT_EQ(why.status, 0) << why.err;
    const std::regex line(
        R"(compiled and run with ((?:--set (?:"[^"]*"|[^ :]*) ?)+(?:--allow-oversize)?)[^:\n]*: ([0-9,]+) cycles)");
    std::size_t tried = 0;
    for (std::sregex_iterator at(why.out.begin(), why.out.end(), line), end; at != end; ++at, ++tried) {
      const std::string command = "blendsim run " + net + " --platform " + platform + " " + (*at)[1].str() +
                                  " --timing-only -q --json " + work.path("one.json");
      ASSERT_EQ(run_shell(command, work.path("")).status, 0) << command;
      EXPECT_EQ(nlohmann::json::parse(read_text(work.path("one.json"))).at("cycles").get<std::int64_t>(),
                number((*at)[2]))
          << command;
    }
    EXPECT_GT(tried, 3U) << why.out;
  }
}

// Each costs this network something, and stands in the first line with what the machine without it takes.
TEST_F(CliWhy, APlantedParameterIsTheFirstLineWhicheverItIs) {
  const std::string tiny = work.path("tiny.onnx");
  ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", tiny}).status, 0);
  for (const std::string planted : {"control.doorbell=1000 cycles", "memory.read_latency=300 cycles",
                                    "memory.write_latency=1000 cycles", "memory.taken_by_cpu=90 %"}) {
    const ProcessResult why = blendsim_cli({"why", tiny, "--platform", "zu3eg", "--set", planted});
    ASSERT_EQ(why.status, 0) << planted << why.err;
    EXPECT_THAT(why.out, StartsWith("cause  " + planted.substr(0, planted.find('=')) + " is ")) << planted;
  }
}

// Some of what is tried overflows a counter: that is no answer, and no end.
TEST_F(CliWhy, NarrowTokenCountersEndNoTrial) {
  const ProcessResult why =
      blendsim_cli({"why", net, "--platform", "zu3eg", "--set", "dispatcher.token_bits=1 bit", "--top", "99"});
  ASSERT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("dispatcher.token_bits is 1 bit"));
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
  const ProcessResult one = blendsim_cli({"why", program, "--cycle", "100", "--unit", "store"});
  EXPECT_THAT(one.out, StartsWith("store "));
  EXPECT_THAT(one.out, testing::Not(HasSubstr("\npool_unit ")));
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
}

TEST_F(CliWhy, AReportIsAskedByUnitOrLayer) {
  const std::string report = work.path("a.json");
  ASSERT_EQ(blendsim_cli({"run", net, "--platform", "zu3eg", "--timing-only", "--json", report}).status, 0);
  const nlohmann::json json = nlohmann::json::parse(read_text(report));
  for (const auto& [unit, row] : json.at("units").items()) {
    const ProcessResult of_unit = blendsim_cli({"why", report, "--unit", unit});
    ASSERT_EQ(of_unit.status, 0) << of_unit.err;
    for (const char* cause : {"stall_dependency", "stall_memory", "stall_downstream", "stall_fence", "stall_dispatch"})
      EXPECT_EQ(of_unit.out.find(cause) != std::string::npos, row.at(cause) > 0) << unit << '\n' << of_unit.out;
    const std::string waits = of_unit.out.substr(0, of_unit.out.find("\nA report knows"));
    for (const auto& [other, account] : json.at("units").items())
      EXPECT_EQ(waits.find(other) != std::string::npos, other == unit) << waits;
  }
  for (const auto& row : json.at("layers")) {
    const ProcessResult of_layer = blendsim_cli({"why", report, "--layer", row.at("name")});
    ASSERT_EQ(of_layer.status, 0) << of_layer.err;
    EXPECT_THAT(of_layer.out, StartsWith("layer " + row.at("name").get<std::string>() + " "));
    EXPECT_THAT(of_layer.out, HasSubstr(", bound by " + row.at("bound_by").get<std::string>() + ";"));
  }
  EXPECT_THAT(blendsim_cli({"why", report, "--layer", "outputt"}).err, HasSubstr("did you mean 'output'?"));
  EXPECT_THAT(blendsim_cli({"why", report, "--unit", "loat"}).err, HasSubstr("did you mean 'load'?"));
  EXPECT_EQ(blendsim_cli({"why", report, "--unit", "load", "--layer", "output"}).status, 2);
  EXPECT_EQ(blendsim_cli({"why", report, "--cycle", "1"}).status, 2);
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
