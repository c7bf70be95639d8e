// SPDX-License-Identifier: Apache-2.0
// `run --records`, `run --html` and `report`: what the timeline of a run says adds up to its report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "system/process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;
using Column = std::vector<std::int64_t>;

Column column(const Json& of, const std::string& name) { return of.at(name).get<Column>(); }

Column summed(Column differences) {
  std::partial_sum(differences.begin(), differences.end(), differences.begin());
  return differences;
}

class ReportCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    work = std::make_unique<Workspace>();
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work->path("net.onnx")}).status, 0);
    const ProcessResult ran = blendsim_cli({"run", work->path("net.onnx"), "--platform", "zu3eg", "--json",
                                            work->path("a.json"), "--records", "--html", work->path("a.html")});
    ASSERT_EQ(ran.status, 0) << ran.err;
    printed = ran.out;
    report = Json::parse(read_text(work->path("a.json")));
  }
  static void TearDownTestSuite() { work.reset(); }

  static const Json& main() { return report.at("timeline").at("main"); }

  static std::unique_ptr<Workspace> work;
  static std::string printed;
  static Json report;
};
std::unique_ptr<Workspace> ReportCommand::work;
std::string ReportCommand::printed;
Json ReportCommand::report;

TEST_F(ReportCommand, PrintsASavedReportAsRunPrintedIt) {
  const ProcessResult shown = blendsim_cli({"report", work->path("a.json")});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.out, printed);
}

TEST_F(ReportCommand, MakesThePageThatRunMade) {
  const ProcessResult made = blendsim_cli({"report", work->path("a.json"), "--html", work->path("again.html")});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, "");
  EXPECT_TRUE(read_text(work->path("again.html")) == read_text(work->path("a.html")));
}

TEST_F(ReportCommand, TimesAreNotInTheDigest) {
  const std::string plain = work->path("plain.json");
  ASSERT_EQ(blendsim_cli({"run", work->path("net.onnx"), "--platform", "zu3eg", "--json", plain}).status, 0);
  const Json other = Json::parse(read_text(plain));
  EXPECT_EQ(other.at("digest"), report.at("digest"));
  EXPECT_FALSE(other.contains("timeline"));
  const ProcessResult compared = blendsim_cli({"compare", plain, work->path("a.json")});
  EXPECT_EQ(compared.status, 0) << compared.out;
}

TEST_F(ReportCommand, StretchesOfEachUnitAddUpToItsAccount) {
  const std::vector<std::string> names = {"busy",        "stall_dependency", "stall_memory", "stall_downstream",
                                          "stall_fence", "stall_dispatch",   "idle"};
  for (const auto& [unit, account] : report.at("units").items()) {
    const Json& intervals = main().at("intervals").at(unit);
    const Column activity = column(intervals, "activity"), cycles = column(intervals, "cycles");
    Column sums(names.size());
    for (std::size_t i = 0; i < activity.size(); ++i) sums.at(static_cast<std::size_t>(activity[i])) += cycles[i];
    for (std::size_t a = 0; a < names.size(); ++a) EXPECT_EQ(sums[a], account.at(names[a])) << unit << ' ' << names[a];
  }
}

TEST_F(ReportCommand, PiecesOfTheCriticalPathAddUpToTheLayersAndTheUnits) {
  const Json& critical = main().at("critical");
  const Column record = summed(column(critical, "record")), unit = column(critical, "unit"),
               cycles = column(critical, "cycles"), layer_of = column(main().at("instructions"), "layer");
  Column layers(report.at("layers").size()), units(report.at("units").size() + 1);
  for (std::size_t i = 0; i < record.size(); ++i) {
    layers.at(static_cast<std::size_t>(layer_of.at(static_cast<std::size_t>(record[i])))) += cycles[i];
    units.at(static_cast<std::size_t>(unit[i])) += cycles[i];
  }
  EXPECT_EQ(std::accumulate(cycles.begin(), cycles.end(), std::int64_t{0}), report.at("cycles"));
  for (std::size_t l = 0; l < layers.size(); ++l) EXPECT_EQ(layers[l], report.at("layers")[l].at("critical_cycles"));
  std::size_t u = 0;
  for (const auto& [name, account] : report.at("units").items()) EXPECT_EQ(units[u++], account.at("critical_cycles"));
}

TEST_F(ReportCommand, StampsOfTheRecordsGiveTheLayersTimes) {
  const Json& records = main().at("records");
  const Column start = summed(column(records, "start")), end = column(records, "end"),
               layer_of = column(main().at("instructions"), "layer"), by = column(records, "released_by");
  ASSERT_EQ(start.size(), static_cast<std::size_t>(report.at("program").at("instructions").get<std::int64_t>()));
  Column first(report.at("layers").size(), 1 << 30), last(first.size(), 0);
  for (std::size_t r = 0; r < start.size(); ++r) {
    const auto layer = static_cast<std::size_t>(layer_of[r]);
    first[layer] = std::min(first[layer], start[r]);
    last[layer] = std::max(last[layer], start[r] + end[r] + 1);
    if (by[r] != 0) EXPECT_LE(start.at(r - static_cast<std::size_t>(by[r])), start[r]) << r;
  }
  for (std::size_t l = 0; l < first.size(); ++l) {
    EXPECT_EQ(first[l], report.at("layers")[l].at("start"));
    EXPECT_EQ(last[l], report.at("layers")[l].at("end"));
  }
  EXPECT_EQ(report.at("timeline").at("init").at("end"), report.at("init_cycles"));
}

// Femtojoules are whole, watts are not: a millionth is left for the rounding.
TEST_F(ReportCommand, EnergiesOfTheInstructionsGiveTheUnitsPower) {
  const Json& instructions = main().at("instructions");
  const Column unit = column(instructions, "unit"), energy = column(instructions, "energy_fj"),
               dispatch = column(instructions, "dispatch_fj");
  const double seconds = report.at("cycles").get<double>() / report.at("platform").at("clock_hz").get<double>();
  const Json& clock = report.at("timeline").at("clock_fj");
  std::vector<double> sums(report.at("units").size());
  for (std::size_t i = 0; i < unit.size(); ++i)
    sums.at(static_cast<std::size_t>(unit[i])) += static_cast<double>(energy[i]);
  std::size_t u = 0;
  for (const auto& [name, account] : report.at("units").items()) {
    const double joule = (sums[u++] + clock.at(name).get<double>() * report.at("cycles").get<double>()) / 1e15;
    const double watt = report.at("power").at("by_unit").at(name);
    EXPECT_NEAR(joule / seconds, watt, 1e-6 * watt) << name;
  }
  // END's word is dispatched as well and belongs to no instruction.
  const double words = std::accumulate(dispatch.begin(), dispatch.end(), 0.0);
  const double dispatcher = report.at("power").at("by_unit").at("dispatcher").get<double>() * seconds * 1e15 -
                            clock.at("dispatcher").get<double>() * report.at("cycles").get<double>();
  EXPECT_GT(dispatcher, words);
  EXPECT_LT(dispatcher, words + static_cast<double>(*std::max_element(dispatch.begin(), dispatch.end())));
}

TEST_F(ReportCommand, BurstsCarryTheTrafficAndBuffersStayWithinWhatWasSetAside) {
  const Json& bursts = main().at("bursts");
  const Column bytes = column(bursts, "bytes");
  EXPECT_EQ(std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0}),
            report.at("memory").at("dram_read_bytes").get<std::int64_t>() +
                report.at("memory").at("dram_write_bytes").get<std::int64_t>());
  for (const auto& [name, buffer] : report.at("memory").at("buffers").items()) {
    const Column bits = summed(column(main().at("occupancy").at(name), "bits"));
    ASSERT_FALSE(bits.empty()) << name;
    EXPECT_GT(*std::max_element(bits.begin(), bits.end()), 0) << name;
    EXPECT_GE(*std::min_element(bits.begin(), bits.end()), 0) << name;
    EXPECT_LE(*std::max_element(bits.begin(), bits.end()), buffer.at("capacity_bits")) << name;
  }
}

TEST_F(ReportCommand, WritesTheLayersAsCommaSeparatedValues) {
  const std::string csv = work->path("a.csv");
  ASSERT_EQ(blendsim_cli({"report", work->path("a.json"), "--csv", csv}).status, 0);
  const std::string text = read_text(csv);
  EXPECT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), report.at("layers").size() + 1);
  EXPECT_THAT(text, HasSubstr("\ninput,Load,load,"));
}

TEST_F(ReportCommand, RefusesWhatIsNoReportAndWhatWasEdited) {
  const ProcessResult network = blendsim_cli({"report", work->path("net.onnx")});
  EXPECT_EQ(network.status, 1);
  EXPECT_THAT(network.err, HasSubstr("error[file-unrecognised]"));
  std::string text = read_text(work->path("a.json"));
  text.replace(text.find("\"cycles\": "), 10, "\"cycles\": 1");
  const ProcessResult edited =
      blendsim_cli({"report", work->write("edited.json", text), "--html", work->path("e.html")});
  EXPECT_EQ(edited.status, 1);
  EXPECT_THAT(edited.err, HasSubstr("error[report-damaged]"));
  EXPECT_FALSE(std::filesystem::exists(work->path("e.html")));
  EXPECT_EQ(blendsim_cli({"report", work->path("a.json"), "--html", work->path("a.json")}).status, 2);
  EXPECT_EQ(blendsim_cli({"report"}).status, 2);
}

}  // namespace
}  // namespace blendsim
