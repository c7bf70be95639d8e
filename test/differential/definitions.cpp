// SPDX-License-Identifier: Apache-2.0
#include "definitions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace blendsim::differential {

namespace {

// Rewrites one node; `y = op(...)` appends a node and returns its output's name.
class Writer {
 public:
  Writer(const onnx::ModelProto& file, onnx::GraphProto& graph, const onnx::NodeProto& node)
      : graph_(graph), node_(node) {
    for (const auto& constant : file.graph().initializer()) constants_[constant.name()] = &constant;
    for (const auto& other : file.graph().node()) {
      if (other.op_type() == "Constant") constants_[other.output(0)] = &other.attribute(0).t();
      if (other.op_type() == "Identity" && constants_.contains(other.input(0))) {
        constants_[other.output(0)] = constants_.at(other.input(0));
      }
    }
  }

  std::string op(const std::string& type, const std::vector<std::string>& inputs) {
    onnx::NodeProto& made = *graph_.add_node();
    made.set_op_type(type);
    for (const std::string& input : inputs) made.add_input(input);
    made.add_output(node_.output(0) + "//" + std::to_string(count_++));
    last_ = &made;
    return made.output(0);
  }
  std::string scalar(double value) {
    onnx::TensorProto& constant = *graph_.add_initializer();
    constant.set_name(node_.output(0) + "//k" + std::to_string(count_++));
    constant.set_data_type(onnx::TensorProto::FLOAT);
    constant.add_float_data(static_cast<float>(value));
    return constant.name();
  }
  std::string tensor(const onnx::TensorProto& like, const std::vector<std::int64_t>& shape) {
    onnx::TensorProto& constant = *graph_.add_initializer();
    constant = like;
    constant.set_name(node_.output(0) + "//k" + std::to_string(count_++));
    constant.clear_dims();
    for (const std::int64_t d : shape) constant.add_dims(d);
    return constant.name();
  }
  std::string indices(const std::vector<std::int64_t>& values) {
    onnx::TensorProto& constant = *graph_.add_initializer();
    constant.set_name(node_.output(0) + "//k" + std::to_string(count_++));
    constant.set_data_type(onnx::TensorProto::INT64);
    constant.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t v : values) constant.add_int64_data(v);
    return constant.name();
  }
  void set_attribute(const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *last_->add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  void set_attribute(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *last_->add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t v : values) attribute.add_ints(v);
  }
  void copy_attributes() { *last_->mutable_attribute() = node_.attribute(); }
  [[nodiscard]] int inputs() const { return node_.input_size(); }
  [[nodiscard]] const std::string& type() const { return node_.op_type(); }
  // Names the last node's output as the file does.
  void finish() { last_->set_output(0, node_.output(0)); }

  [[nodiscard]] std::string input(int i) const { return node_.input(i); }
  [[nodiscard]] const onnx::TensorProto& constant(int i) const {
    const auto found = constants_.find(node_.input(i));
    if (found == constants_.end()) throw std::invalid_argument(node_.input(i) + " is no constant");
    return *found->second;
  }
  [[nodiscard]] double number(int i) const {
    const onnx::TensorProto& t = constant(i);
    return t.float_data_size() > 0 ? static_cast<double>(t.float_data(0))
                                   : throw std::invalid_argument("no float: " + t.name());
  }
  [[nodiscard]] double attribute(const std::string& name, double fallback) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name && a.type() == onnx::AttributeProto::TENSOR) return static_cast<double>(a.t().float_data(0));
      if (a.name() == name)
        return a.type() == onnx::AttributeProto::FLOAT ? static_cast<double>(a.f()) : static_cast<double>(a.i());
    }
    return fallback;
  }
  [[nodiscard]] std::string text(const std::string& name, const std::string& fallback) const {
    for (const auto& a : node_.attribute()) {
      if (a.name() == name) return a.s();
    }
    return fallback;
  }

 private:
  onnx::GraphProto& graph_;
  const onnx::NodeProto& node_;
  onnx::NodeProto* last_ = nullptr;
  std::map<std::string, const onnx::TensorProto*> constants_;
  int count_ = 0;
};

// resolve_rounding_mode. UP, DOWN: away from zero, towards zero; HALF_UP, HALF_DOWN: what ties do, by magnitude.
std::string rounded(Writer& w, const std::string& x, const std::string& mode) {
  if (mode == "ROUND" || mode == "HALF_EVEN") return w.op("Round", {x});
  if (mode == "CEIL") return w.op("Ceil", {x});
  if (mode == "FLOOR") return w.op("Floor", {x});
  std::string magnitude = w.op("Abs", {x});
  if (mode == "UP") magnitude = w.op("Ceil", {magnitude});
  else if (mode == "DOWN") magnitude = w.op("Floor", {magnitude});
  else if (mode == "HALF_UP") magnitude = w.op("Floor", {w.op("Add", {magnitude, w.scalar(0.5)})});
  else if (mode == "HALF_DOWN") magnitude = w.op("Ceil", {w.op("Sub", {magnitude, w.scalar(0.5)})});
  else throw std::invalid_argument("rounding mode " + mode);
  return w.op("Mul", {w.op("Sign", {x}), magnitude});
}

std::string bounded(Writer& w, const std::string& x, int bits, bool is_signed, bool narrow) {
  const double span = std::exp2(bits);
  const double lo = is_signed ? -span / 2 + (narrow ? 1 : 0) : 0,
               hi = is_signed ? span / 2 - 1 : span - 1 - (narrow ? 1 : 0);
  return w.op("Max", {w.op("Min", {x, w.scalar(hi)}), w.scalar(lo)});
}

std::string signs(Writer& w, const std::string& x) {
  return w.op("Where", {w.op("GreaterOrEqual", {x, w.scalar(0)}), w.scalar(1), w.scalar(-1)});
}

void quant(Writer& w) {
  const int bits = static_cast<int>(w.number(3));
  const bool is_signed = w.attribute("signed", 1) != 0, narrow = w.attribute("narrow", 0) != 0;
  std::string y = w.op("Add", {w.op("Div", {w.input(0), w.input(1)}), w.input(2)});
  if (bits == 1 && is_signed) {
    y = signs(w, y);
  } else {
    y = rounded(w, bounded(w, y, bits, is_signed, narrow), w.text("rounding_mode", "ROUND"));
  }
  w.op("Mul", {w.op("Sub", {y, w.input(2)}), w.input(1)});
}

void bipolar_quant(Writer& w) { w.op("Mul", {signs(w, w.input(0)), w.input(1)}); }

// Version 1: in_bits, out_bits. Version 2 (six inputs here): out_scale, out_bits, and it clamps.
void trunc(Writer& w, int inputs) {
  std::string y = w.op("Round", {w.op("Add", {w.op("Div", {w.input(0), w.input(1)}), w.input(2)})});
  const std::string mode = w.text("rounding_mode", "FLOOR");
  if (inputs == 5) {
    y = rounded(w, w.op("Div", {y, w.scalar(std::exp2(w.number(3) - w.number(4)))}), mode);
    w.op("Mul", {w.op("Sub", {y, w.input(2)}), w.input(1)});
    return;
  }
  const double step = std::exp2(std::nearbyint(std::log2(w.number(4) / w.number(1))));
  y = bounded(w, w.op("Div", {y, w.scalar(step)}), static_cast<int>(w.number(5)), w.attribute("signed", 1) != 0,
              w.attribute("narrow", 0) != 0);
  w.op("Mul", {w.op("Sub", {rounded(w, y, mode), w.op("Div", {w.input(2), w.scalar(step)})}), w.input(4)});
}

// out_scale * #{ x >= T[c, k] } + out_bias: one more leading axis for k.
void multi_threshold(Writer& w, int rank) {
  const onnx::TensorProto& t = w.constant(1);
  const std::int64_t rows = t.dims(0), levels = t.dims(1);
  onnx::TensorProto turned = t;
  turned.clear_float_data();
  for (std::int64_t k = 0; k < levels; ++k) {
    for (std::int64_t c = 0; c < rows; ++c) turned.add_float_data(t.float_data(static_cast<int>(c * levels + k)));
  }
  std::vector<std::int64_t> shape(static_cast<std::size_t>(rank) + 1, 1);
  shape[0] = levels, shape[2] = rows;
  const std::string wide = w.op("Unsqueeze", {w.input(0), w.indices({0})});
  const std::string reached = w.op("Cast", {w.op("GreaterOrEqual", {wide, w.tensor(turned, shape)})});
  w.set_attribute("to", onnx::TensorProto::FLOAT);
  const std::string count = w.op("ReduceSum", {reached, w.indices({0})});
  w.set_attribute("keepdims", 0);
  w.op("Add", {w.op("Mul", {count, w.scalar(w.attribute("out_scale", 1))}), w.scalar(w.attribute("out_bias", 0))});
}

// qonnx/custom_op/channels_last: maps of four dimensions, weights [O, kh, kw, I].
void channels_last(Writer& w) {
  const auto turned = [&](const std::string& x, const std::vector<std::int64_t>& perm) {
    std::string y = w.op("Transpose", {x});
    w.set_attribute("perm", perm);
    return y;
  };
  std::vector<std::string> operands{turned(w.input(0), {0, 3, 1, 2})};
  for (int i = 1; i < w.inputs(); ++i)
    operands.push_back(i == 1 && w.type() == "Conv" ? turned(w.input(1), {0, 3, 1, 2}) : w.input(i));
  const std::string y = w.op(w.type(), operands);
  w.copy_attributes();
  (void)turned(y, {0, 2, 3, 1});
}

// Deeploy: (x * mul + add + div / 2) >> log2(div), clipped to n levels.
void requant_shift(Writer& w) {
  const double div = w.attribute("div", 1), levels = w.attribute("n_levels_out", 256);
  const double lo = w.attribute("signed", 1) != 0 ? -levels / 2 : 0;
  std::string y = w.op("Add", {w.op("Mul", {w.input(0), w.input(1)}), w.input(2)});
  if (div > 1) y = w.op("Add", {y, w.scalar(div / 2)});
  y = w.op("Floor", {w.op("Div", {y, w.scalar(div)})});
  w.op("Max", {w.op("Min", {y, w.scalar(lo + levels - 1)}), w.scalar(lo)});
}

// qonnx: the sum of a window >> (bits of the largest sum - obits).
void quant_avg_pool(Writer& w) {
  const double k = w.attribute("kernel", 1), most = (std::exp2(w.attribute("ibits", 8)) - 1) * k * k;
  const double bits = std::floor(std::log2(most)) + 1, shift = std::max(0.0, bits - w.attribute("obits", 8));
  const auto side = static_cast<std::int64_t>(k), stride = static_cast<std::int64_t>(w.attribute("stride", 1));
  const std::string mean = w.op("AveragePool", {w.input(0)});
  w.set_attribute("kernel_shape", {side, side});
  w.set_attribute("strides", {stride, stride});
  const std::string sum = w.op("Round", {w.op("Mul", {mean, w.scalar(k * k)})});
  w.op("Floor", {w.op("Div", {sum, w.scalar(std::exp2(shift))})});
}

// The rank of a node's output, given that of what it reads.
int rank_behind(const onnx::ModelProto& model, const onnx::NodeProto& node, int rank) {
  const std::string& op = node.op_type();
  const auto elements = [&](int i) {  // of a constant
    for (const auto& constant : model.graph().initializer()) {
      if (constant.name() == node.input(i)) return static_cast<int>(constant.dims(0));
    }
    return 2;  // of the shape that a chain of Shape, Gather and Concat computes
  };
  const auto axes = [&] { return node.input_size() > 1 ? elements(1) : node.attribute(0).ints_size(); };
  if (op == "MatMul" || op == "Gemm" || op == "Flatten") return 2;
  if (op == "Reshape") return elements(1);
  if (op == "Unsqueeze") return rank + axes();
  if (op == "Squeeze") return rank - axes();
  if (op == "ReduceMean") {
    for (const auto& a : node.attribute()) {
      if (a.name() == "keepdims" && a.i() == 0) return 2;
    }
  }
  return rank;
}

}  // namespace

onnx::ModelProto in_standard_operators(const onnx::ModelProto& model) {
  onnx::ModelProto out = model;
  out.mutable_graph()->clear_node();
  const int rank = model.graph().input(0).type().tensor_type().shape().dim_size();
  std::map<std::string, int> ranks{{model.graph().input(0).name(), rank}};
  for (const onnx::NodeProto& node : model.graph().node()) {
    int result = 0;  // as what it reads, constants aside
    for (const std::string& input : node.input()) {
      if (const auto known = ranks.find(input); known != ranks.end()) result = std::max(result, known->second);
    }
    const std::string& op = node.op_type();
    if (result != 0) result = rank_behind(model, node, result);
    for (const std::string& output : node.output()) {
      if (result != 0) ranks[output] = result;
    }
    Writer writer(model, *out.mutable_graph(), node);
    if (op == "Quant" || op == "IntQuant") quant(writer);
    else if (node.domain() == "qonnx.custom_op.channels_last") channels_last(writer);
    else if (op == "QuantAvgPool2d") quant_avg_pool(writer);
    else if (op == "RequantShift") requant_shift(writer);
    else if (op == "BipolarQuant") bipolar_quant(writer);
    else if (op == "Trunc") trunc(writer, node.input_size());
    else if (op == "MultiThreshold") multi_threshold(writer, result);
    else {
      *out.mutable_graph()->add_node() = node;
      continue;
    }
    writer.finish();
  }
  auto* imports = out.mutable_opset_import();
  imports->erase(
      std::remove_if(imports->begin(), imports->end(),
                     [](const auto& import) { return !import.domain().empty() && import.domain() != "com.microsoft"; }),
      imports->end());
  return out;
}

}  // namespace blendsim::differential
