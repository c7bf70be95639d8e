// SPDX-License-Identifier: Apache-2.0
// Traces as others read them: Perfetto's own trace processor, SQLite's shell, NumPy, GTKWave's converter. Their sums
// are the report's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "process.h"

namespace blendsim {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> causes = {
    "busy", "stall_dependency", "stall_memory", "stall_downstream", "stall_fence", "stall_dispatch", "idle"};
const std::string trace_processor = BLENDSIM_TRACE_PROCESSOR;

bool has(const std::string& program) { return run_process({"sh", "-c", "command -v " + program}).status == 0; }

// The rows that answer each query.
Json ask_perfetto(const std::string& trace, const std::vector<std::string>& queries) {
  std::vector<std::string> command{"node", BLENDSIM_SOURCE "/test/trace/trace_processor.mjs", trace_processor, trace};
  command.insert(command.end(), queries.begin(), queries.end());
  const ProcessResult result = run_process(command);
  EXPECT_EQ(result.status, 0) << result.err;
  return Json::parse(result.out, nullptr, false);
}
bool has_trace_processor() { return std::filesystem::exists(trace_processor + "/trace_processor.wasm") && has("node"); }

const std::string perfetto_sums =
    "SELECT t.name AS track, s.name AS cause, sum(s.dur) AS cycles FROM slice s JOIN track t ON s.track_id = t.id "
    "JOIN process_track p ON p.id = t.id JOIN process USING (upid) "
    "WHERE t.name LIKE '% activity' AND process.name LIKE 'main %' GROUP BY 1, 2";

struct Traced {
  Json report;
  std::string err;
};

class Traces : public ::testing::Test {
 protected:
  std::string network(const std::string& name) const {
    const std::string file = work.path(name + ".onnx");
    EXPECT_EQ(blendsim_cli({"zoo", name, "-o", file}).status, 0);
    return file;
  }
  Traced run(const std::string& file, const std::string& platform, std::vector<std::string> arguments) const {
    const std::string json = work.path("report.json");
    arguments.insert(arguments.begin(), {"run", file, "--platform", platform, "--timing-only", "--json", json});
    const ProcessResult result = blendsim_cli(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return {Json::parse(read_text(json)), result.err};
  }
  // Of the report, as "unit cause": cycles, those that are not 0.
  static std::map<std::string, std::int64_t> accounts(const Json& report) {
    std::map<std::string, std::int64_t> out;
    for (const auto& [name, unit] : report["units"].items()) {
      for (const std::string_view cause : causes) {
        const auto cycles = unit[std::string(cause)].get<std::int64_t>();
        if (cycles != 0) out[name + " " + std::string(cause)] = cycles;
      }
    }
    return out;
  }
  Workspace work;
};

const std::vector<std::string> zoo = {"neuroblend20", "neuroblend_tiny", "mlp_w2a2", "convnet_mixed"};
const std::vector<std::string> platforms = {"k26", "zu3eg", "zu7ev"};

TEST_F(Traces, PerfettosOwnSumsAreTheReportsForEveryNetworkOnThreePlatforms) {
  if (!has_trace_processor()) GTEST_SKIP() << "scripts/trace_processor.sh has fetched no trace processor";
  for (const std::string& name : zoo) {
    const std::string file = network(name), trace = work.path("run.pftrace");
    for (const std::string& platform : platforms) {
      const Traced traced = run(file, platform, {"--trace", trace});
      const Json answers =
          ask_perfetto(trace, {perfetto_sums, "SELECT count(*) AS n FROM flow",
                               "SELECT count(*) AS n FROM slice WHERE category = 'instruction'",
                               "SELECT name FROM stats WHERE severity IN ('error', 'data_loss') AND value > 0",
                               "SELECT count(*) AS n FROM slice WHERE dur < 0"});
      ASSERT_EQ(answers.size(), 5U);
      std::map<std::string, std::int64_t> sums;
      for (const Json& row : answers[0]) {
        const std::string track = row["track"];
        sums[track.substr(0, track.find(' ')) + " " + row["cause"].get<std::string>()] = row["cycles"];
      }
      EXPECT_EQ(sums, accounts(traced.report)) << name << " on " << platform;
      // All but the first of init and the first of main were released by another one.
      EXPECT_EQ(answers[1][0]["n"], answers[2][0]["n"].get<int>() - 2) << name << " on " << platform;
      EXPECT_TRUE(answers[3].empty()) << answers[3];
      EXPECT_EQ(answers[4][0]["n"], 0);
    }
  }
}

// The rows that answer a query, a JSON array each.
Json ask_sqlite(const std::string& trace, const std::string& query) {
  const ProcessResult result = run_process({"sqlite3", trace, query});
  EXPECT_EQ(result.status, 0) << result.err;
  Json rows = Json::array();
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line, nullptr, false));
  return rows;
}

TEST_F(Traces, PerfettosArgumentsAndCountersAreSqlites) {
  if (!has_trace_processor()) GTEST_SKIP() << "scripts/trace_processor.sh has fetched no trace processor";
  if (!has("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  const std::string perfetto = work.path("run.pftrace"), sqlite = work.path("run.sqlite");
  (void)run(network("neuroblend_tiny"), "z7020", {"--trace", perfetto, "--trace", sqlite});
  const auto arguments = [](const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names)
      out += ", extract_arg(s.arg_set_id, 'debug." + name + "') AS " + (name == "grant" ? "granted" : name);
    return out;
  };
  const auto slices = [&](const std::string& category, const std::vector<std::string>& names) {
    return "SELECT s.ts, s.ts + s.dur AS until" + arguments(names) +
           " FROM slice s JOIN process_track t ON s.track_id = t.id JOIN process USING (upid) WHERE s.category = '" +
           category + "' AND process.name LIKE 'main %'";
  };
  const std::vector<std::string> queries = {
      slices("instruction", {"record", "image", "release", "released_by", "visible", "front_free"}) +
          " ORDER BY record",
      slices("burst", {"bytes", "request", "grant", "record", "refreshes", "address"}) + " ORDER BY s.ts, granted",
      slices("stall", {"record", "waited_for"}) + " ORDER BY record, s.ts",
      "SELECT c.ts, CAST(c.value AS INT) AS bytes FROM counter c JOIN process_counter_track t ON c.track_id = t.id "
      "JOIN process USING (upid) WHERE t.name = 'bytes in flight' AND process.name LIKE 'main %' ORDER BY c.ts"};
  const std::vector<std::string> expected = {
      "SELECT json_array(start, \"end\" + 1, record, image, release, released_by, visible, front_free) "
      "FROM instruction WHERE phase = 'main' ORDER BY record",
      "SELECT json_array(first_beat, last_beat + 1, bytes, request, \"grant\", record, nullif(refreshes, 0), address) "
      "FROM burst WHERE phase = 'main' ORDER BY first_beat, \"grant\"",
      "SELECT json_array(from_cycle, to_cycle, record, waited_for) "
      "FROM wait WHERE phase = 'main' ORDER BY record, from_cycle",
      "SELECT json_array(at, sum(sum(bytes)) OVER (ORDER BY at)) FROM ("
      "SELECT request AS at, bytes FROM burst WHERE phase = 'main' UNION ALL "
      "SELECT last_beat + 1, -bytes FROM burst WHERE phase = 'main') GROUP BY at ORDER BY at"};
  const Json answers = ask_perfetto(perfetto, queries);
  ASSERT_EQ(answers.size(), queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    Json rows = Json::array();
    for (const Json& row : answers[q]) {
      rows.push_back(Json::array());
      for (const auto& [column, value] : row.items()) rows.back().push_back(value);
    }
    EXPECT_GT(rows.size(), 10U) << queries[q];
    EXPECT_EQ(rows, ask_sqlite(sqlite, expected[q])) << queries[q];
  }
}

// The page's curves. Several buffers change in one cycle, some of them to 0.
TEST_F(Traces, PerfettosBitsHeldAreTheTimelines) {
  if (!has_trace_processor()) GTEST_SKIP() << "scripts/trace_processor.sh has fetched no trace processor";
  const std::string trace = work.path("run.pftrace");
  const Traced traced = run(network("neuroblend20"), "z7020", {"--records", "--trace", trace});
  std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>> expected, got;
  for (const auto& [name, steps] : traced.report["timeline"]["main"]["occupancy"].items()) {
    std::int64_t at = 0, bits = 0;
    for (std::size_t n = 0; n < steps["at"].size(); ++n) {
      at += steps["at"][n].get<std::int64_t>();
      bits += steps["bits"][n].get<std::int64_t>();
      if (at != 0 || bits != 0) expected["bits held in " + name].emplace_back(at, bits);
    }
  }
  EXPECT_GT(expected.size(), 4U);
  const Json answers = ask_perfetto(
      trace, {"SELECT t.name, c.ts AS at, CAST(c.value AS INT) AS bits FROM counter c "
              "JOIN process_counter_track t ON c.track_id = t.id WHERE t.name LIKE 'bits held%' ORDER BY c.ts"});
  for (const Json& row : answers[0]) got[row["name"]].emplace_back(row["at"], row["bits"]);
  EXPECT_EQ(got, expected);
}

// One image, init included: what a run of the paper's network leaves is mailed and opened at once.
TEST_F(Traces, NeuroBlend20ForPerfettoTakesLessThan300Kilobytes) {
  const std::string file = network("neuroblend20"), trace = work.path("run.pftrace");
  for (const std::string platform : {"z7020", "zu3eg", "k26"}) {
    (void)run(file, platform, {"--trace", trace});
    EXPECT_LT(std::filesystem::file_size(trace), 290'000U) << platform;
  }
}

TEST_F(Traces, SqlitesSumsAreTheReportsForEveryNetworkOnThreePlatforms) {
  if (!has("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  for (const std::string& name : zoo) {
    const std::string file = network(name), trace = work.path("run.sqlite");
    for (const std::string& platform : platforms) {
      const Traced traced = run(file, platform, {"--trace", trace});
      const ProcessResult answer =
          run_process({"sqlite3", "-separator", " ", trace,
                       "SELECT unit, cause, cycles FROM stall_by_cause WHERE phase = 'main'; PRAGMA integrity_check"});
      std::map<std::string, std::int64_t> sums;
      std::istringstream lines(answer.out);
      std::string unit, cause;
      for (std::int64_t cycles = 0; lines >> unit && unit != "ok" && lines >> cause >> cycles;)
        sums[unit + " " + cause] = cycles;
      EXPECT_EQ(unit, "ok") << answer.err;
      EXPECT_EQ(sums, accounts(traced.report)) << name << " on " << platform;
    }
  }
}

TEST_F(Traces, ATraceChangesNothingAndItsSizeIsTold) {
  const std::string file = network("neuroblend_tiny");
  const Traced silent = run(file, "zu3eg", {});
  const Traced traced = run(file, "zu3eg",
                            {"--trace", work.path("a.pftrace"), "--trace", work.path("a.fst"), "--trace",
                             work.path("a.vcd"), "--trace", work.path("a.sqlite"), "--trace", work.path("a.npy")});
  EXPECT_EQ(silent.report["digest"], traced.report["digest"]);
  for (const char* name : {"a.pftrace", "a.fst", "a.vcd", "a.sqlite", "a.npy"}) {
    EXPECT_GT(std::filesystem::file_size(work.path(name)), 1000U);
    EXPECT_THAT(traced.err, HasSubstr(std::string(name) + ": "));
  }
}

TEST_F(Traces, NumPyReadsTheInstructions) {
  if (run_process({"/usr/bin/python3", "-c", "import numpy"}).status != 0) GTEST_SKIP() << "NumPy is not installed";
  (void)run(network("neuroblend_tiny"), "zu3eg", {"--trace", work.path("a.npy")});
  const ProcessResult result =
      run_process({"/usr/bin/python3", "-c",
                   "import numpy, sys; a = numpy.load(sys.argv[1]); m = a[a['phase'] == 1]; "
                   "assert (a['start'] >= a['visible']).all() and (a['end'] >= a['start']).all(); "
                   "assert sorted(m['record']) == list(range(len(m))); print(int((m['end'] + 2).max()))",
                   work.path("a.npy")});
  EXPECT_EQ(result.status, 0) << result.err;
  const Traced traced = run(network("neuroblend_tiny"), "zu3eg", {});
  EXPECT_EQ(std::stoll(result.out), traced.report["cycles"].get<std::int64_t>());
}

TEST_F(Traces, AFullTraceIsValidAndSaysWhereItStopped) {
  if (!has("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  const std::string file = network("neuroblend20");
  const std::string trace = work.path("a.sqlite");
  // 200 images of 32 x 32 x 3 zeros.
  ASSERT_EQ(
      run_process({"/usr/bin/python3", "-c",
                   "import struct, sys; h = \"{'descr': '<f4', 'fortran_order': False, 'shape': (40, 3, 32, 32), }\"; "
                   "h += ' ' * (117 - len(h)) + '\\n'; "
                   "open(sys.argv[1], 'wb').write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(h)) + h.encode() + "
                   "bytes(4 * 40 * 3 * 32 * 32))",
                   work.path("images.npy")})
          .status,
      0);
  const Traced traced =
      run(file, "k26", {"--input", work.path("images.npy"), "--trace", trace, "--trace-limit", "2MB"});
  EXPECT_THAT(traced.err, HasSubstr("full after cycle"));
  EXPECT_THAT(traced.report.dump(), HasSubstr("full after cycle"));
  EXPECT_LE(std::filesystem::file_size(trace), 2'000'000U);
  EXPECT_EQ(run_process({"sqlite3", trace, "PRAGMA integrity_check"}).out, "ok\n");
}

TEST_F(Traces, WhatCannotBeDoneIsRefusedBeforeAnythingRuns) {
  const std::string file = network("neuroblend_tiny");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& words) {
    std::vector<std::string> all{"run", file, "--platform", "zu3eg"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProcessResult result = blendsim_cli(all);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(words));
  };
  const std::string trace = work.path("a.vcd");
  refused({"--trace", work.path("a.json")}, ".pftrace");
  refused({"--trace", trace, "--trace-cycles", "9..3"}, "--trace-cycles");
  refused({"--trace", trace, "--trace-layers", "stage1.blok1.conv1"}, "did you mean 'stage1.block1.conv1'");
  refused({"--trace", trace, "--trace-limit", "5"}, "64MB");
  refused({"--trace", trace, "--trace-limit", "64"}, "no size of a file");
  refused({"--trace", trace, "--trace-limit", "100kB"}, "too small");
  refused({"--trace-cycles", "1..2"}, "--trace");
  refused({"--trace", trace, "--trace", trace}, "written twice");
  EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST_F(Traces, TakeEndingsInCapitalsAndTheLeastLimit) {
  const std::string trace = work.path("RUN.VCD");
  (void)run(network("neuroblend_tiny"), "zu3eg", {"--trace", trace, "--trace-limit", "1MB"});
  EXPECT_THAT(read_text(trace), ::testing::StartsWith("$version"));
}

TEST_F(Traces, AWindowWithNothingInItSaysWhatThereIs) {
  const std::string file = network("neuroblend_tiny");
  for (const std::string ending : {".pftrace", ".vcd", ".fst", ".sqlite", ".npy"}) {
    const std::string trace = work.path("a" + ending);
    const Traced late = run(file, "zu3eg", {"--trace", trace, "--trace-cycles", "999999.."});
    const std::string last = std::to_string(late.report["cycles"].get<std::int64_t>() - 1);
    EXPECT_THAT(late.err, HasSubstr("main has cycles 0.." + last + " and images 0..0")) << ending;
    EXPECT_THAT(late.report.dump(), HasSubstr("nothing that was chosen")) << ending;
    const Traced images = run(file, "zu3eg", {"--trace", trace, "--trace-images", "3..4", "-q"});
    EXPECT_THAT(images.err, HasSubstr("images 0..0")) << ending;
  }
}

TEST_F(Traces, QuietSaysNoSizes) {
  EXPECT_THAT(run(network("neuroblend_tiny"), "zu3eg", {"--trace", work.path("a.vcd"), "-q"}).err,
              ::testing::Not(HasSubstr(" bytes")));
}

TEST_F(Traces, SqlitesBusyCyclesOfALayerAreTheReports) {
  if (!has("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  for (const std::string& name : zoo) {
    const std::string trace = work.path("run.sqlite");
    const Traced traced = run(network(name), "zu3eg", {"--trace", trace});
    std::istringstream rows(
        run_process(
            {"sqlite3", trace,
             "SELECT coalesce(busy_cycles, 0) FROM layer "
             "LEFT JOIN (SELECT * FROM layer_time WHERE phase = 'main' AND image = 0) USING (layer) ORDER BY layer"})
            .out);
    std::vector<std::int64_t> busy, expected;
    for (std::int64_t cycles = 0; rows >> cycles;) busy.push_back(cycles);
    for (const Json& layer : traced.report["layers"]) expected.push_back(layer["busy_cycles"]);
    EXPECT_EQ(busy, expected) << name;
  }
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path().filename());
  return out;
}

// A file that may not grow stands for a full disk.
TEST_F(Traces, WhatTheDiskCannotHoldIsNotLeftThere) {
  const std::string file = network("neuroblend20"), folder = work.path("out");
  for (const std::string ending : {".fst", ".sqlite", ".pftrace", ".vcd"}) {
    std::filesystem::create_directories(folder);
    const std::string trace = folder + "/a" + ending, whole = folder + "/b.npy";
    const ProcessResult result =
        run_process({"sh", "-c", "ulimit -f 40; exec \"$@\"", "sh", BLENDSIM_BINARY, "run", file, "--platform", "zu3eg",
                     "--timing-only", "--trace", trace, "--trace", whole, "--trace-layers", "stage1*"});
    EXPECT_EQ(result.status, 1) << ending;
    EXPECT_THAT(result.err, HasSubstr(trace + ": File too large")) << ending;
    EXPECT_THAT(names_in(folder), ::testing::Each("b.npy")) << ending;
  }
}

// A batch that takes long gets a signal when all its traces have begun: four, and one of GTKWave's writer beside its
// own.
TEST_F(Traces, AnInterruptedRunLeavesNothingHalfWritten) {
  const std::string program = work.path("a.program"), folder = work.path("out"), images = work.path("images.npy");
  ASSERT_EQ(blendsim_cli({"compile", network("neuroblend20"), "--platform", "zu3eg", "-o", program, "-q"}).status, 0);
  ASSERT_EQ(
      run_process({"/usr/bin/python3", "-c",
                   "import struct, sys; h = \"{'descr': '<f4', 'fortran_order': False, 'shape': (4000, 3, 32, 32), "
                   "}\"; h += ' ' * (117 - len(h)) + '\\n'; f = open(sys.argv[1], 'wb'); "
                   "f.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(h)) + h.encode()); "
                   "f.truncate(128 + 4 * 4000 * 3072)",
                   images})
          .status,
      0);
  for (const auto& [signal, words] : std::map<int, std::string>{{SIGINT, "interrupted"}, {SIGTERM, "terminated"}}) {
    std::filesystem::create_directories(folder);
    const ProcessResult result =
        run_process({"/usr/bin/python3",
                     "-c",
                     "import os, subprocess, sys, time\n"
                     "folder = sys.argv[2]\n"
                     "p = subprocess.Popen(sys.argv[3:], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
                     "while len(os.listdir(folder)) < 5 and p.poll() is None: time.sleep(0.05)\n"
                     "p.send_signal(int(sys.argv[1]))\n"
                     "sys.stderr.buffer.write(p.communicate()[1])\n"
                     "sys.exit(p.returncode)",
                     std::to_string(signal),
                     folder,
                     BLENDSIM_BINARY,
                     "run",
                     program,
                     "--input",
                     images,
                     "--timing-only",
                     "--trace",
                     "a.fst",
                     "--trace",
                     "a.sqlite",
                     "--trace",
                     "a.vcd",
                     "--trace",
                     "a.pftrace",
                     "--json",
                     "a.json"});
    EXPECT_EQ(result.status, 128 + signal) << result.err;
    EXPECT_THAT(result.err, ::testing::EndsWith(words + "; what was half written is removed\n"));
    EXPECT_THAT(names_in(folder), ::testing::IsEmpty());
  }
}

// What lies in traces/ is what this BlendSim makes. SQLite's own version stands in its files, so those are compared as
// text.
TEST(RecordedTraces, AreWhatTheScriptMakes) {
  if (!has("sqlite3")) GTEST_SKIP() << "sqlite3 is not installed";
  const Workspace work;
  const ProcessResult made = run_process({BLENDSIM_SOURCE "/scripts/record_traces.sh", work.path(""), BLENDSIM_BINARY});
  ASSERT_EQ(made.status, 0) << made.err;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BLENDSIM_SOURCE "/traces")) {
    const std::string name = entry.path().filename();
    if (name == "README.md") continue;
    ++files;
    const auto content = [&](const std::string& file) {
      return name.ends_with(".sqlite") ? run_process({"sqlite3", file, ".dump"}).out : read_text(file);
    };
    EXPECT_TRUE(content(entry.path()) == content(work.path(name)))
        << name << " is not what scripts/record_traces.sh makes";
  }
  EXPECT_EQ(files, 13U);
}

}  // namespace
}  // namespace blendsim
