// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "report/fields.h"
#include "sample.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Json json_of(const Sample& sample) { return Json::parse(report_json(sample.input())); }

TEST(ReportJson, HasTheFieldsOfTheSchemaInItsOrder) {
  const Json json = json_of(Sample());
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::ElementsAre("schema", "digest", "network", "platform", "clock", "program", "input",
                                           "run", "cycles", "latency_s", "host_overhead_s", "interval_cycles",
                                           "inferences_per_s", "init_cycles", "compute_cycles", "layers", "units",
                                           "memory", "resources", "power", "efficiency", "outputs", "cpu_operators",
                                           "agreement", "assumptions", "notes", "versions", "host"));
  EXPECT_EQ(json["schema"], "blendsim.report/2");
  EXPECT_EQ(json["program"]["instructions"], 3);
}

TEST(ReportJson, TheClockNamesWhatLimitsItAndWhetherItIsAboveTheEstimate) {
  Sample sample;
  const Json clock = json_of(sample)["clock"];
  EXPECT_EQ(clock["requested_hz"], 250'000'000);
  EXPECT_EQ(clock["fmax_hz"], 220'000'000);
  EXPECT_EQ(clock["estimated_fmax_hz"], Json({176'000'000, 303'000'000}));
  EXPECT_EQ(clock["limited_by"], "dispatcher");
  EXPECT_EQ(clock["levels"], 8);
  EXPECT_DOUBLE_EQ(clock["logic_share"].get<double>(), 2071.0 / (2071 + 2429));
  EXPECT_EQ(clock["above_estimate"], true);
  sample.platform.machine.clock_hz = 220'000'000;
  EXPECT_EQ(json_of(sample)["clock"]["above_estimate"], false);
}

TEST(ReportText, TheClocksLineNamesTheUnitThePathAndWhetherItIsAboveTheEstimate) {
  Sample sample;
  EXPECT_THAT(report_text(sample.input(), {.wide = true}),
              HasSubstr("WARNING, above ~220 MHz (176 MHz..303 MHz) by estimate: dispatcher limits, 8 levels from "
                        "words_left to words_left"));
  sample.platform.machine.clock_hz = 220'000'000;
  EXPECT_THAT(report_text(sample.input()), Not(HasSubstr("WARNING")));
}

TEST(ReportJson, LayerCyclesAreHalfOpenAndUtilizationIsUsefulMacsOverPeakTimesCycles) {
  const Json row = json_of(Sample())["layers"][1];
  EXPECT_EQ(row["start"], 700);
  EXPECT_EQ(row["end"], 900);  // the cycle after the last write
  EXPECT_EQ(row["cycles"], 200);
  EXPECT_DOUBLE_EQ(row["utilization"].get<double>(), 230'400.0 / (16 * 3 * 48 * 200.0));
  EXPECT_EQ(row["bound_by"], "xnor_array");
  EXPECT_DOUBLE_EQ(row["energy_j"].get<double>(), 2e6 * 1e-15);
}

TEST(ReportJson, UtilizationIsNullWhereAUnitDoesNotMultiply) {
  const Json json = json_of(Sample());
  EXPECT_TRUE(json["layers"][0]["utilization"].is_null());
  EXPECT_TRUE(json["units"]["load"]["utilization"].is_null());
  EXPECT_FALSE(json["units"]["xnor_array"]["utilization"].is_null());
}

TEST(ReportJson, UnitsSeparateUtilizationFromMappingEfficiency) {
  const Json unit = json_of(Sample())["units"]["xnor_array"];
  EXPECT_DOUBLE_EQ(unit["busy_fraction"].get<double>(), 0.2);
  EXPECT_DOUBLE_EQ(unit["utilization"].get<double>(), 230'400.0 / (2304.0 * 1000));
  EXPECT_DOUBLE_EQ(unit["mapping_efficiency"].get<double>(), 230'400.0 / (2304.0 * 200));
}

TEST(ReportJson, OneInferenceHasNoIntervalAndSeveralHaveTheLastOne) {
  Sample sample;
  EXPECT_TRUE(json_of(sample)["interval_cycles"].is_null());
  EXPECT_TRUE(json_of(sample)["inferences_per_s"].is_null());
  sample.run.cycles = 2900;
  sample.run.completions = {1000, 1950, 2900};
  const Json json = json_of(sample);
  EXPECT_EQ(json["interval_cycles"], 950);
  EXPECT_DOUBLE_EQ(json["inferences_per_s"].get<double>(), 250e6 / 950);
  EXPECT_DOUBLE_EQ(json["latency_s"].get<double>(), 1000 / 250e6);
}

TEST(ReportJson, ActivityIsThereWhereItWasMeasured) {
  Sample sample;
  EXPECT_FALSE(json_of(sample).contains("activity"));
  sample.run.switching = Switching{2, std::vector<LayerSwitching>(3)};
  LayerSwitching& layer = sample.run.switching->layers[1];
  const auto xnor = static_cast<std::size_t>(UnitId::xnor_array);
  layer.sampled[xnor] = 1;
  layer.instructions[xnor] = 2;
  layer.distances[static_cast<std::size_t>(Distance::xnor_operand)].add({36, 1, 144});
  layer.distances[static_cast<std::size_t>(Distance::xnor_weight)].add({1152, 1, 2304});
  const Json activity = json_of(sample)["activity"];
  EXPECT_EQ(activity["every"], 2);
  EXPECT_EQ(activity["layers"][1]["name"], "conv1");
  EXPECT_TRUE(activity["layers"][0]["units"].empty());
  const Json unit = activity["layers"][1]["units"]["xnor_array"];
  EXPECT_EQ(unit["sampled"], 1);
  EXPECT_EQ(unit["distances"]["xnor_operand"],
            Json::parse(R"({"bits":36,"words":1,"compared_bits":144,"density":0.25,"standard_error":null})"));
  EXPECT_EQ(unit["distances"]["xnor_word"]["density"], 0.25 + 0.5 - 2 * 0.25 * 0.5);
  EXPECT_TRUE(unit["distances"]["xnor_result"]["density"].is_null());
  EXPECT_EQ(activity["units"]["xnor_array"]["distances"]["xnor_operand"]["density"], 0.25);
  EXPECT_EQ(activity["units"]["load"]["instructions"], 0);
  EXPECT_THAT(report_text(sample.input()), HasSubstr("xnor_operand"));
}

TEST(ReportJson, TheUnitsCriticalCyclesAreTheirsOverAllLayers) {
  const Json units = json_of(Sample())["units"];
  EXPECT_EQ(units["load"]["critical_cycles"], 650);  // of 1,000: the bottleneck's 65 %
}

TEST(ReportJson, AMemoryLevelsCeilingIsWhatItsPortsCarry) {
  Sample sample;
  sample.platform.machine.memory.width = 32;
  sample.platform.machine.memory.port_width = 128;
  sample.platform.machine.memory.timing.clock_hz = 1'200'000'000;
  EXPECT_DOUBLE_EQ(json_of(sample)["memory"]["dram_peak_bytes_per_s"], 250e6 * 16);  // the port: 4 GB/s
  sample.platform.machine.memory.timing.clock_hz = 400'000'000;
  EXPECT_DOUBLE_EQ(json_of(sample)["memory"]["dram_peak_bytes_per_s"], 2 * 400e6 * 4);  // the bus, at both edges
  for (BufferParameters& buffer : sample.platform.machine.buffers) buffer = {.regions = 2, .width = 64};
  EXPECT_DOUBLE_EQ(json_of(sample)["memory"]["buffer_peak_bits_per_s"], 6 * 2 * 64 * 2 * 250e6);  // read and write
}

TEST(ReportJson, ALayersTrafficIsOfOneInference) {
  Sample sample;
  sample.run.completions = {500, 1000};
  sample.run.layer_actions.assign(3, {});
  sample.run.layer_actions[1][Action::dram_read_byte] = 600;
  sample.run.layer_actions[1][Action::dram_write_byte] = 200;
  sample.run.layer_actions[1][Action::act_binary_read] = 4000;
  sample.run.layer_actions[1][Action::accumulators_write] = 1000;
  sample.run.layer_actions[1][Action::instructions_read] = 99;
  const Json layer = json_of(sample)["layers"][1];
  EXPECT_EQ(layer["dram_bytes"], 400);
  EXPECT_EQ(layer["buffer_bits"], 2500);
}

TEST(ReportJson, BandsOfEnergyAreOfOneInferenceAndOfPowerOfTheRun) {
  Sample sample;
  sample.run.completions = {500, 1000};
  sample.power.layers[0].joule = {1e-9, 4e-9};
  sample.power.static_power = {0.25, 0.5};
  const Json json = json_of(sample);
  EXPECT_EQ(json["layers"][0]["energy_range_j"], Json({0.5e-9, 2e-9}));
  EXPECT_EQ(json["power"]["by_unit_range"]["load"], Json({0.001, 0.002}));
  EXPECT_DOUBLE_EQ(json["power"]["by_unit"]["load"], 6e-9 / 4e-6);
  EXPECT_DOUBLE_EQ(json["power"]["clock_by_unit"]["load"], 4e-9 / 4e-6);
  EXPECT_EQ(json["power"]["rails_range"]["static"], Json({0.25, 0.5}));
}

TEST(ReportJson, HalvesOfABlockRamAreCounted) { EXPECT_EQ(json_of(Sample())["resources"]["bram36"], 2.5); }

TEST(ReportJson, IntegralOutputsPrintAsIntegers) {
  EXPECT_THAT(report_json(Sample().input()), HasSubstr("234,\n"));
  EXPECT_THAT(report_json(Sample().input()), Not(HasSubstr("234.0")));
}

TEST(ReportJson, OutputsOfSeveralImagesShareOneArray) {
  Sample sample;
  sample.outputs.push_back({{{1, 3}, {1.5F, 2, 3}}});
  sample.run.completions = {1000, 2000};
  const Json output = json_of(sample)["outputs"][0];
  EXPECT_EQ(output["shape"], Json({2, 3}));
  EXPECT_EQ(output["values"], Json({234.0, 231.0, 410.0, 1.5, 2.0, 3.0}));
}

TEST(ReportJson, DigestCoversEverythingButTheHost) {
  Sample a, b;
  b.host.wall_s = 99;
  b.platform.file = "/somewhere/else.yaml";
  EXPECT_EQ(json_of(a)["digest"], json_of(b)["digest"]);
  b.run.init_cycles += 1;
  EXPECT_NE(json_of(a)["digest"], json_of(b)["digest"]);
}

TEST(ReportJson, DigestIsOfThePlatformAndNotOfHowItWasWritten) {
  Sample a, b;
  b.platform.overrides = {"xnor_array.rows=16"};
  EXPECT_EQ(json_of(a)["digest"], json_of(b)["digest"]);
  EXPECT_EQ(json_of(b)["platform"]["overrides"], Json({"xnor_array.rows=16"}));
  b.platform.machine.xnor_array.rows = 32;
  EXPECT_NE(json_of(a)["digest"], json_of(b)["digest"]);
}

TEST(ReportText, WhatASetChangedStandsBelowThePlatform) {
  Sample sample;
  sample.platform.overrides = {"xnor_array.rows=16"};
  EXPECT_THAT(report_text(sample.input()), HasSubstr("xczu3eg, 250 MHz\n          with xnor_array.rows=16\nclock"));
}

TEST(ReportText, TheEstimateOfTheClockIsRoundedDownSoThatItCanBeAskedFor) {
  Sample sample;
  sample.clock.fmax_hz = 221'975'582;
  EXPECT_THAT(report_text(sample.input()), HasSubstr("above ~221 MHz (176 MHz"));
}

TEST(ReportText, LargeNumbersHaveTheirThousandsApart) {
  const std::string text = report_text(Sample().input());
  EXPECT_THAT(text, HasSubstr("throughput  250,000 inferences/s"));  // 250 MHz / 1,000 cycles
  EXPECT_THAT(text, HasSubstr("49,392"));                            // 70 % of 70,560 LUTs
  Sample slow;
  slow.platform.machine.clock_hz = 12'220'700;
  EXPECT_THAT(report_text(slow.input()), HasSubstr("throughput  12,220.7 inferences/s"));
}

TEST(ReportText, WithSeveralImagesTheColumnsSayWhichTheyAreOf) {
  Sample sample;
  EXPECT_THAT(report_text(sample.input()), HasSubstr("  cycles  critical  "));
  sample.outputs.push_back(sample.outputs.front());
  sample.run.completions = {500, 1000};
  EXPECT_THAT(report_text(sample.input()), HasSubstr("  cycles, first  critical, all  "));
}

TEST(ReportText, WhereTheUnitsTableIsTooWideItsRatiosGoBeforeItsAccounts) {
  Sample sample;
  for (UnitCycles& unit : sample.run.units)
    unit = {.busy = 100'000'000,
            .stall_dependency = 100'000'000,
            .stall_memory = 100'000'000,
            .stall_downstream = 100'000'000,
            .stall_fence = 0,
            .stall_dispatch = 100'000'000,
            .idle = 100'000'000};
  const std::string text = report_text(sample.input());
  const std::size_t at = text.find("\nunit ") + 1;
  const std::string head = text.substr(at, text.find('\n', at) - at);
  EXPECT_THAT(head, AllOf(HasSubstr("dispatch"), HasSubstr("idle"), Not(HasSubstr("busy %")), Not(HasSubstr("util"))));
}

// "layers[3].name" and "units.load.busy" become the documented "layers[].name" and "units.UNIT.busy".
void collect(const Json& json, const std::string& path, std::set<std::string>& paths) {
  if (json.is_array()) {
    for (const Json& item : json) {
      if (item.is_object()) collect(item, path + "[]", paths);
    }
    return;
  }
  for (const auto& [key, value] : json.items()) {
    std::string name = key;
    if (path == "units") name = "UNIT";
    const bool parts = path == "power.by_unit" || path == "power.by_unit_range" || path == "power.clock_by_unit" ||
                       path == "power.peak.by_unit";
    if (path == "resources.by_unit" || path == "power.rails_range" || parts) name = "PART";
    if (path == "memory.buffers") name = "NAME";
    if (path == "platform.parameters") name = "KEY";
    if (path == "activity.units") name = "UNIT";
    if (path == "activity.units.UNIT.distances") name = "PORT";
    const std::string full = path.empty() ? name : path + "." + name;
    const bool named = name == "UNIT" || name == "PART" || name == "NAME" || name == "PORT";
    if (!(named && value.is_object())) paths.insert(full);
    if (value.is_structured() && full != "activity.layers[].units") collect(value, full, paths);
  }
}

TEST(ReportDocumentation, ListsEveryKeyOfAProducedReportAndNoOther) {
  std::set<std::string> produced, documented;
  Sample sample;
  sample.run.switching = Switching{1, std::vector<LayerSwitching>(3)};
  collect(json_of(sample), "", produced);
  for (const FieldRow& row : report_field_rows()) documented.insert(row.path);
  EXPECT_EQ(produced, documented);
}

TEST(ReportDocumentation, PageHoldsTheTableOfTheSource) {
  std::ifstream file(BLENDSIM_SOURCE "/docs/report.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_THAT(page.str(), HasSubstr(report_field_table()));
}

TEST(ReportText, NamesTheBottleneckByItsShareOfTheCriticalPath) {
  EXPECT_THAT(report_text(Sample().input()), HasSubstr("bottleneck  load: 65.0 % of the critical path"));
}

TEST(ReportText, PrintsIntegralOutputsPlain) {
  EXPECT_THAT(report_text(Sample().input()), HasSubstr("scores: 234 231 410\n"));
}

TEST(ReportText, MarksEstimatesAndTheirBand) {
  const std::string text = report_text(Sample().input());
  EXPECT_THAT(text, HasSubstr("~6,000"));
  EXPECT_THAT(text, HasSubstr("3,000..12,000"));
  EXPECT_THAT(text, HasSubstr("~1.5 W (1 W..2 W)"));
}

TEST(ReportText, LabelsARandomInput) {
  Sample sample;
  EXPECT_THAT(report_text(sample.input()), Not(HasSubstr("random")));
  sample.source = "random";
  const std::string text = report_text(sample.input());
  EXPECT_THAT(text, HasSubstr("random, seed 7"));
  EXPECT_THAT(text, HasSubstr("of a random input: they mean nothing"));
}

TEST(ReportText, RepeatsRemarksOnTheRun) {
  Sample sample;
  sample.remarks = {"random stalls, seed 3"};
  EXPECT_THAT(report_text(sample.input()), HasSubstr("note        random stalls, seed 3\n"));
  EXPECT_EQ(json_of(sample)["notes"][0], "random stalls, seed 3");
}

TEST(ReportJson, ListsAnOperatorOfTheHostOnceThoughTwoOutputsShareIt) {
  Program program;
  HostOp top;
  top.kind = HostOp::Kind::top_k;
  top.node = "TopK_7";
  HostOp indices = top;
  indices.output = 1;
  program.host_outputs.resize(2);
  program.host_outputs[0].ops = {top};
  program.host_outputs[1].ops = {indices};
  EXPECT_EQ(cpu_operators(program), std::vector<std::string>{describe(top)});
  program.host_outputs[1].ops[0].node = "TopK_8";
  EXPECT_EQ(cpu_operators(program).size(), 2U);
}

TEST(ReportJson, SaysWhetherTheSimulationWasTheFirstOfItsProcess) {
  Sample sample;
  EXPECT_EQ(json_of(sample)["host"]["warm"], false);
  sample.run.warm = true;
  EXPECT_EQ(json_of(sample)["host"]["warm"], true);
  EXPECT_EQ(json_of(sample)["digest"], json_of(Sample())["digest"]);
}

TEST(ReportJson, RepeatsTheNotesOfTheEstimates) {
  Sample sample;
  sample.power.notes = {"energy: one figure"};
  EXPECT_EQ(json_of(sample)["notes"].back(), "energy: one figure");
  EXPECT_THAT(report_text(sample.input()), HasSubstr("note        energy: one figure\n"));
}

}  // namespace
}  // namespace blendsim
