// SPDX-License-Identifier: Apache-2.0
// Studies that search networks: their keys, what a maker and an oracle make of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "explore/accuracies.h"
#include "explore/exploration.h"
#include "explore/findings_text.h"
#include "explore/made_networks.h"
#include "explore/outer_method.h"
#include "explore/scalar.h"
#include "journal_fixture.h"
#include "network/zoo.h"

namespace blendsim::explore::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string whole = R"(schema: blendsim.study/1
networks: {make: [bash, make.sh], out: qonnx}
platform: k26
search:
  network.width: [8, 16]
  network.kind: [plain, residual]
  precision.conv1.weights: 1..4
oracle: {command: [bash, oracle.sh], jobs: 2, timeout: 2 min, fidelity: 5}
objectives: {accuracy: max, size: min, cycles: min}
scalar: {name: weighted, weights: {size: 0.5}, reference: {accuracy: 90 %, size: 4 KiB, cycles: 1000}}
limits: {fits: true, accuracy: ">= 50 %"}
hardware: {search: {xnor_array.rows: [16, 32], mac_array.columns: [4, 8, 16]}, each: 6}
method: {name: bayes, batch: 2}
budget: {oracle_calls: 10}
)";

std::string without(const std::string& line) {
  std::string yaml = whole;
  const std::size_t begin = yaml.find("\n" + line) + 1;
  return yaml.erase(begin, yaml.find('\n', begin) - begin + 1);
}

std::string with(const std::string& from, const std::string& to, std::string yaml = whole) {
  return yaml.replace(yaml.find(from), from.size(), to);
}

class NetworkStudies : public testing::Test {
 protected:
  Study read(const std::string& yaml) {
    std::ofstream(folder / "study.yaml") << yaml;
    return read_study(folder / "study.yaml", {BLENDSIM_CONFIGS});
  }
  std::string refusal(const std::string& yaml) {
    try {
      (void)read(yaml);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "taken";
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::string text(const std::string& name) {
    std::ostringstream out;
    out << std::ifstream(folder / name).rdbuf();
    return out.str();
  }
  Folder folder;
};

const std::string quantising = R"(schema: blendsim.study/1
networks: {quantise: net.onnx, calibrate: [a.npy, b.npy], scale: 1/255, bits: 6}
platform: k26
search:
  precision.weights: [4, 8]
  precision.stage1.*.activations: [2, 8]
  precision.stage1.conv.weights: 1..3
objectives: {noise: min, cycles: min}
budget: {evaluations: 10}
)";

TEST_F(NetworkStudies, QuantiseANetworkForEachPoint) {
  const Study study = read(quantising);
  ASSERT_TRUE(study.quantised);
  EXPECT_EQ(study.quantised->bits, 6);
  EXPECT_EQ(study.quantised->scale, "1/255");
  EXPECT_EQ(study.quantised->images.size(), 2U);
  const PrecisionPlan plan = study.precision_plan({0, 1, 2});
  EXPECT_EQ(plan.weights, 4);
  EXPECT_FALSE(plan.activations.has_value());
  ASSERT_EQ(plan.layers.size(), 2U);
  EXPECT_EQ(plan.layers[0].pattern, "stage1.*");
  EXPECT_EQ(plan.layers[0].activations, 8);
  EXPECT_EQ(plan.layers[1].pattern, "stage1.conv");
  EXPECT_EQ(plan.layers[1].weights, 3);
}

TEST_F(NetworkStudies, NameWhatIsWrongWithBits) {
  EXPECT_THAT(refusal(with("[4, 8]", "[4, 9]", quantising)), HasSubstr("'9' is no number of bits"));
  EXPECT_THAT(refusal(with("precision.weights", "precision.bits", quantising)), HasSubstr("precision.bits is no key"));
  EXPECT_THAT(refusal(with("precision.weights", "network.width", quantising)), HasSubstr("network.width is no key"));
  EXPECT_THAT(refusal(with("bits: 6", "bits: 16", quantising)), HasSubstr("16 is not from 1 to 8"));
  EXPECT_THAT(refusal(with("calibrate", "images", quantising)), HasSubstr("images"));
  EXPECT_THAT(refusal(with("accuracy: max", "noise: min")), HasSubstr("noise is asked of a network that is quantised"));
}

TEST_F(NetworkStudies, SayWhatIsVariedAndWhoIsAsked) {
  const Study study = read(whole);
  EXPECT_THAT(study.maker, ElementsAre("bash", "make.sh"));
  ASSERT_TRUE(study.oracle);
  EXPECT_THAT(study.oracle->command, ElementsAre("bash", "oracle.sh"));
  EXPECT_EQ(study.oracle->jobs, 2u);
  EXPECT_EQ(study.oracle->timeout, 120);
  EXPECT_EQ(study.oracle->fidelity, 5);
  EXPECT_EQ(study.budget.oracle_calls, 10);
  ASSERT_EQ(study.space.dimensions.size(), 5u);
  EXPECT_EQ(study.asked_space().size(), 2 * 2 * 4);
  EXPECT_TRUE(study.space.dimensions[0].ordered);
  EXPECT_FALSE(study.space.dimensions[1].ordered);
  EXPECT_TRUE(study.is_of_network(2));
  EXPECT_FALSE(study.is_of_network(3));
  EXPECT_EQ(study.oracle_figure(), 0u);
  EXPECT_EQ(study.network_text({0, 1, 2, 0, 0}),
            R"({"network.width": 8, "network.kind": "residual", "precision.conv1.weights": 3})");
  EXPECT_EQ(study.settings_of({0, 1, 2, 1, 0}).size(), 2u);
  Point base = study.base_point();
  base.resize(3);
  EXPECT_THAT(base, ElementsAre(1, 1, 3));
  ASSERT_TRUE(study.scalar);
  EXPECT_THAT(study.scalar->weights, ElementsAre(1, 0.5, 1));
  EXPECT_THAT(study.scalar->references, ElementsAre(0.9, 4096, 1000));
  EXPECT_EQ(figure_text(study, 0, 0.9123), "91.23 %");
}

TEST_F(NetworkStudies, AreRefusedAtTheLineThatIsWrong) {
  EXPECT_THAT(refusal(with("{make: [bash, make.sh], out: qonnx}", "[neuroblend_tiny]")),
              AllOf(HasSubstr("study.yaml:5"), HasSubstr("network.width is asked of a program"),
                    HasSubstr("the oracle is asked about networks"), HasSubstr("hardware is searched for each")));
  EXPECT_THAT(refusal(with("make: [bash, make.sh], ", "")), HasSubstr("the key 'make' is missing"));
  EXPECT_THAT(refusal(with("out: qonnx", "out: tflite")), HasSubstr("write qonnx or onnx"));
  EXPECT_THAT(refusal(with("[8, 16]", "[8, 8]")), AllOf(HasSubstr("study.yaml:5"), HasSubstr("is given twice")));
  EXPECT_THAT(refusal(with("command: [bash, oracle.sh], ", "")), HasSubstr("neither a command nor a table"));
  EXPECT_THAT(refusal(with("jobs: 2", "table: t.csv")), HasSubstr("a command and a table"));
  EXPECT_THAT(refusal(with("command: [bash, oracle.sh]", "table: t.csv")), HasSubstr("a table takes no jobs"));
  EXPECT_THAT(refusal(with("2 min", "2")), AllOf(HasSubstr("study.yaml:8"), HasSubstr("'2' is no time")));
  EXPECT_THAT(refusal(with("fidelity: 5", "fidelity: -1")), HasSubstr("-1 is not from 0"));
  EXPECT_THAT(refusal(without("oracle:")),
              AllOf(HasSubstr("accuracy is an oracle's figure"), HasSubstr("no oracle to call")));
  EXPECT_THAT(refusal(with("name: weighted", "name: heavy")), HasSubstr("write none, weighted, log-size, forgiving"));
  EXPECT_THAT(refusal(with("size: 4 KiB, ", "")), HasSubstr("the key 'reference' is missing"));
  EXPECT_THAT(refusal(with("size: 0.5", "lut: 0.5")), HasSubstr("'lut' is no objective of the study"));
  EXPECT_THAT(refusal(with("90 %", "0")), HasSubstr("'0' is no positive value of accuracy"));
  EXPECT_THAT(refusal(with("name: bayes", "name: evolve")), HasSubstr("evolve does not join objectives"));
  EXPECT_THAT(refusal(with("{xnor_array.rows", "{network.depth: [1], xnor_array.rows")),
              HasSubstr("network.depth is the network's, not the machine's"));
  EXPECT_THAT(refusal(with(", each: 6", "")), HasSubstr("the key 'each' is missing"));
  const std::string no_goal = with(", cycles: 1000", "", with(", cycles: min", ""));
  EXPECT_THAT(refusal(no_goal), HasSubstr("no objective says which machine"));
}

TEST_F(NetworkStudies, AreOthersByWhatTheirAnswersDependOn) {
  const auto digest = [this](const std::string& yaml) {
    Study study = read(yaml);
    set_network_digests(study, {});
    return study.identity.digest;
  };
  const std::string same = digest(whole);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"jobs: 2", "jobs: 3"}, {"2 min", "3 min"}})
    EXPECT_EQ(digest(with(from, to)), same) << from;
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"make.sh", "other.sh"},
                                 {"oracle.sh", "other.sh"},
                                 {"fidelity: 5", "fidelity: 6"},
                                 {"each: 6", "each: 7"},
                                 {"size: 0.5", "size: 0.6"},
                                 {"4 KiB", "5 KiB"}})
    EXPECT_NE(digest(with(from, to)), same) << from;
  const std::string table = with("command: [bash, oracle.sh], jobs: 2, timeout: 2 min", "table: t.csv");
  write("t.csv", "1");
  const std::string one = digest(table);
  write("t.csv", "2");
  EXPECT_NE(digest(table), one);
}

// A maker that answers with networks of the zoo, an oracle whose accuracy is the number of bits in tenths, and a
// machine that takes a cycle a row and column.
class MadeStudies : public NetworkStudies {
 protected:
  void SetUp() override {
    write_zoo_network("neuroblend_tiny", {}, folder / "plain.onnx");
    write_zoo_network("mlp_w2a2", {}, folder / "residual.onnx");
    write("make.sh", R"(while read -r line; do
  echo "$line" >> made
  case "$line" in
    *'weights": 4'*) exit 3;;
    *'weights": 3'*) echo none.onnx;;
    *residual*) echo residual.onnx;;
    *) echo plain.onnx;;
  esac
done)");
    write("oracle.sh", R"(while read -r line; do
  echo "$line" >> asked
  id=${line#*: }; id=${id%%,*}
  bits=${line##*weights\": }; bits=${bits%%\}*}
  echo "{\"id\": $id, \"accuracy\": 0.$((4 + bits))}"
done)");
  }
  static blendsim::Run machine(const Program&, const MachineParameters& parameters) {
    blendsim::Run run;
    run.cycles = static_cast<Cycles>(parameters.xnor_array.rows + 100 * parameters.mac_array.columns);
    return run;
  }
  std::string study_text(const std::string& method) {
    return with("name: bayes", "name: " + method, without("scalar:"));
  }
  Findings explored(const std::string& yaml, const std::string& journal_file, std::size_t workers = 1) {
    Study study = read(yaml);
    set_network_digests(study, {});
    study.identity.version = "0";
    MadeNetworks made(study, machine);
    const Work work = [&](const Job& job) { return made.evaluate(job); };
    const auto pool = workers > 1 ? fork_pool(workers, work) : local_pool(work);
    Journal journal(folder / journal_file, study.identity, Journal::Access::write);
    const auto oracle = oracle_of(study);
    Accuracies accuracies(study, journal, *oracle);
    Point base = study.base_point();
    base.resize(study.asked_space().dimensions.size());
    MethodContext context{
        study.asked_space(), study.objectives, study.seed, base, [&](const Point& p) { return made.screen(p); },
        study.limits};
    context.simulated = [&](const Point& p) { return made.figures(p); };
    context.oracle_figure = study.oracle_figure();
    const auto entries = methods();
    const auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const MethodEntry& m) { return m.name == study.method; });
    const auto method = over_whole_space(entry->make(context), study);
    objectives_.push_back(std::make_unique<std::vector<Objective>>(study.objectives));
    Findings findings(*objectives_.back());
    const std::vector<Trial> trials = journal.trials();
    for (const BatchRecord& batch : journal.batches()) {
      std::vector<Trial> own;
      for (const Trial& t : trials)
        if (t.id >= batch.first && t.id <= batch.last) own.push_back(t);
      method->tell(own);
      findings.add(batch, own);
    }
    explore(study, findings, journal, *method, *pool, {}, &accuracies);
    return findings;
  }
  std::size_t lines(const std::string& name) {
    const std::string all = text(name);
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
  }

 private:
  std::vector<std::unique_ptr<std::vector<Objective>>> objectives_;
};

TEST_F(MadeStudies, EachNetworkGetsItsBestMachineAndItsAccuracy) {
  const Findings findings = explored(study_text("grid"), "grid.db");
  int complete = 0;
  for (const Trial& trial : findings.trials()) {
    const Outcome& outcome = trial.outcome;
    const int bits = trial.point[2] + 1;
    if (bits == 4) {
      EXPECT_EQ(outcome.code, "maker-failed");
      EXPECT_THAT(outcome.subject, HasSubstr("status 3"));
    } else if (bits == 3) {
      EXPECT_EQ(outcome.code, "file-unreadable");
    } else {
      ++complete;
      EXPECT_TRUE(outcome.complete()) << outcome.code;
      EXPECT_DOUBLE_EQ(outcome.figures[0], 0.4 + 0.1 * bits);
      EXPECT_EQ(outcome.figures[2], 416) << "the smallest machine of six";
      EXPECT_EQ(trial.point[3], 0);
      EXPECT_EQ(trial.point[4], 0);
    }
    EXPECT_EQ(outcome.complete(), !std::isnan(outcome.figures[0]));
  }
  EXPECT_EQ(complete, 8);
  EXPECT_EQ(findings.trials().size(), 16u);
  EXPECT_EQ(lines("asked"), 8u) << "a network that the simulator refuses is not trained, and none twice";
  EXPECT_EQ(text("asked").find("{\"id\": "), 0u);
}

TEST_F(MadeStudies, TheirFrontIsTheSameForAnyNumberOfWorkersAndAfterAStop) {
  const auto points = [](const Findings& findings) {
    std::vector<Point> out;
    for (const Trial& trial : findings.trials()) out.push_back(trial.point);
    return out;
  };
  const std::string yaml = with("oracle_calls: 10", "oracle_calls: 6", study_text("bayes"));
  const auto one = points(explored(yaml, "one.db"));
  EXPECT_EQ(points(explored(yaml, "two.db", 2)), one);
  (void)explored(with("oracle_calls: 6", "oracle_calls: 2", yaml), "three.db");
  const std::size_t asked = lines("asked");
  EXPECT_EQ(points(explored(yaml, "three.db")), one);
  EXPECT_EQ(points(explored(yaml, "three.db")), one) << "a spent budget asks for nothing";
  EXPECT_LE(lines("asked"), asked + 6);
}

TEST_F(MadeStudies, AnAnswerOutlivesTheBatchThatItWasGivenFor) {
  Study study = read(study_text("grid"));
  set_network_digests(study, {});
  Journal journal(folder / "a.db", study.identity, Journal::Access::write);
  EXPECT_TRUE(journal.answers().empty());
  journal.commit(study.network_text({0, 0, 0, 0, 0}), {.accuracy = 0.99, .cpu_seconds = 3});
  const auto oracle = oracle_of(study);
  Accuracies accuracies(study, journal, *oracle);
  Trial known{0, {0, 0, 0, 0, 0}, {DesignStage::complete, "", "", 0, {NAN, 1, 2}}};
  std::vector<Trial> trials = {known, known, known};
  trials[1].point = trials[2].point = {1, 0, 1, 0, 0};
  accuracies.complete(trials);
  EXPECT_EQ(trials[0].outcome.figures[0], 0.99);
  EXPECT_EQ(trials[1].outcome.figures[0], 0.6);
  EXPECT_EQ(trials[2].outcome.figures[0], 0.6);
  EXPECT_EQ(lines("asked"), 1u);
  EXPECT_EQ(accuracies.count(trials), 2);
  EXPECT_EQ(journal.answers().size(), 2u);
  EXPECT_EQ(journal.answers().at(study.network_text({0, 0, 0, 0, 0})).cpu_seconds, 3);
}

TEST_F(MadeStudies, WhatAnAnswerMeansForATrial) {
  const Study study = read(study_text("grid"));
  const Trial trial{0, {0, 0, 0, 0, 0}, {DesignStage::complete, "", "", 0, {NAN, 1, 2}}};
  Trial good = trial, low = trial, failed = trial;
  take_answer(study, {.accuracy = 0.5}, good);
  EXPECT_TRUE(good.outcome.complete());
  take_answer(study, {.accuracy = 0.4}, low);
  EXPECT_EQ(low.outcome.stage, DesignStage::machine);
  EXPECT_EQ(low.outcome.code + " " + low.outcome.subject, "limit accuracy");
  EXPECT_NEAR(low.outcome.violation, 0.2, 1e-12);
  take_answer(study, {.error = "timeout"}, failed);
  EXPECT_EQ(failed.outcome.code + " " + failed.outcome.subject, "oracle-failed timeout");
  EXPECT_GT(failed.outcome.violation, 0);
}

TEST(ScalarCost, JoinsObjectivesAsItsFormSays) {
  using enum ScalarSpec::Form;
  const std::vector<Objective> objectives = {{"accuracy", true}, {"size", false}};
  const auto cost = [&](ScalarSpec::Form form, double accuracy, double size) {
    return scalar_cost({form, {2, 3}, {0.9, 1000}, 0.02}, objectives, std::vector{accuracy, size});
  };
  EXPECT_NEAR(cost(weighted, 0.45, 500), -2 * 0.5 + 3 * 0.5, 1e-12);
  EXPECT_NEAR(cost(log_size, 0.9, 500), -2 + 3 * std::log(0.5), 1e-12);
  EXPECT_NEAR(cost(forgiving, 0.95, 1000), 0, 1e-12) << "more than the reference is worth nothing";
  EXPECT_NEAR(cost(forgiving, 0.9 * 0.98, 2000), 3 * std::log(2.0), 1e-12);
  EXPECT_NEAR(cost(forgiving, 0.9 * 0.96, 1000), 2, 1e-12);
  EXPECT_NEAR(cost(forgiving, 0.9 * 0.95, 1000), 3, 1e-12);
}

}  // namespace
}  // namespace blendsim::explore::test
