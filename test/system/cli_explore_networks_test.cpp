// SPDX-License-Identifier: Apache-2.0
// blendsim explore over networks: the shipped study replays its table, whatever happens to it; a program that trains is
// asked once a network; what is exported is what was trained.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>

#include "process.h"
#include "shell.h"

namespace blendsim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Row = std::map<std::string, std::string>;

const std::string python = "/usr/bin/python3", oracles = BLENDSIM_SOURCE "/python/oracles";

bool has_module(const std::string& name) { return run_process({python, "-c", "import " + name}).status == 0; }

std::vector<Row> rows_of(const std::string& text) {
  std::vector<Row> out;
  std::vector<std::string> header;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    if (header.empty()) {
      header = cells;
      continue;
    }
    Row& row = out.emplace_back();
    for (std::size_t c = 0; c < std::min(header.size(), cells.size()); ++c) row[header[c]] = cells[c];
  }
  return out;
}

class CliExploreNetworks : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_module("onnx, numpy")) GTEST_SKIP() << "python3-onnx is not installed";
  }
  ProcessResult shell(const std::string& line) { return run_shell(line, work.path("")); }
  Workspace work;
};

TEST_F(CliExploreNetworks, TheShippedStudyReplaysItsTableWithAnyJobsAndAfterAKill) {
  const ProcessResult one = shell("blendsim explore bomp-digits --csv one.csv");
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("accuracy"), HasSubstr("network.width"), HasSubstr(" %")));
  const std::string found = read_text(work.path("one.csv"));
  std::map<std::string, std::string> table;
  const auto key = [](const Row& row) {
    std::string out;
    for (const auto& [name, value] : row)
      if (name.starts_with("network.") || name.starts_with("precision.")) out += name + "=" + value + " ";
    return out;
  };
  for (const Row& row : rows_of(read_text(BLENDSIM_SOURCE "/configs/studies/tables/bomp-digits.csv")))
    if (row.at("fidelity") == "5") table[key(row)] = row.at("accuracy");
  std::size_t complete = 0;
  for (const Row& row : rows_of(found)) {
    if (row.at("stage") != "complete") continue;
    ++complete;
    EXPECT_DOUBLE_EQ(std::stod(row.at("accuracy")), std::stod(table.at(key(row)))) << key(row);
  }
  EXPECT_GE(complete, 40u);
  std::filesystem::remove(work.path("bomp-digits.db"));
  for (const std::string after : {"0.5", "1", "1.5"})
    (void)shell("exec blendsim explore bomp-digits --jobs 2 -q & sleep " + after + "; kill -9 $!; wait $!; true");
  ASSERT_EQ(shell("blendsim explore bomp-digits --jobs 2 --csv two.csv").status, 0);
  EXPECT_EQ(read_text(work.path("two.csv")), found);
}

TEST_F(CliExploreNetworks, AProgramThatTrainsIsAskedOnceANetworkAlsoAfterAKill) {
  work.write("oracle.sh", R"(while read -r line; do
  echo "${line#*, }" >> asked
  id=${line#*: }; echo "{\"id\": ${id%%,*}, \"accuracy\": 0.$((RANDOM % 800 + 100))}"; sleep 0.05
done)");
  work.write("study.yaml", "schema: blendsim.study/1\nnetworks: {make: [" + python + ", " + oracles +
                               "/make_network.py, digits], out: qonnx}\nplatform: zu3eg\n"
                               "search: {network.width: [2, 4], precision.conv1.weights: 1..8}\n"
                               "oracle: {command: [bash, oracle.sh]}\nobjectives: {accuracy: max, size: min}\n"
                               "method: {name: grid, batch: 4}\nbudget: {evaluations: 1000}\n");
  (void)shell("exec blendsim explore study.yaml -q & sleep 1.2; kill -9 $!; wait $!; true");
  const ProcessResult whole = shell("blendsim explore study.yaml --csv all.csv");
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(rows_of(read_text(work.path("all.csv"))).size(), 16u);
  const std::string asked = read_text(work.path("asked"));
  // The one that the killed study waited for had no answer.
  EXPECT_LE(std::count(asked.begin(), asked.end(), '\n'), 17);
  ASSERT_EQ(shell("blendsim explore study.yaml --show").status, 0);
  const ProcessResult taken = shell("blendsim explore study.yaml --take 3");
  EXPECT_THAT(taken.out, AllOf(HasSubstr("extends: zu3eg"), HasSubstr("# precision.conv1.weights=4")));
  const ProcessResult why = shell("blendsim explore study.yaml --why 3");
  EXPECT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("precision.conv1.weights=5"));
}

// Scales are powers of two: with activations of at most 4 bits every layer is exact, and the scores are those of the
// training library bit for bit. Beyond, batch normalisation is multiplied out, and `inspect` says where that differs.
TEST_F(CliExploreNetworks, WhatIsExportedIsWhatWasTrained) {
  if (!has_module("torch, sklearn")) GTEST_SKIP() << "python3-torch or python3-sklearn is not installed";
  work.write("train.py", "import sys\nsys.path.insert(0, '" + oracles + R"(')
import numpy, torch
from datasets import digits
from network import spec_of, write_qonnx
from training import Recipe, Trainer
torch.set_num_threads(1)
data = digits()
trainer = Trainer(data, Recipe(float_epochs=3, batch=50))
numpy.save('images.npy', data.test.images[:300].numpy())
bits = {'low': (3, 1, 2, 2, 4), 'lowest': (1, 1, 1, 1, 1), 'eight': (8, 8, 8, 8, 8)}
names = ['conv1.weights', 'conv2.weights', 'dense.weights', 'conv1.activations', 'conv2.activations']
for name, values in bits.items():
    point = {'precision.' + n: v for n, v in zip(names, values)}
    spec = spec_of({**point, 'network.width': 8}, 1, 8, 10, 2, 1 / 16)
    network = trainer.tuned(spec, 1, 1)
    write_qonnx(spec, network.parameters_of_file(), name + '.onnx')
    with torch.no_grad():
        numpy.save(name + '.npy', network.eval()(data.test.images[:300]).numpy())
)");
  ASSERT_EQ(run_shell(python + " train.py", work.path("")).status, 0);
  for (const std::string name : {"low", "lowest"}) {
    const ProcessResult run =
        shell("blendsim run " + name + ".onnx --platform zu3eg --input images.npy -q --expect " + name + ".npy");
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(shell("blendsim inspect " + name + ".onnx").out, testing::Not(HasSubstr("differ")));
  }
  const ProcessResult eight =
      shell("blendsim run eight.onnx --platform zu3eg --input images.npy -q --expect eight.npy");
  const std::string said = eight.out + eight.err;
  std::smatch match;
  if (eight.status == 0) return;  // none of the values that differ came up
  ASSERT_TRUE(std::regex_search(said, match, std::regex("(\\d+) of its 3,000 values differ"))) << said;
  EXPECT_LE(std::stoi(match[1]), 100) << "one image in thirty";
  EXPECT_THAT(shell("blendsim inspect eight.onnx").out, HasSubstr("differ"));
}

}  // namespace
}  // namespace blendsim
