// SPDX-License-Identifier: Apache-2.0
// An output that cannot be completed: it costs none of the others, changes no digest and leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <nlohmann/json.hpp>

#include "process.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;

class CliFailingOutput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new Workspace;
    ASSERT_EQ(blendsim_cli({"zoo", "neuroblend20", "-o", files_->path("net.onnx")}).status, 0);
    ASSERT_EQ(blendsim_cli({"compile", files_->path("net.onnx"), "--platform", "zu3eg", "-o", program(), "-q"}).status,
              0);
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static std::string program() { return files_->path("net.program"); }
  static std::string images(std::int64_t count) {
    const std::string file = files_->path(std::to_string(count) + ".npy");
    write_npy(file, FloatArray{{count, 3, 32, 32}, std::vector<float>(static_cast<std::size_t>(count) * 3072, 0.0F)});
    return file;
  }
  static std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    return names;
  }
  static inline Workspace* files_ = nullptr;
  const Workspace work;
};

// /dev/full takes nothing; a file that may not grow stands for a disk that becomes full in the middle of a run.
TEST_F(CliFailingOutput, CostsNoneOfTheOthers) {
  const auto run = [&](const std::string& folder, std::vector<std::string> more) {
    std::filesystem::create_directories(folder);
    std::vector<std::string> line = {"sh",  "-c",     "ulimit -f 2000; exec \"$@\"", "sh", BLENDSIM_BINARY,
                                     "run", program()};
    line.insert(line.end(), more.begin(), more.end());
    line.insert(line.end(), {"--input", images(4)});
    const ProcessResult result = run_process(line);
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_THAT(result.out, HasSubstr("\nlatency ")) << result.err;
    return result.err;
  };
  const std::vector<std::string> options = {"--trace", "--json", "--record", "--tensors"};
  const std::map<std::string, std::string> good = {
      {"--trace", "t.npy"}, {"--json", "r.json"}, {"--record", "m.mem"}, {"--tensors", "t"}};
  for (const std::string& bad : options) {
    const std::string folder = work.path(bad.substr(2));
    std::vector<std::string> more;
    for (const std::string& option : options) {
      const std::string of_bad = bad == "--tensors" ? "/dev/full/t"
                                 : bad == "--trace" ? folder + "/t.vcd"
                                                    : "/dev/full";
      more.insert(more.end(), {option, option == bad ? of_bad : folder + "/" + good.at(option)});
    }
    EXPECT_THAT(run(folder, more), HasSubstr("error[file-unwritable]: ")) << bad;
    for (const std::string& option : options)
      EXPECT_EQ(std::filesystem::exists(folder + "/" + good.at(option)), option != bad) << option << ", " << bad;
    EXPECT_EQ(names_in(folder).size(), options.size() - 1) << bad << ": nothing is left of what failed";
  }
  const std::string both = run(work.path("both"), {"--trace", work.path("both/a.vcd"), "--json", "/dev/full"});
  EXPECT_THAT(both, AllOf(HasSubstr("a.vcd: File too large"), HasSubstr("/dev/full: ")));
}

TEST_F(CliFailingOutput, OfCompileAndReplayCostsNotTheOther) {
  const std::string compiled = work.path("p.program"), traffic = work.path("t.mem"), csv = work.path("t.csv");
  const ProcessResult compile = blendsim_cli(
      {"compile", files_->path("net.onnx"), "--platform", "zu3eg", "--lowered", "/dev/full", "-o", compiled});
  EXPECT_EQ(compile.status, 1);
  EXPECT_THAT(compile.err, HasSubstr("/dev/full: cannot be written: No space left on device"));
  EXPECT_TRUE(std::filesystem::exists(compiled));
  ASSERT_EQ(blendsim_cli({"run", program(), "--timing-only", "--record", traffic, "-q"}).status, 0);
  std::filesystem::create_symlink("/dev/full", work.path("full.stl"));
  const ProcessResult replay = blendsim_cli({"replay", traffic, "--csv", csv, "-o", work.path("full.stl")});
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.out, HasSubstr("main"));
  EXPECT_TRUE(std::filesystem::exists(csv));
}

TEST_F(CliFailingOutput, SaysWhy) {
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"zoo", "mlp_w2a2", "-o", "/dev/full"}, {"platforms", "k26"}, {"man", "/dev/full/m"}}) {
    std::vector<std::string> shell = {"sh", "-c", "exec \"$@\" > /dev/full", "sh", BLENDSIM_BINARY};
    shell.insert(shell.end(), line.begin(), line.end());
    const ProcessResult result = run_process(shell);
    EXPECT_EQ(result.status, 1) << line.front();
    EXPECT_THAT(result.err, AllOf(HasSubstr("error[file-unwritable]"), HasSubstr("cannot be written"))) << line.front();
  }
  EXPECT_THAT(blendsim_cli({"zoo", "mlp_w2a2", "-o", "/dev/full"}).err,
              AllOf(HasSubstr("No space left on device"), HasSubstr("hint: ")));
}

// The name of a trace and where it ended say nothing of the run.
TEST_F(CliFailingOutput, ATruncatedTraceChangesNoDigest) {
  const auto report = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> line = {"run",      program(), "--timing-only",    "--input",
                                     images(40), "--json",  work.path("r.json")};
    line.insert(line.end(), more.begin(), more.end());
    const ProcessResult result = blendsim_cli(line);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out.find("note        trace ") != std::string::npos, !more.empty()) << name;
    return Json::parse(read_text(work.path("r.json")));
  };
  const Json plain = report("plain", {});
  EXPECT_TRUE(plain["host"]["traces"].empty());
  for (const std::string name : {"a.npy", "b.vcd"}) {
    const Json traced = report(name, {"--trace", work.path(name), "--trace-limit", "1MB"});
    EXPECT_EQ(traced["digest"], plain["digest"]) << name;
    EXPECT_THAT(traced["host"]["traces"].dump(), AllOf(HasSubstr(name), HasSubstr("full after cycle")));
  }
}

TEST_F(CliFailingOutput, ALimitMayBeAFraction) {
  const std::string trace = work.path("a.npy");
  for (const std::string size : {"1.5MB", "0.001GB", "1500.5 kB"}) {
    EXPECT_EQ(blendsim_cli({"run", program(), "--timing-only", "-q", "--trace", trace, "--trace-limit", size}).status,
              0)
        << size;
  }
  for (const std::string size : {"0.5MB", "nanMB", "infMB", "-2MB", "1.5.5MB", "1e99GB"}) {
    EXPECT_EQ(blendsim_cli({"run", program(), "--timing-only", "-q", "--trace", trace, "--trace-limit", size}).status,
              2)
        << size;
  }
}

// Starts the binary in the folder, sends a signal once so many files lie there and so many workers are at work, and
// tells how it ended, on standard output how many seconds later all its processes were gone, and what it said.
ProcessResult signalled(int signal, const std::string& folder, std::size_t files, std::size_t workers,
                        const std::vector<std::string>& arguments) {
  const std::string script =
      "import os, subprocess, sys, time\n"
      "signal, folder, files, workers = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])\n"
      "p = subprocess.Popen(sys.argv[5:], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
      "def children(): return open(f'/proc/{p.pid}/task/{p.pid}/children').read().split()\n"
      "while p.poll() is None and (len(os.listdir(folder)) < files or len(children()) < workers): time.sleep(0.02)\n"
      "p.send_signal(signal)\n"
      "begin = time.monotonic()\n"
      "said = p.communicate()[1]\n"  // the workers hold their ends of the pipes
      "print(time.monotonic() - begin)\n"
      "sys.stderr.buffer.write(said)\n"
      "sys.exit(p.returncode if p.returncode >= 0 else 128 - p.returncode)";
  std::vector<std::string> line = {"/usr/bin/python3",      "-c",           script,
                                   std::to_string(signal),  folder,         std::to_string(files),
                                   std::to_string(workers), BLENDSIM_BINARY};
  line.insert(line.end(), arguments.begin(), arguments.end());
  return run_process(line);
}

TEST_F(CliFailingOutput, WhateverSignalEndsARunNothingIsLeft) {
  const std::string batch = images(4000);
  for (const auto& [signal, words] :
       std::map<int, std::string>{{SIGHUP, "hung up"}, {SIGQUIT, "quit"}, {SIGXCPU, "out of time"}, {SIGPIPE, ""}}) {
    const std::string folder = work.path(std::to_string(signal));
    std::filesystem::create_directories(folder);
    const ProcessResult result =
        signalled(signal, folder, 3, 0,
                  {"run", program(), "--input", batch, "--timing-only", "--trace", "a.fst", "--trace", "a.sqlite"});
    EXPECT_EQ(result.status, 128 + signal) << result.err;
    const std::string said = words + "; what was half written is removed\n";
    if (words.empty()) EXPECT_THAT(result.err, Not(HasSubstr("removed")));
    else EXPECT_THAT(result.err, EndsWith(said));
    std::vector<std::string> left = names_in(folder);
    std::erase_if(left, [](const std::string& name) { return name.starts_with("core"); });  // the system's, of SIGQUIT
    EXPECT_THAT(left, IsEmpty()) << signal;
  }
}

// A signal to the parent alone, as of a job's manager.
TEST_F(CliFailingOutput, WorkersEndWithTheirParent) {
  const std::string batch = images(4000);
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    const ProcessResult result =
        signalled(signal, work.path(""), 0, 2, {"run", program(), "--input", batch, "--jobs", "2"});
    EXPECT_EQ(result.status, 128 + signal) << result.err;
    EXPECT_LT(std::stod(result.out), 1.0) << "seconds until all were gone";
  }
}

}  // namespace
}  // namespace blendsim
