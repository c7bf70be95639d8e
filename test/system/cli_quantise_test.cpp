// SPDX-License-Identifier: Apache-2.0
// Float networks on the command line: what is claimed, what is not, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "process.h"
#include "tensor/array.h"
#include "tensor/files.h"
#include "unit/network/onnx_builder.h"

namespace blendsim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;
using test::attr;
using test::OnnxBuilder;

class CliQuantise : public ::testing::Test {
 protected:
  void SetUp() override {
    OnnxBuilder m(13, 8);
    m.input("image", {1, 3, 8, 8}, onnx::TensorProto::FLOAT);
    m.floats("w1", {8, 3, 3, 3}, wave(8 * 27, 0.3F));
    m.floats("w2", {8, 8, 3, 3}, wave(8 * 72, 0.2F));
    m.floats("w3", {5, 8}, wave(40, 0.5F));
    m.node("Conv", {"image", "w1"}, {"a"}, {attr("pads", {1, 1, 1, 1})}).set_name("stem");
    m.node("Relu", {"a"}, {"b"}).set_name("relu");
    m.node("Conv", {"b", "w2"}, {"c"}, {attr("pads", {1, 1, 1, 1})}).set_name("body");
    m.node("Add", {"b", "c"}, {"d"}).set_name("join");
    m.node("GlobalAveragePool", {"d"}, {"e"}).set_name("pool");
    m.node("Flatten", {"e"}, {"f"}).set_name("flat");
    m.node("Gemm", {"f", "w3"}, {"scores"}, {attr("transB", 1)}).set_name("head");
    m.output("scores");
    work.write("net.onnx", m.bytes());
    write_npy(work.path("x.npy"), FloatArray{{4, 3, 8, 8}, wave(4 * 3 * 64, 1)});
  }
  static std::vector<float> wave(int count, float size) {
    std::vector<float> out;
    for (int i = 0; i < count; ++i)
      out.push_back(size * static_cast<float>(std::sin(1.7 * i) + std::sin(0.37 * i * i)));
    return out;
  }
  ProcessResult run(std::vector<std::string> more, const std::string& file = "net.onnx") const {
    std::vector<std::string> arguments{"run", work.path(file)};
    if (file.ends_with(".onnx")) arguments.insert(arguments.end(), {"--platform", "zu3eg"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return blendsim_cli(arguments);
  }
  Json report(std::vector<std::string> more, const std::string& file = "net.onnx") const {
    more.insert(more.end(), {"--json", work.path("report.json"), "-q"});
    const ProcessResult result = run(more, file);
    EXPECT_EQ(result.status, 0) << result.err;
    return Json::parse(read_text(work.path("report.json")));
  }
  Workspace work;
};

TEST_F(CliQuantise, AFloatNetworkIsRefusedWithAHintThatWorks) {
  const ProcessResult refused = run({});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("not-quantised"), HasSubstr("--assume 8")));
  EXPECT_EQ(run({"--assume", "8"}).status, 0);
  EXPECT_EQ(run({"--calibrate", work.path("x.npy")}).status, 0);
}

TEST_F(CliQuantise, AnAssumptionHasTheCyclesOfSuchANetworkAndNoValues) {
  const ProcessResult text = run({"--assume", "8"});
  EXPECT_THAT(text.err, HasSubstr("values are not computed"));
  EXPECT_THAT(text.out, AllOf(HasSubstr("assumed"), HasSubstr("outputs     none")));
  const Json assumed = report({"--assume", "8"}), calibrated = report({"--calibrate", work.path("x.npy")});
  EXPECT_EQ(assumed["cycles"], calibrated["cycles"]);
  EXPECT_THAT(assumed["notes"].dump(), HasSubstr("quantisation assumed"));
  EXPECT_TRUE(assumed["outputs"].is_null() || assumed["outputs"].empty()) << assumed["outputs"].dump();
  EXPECT_EQ(assumed["resources"], calibrated["resources"]);
}

TEST_F(CliQuantise, WhatNeedsValuesIsRefusedOnAnAssumption) {
  for (const std::vector<std::string>& option : {std::vector<std::string>{"--tensors", work.path("t")},
                                                 {"--agreement"},
                                                 {"--activity"},
                                                 {"--expect", work.path("x.npy")}}) {
    std::vector<std::string> arguments{"--assume", "8"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    const ProcessResult refused = run(arguments);
    EXPECT_EQ(refused.status, 2) << option.front();
    EXPECT_THAT(refused.err, HasSubstr("--calibrate"));
  }
}

TEST_F(CliQuantise, AProgramRemembersThatItWasAssumed) {
  ASSERT_EQ(blendsim_cli({"compile", work.path("net.onnx"), "--platform", "zu3eg", "--assume", "8", "-o",
                          work.path("net.program")})
                .status,
            0);
  const ProcessResult text = run({}, "net.program");
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.err, HasSubstr("values are not computed"));
  EXPECT_EQ(run({"--agreement"}, "net.program").status, 2);
  EXPECT_EQ(run({"--assume", "8"}, "net.program").status, 2) << "a program is quantised already";
  EXPECT_EQ(report({}, "net.program")["digest"], report({"--assume", "8"})["digest"]);
}

TEST_F(CliQuantise, TheWrittenNetworkIsTheOneThatRuns) {
  const ProcessResult wrote =
      blendsim_cli({"quantise", work.path("net.onnx"), "--calibrate", work.path("x.npy"), "-o", work.path("q.onnx")});
  ASSERT_EQ(wrote.status, 0) << wrote.err;
  EXPECT_THAT(wrote.out,
              AllOf(HasSubstr("stem"), HasSubstr("8-bit weights"), HasSubstr("dB"), HasSubstr("on 4 images")));
  const Json direct = report({"--calibrate", work.path("x.npy"), "--input", work.path("x.npy")}),
             written = report({"--input", work.path("x.npy")}, "q.onnx");
  EXPECT_EQ(direct["outputs"], written["outputs"]);
  EXPECT_EQ(direct["cycles"], written["cycles"]);
}

TEST_F(CliQuantise, AgreementIsWithTheFloatNetwork) {
  const Json r = report({"--calibrate", work.path("x.npy"), "--input", work.path("x.npy"), "--agreement"});
  EXPECT_EQ(r["agreement"]["inputs"], 4);
  EXPECT_GT(r["agreement"]["max_abs_error"], 0);
  EXPECT_LT(r["agreement"]["max_abs_error"], 0.2);
}

TEST_F(CliQuantise, APlanGivesLayersTheirBits) {
  const std::string plan =
      work.write("plan.yaml", "schema: blendsim.bits/1\nweights: 4\nlayers:\n  b*: {weights: 1, activations: 2}\n");
  const ProcessResult shown = blendsim_cli({"quantise", work.path("net.onnx"), "--calibrate", work.path("x.npy"),
                                            "--bits", plan, "-o", work.path("q.onnx")});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("body +576 +1 +2"));
  EXPECT_THAT(shown.out, ::testing::ContainsRegex("stem +216 +4 +8"));
  // And the written one, which is quantised, again: in the ranges of its own quantisers.
  const std::string more = work.write("more.yaml", "schema: blendsim.bits/1\nlayers:\n  head: {weights: 2}\n");
  const ProcessResult again =
      blendsim_cli({"quantise", work.path("q.onnx"), "--bits", more, "-o", work.path("r.onnx")});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, ::testing::ContainsRegex("head +40 +2 +file's"));
}

TEST_F(CliQuantise, ADamagedPlanIsNamedWithItsLine) {
  const std::pair<const char*, const char*> plans[] = {
      {"weights: 8\n", "schema"},
      {"schema: blendsim.bits/1\nweights: 9\n", "plan.yaml:2"},
      {"schema: blendsim.bits/1\nactivations: none\n", "plan.yaml:2"},
      {"schema: blendsim.bits/1\nrange: 12\n", "99.99"},
      {"schema: blendsim.bits/1\nbits: 4\n", "has no key 'bits'"},
      {"schema: blendsim.bits/1\nlayers:\n  bodi: {weights: 4}\n", "did you mean 'body'?"},
      {"schema: blendsim.bits/1\nlayers:\n  body: {wieghts: 4}\n", "plan.yaml:3"},
      {"schema: blendsim.bits/1\nlayers: [body]\n", "must be a map"}};
  for (const auto& [text, said] : plans) {
    const ProcessResult refused = run({"--calibrate", work.path("x.npy"), "--bits", work.write("plan.yaml", text)});
    EXPECT_EQ(refused.status, 1) << text;
    EXPECT_THAT(refused.err, HasSubstr(said)) << text;
  }
}

TEST_F(CliQuantise, RangesThatNobodyKnowsAreAskedFor) {
  const std::string plan = work.write("plan.yaml", "schema: blendsim.bits/1\nweights: 4\n");
  const ProcessResult refused = run({"--bits", plan});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("not-quantised"), HasSubstr("--calibrate IMAGES")));
}

TEST_F(CliQuantise, ImagesOfAnotherShapeOrWithoutNumbersAreNamed) {
  write_npy(work.path("other.npy"), FloatArray{{3, 9, 9}, wave(243, 1)});
  const ProcessResult shape = run({"--calibrate", work.path("other.npy")});
  EXPECT_EQ(shape.status, 1);
  EXPECT_THAT(shape.err, AllOf(HasSubstr("input-shape"), HasSubstr("other.npy")));
  FloatArray nan{{3, 8, 8}, wave(192, 1)};
  nan.values[5] = std::nanf("");
  write_npy(work.path("nan.npy"), nan);
  EXPECT_THAT(run({"--calibrate", work.path("nan.npy")}).err, HasSubstr("input-value"));
  FloatArray huge{{3, 8, 8}, std::vector<float>(192, 3e38F)};
  write_npy(work.path("huge.npy"), huge);
  const ProcessResult infinite = run({"--calibrate", work.path("huge.npy")});
  EXPECT_EQ(infinite.status, 1);
  EXPECT_THAT(infinite.err, AllOf(HasSubstr("input-value"), HasSubstr("'stem'")));
}

// Latency and noise of every point of a small study are those that `run` and `quantise` give with the same plan.
TEST_F(CliQuantise, AStudyOfBitsFindsWhatTheCommandsFind) {
  const std::string study = work.write("study.yaml", R"(schema: blendsim.study/1
networks: {quantise: net.onnx, calibrate: x.npy}
platform: zu3eg
search:
  precision.weights: [2, 4, 8]
  precision.body.activations: [2, 8]
objectives: {noise: min, cycles: min}
method: grid
budget: {evaluations: 6}
)");
  const auto explore = [&](const std::string& csv, const std::string& jobs) {
    std::filesystem::remove(work.path("study.db"));
    const ProcessResult result = blendsim_cli({"explore", study, "--jobs", jobs, "--csv", work.path(csv)});
    EXPECT_EQ(result.status, 0) << result.err;
    return read_text(work.path(csv));
  };
  const std::string table = explore("one.csv", "1");
  EXPECT_EQ(table, explore("two.csv", "2"));
  std::istringstream lines(table);
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> header;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::size_t at = 0;
    if (!header.empty()) rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ','); ++at) {
      if (rows.empty()) header.push_back(cell);
      else rows.back()[header.at(at)] = cell;
    }
  }
  ASSERT_EQ(rows.size(), 6U) << table;
  for (auto& row : rows) {
    const std::string plan =
        work.write("plan.yaml", "schema: blendsim.bits/1\nweights: " + row["precision.weights"] +
                                    "\nlayers:\n  body: {activations: " + row["precision.body.activations"] + "}\n");
    const Json r = report({"--calibrate", work.path("x.npy"), "--bits", plan});
    EXPECT_LE(r["cycles"], std::stoll(row["cycles"])) << "what is not on the front has the first order that fits";
    const std::string notes = r["notes"].dump();
    const std::size_t db = notes.find(" dB from the float");
    ASSERT_NE(db, std::string::npos) << notes;
    const double said = std::stod(notes.substr(notes.rfind(' ', db - 1) + 1));
    EXPECT_NEAR(-20 * std::log10(std::stod(row["noise"])), said, 0.06) << notes;
  }
}

TEST_F(CliQuantise, AStudyWhoseKeyNamesNoLayerSaysSo) {
  const std::string study = work.write("study.yaml", R"(schema: blendsim.study/1
networks: {quantise: net.onnx}
platform: zu3eg
search: {precision.bodi.weights: [2, 4]}
objectives: {cycles: min}
budget: {evaluations: 2}
)");
  const ProcessResult result = blendsim_cli({"explore", study});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("precision.bodi.weights"), HasSubstr("did you mean 'body'?")));
}

// x -> Conv -> Reshape that spells the batch out -> Gemm.
std::string network_of(const std::vector<std::int64_t>& batch, bool open_sides = false) {
  OnnxBuilder m(13, 8);
  Shape shape{batch[0], 2, 4, 4};
  m.input("x", shape, onnx::TensorProto::FLOAT);
  if (open_sides) {
    auto* dims = m.model().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    dims->mutable_dim(2)->set_dim_param("H");
    dims->mutable_dim(3)->set_dim_param("W");
  }
  std::vector<float> w(4 * 2), v(64 * 3);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 5) - 2;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i % 7) - 3;
  m.floats("w", {4, 2, 1, 1}, w);
  m.floats("v", {64, 3}, v);
  m.scalar("s", 0.125F);
  m.integers("z", {}, onnx::TensorProto::INT8, {0});
  m.int64s("flat", {2}, {batch[0], -1});
  m.node("QuantizeLinear", {"x", "s", "z"}, {"xq"});
  m.node("DequantizeLinear", {"xq", "s", "z"}, {"xd"});
  m.node("Conv", {"xd", "w"}, {"c"});
  m.node("QuantizeLinear", {"c", "s", "z"}, {"cq"});
  m.node("DequantizeLinear", {"cq", "s", "z"}, {"cd"});
  m.node("Reshape", {"cd", "flat"}, {"f"});
  m.node("MatMul", {"f", "v"}, {"y"});
  m.output("y");
  return m.bytes();
}

TEST_F(CliQuantise, ABatchInTheFileIsSoManyImages) {
  work.write("one.onnx", network_of({1}));
  work.write("four.onnx", network_of({4}));
  write_npy(work.path("four.npy"), FloatArray{{4, 2, 4, 4}, wave(4 * 32, 3)});
  const Json one = report({"--input", work.path("four.npy")}, "one.onnx"),
             four = report({"--input", work.path("four.npy")}, "four.onnx");
  EXPECT_EQ(one["outputs"], four["outputs"]);
  EXPECT_EQ(one["cycles"], four["cycles"]);
  EXPECT_EQ(report({}, "four.onnx")["run"]["inferences"], report({"--batch", "4"}, "one.onnx")["run"]["inferences"]);
  EXPECT_EQ(report({}, "four.onnx")["outputs"], report({"--batch", "4"}, "one.onnx")["outputs"]);
  ASSERT_EQ(
      blendsim_cli({"compile", work.path("four.onnx"), "--platform", "zu3eg", "-o", work.path("four.program")}).status,
      0);
  EXPECT_EQ(report({}, "four.program")["digest"], report({}, "four.onnx")["digest"]);
  EXPECT_EQ(run({"--batch", "2", "--input", work.path("four.npy")}).status, 2);
}

// What works across the images of a batch would give other values for one image: refused, whatever else it does.
TEST_F(CliQuantise, ABatchThatAnOperatorWorksAcrossIsRefused) {
  const auto refusal = [&](const std::function<void(OnnxBuilder&)>& write) {
    OnnxBuilder m(13, 8);
    m.input("x", {2, 3, 2, 2}, onnx::TensorProto::FLOAT);
    m.scalar("s", 0.125F);
    m.integers("z", {}, onnx::TensorProto::INT8, {0});
    m.floats("w", {4, 3, 1, 1}, std::vector<float>(12, 1));
    m.node("QuantizeLinear", {"x", "s", "z"}, {"xq"});
    m.node("DequantizeLinear", {"xq", "s", "z"}, {"xd"});
    m.node("Conv", {"xd", "w"}, {"c"});
    write(m);
    m.output("y");
    work.write("batch.onnx", m.bytes());
    const ProcessResult result = run({}, "batch.onnx");
    EXPECT_EQ(result.status, 1) << result.out;
    return result.err;
  };
  using M = OnnxBuilder;
  const std::function<void(M&)> crossing[] = {[](M& m) { m.node("Softmax", {"c"}, {"y"}, {attr("axis", 0)}); },
                                              [](M& m) { m.node("Softmax", {"c"}, {"y"}, {attr("axis", -4)}); },
                                              [](M& m) {
                                                m.node("Transpose", {"c"}, {"y"}, {attr("perm", {1, 0, 2, 3})});
                                              },
                                              [](M& m) { m.node("ArgMax", {"c"}, {"y"}); },
                                              [](M& m) { m.node("Flatten", {"c"}, {"y"}, {attr("axis", 0)}); },
                                              [](M& m) {
                                                m.int64s("one", {2}, {1, -1});
                                                m.node("Reshape", {"c", "one"}, {"y"});
                                              },
                                              [](M& m) {
                                                m.int64s("one", {1}, {-1});
                                                m.node("Reshape", {"c", "one"}, {"y"});
                                              },
                                              [](M& m) {
                                                m.floats("k", {2, 1, 1, 1}, {1, 2});
                                                m.node("Mul", {"c", "k"}, {"y"});
                                              },
                                              [](M& m) {
                                                m.int64s("i", {}, {0});
                                                m.node("Shape", {"c"}, {"n"});
                                                m.node("Gather", {"n", "i"}, {"first"});
                                                m.node("Cast", {"first"}, {"f"}, {attr("to", 1)});
                                                m.node("Mul", {"c", "f"}, {"y"});
                                              },
                                              [](M& m) { m.node("ReduceMean", {"c"}, {"y"}, {attr("axes", {0})}); }};
  for (const auto& write : crossing)
    EXPECT_THAT(refusal(write), AllOf(HasSubstr("dynamic-shape"), HasSubstr("works across the 2 images")))
        << &write - crossing;
}

TEST_F(CliQuantise, AnInputThatTheHostMakesSeveralOfIsRefused) {
  OnnxBuilder m(13, 8);
  m.input("x", {1, 3, 2, 2}, onnx::TensorProto::FLOAT);
  m.scalar("s", 0.125F);
  m.integers("z", {}, onnx::TensorProto::INT8, {0});
  m.floats("w", {4, 3, 1, 1}, std::vector<float>(12, 1));
  m.floats("k", {2, 1, 1, 1}, {1, 2});
  m.node("Add", {"x", "k"}, {"two"});
  m.node("QuantizeLinear", {"two", "s", "z"}, {"xq"});
  m.node("DequantizeLinear", {"xq", "s", "z"}, {"xd"});
  m.node("Conv", {"xd", "w"}, {"y"});
  m.output("y");
  work.write("two.onnx", m.bytes());
  const ProcessResult result = run({}, "two.onnx");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("[2, 3, 2, 2]"));
}

TEST_F(CliQuantise, ANetworkThatIsQuantisedIsNotAssumed) {
  ASSERT_EQ(
      blendsim_cli({"quantise", work.path("net.onnx"), "--calibrate", work.path("x.npy"), "-o", work.path("q.onnx")})
          .status,
      0);
  EXPECT_EQ(report({"--assume", "4"}, "q.onnx")["digest"], report({}, "q.onnx")["digest"]);
}

TEST_F(CliQuantise, OpenSizesAreGivenByTheHintThatAsksForThem) {
  work.write("open.onnx", network_of({1}, true));
  work.write("fixed.onnx", network_of({1}));
  const ProcessResult refused = run({}, "open.onnx");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("'H'"), HasSubstr("--input-shape 1,2,224,224")));
  const Json fixed = report({}, "fixed.onnx");
  for (const char* shape : {"1,2,4,4", "2,4,4", "1x2x4x4"})
    EXPECT_EQ(report({"--input-shape", shape}, "open.onnx")["outputs"], fixed["outputs"]) << shape;
  EXPECT_EQ(run({"--input-shape", "1,3,4,4"}, "open.onnx").status, 1) << "3 channels, the file has 2";
  EXPECT_EQ(run({"--input-shape", "1,2,5,5"}, "fixed.onnx").status, 1);
  EXPECT_THAT(run({"--input-shape", "2,4"}, "open.onnx").err, HasSubstr("2 dimensions, the file's input 4"));
  for (const char* shape : {"", "1,,2", "1,2,4,-4", "1,2,4,4,", "a"})
    EXPECT_NE(run({"--input-shape", shape}, "open.onnx").status, 0) << shape;
}

// A network whose file leaves the input's quantiser out, and the same with it.
TEST_F(CliQuantise, AnInputQuantiserIsTheOneThatTheFileMightHave) {
  struct Case {
    const char* text;
    float scale;
    int zero, type;
  };
  const auto network = [](const Case* quantiser) {
    OnnxBuilder m(13, 8);
    m.input("x", {1, 2, 3, 3}, onnx::TensorProto::FLOAT);
    m.floats("w", {4, 2, 1, 1}, {1, -2, 3, 1, 2, 2, -1, 1});
    std::string x = "x";
    if (quantiser != nullptr) {
      m.scalar("s", quantiser->scale);
      m.integers("z", {}, quantiser->type, {quantiser->zero});
      m.node("QuantizeLinear", {"x", "s", "z"}, {"xq"});
      m.node("DequantizeLinear", {"xq", "s", "z"}, {"xd"});
      x = "xd";
    }
    m.node("Conv", {x, "w"}, {"y"}).set_name("stem");
    m.output("y");
    return m.bytes();
  };
  write_npy(work.path("i.npy"), FloatArray{{1, 2, 3, 3}, wave(18, 1)});
  work.write("without.onnx", network(nullptr));
  const ProcessResult refused = run({}, "without.onnx");
  EXPECT_THAT(refused.err, AllOf(HasSubstr("not-quantised"), HasSubstr("--input-quant int8:1/128")));
  constexpr int signed_byte = onnx::TensorProto::INT8, byte = onnx::TensorProto::UINT8;
  for (const Case& c : {Case{"int8:1/128", 0.0078125F, 0, signed_byte}, Case{"uint8:0.0186:114", 0.0186F, 114, byte},
                        Case{"uint8:1/255", 1.0F / 255, 0, byte}, Case{"int8:0.03:-14", 0.03F, -14, signed_byte}}) {
    work.write("with.onnx", network(&c));
    const Json with = report({"--input", work.path("i.npy")}, "with.onnx"),
               without = report({"--input", work.path("i.npy"), "--input-quant", c.text}, "without.onnx");
    EXPECT_EQ(without["outputs"], with["outputs"]) << c.text;
    EXPECT_THAT(without["notes"].dump(), HasSubstr(c.text));
  }
  EXPECT_EQ(run({"--input-quant", "bipolar"}, "without.onnx").status, 0);
  EXPECT_EQ(run({"--input-quant", "int4:0.1"}, "without.onnx").status, 0);
  for (const char* text : {"", "int9:1", "int1:1", "uint0", "float:1", "int8:0", "int8:-1", "int8:1:200",
                           "int8:1:", "int8:1:2:3", "bipolar:1:1", "int8:nan"}) {
    const ProcessResult bad = run({"--input-quant", text}, "without.onnx");
    EXPECT_TRUE(bad.status == 1 || bad.status == 2) << text << ": " << bad.status;
  }
}

TEST_F(CliQuantise, ExclusionsAreUsageErrors) {
  EXPECT_EQ(run({"--assume", "8", "--calibrate", work.path("x.npy")}).status, 2);
  EXPECT_EQ(run({"--assume", "9"}).status, 2);
  EXPECT_EQ(run({"--calibrate-scale", "1/255"}).status, 2);
  EXPECT_EQ(blendsim_cli({"quantise", work.path("net.onnx"), "-o", work.path("q.onnx")}).status, 2);
  EXPECT_EQ(
      blendsim_cli({"quantise", work.path("net.onnx"), "--calibrate", work.path("x.npy"), "-o", work.path("x.npy")})
          .status,
      2);
}

}  // namespace
}  // namespace blendsim
