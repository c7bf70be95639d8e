// SPDX-License-Identifier: Apache-2.0
// What import accepts and refuses before any operator is looked at.
#include <gmock/gmock.h>

#include <bit>
#include <cstring>

#include "base/diagnostic.h"
#include "network/onnx_writer.h"
#include "unit/network/onnx_builder.h"

namespace blendsim::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(const OnnxBuilder& model) {
  try {
    (void)model.imported();
  } catch (const DiagnosticError& error) {
    return error.what();
  }
  return "";
}

OnnxBuilder add_model(const Shape& shape = {1, 4}) {
  OnnxBuilder model;
  model.input("x", shape);
  model.output("y");
  return model;
}

TEST(Import, AcceptsASymbolicBatchAsOne) {
  OnnxBuilder model = add_model({-1, 4});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(model.imported().inputs[0].shape, (Shape{1, 4}));
}

TEST(Import, RefusesAnySymbolicDimensionButTheBatch) {
  OnnxBuilder model = add_model({1, -1});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(refusal(model), HasSubstr("error[dynamic-shape]"));
}

TEST(Import, TakesABatchForSoManyImages) {
  for (const Shape& shape : {Shape{5, 6}, Shape{5, 3, 6, 6}}) {
    OnnxBuilder model = add_model(shape);
    model.node("Relu", {"x"}, {"y"});
    const GraphInput input = model.imported().inputs[0];
    EXPECT_EQ(input.shape[0], 1);
    EXPECT_EQ(input.batch, 5);
  }
}

TEST(Import, RefusesABatchBeyondAllThatIsRunAtOnce) {
  OnnxBuilder model = add_model({5000, 4});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(refusal(model), HasSubstr("a batch of 5000 images, and at most 4096"));
}

TEST(Import, RefusesADimensionOfZeroAlsoOfTheBatch) {
  for (const Shape& shape : {Shape{0, 4}, Shape{0, 3, 8, 8}, Shape{1, 0, 8, 8}}) {
    OnnxBuilder model = add_model(shape);
    model.node("Relu", {"x"}, {"y"});
    EXPECT_THAT(refusal(model), HasSubstr("of the input is 0: it holds no value")) << shape.size();
  }
}

// [5, 6, 3] may be an image without a batch: only two and four dimensions are known to begin with one.
TEST(Import, CallsTheFirstDimensionABatchOnlyWhereItIsOne) {
  for (const Shape& shape : {Shape{5, 6, 3}, Shape{5}, Shape{5, 1, 6, 3, 2}}) {
    OnnxBuilder model = add_model(shape);
    model.node("Relu", {"x"}, {"y"});
    EXPECT_THAT(refusal(model), HasSubstr("its first dimension must be 1"));
    EXPECT_THAT(refusal(model), Not(HasSubstr("a batch of")));
  }
}

TEST(Import, RefusesALoweredNetworkInOneSentence) {
  OnnxBuilder model = add_model();
  model.node("Relu", {"x"}, {"y"});
  EXPECT_EQ(refusal(model), "");
  auto* mark = model.model().add_metadata_props();
  mark->set_key(std::string(lowered_mark));
  const std::string text = refusal(model);
  EXPECT_THAT(text, HasSubstr("error[file-unrecognised]"));
  EXPECT_THAT(text, HasSubstr("this is a lowered network"));
  EXPECT_EQ(text.find("error[", 1), std::string::npos) << text;
}

TEST(Import, RefusesTwoInputsAndNone) {
  OnnxBuilder two = add_model();
  two.input("z", {1, 4});
  two.node("Add", {"x", "z"}, {"y"});
  EXPECT_THAT(refusal(two), HasSubstr("2 inputs ('x', 'z')"));
}

TEST(Import, TakesInitializersListedAsInputsForConstants) {
  OnnxBuilder model = add_model();
  model.input("b", {4});
  model.floats("b", {4}, {1, 2, 3, 4});
  model.node("Add", {"x", "b"}, {"y"});
  const Graph graph = model.imported();
  EXPECT_EQ(graph.inputs.size(), 1U);
  EXPECT_NE(graph.constant("b"), nullptr);
}

TEST(Import, SortsNodesAndKeepsTheFilesOrderAmongReadyOnes) {
  OnnxBuilder model = add_model();
  model.node("Add", {"b", "c"}, {"y"}).set_name("last");
  model.node("Relu", {"a"}, {"c"}).set_name("third");
  model.node("Sigmoid", {"a"}, {"b"}).set_name("fourth");
  model.node("Relu", {"x"}, {"a"}).set_name("first");
  std::vector<std::string> names;
  for (const Node& node : model.imported().nodes) names.push_back(node.name);
  EXPECT_THAT(names, ElementsAre("first", "third", "fourth", "last"));
}

TEST(Import, NamesUnnamedNodesAfterOperatorAndPosition) {
  OnnxBuilder model = add_model();
  model.node("Relu", {"x"}, {"a"});
  model.node("Relu", {"a"}, {"y"});
  EXPECT_EQ(model.imported().nodes[1].name, "Relu_1");
}

TEST(Import, RefusesCyclesMissingTensorsAndDoubleProducers) {
  OnnxBuilder cycle = add_model();
  cycle.node("Add", {"x", "y"}, {"a"}).set_name("one");
  cycle.node("Relu", {"a"}, {"y"}).set_name("two");
  EXPECT_THAT(refusal(cycle), AllOf(HasSubstr("'one'"), HasSubstr("'two'"), HasSubstr("cycle")));

  OnnxBuilder missing = add_model();
  missing.node("Add", {"x", "nothing"}, {"y"});
  EXPECT_THAT(refusal(missing), HasSubstr("'nothing' is produced by nothing"));

  OnnxBuilder twice = add_model();
  twice.node("Relu", {"x"}, {"y"});
  twice.node("Sigmoid", {"x"}, {"y"});
  EXPECT_THAT(refusal(twice), HasSubstr("'y' is produced twice"));
}

TEST(Import, RefusesExternalDataWithAHint) {
  OnnxBuilder model = add_model();
  auto& tensor = model.initializer(tensor_proto("b", {4}, onnx::TensorProto::FLOAT));
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  model.node("Add", {"x", "b"}, {"y"});
  EXPECT_THAT(refusal(model), AllOf(HasSubstr("external data"), HasSubstr("hint: save the model in one file")));
}

TEST(Import, RefusesConstantsWhoseShapeAndDataDisagree) {
  for (const Shape& shape : {Shape{3}, Shape{-4}, Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}}) {
    OnnxBuilder model = add_model();
    model.floats("b", shape, {1, 2, 3, 4});
    model.node("Add", {"x", "b"}, {"y"});
    EXPECT_THAT(refusal(model), HasSubstr("error[file-damaged]"));
  }
}

std::vector<float> imported_constant(const onnx::TensorProto& proto) {
  OnnxBuilder model = add_model();
  model.initializer(proto).set_name("b");
  model.node("Relu", {"x"}, {"y"});
  return model.imported().constant("b")->as_float();
}

TEST(Import, ReadsEveryElementTypeRawAndTyped) {
  using onnx::TensorProto;
  const auto raw = [](int type, const auto& values) {
    onnx::TensorProto proto = tensor_proto("b", {static_cast<std::int64_t>(std::size(values))}, type);
    proto.set_raw_data(
        std::string(reinterpret_cast<const char*>(std::data(values)), std::size(values) * sizeof(values[0])));
    return imported_constant(proto);
  };
  EXPECT_THAT(raw(TensorProto::FLOAT, std::vector<float>{1.5F, -2}), ElementsAre(1.5F, -2));
  EXPECT_THAT(raw(TensorProto::DOUBLE, std::vector<double>{0.25, -2}), ElementsAre(0.25F, -2));
  EXPECT_THAT(raw(TensorProto::INT8, std::vector<std::int8_t>{-128, 127}), ElementsAre(-128, 127));
  EXPECT_THAT(raw(TensorProto::UINT8, std::vector<std::uint8_t>{255, 1}), ElementsAre(255, 1));
  EXPECT_THAT(raw(TensorProto::INT16, std::vector<std::int16_t>{-300, 5}), ElementsAre(-300, 5));
  EXPECT_THAT(raw(TensorProto::INT32, std::vector<std::int32_t>{-70000, 5}), ElementsAre(-70000, 5));
  EXPECT_THAT(raw(TensorProto::INT64, std::vector<std::int64_t>{-70000, 5}), ElementsAre(-70000, 5));
  // binary16: 1.0 = 0x3c00, -2.0 = 0xc000, the smallest subnormal 2^-24 = 0x0001, 65504 = 0x7bff; bfloat16: 1.0 =
  // 0x3f80.
  EXPECT_THAT(raw(TensorProto::FLOAT16, std::vector<std::uint16_t>{0x3c00, 0xc000, 1, 0x7bff}),
              ElementsAre(1, -2, 0x1p-24F, 65504));
  EXPECT_THAT(raw(TensorProto::BFLOAT16, std::vector<std::uint16_t>{0x3f80, 0xc000}), ElementsAre(1, -2));

  onnx::TensorProto half = tensor_proto("b", {2}, TensorProto::FLOAT16);
  half.add_int32_data(0x3c00);
  half.add_int32_data(0xc000);
  EXPECT_THAT(imported_constant(half), ElementsAre(1, -2));
  onnx::TensorProto byte = tensor_proto("b", {2}, TensorProto::INT8);
  byte.add_int32_data(-128);
  byte.add_int32_data(7);
  EXPECT_THAT(imported_constant(byte), ElementsAre(-128, 7));
  onnx::TensorProto wide = tensor_proto("b", {1}, TensorProto::DOUBLE);
  wide.add_double_data(0.5);
  EXPECT_THAT(imported_constant(wide), ElementsAre(0.5F));
}

TEST(Import, RefusesTypedValuesThatDoNotFitTheirType) {
  OnnxBuilder model = add_model();
  model.integers("b", {1}, onnx::TensorProto::INT8, {200});
  model.node("Relu", {"x"}, {"y"});
  EXPECT_THAT(refusal(model), HasSubstr("200"));
}

TEST(Import, ReadsConstantNodesOfEveryKind) {
  OnnxBuilder model = add_model();
  model.node("Constant", {}, {"a"}, {attr("value_float", 2.5F)});
  model.node("Constant", {}, {"b"}, {attr("value_ints", {1, 4})});
  model.node("Reshape", {"x", "b"}, {"r"});
  model.node("Mul", {"r", "a"}, {"y"});
  const Graph graph = model.imported();
  EXPECT_EQ(graph.constant("a")->as_float(), std::vector<float>{2.5F});
  EXPECT_EQ(graph.constant("b")->as_integer(), (std::vector<std::int64_t>{1, 4}));
}

TEST(Import, FoldsShapeChainsAndConstantOfShape) {
  OnnxBuilder model = add_model({1, 2, 2, 2});
  model.int64s("zero", {}, {0});
  model.int64s("minus", {1}, {-1});
  model.int64s("four", {1}, {4});
  model.node("Shape", {"x"}, {"s"});
  model.node("Gather", {"s", "zero"}, {"n"}, {attr("axis", 0)});
  model.node("Unsqueeze", {"n"}, {"u"}, {attr("axes", {0})});
  model.node("Concat", {"u", "minus"}, {"t"}, {attr("axis", 0)});
  model.node("Reshape", {"x", "t"}, {"r"});
  model.node("ConstantOfShape", {"four"}, {"z"});
  model.node("Slice", {"z", "minus", "four"}, {"q"});
  model.node("Add", {"r", "q"}, {"y"});
  const Graph graph = model.imported();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.shapes.at("r"), (Shape{1, 8}));
  EXPECT_EQ(graph.constant("q")->as_float(), std::vector<float>{0});
}

TEST(Import, ReadsAMissingOpsetAsTheNewestAndNewerIrVersions) {
  OnnxBuilder model(13, 12);
  model.model().clear_opset_import();
  model.input("x", {1, 4});
  model.node("Relu", {"x"}, {"y"});
  model.output("y");
  EXPECT_EQ(model.imported().ir_version, 12);
}

TEST(Import, RefusesNamesThatAreNoText) {
  OnnxBuilder model = add_model();
  model.node("Relu", {"x"}, {"y"}).set_name("bad\xff\x01");
  EXPECT_THAT(refusal(model), HasSubstr("error[file-damaged]"));
}

TEST(Import, ListsEverythingThatIsWrongAtOnce) {
  OnnxBuilder model = add_model({1, -1});
  model.floats("b", {3}, {1});
  model.node("Add", {"x", "b"}, {"y"});
  EXPECT_THAT(refusal(model), AllOf(HasSubstr("'x'"), HasSubstr("'b'")));
}

}  // namespace
}  // namespace blendsim::test
