// SPDX-License-Identifier: Apache-2.0
// verify() on the host's steps: shapes are followed through them, and the field of a step that does not fit is named.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/diagnostic.h"
#include "verify_example.h"

namespace blendsim::test {
namespace {

using Kind = HostOp::Kind;

// The example's output is [1, 8, 4, 4].
std::string verdict(const std::vector<HostOp>& ops, const Shape& shape) {
  const Example example;
  Program program = example.built();
  program.host_outputs[0].ops = ops;
  program.host_outputs[0].shape = shape;
  try {
    verify(program, example.machine);
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().code.name(), "program-invalid");
    return error.diagnostics().front().place.node;
  }
  return "accepted";
}

HostOp op(Kind kind, FloatArray operand = {}, Shape shape = {}) {
  HostOp made;
  made.kind = kind;
  made.operand = std::move(operand);
  made.shape = std::move(shape);
  return made;
}
HostOp with(HostOp made, const std::function<void(HostOp&)>& change) {
  change(made);
  return made;
}

const Shape whole = {1, 8, 4, 4};
const FloatArray one = {{1}, {0.5F}};
const FloatArray each_channel = {{1, 8, 1, 1}, std::vector<float>(8, 1.0F)};

TEST(VerifyHost, FollowsShapesThroughEveryKindOfStep) {
  for (const Kind kind : {Kind::add, Kind::subtract, Kind::multiply, Kind::divide, Kind::power, Kind::reverse_subtract,
                          Kind::reverse_divide, Kind::leaky_relu}) {
    EXPECT_EQ(verdict({op(kind, one)}, whole), "accepted");
    EXPECT_EQ(verdict({op(kind, each_channel)}, whole), "accepted");
    EXPECT_EQ(verdict({op(kind)}, whole), "host_outputs[0].ops[0].operand");
    EXPECT_EQ(verdict({op(kind, {{3}, {1, 2, 3}})}, whole), "host_outputs[0].ops[0].operand_shape");
    EXPECT_EQ(verdict({op(kind, {{2}, {1}})}, whole), "host_outputs[0].ops[0].operand");
    EXPECT_EQ(verdict({op(kind, {{2, 1, 1, 1}, {1, 2}})}, whole), "host_outputs[0].shape") << "it grew";
  }
  for (const Kind kind : {Kind::relu, Kind::bipolar, Kind::sign, Kind::identity})
    EXPECT_EQ(verdict({op(kind)}, whole), "accepted");
  EXPECT_EQ(verdict({op(Kind::reshape, {}, {1, 128}), op(Kind::softmax)}, {1, 128}), "accepted");
  EXPECT_EQ(verdict({op(Kind::transpose, {}, {0, 2, 3, 1}), with(op(Kind::argmax), [](HostOp& o) { o.axis = 3; })},
                    {1, 4, 4, 1}),
            "accepted");
  EXPECT_EQ(verdict({with(op(Kind::argmax), [](HostOp& o) { o.keep_dimensions = false; })}, {1, 4, 4}), "accepted");
  EXPECT_EQ(verdict({with(op(Kind::top_k), [](HostOp& o) { o.count = 5; })}, {1, 5, 4, 4}), "accepted");
}

TEST(VerifyHost, KnowsTheFunctionsByName) {
  const auto named = [](const char* name, FloatArray operand) {
    return with(op(Kind::function, std::move(operand)), [&](HostOp& o) { o.function = name; });
  };
  EXPECT_EQ(verdict({named("Gelu", {{2}, {1, 0}})}, whole), "accepted");
  EXPECT_EQ(verdict({named("Gelu", one)}, whole), "host_outputs[0].ops[0].operand");
  EXPECT_EQ(verdict({named("Gamma", {{2}, {1, 0}})}, whole), "host_outputs[0].ops[0].function");
  EXPECT_EQ(verdict({op(Kind::lookup, {{3}, {1, 0, 2}})}, whole), "accepted");
  EXPECT_EQ(verdict({op(Kind::lookup)}, whole), "host_outputs[0].ops[0].operand");
}

TEST(VerifyHost, NamesAnOperandThatDoesNotFitItsKind) {
  EXPECT_EQ(verdict({op(Kind::clip, {{2}, {-1, 1}})}, whole), "accepted");
  EXPECT_EQ(verdict({op(Kind::clip, one)}, whole), "host_outputs[0].ops[0].operand");
  EXPECT_EQ(verdict({op(Kind::batch_normalization, {{5, 8}, std::vector<float>(40)})}, whole), "accepted");
  EXPECT_EQ(verdict({op(Kind::batch_normalization, {{5, 7}, std::vector<float>(35)})}, whole),
            "host_outputs[0].ops[0].operand_shape");
  EXPECT_EQ(verdict({op(Kind::thresholds, {{8, 3}, std::vector<float>(24)})}, whole), "accepted");
  EXPECT_EQ(verdict({op(Kind::thresholds, {{7, 3}, std::vector<float>(21)})}, whole),
            "host_outputs[0].ops[0].operand_shape");
  EXPECT_EQ(verdict({op(Kind::thresholds)}, whole), "host_outputs[0].ops[0].operand_shape");
  EXPECT_EQ(verdict({op(Kind::reshape, {}, {128}), op(Kind::thresholds, {{1, 1}, {0}})}, {128}),
            "host_outputs[0].ops[1].kind");
  EXPECT_EQ(verdict({op(Kind::add, {{-1, -1}, {0}})}, whole), "host_outputs[0].ops[0].operand_shape");
  EXPECT_EQ(verdict({op(Kind::relu, {{std::int64_t{1} << 40}, {0}})}, whole), "host_outputs[0].ops[0].operand_shape");
}

TEST(VerifyHost, NamesAnAxisACountOrAShapeOutsideTheTensor) {
  for (const Kind kind : {Kind::softmax, Kind::argmax, Kind::top_k}) {
    for (const int axis : {-1, 4, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
      EXPECT_EQ(verdict({with(op(kind), [&](HostOp& o) { o.axis = axis; })}, whole), "host_outputs[0].ops[0].axis");
  }
  for (const std::int64_t count : {std::int64_t{0}, std::int64_t{9}, std::int64_t{-1} << 60})
    EXPECT_EQ(verdict({with(op(Kind::top_k), [&](HostOp& o) { o.count = count; })}, whole),
              "host_outputs[0].ops[0].count");
  EXPECT_EQ(verdict({with(op(Kind::top_k), [](HostOp& o) { o.output = 2; })}, whole), "host_outputs[0].ops[0].output");
  for (const Shape& shape : {Shape{1, 127}, Shape{-1, -128}, Shape{}, Shape{std::int64_t{1} << 62, 2, 64}})
    EXPECT_EQ(verdict({op(Kind::reshape, {}, shape)}, whole), "host_outputs[0].ops[0].shape");
  for (const Shape& shape : {Shape{0, 1, 2}, Shape{0, 1, 2, 4}, Shape{0, 1, 1, 2}, Shape{-1, 0, 1, 2}})
    EXPECT_EQ(verdict({op(Kind::transpose, {}, shape)}, whole), "host_outputs[0].ops[0].shape");
}

TEST(VerifyHost, NamesTheFieldOfAQuantiserThatMeansNothing) {
  const auto quantiser = [](const std::function<void(HostOp&)>& change) {
    HostOp q = op(Kind::quantize);
    q.lo = -8;
    q.hi = 7;
    change(q);
    return verdict({q}, whole);
  };
  EXPECT_EQ(quantiser([](HostOp&) {}), "accepted");
  EXPECT_EQ(quantiser([](HostOp& q) { q.scale = 0; }), "host_outputs[0].ops[0].scale");
  EXPECT_EQ(quantiser([](HostOp& q) { q.scale = std::numeric_limits<float>::quiet_NaN(); }),
            "host_outputs[0].ops[0].scale");
  EXPECT_EQ(quantiser([](HostOp& q) { q.zero_point = HUGE_VALF; }), "host_outputs[0].ops[0].zero_point");
  EXPECT_EQ(quantiser([](HostOp& q) { q.lo = 8; }), "host_outputs[0].ops[0].lo");
  EXPECT_EQ(quantiser([](HostOp& q) { q.lo = std::numeric_limits<std::int64_t>::min(); }), "host_outputs[0].ops[0].lo");
  EXPECT_EQ(quantiser([](HostOp& q) { q.hi = std::numeric_limits<std::int64_t>::max(); }), "host_outputs[0].ops[0].hi");
  EXPECT_EQ(quantiser([](HostOp& q) { q.rounding = "round"; }), "host_outputs[0].ops[0].rounding");
}

TEST(VerifyHost, TheInputsLastQuantiserYieldsTheAcceleratorsFormat) {
  const Example example;
  Program program = example.built();
  HostOp quantiser = op(Kind::quantize);
  quantiser.lo = -128;
  quantiser.hi = 127;
  program.host_input.ops = {op(Kind::relu), quantiser, op(Kind::reshape, {}, {1, 8, 4, 4})};
  EXPECT_NO_THROW(verify(program, example.machine));
  program.host_input.ops[1].hi = 128;
  try {
    verify(program, example.machine);
    ADD_FAILURE() << "accepted";
  } catch (const DiagnosticError& error) {
    EXPECT_EQ(error.diagnostics().front().place.node, "host_input.ops[1].hi");
  }
}

TEST(VerifyHost, BoundsWhatTheHostComputes) {
  // Each step is legal, all of them together are hours of work.
  const FloatArray large = {{1, 4096, 1, 1, 1}, std::vector<float>(4096)};
  std::vector<HostOp> ops = {op(Kind::add, large)};
  ops.resize(20000, op(Kind::relu));
  EXPECT_EQ(verdict(ops, {4096, 128}).substr(0, 20), "host_outputs[0].ops[");
  // One step that makes a tensor of 2^30 values.
  EXPECT_EQ(verdict({op(Kind::add, large), op(Kind::add, {{4096, 1, 1, 1, 1}, std::vector<float>(4096)})}, whole),
            "host_outputs[0].ops[1].operand_shape");
}

}  // namespace
}  // namespace blendsim::test
