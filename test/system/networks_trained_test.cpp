// SPDX-License-Identifier: Apache-2.0
// Trained networks on the machine, against what a board or an independent implementation printed.
#include "networks.h"

namespace blendsim {
namespace {

using Scores = std::vector<std::int64_t>;

class Cnv : public ::testing::TestWithParam<const char*> {};

TEST_P(Cnv, PrintsTheScoresOfTheBoardForADeerAndACar) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine cnv(model(GetParam()));
  const Shape& shape = cnv.network.input.shape;
  EXPECT_EQ(cnv.integers(images_of(model("deer_u8.npy"), shape, over_255)).at(0),
            (Scores{234, 231, 265, 248, 410, 257, 224, 262, 226, 233}));
  EXPECT_EQ(cnv.integers(images_of(model("car_u8.npy"), shape, over_255)).at(0),
            (Scores{258, 417, 233, 206, 238, 215, 222, 238, 236, 249}));
}

TEST_P(Cnv, PrintsTheStoredScoresOfTwentyTestImages) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine cnv(model(GetParam()));
  const IntArray expected = read_int_npy(model("cnv_w1a1_first20_scores.npy"));
  const auto scores = cnv.integers(images_of(model("cifar10_test_first20_u8.npy"), cnv.network.input.shape, over_255));
  ASSERT_EQ(scores.size(), 20U);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto begin = expected.values.begin() + static_cast<std::ptrdiff_t>(10 * i);
    EXPECT_EQ(scores[i], Scores(begin, begin + 10)) << "image " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Dialects, Cnv, ::testing::Values("cnv_w1a1_qonnx.onnx", "cnv_w1a1_finn.onnx"),
                         [](const auto& test) {
                           return std::string(test.param).find("finn") != std::string::npos ? "Finn" : "Qonnx";
                         });

TEST(Tfc, ClassifiesFourDigitsInFinnsDialect) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine tfc(model("tfc_w1a1_finn.onnx"));
  const IntArray expected = read_int_npy(model("tfc_w1a1_expected_class.npy"));
  const auto classes = tfc.integers(images_of(model("tfc_w1a1_input.npy"), tfc.network.input.shape, as_is));
  ASSERT_EQ(classes.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(classes[i].at(0), expected.values[i]) << "digit " << i;
}

TEST(Tfc, ClassifiesFourDigitsInQonnxDialect) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine tfc(model("tfc_w1a1_qonnx.onnx"));
  const IntArray expected = read_int_npy(model("tfc_w1a1_expected_class.npy"));
  const auto run = tfc.run(images_of(model("tfc_w1a1_input.npy"), tfc.network.input.shape, over_255));
  for (std::size_t i = 0; i < 4; ++i) {
    const FloatArray y = finish_output(tfc.program.host_outputs.front(), run.outputs[i].front());
    const auto best = std::max_element(y.values.begin(), y.values.end()) - y.values.begin();
    EXPECT_EQ(best, expected.values[i]) << "digit " << i;
  }
}

TEST(Kws, ClassifiesTwoHundredKeywords) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine kws(model("kws_w3a3_qonnx.onnx"));
  const IntArray expected = read_int_npy(model("kws_first200_expected_class.npy"));
  const auto images =
      images_of(model("kws_first200_i8.npy"), kws.network.input.shape, [](float v) { return v * 0.33674246F; });
  ASSERT_EQ(images.size(), 200U);
  const auto run = kws.run(images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const FloatArray y = finish_output(kws.program.host_outputs.front(), run.outputs[i].front());
    const Scores one(y.values.begin(), y.values.end());
    const auto best =
        y.values.size() == 1 ? one.front() : std::max_element(y.values.begin(), y.values.end()) - y.values.begin();
    EXPECT_EQ(best, expected.values[i]) << "keyword " << i;
  }
}

TEST(Machine, ARunDoesNotDependOnWhatRanBeforeInTheProcess) {
  BLENDSIM_NEEDS_MODELS();
  const OnMachine cnv(model("cnv_w1a1_qonnx.onnx")), tfc(model("tfc_w1a1_finn.onnx"));
  const auto deer = images_of(model("deer_u8.npy"), cnv.network.input.shape, over_255);
  const auto first = cnv.run(deer);
  (void)tfc.run(images_of(model("tfc_w1a1_input.npy"), tfc.network.input.shape, as_is));
  const auto again = cnv.run(deer);
  EXPECT_EQ(first.cycles, again.cycles);
  EXPECT_EQ(first.init_cycles, again.init_cycles);
  EXPECT_EQ(first.units, again.units);
  EXPECT_EQ(first.records, again.records);
  EXPECT_EQ(first.outputs, again.outputs);
  EXPECT_EQ(first.memory, again.memory);
}

}  // namespace
}  // namespace blendsim
