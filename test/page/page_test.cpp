// SPDX-License-Identifier: Apache-2.0
// The page as a browser shows it, made by the true binary; and its bundle, made again from its sources.
// Skipped, visibly, where Node.js, Chromium or what page/package-lock.json names is not there.
#include <gtest/gtest.h>

#include <cstdint>

#include "system/process.h"

namespace blendsim {
namespace {

const std::string scripts = BLENDSIM_SOURCE "/test/page/", sources = BLENDSIM_SOURCE "/page/";

bool has_node() { return run_process({"node", "--version"}).status == 0; }

// Runs a script of this folder; 77 says that something it needs is not there.
void expect_passes(const std::vector<std::string>& arguments) {
  if (!has_node()) GTEST_SKIP() << "no node";
  std::vector<std::string> command = {"node", scripts + arguments.front()};
  command.insert(command.end(), arguments.begin() + 1, arguments.end());
  const ProcessResult result = run_process(command);
  if (result.status == 77) GTEST_SKIP() << result.out;
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

class Page : public ::testing::Test {
 protected:
  void SetUp() override { blendsim({"zoo", "neuroblend20", "-o", work.path("net.onnx")}); }

  void blendsim(const std::vector<std::string>& arguments) const {
    const ProcessResult result = blendsim_cli(arguments);
    ASSERT_EQ(result.status, 0) << result.err;
  }
  void run(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"run", work.path("net.onnx"), "--platform", "k26", "--timing-only"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    blendsim(arguments);
  }

  Workspace work;
};

// A batch of images of zeros, float32 [images, 3, 32, 32], as NumPy writes it.
std::string zeros(std::int64_t images) {
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(images) + ", 3, 32, 32), }";
  header.resize((header.size() + 10 + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xffU);
  out += static_cast<char>(header.size() >> 8);
  return out + header + std::string(static_cast<std::size_t>(images * 3 * 32 * 32 * 4), '\0');
}

TEST_F(Page, ShowsWhatTheReportSays) {
  run({"--json", work.path("a.json"), "--records", "--html", work.path("a.html")});
  expect_passes({"page_test.mjs", work.path("a.html"), work.path("a.json")});
}

TEST_F(Page, ShowsTwoRunsBesideEachOther) {
  const std::vector<std::string> both = {"--records", "--set", "memory.write_latency=30 cycles", "--input",
                                         work.write("images.npy", zeros(2))};
  std::vector<std::string> a = both, b = both;
  a.insert(a.end(), {"--json", work.path("a.json")});
  b.insert(b.end(), {"--json", work.path("b.json"), "--set", "memory.read_latency=400 cycles", "--stalls", "3"});
  run(a);
  run(b);
  blendsim({"report", work.path("a.json"), work.path("b.json"), "--html", work.path("both.html")});
  expect_passes({"two_runs_test.mjs", work.path("both.html"), work.path("a.json"), work.path("b.json")});
}

TEST_F(Page, ShowsAReportWithoutTimes) {
  // More multipliers than this part has.
  blendsim({"run", work.path("net.onnx"), "--platform", "z7020", "--set", "xnor_array.rows=256", "--allow-oversize",
            "--timing-only", "--json", work.path("a.json")});
  blendsim({"report", work.path("a.json"), "--html", work.path("a.html")});
  expect_passes({"without_times_test.mjs", work.path("a.html"), work.path("a.json")});
}

TEST_F(Page, ShowsAStudy) {
  const std::string study = work.write("study.yaml", R"(schema: blendsim.study/1
networks: [neuroblend_tiny]
platform: k26
search:
  xnor_array.rows: [16, 32, 48]
  xnor_array.words: [3, 6]
  mac_array.columns: [4, 8, 16]
  post_unit.lanes: [16, 32]
  post_unit.comparators: [1, 3]
  buffers.act_fixed: {regions: 1..4, depth: 8..2048 x2}
objectives: {cycles: min, lut: min}
method: {name: evolve, batch: 32}
budget: {evaluations: 300}
)");
  blendsim({"explore", study, "-q", "--html", work.path("a.html"), "--csv", work.path("a.csv")});
  expect_passes({"study_test.mjs", work.path("a.html"), work.path("a.csv"), study});
  // What the journal holds makes the same page.
  blendsim({"explore", study, "-q", "--show", "--html", work.path("b.html")});
  EXPECT_TRUE(read_text(work.path("a.html")) == read_text(work.path("b.html")));
}

TEST_F(Page, OpensWithinASecond) {
  run({"--html", work.path("a.html")});
  expect_passes({"speed_test.mjs", work.path("a.html"), "1"});
}

TEST_F(Page, OpensWithAHundredThousandSlicesWithinThree) {
  run({"--input", work.write("images.npy", zeros(170)), "--html", work.path("a.html")});
  expect_passes({"speed_test.mjs", work.path("a.html"), "3"});
}

TEST(PageBundle, IsWhatItsSourcesMake) {
  if (!has_node()) GTEST_SKIP() << "no node";
  if (!std::filesystem::exists(sources + "node_modules/esbuild")) GTEST_SKIP() << "no esbuild (npm ci in page/)";
  const Workspace work;
  const ProcessResult built = run_process({"node", sources + "build.mjs", work.path("bundle")});
  ASSERT_EQ(built.status, 0) << built.err;
  for (const std::string name : {"page.js", "page.css"}) {
    EXPECT_TRUE(read_text(work.path("bundle/" + name)) == read_text(BLENDSIM_SOURCE "/src/page/bundle/" + name))
        << name << " is not what `npm run build` in page/ makes";
  }
}

TEST(PageBundle, ItsSourcesPassTheTypeChecker) {
  if (!has_node()) GTEST_SKIP() << "no node";
  const std::string checker = sources + "node_modules/typescript/bin/tsc";
  if (!std::filesystem::exists(checker)) GTEST_SKIP() << "no typescript (npm ci in page/)";
  const ProcessResult result = run_process({"node", checker, "--noEmit", "-p", sources});
  EXPECT_EQ(result.status, 0) << result.out;
}

}  // namespace
}  // namespace blendsim
