// SPDX-License-Identifier: Apache-2.0
#include "bracket.h"

#include <cmath>

#include "numerics/functions.h"

namespace blendsim::differential {

namespace {

class Bracket {
 public:
  Bracket(const onnx::ModelProto& model, const Traits& traits, const std::set<std::string>& names)
      : source_(model), traits_(traits), out_(model) {
    out_.mutable_graph()->clear_node();
    out_.mutable_graph()->clear_output();
    for (const auto& node : model.graph().node()) copy(node);
    for (const std::string& name : names) expose(name);
    for (const auto& output : model.graph().output()) {
      if (!names.contains(output.name())) expose(output.name());
      if (doubled_.contains(output.name())) expose(output.name() + low_suffix), expose(output.name() + high_suffix);
    }
  }
  [[nodiscard]] onnx::ModelProto result() && { return std::move(out_); }

 private:
  void expose(const std::string& name) { out_.mutable_graph()->add_output()->set_name(name); }

  std::string op(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
    auto& node = *out_.mutable_graph()->add_node();
    node.set_op_type(type);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return output;
  }
  std::string scalar(double value, const std::string& name) {
    auto& constant = *out_.mutable_graph()->add_initializer();
    constant.set_name(name);
    constant.set_data_type(onnx::TensorProto::FLOAT);
    constant.add_float_data(static_cast<float>(value));
    return name;
  }

  void copy(const onnx::NodeProto& node) {
    bool reads = false;
    for (const std::string& input : node.input()) reads = reads || doubled_.contains(input);
    *out_.mutable_graph()->add_node() = node;
    if (reads) twins(node);
    if (reads && bends_at_zero(node)) twin_at_zero(node);
    for (const std::string& y : node.output()) {
      const bool rounds = traits_.rounding_sums.contains(y);
      if (!reads && !rounds) continue;
      settle(node, y, reads, rounds);
      doubled_.insert(y);
      if (traits_.quantised.contains(y) && doubled_.erase(y) > 0) expose(y + low_suffix), expose(y + high_suffix);
    }
  }

  // The node again on the least and on the greatest values. Subtraction takes one of each.
  void twins(const onnx::NodeProto& node) {
    const bool crosses =
        node.op_type() == "Sub" && doubled_.contains(node.input(0)) && doubled_.contains(node.input(1));
    for (const bool low : {true, false}) {
      auto& twin = *out_.mutable_graph()->add_node();
      twin = node;
      twin.clear_name();
      for (int i = 0; i < twin.input_size(); ++i) {
        if (doubled_.contains(node.input(i)))
          twin.set_input(i, node.input(i) + (low != (crosses && i == 1) ? low_suffix : high_suffix));
      }
      for (std::string& output : *twin.mutable_output()) output += low ? "//a" : "//b";
    }
  }

  // Of a negative slope a value of 0 is an end that neither end of its operand gives.
  static bool bends_at_zero(const onnx::NodeProto& node) {
    return node.op_type() == "LeakyRelu" || node.op_type() == "PRelu" || node.op_type() == "Abs";
  }

  void twin_at_zero(const onnx::NodeProto& node) {
    const std::string &x = node.input(0), y = node.output(0);
    const std::string zero = scalar(0, y + "//zero");
    const std::string nearest =
        op("Min", {op("Max", {zero, x + low_suffix}, y + "//above"), x + high_suffix}, y + "//n");
    auto& twin = *out_.mutable_graph()->add_node();
    twin = node;
    twin.clear_name();
    twin.set_input(0, nearest);
    twin.set_output(0, y + "//c");
  }

  // Orders y and its twins (a falling operator exchanges them), and widens them by y's own rounding.
  void settle(const onnx::NodeProto& node, const std::string& y, bool twice, bool rounds) {
    static const std::set<std::string> not_float{"GreaterOrEqual", "Greater", "LessOrEqual", "Less", "Not",
                                                 "QuantizeLinear", "ArgMax",  "TopK"};
    const bool ordered = !not_float.contains(node.op_type());
    std::string least = y, most = y;
    if (twice && ordered) {
      std::vector<std::string> all{y, y + "//a", y + "//b"};
      if (bends_at_zero(node)) all.push_back(y + "//c");
      least = op("Min", all, rounds ? y + "//least" : y + low_suffix);
      most = op("Max", all, rounds ? y + "//most" : y + high_suffix);
    } else if (twice) {
      op("Identity", {y + "//a"}, y + low_suffix);
      op("Identity", {y + "//b"}, y + high_suffix);
    }
    if (!rounds) return;
    // A bound on how far two orders of summation lie apart.
    const std::string noise = op("Mul", {magnitude(node), scalar(std::ldexp(1.0, -20), y + "//e")}, y + "//noise");
    op("Sub", {least, noise}, y + low_suffix);
    op("Add", {most, noise}, y + high_suffix);
  }

  // The sum of the terms' magnitudes.
  std::string magnitude(const onnx::NodeProto& node) {
    const std::string& y = node.output(0);
    const std::string& type = node.op_type();
    if (type == "Softmax") return scalar(1, y + "//m");  // approximations, each library its own
    if (find_function(type) != nullptr)
      return op("Add", {op("Abs", {y}, y + "//m0"), scalar(1, y + "//one")}, y + "//m");
    if (type == "Pow") return op("Abs", {y}, y + "//m");
    auto all = node;
    all.clear_name();
    const bool norm = type == "BatchNormalization";
    for (int i = 0; i < (norm ? 4 : node.input_size()); ++i) {
      if (type == "ReduceMean" && i > 0) continue;
      std::string m = op("Abs", {node.input(i)}, y + "//m" + std::to_string(i));
      if (norm && i == 3) m = op("Neg", {m}, y + "//minus");
      all.set_input(i, m);
    }
    for (auto& a : *all.mutable_attribute()) {
      if (a.name() == "alpha" || a.name() == "beta") a.set_f(std::fabs(a.f()));
    }
    all.set_output(0, y + "//m");
    *out_.mutable_graph()->add_node() = all;
    return y + "//m";
  }

  const onnx::ModelProto& source_;
  const Traits& traits_;
  onnx::ModelProto out_;
  std::set<std::string> doubled_;
};

}  // namespace

onnx::ModelProto bracketed(const onnx::ModelProto& model, const Traits& traits, const std::set<std::string>& names) {
  return Bracket(model, traits, names).result();
}

}  // namespace blendsim::differential
