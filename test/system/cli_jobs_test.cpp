// SPDX-License-Identifier: Apache-2.0
// A batch on several processes is the batch on one.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using Json = nlohmann::ordered_json;

class CliJobs : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend_tiny", "-o", work.path("net.onnx")}).status, 0);
    const ProcessResult compiled =
        blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "-o", work.path("net.program")});
    ASSERT_EQ(compiled.status, 0) << compiled.err;
    FloatArray images{{5, 3, 16, 16}, {}};
    for (int n = 0; n < 5 * 3 * 16 * 16; ++n) images.values.push_back(static_cast<float>(n * 37 % 255) / 128.0F - 1.0F);
    write_npy(work.path("images.npy"), images);
  }
  ProcessResult run(const std::string& jobs, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "run",    work.path("net.program"),  "--input",   work.path("images.npy"),    "--jobs", jobs,
        "--json", work.path(jobs + ".json"), "--tensors", work.path("tensors" + jobs)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return blendsim_cli(arguments);
  }
  Json report(const std::string& jobs) const {
    Json json = Json::parse(read_text(work.path(jobs + ".json")));
    json.erase("host");
    return json;
  }
  Workspace work;
};

TEST_F(CliJobs, ReportDigestAndTensorsAreThoseOfOneProcess) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--check"}, {"--stalls", "3"}, {"--activity=2"}}) {
    ASSERT_EQ(run("1", more).status, 0);
    for (const std::string jobs : {"2", "3", "64"}) {
      const ProcessResult result = run(jobs, more);
      ASSERT_EQ(result.status, 0) << result.err;
      EXPECT_EQ(report(jobs), report("1")) << jobs;
      int files = 0;
      for (const auto& entry : std::filesystem::directory_iterator(work.path("tensors1"))) {
        EXPECT_EQ(read_text(work.path("tensors" + jobs + "/" + entry.path().filename().string())),
                  read_text(entry.path().string()));
        ++files;
      }
      EXPECT_GT(files, 5);
    }
  }
}

TEST_F(CliJobs, MustBeAtLeastOne) { EXPECT_EQ(run("0").status, 2); }

}  // namespace
}  // namespace blendsim
