// SPDX-License-Identifier: Apache-2.0
// A normalised graph as standard ONNX.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/onnx_writer.h"
#include "network/operators/functions.h"
#include "network/operators/quantiser.h"
#include "network/quantise.h"

namespace blendsim {

namespace {

// As old as the operators allow: the first versions of IR that hold these operator sets.
struct Versions {
  std::int64_t opset = 17, ir = 8;
};
Versions versions_for(const Graph& graph) {
  const bool is_new = std::ranges::any_of(graph.nodes, [](const Node& n) { return n.op == "Gelu" || n.op == "Mish"; });
  return is_new ? Versions{20, 9} : Versions{};
}

class NetworkWriter {
 public:
  explicit NetworkWriter(const Graph& graph)
      : graph_(graph),
        out_(graph.name.empty() ? "network" : graph.name, versions_for(graph).opset, versions_for(graph).ir) {}

  void write(const std::string& path) {
    for (const auto& [name, shape] : graph_.shapes) out_.reserve(name);
    for (const GraphInput& input : graph_.inputs) out_.input(input.name, OnnxType::float32, input.shape);
    for (const Node& node : graph_.nodes) add(node);
    for (const std::string& name : graph_.outputs) {
      if (const Constant* constant = graph_.constant(name)) (void)tensor(name, *constant);
      const bool index = indices_.contains(name);
      out_.output(name, index ? OnnxType::int64 : OnnxType::float32, graph_.shapes.at(name));
    }
    out_.save(path);
  }

 private:
  // A constant of the graph becomes an initializer when it is first read.
  std::string operand(const std::string& name) {
    const Constant* constant = graph_.constant(name);
    return constant == nullptr ? name : tensor(name, *constant);
  }
  std::string tensor(const std::string& name, const Constant& constant) {
    if (!written_.insert(name).second) return name;
    return out_.constant(name, constant.shape, constant.as_float());
  }
  std::string parameter(const Node& node, const std::string& key) {
    const auto& constant = std::get<Constant>(node.attributes.at(key));
    return out_.constant(out_.fresh(node.outputs[0] + "/" + key), constant.shape, constant.as_float());
  }
  std::string integers(const Node& node, const std::string& key, const std::vector<std::int64_t>& values) {
    return out_.constant(out_.fresh(node.outputs[0] + "/" + key), Shape{static_cast<std::int64_t>(values.size())},
                         values);
  }

  [[noreturn]] void refuse(const Node& node, const std::string& why) const {
    throw DiagnosticError("export-bound", {.file = graph_.file, .node = node.name}, why,
                          "run and compile take the original file with the same options");
  }

  // Attributes that ONNX has under the same name and kind.
  static std::vector<OnnxAttribute> attributes(const Node& node, std::initializer_list<const char*> keys) {
    std::vector<OnnxAttribute> out;
    for (const char* key : keys) {
      const auto found = node.attributes.find(key);
      if (found == node.attributes.end()) continue;
      if (const auto* i = std::get_if<std::int64_t>(&found->second)) out.push_back({key, *i});
      else if (const auto* f = std::get_if<float>(&found->second)) out.push_back({key, *f});
      else if (const auto* v = std::get_if<std::vector<std::int64_t>>(&found->second)) out.push_back({key, *v});
    }
    return out;
  }

  void plain(const Node& node, std::vector<OnnxAttribute> attributes, std::vector<std::string> more = {}) {
    std::vector<std::string> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(name.empty() ? name : operand(name));
    inputs.insert(inputs.end(), more.begin(), more.end());
    out_.node({node.op, std::move(inputs), node.outputs[0], std::move(attributes), node.name});
  }

  // A function of numerics/functions.h.
  void function(const Node& node) {
    const operators::FunctionCall call = operators::function_of(node);
    std::vector<OnnxAttribute> own;
    for (std::size_t n = 0; n < call.arguments.size(); ++n) {
      const FunctionParameter& parameter = call.function->parameters[n];
      if (parameter.name.empty()) continue;
      const std::size_t blank = parameter.choices.find(' ');
      const std::string key(parameter.name);
      if (parameter.choices.empty()) own.push_back({key, call.arguments[n]});
      else
        own.push_back({key, std::string(call.arguments[n] == 0 ? parameter.choices.substr(0, blank)
                                                               : parameter.choices.substr(blank + 1))});
    }
    plain(node, std::move(own));
  }

  void add(const Node& node) {
    const std::string& op = node.op;
    if (op == "Quant") return quantiser(node);
    if (op == "Bipolar") return signs(node);
    if (op == "Conv") return plain(node, attributes(node, {"kernel_shape", "strides", "dilations", "pads", "group"}));
    if (op == "MaxPool" || op == "AveragePool") {
      std::vector<OnnxAttribute> own = attributes(node, {"kernel_shape", "strides", "pads", "ceil_mode"});
      if (op == "MaxPool") own.push_back({"dilations", node.attribute_ints("dilations", {1, 1})});
      else own.push_back({"count_include_pad", node.attribute_int("count_include_pad", 0)});
      return plain(node, std::move(own));
    }
    if (op == "BatchNormalization") {
      return plain(
          node, attributes(node, {"epsilon"}),
          {parameter(node, "gamma"), parameter(node, "beta"), parameter(node, "mean"), parameter(node, "variance")});
    }
    if (op == "PRelu") return plain(node, {}, {slope(node)});
    if (op == "Clip") {
      return plain(node, {},
                   {out_.scalar(out_.fresh(node.outputs[0] + "/lo"), node.attribute_float("lo", 0)),
                    out_.scalar(out_.fresh(node.outputs[0] + "/hi"), node.attribute_float("hi", 0))});
    }
    if (op == "Reshape") return plain(node, {}, {integers(node, "shape", node.attribute_ints("shape", {}))});
    if (op == "Transpose") return plain(node, attributes(node, {"perm"}));
    if (op == "Concat" || op == "Softmax") return plain(node, attributes(node, {"axis"}));
    if (op == "ArgMax") {
      indices_.insert(node.outputs[0]);
      return plain(node, attributes(node, {"axis", "keepdims", "select_last_index"}));
    }
    if (find_function(op) != nullptr) return function(node);
    for (const char* name : {"Add", "Sub", "Mul", "Div", "Pow", "Relu", "MatMul", "Sign"}) {
      if (op == name) return plain(node, {});
    }
    refuse(node, fmt::format("{} is not written as standard ONNX", op));
  }

  // ONNX broadcasts a slope from the right: [C] stands for channels only as [C, 1, 1].
  std::string slope(const Node& node) {
    Constant slope = std::get<Constant>(node.attributes.at("slope"));
    const std::size_t rank = graph_.shapes.at(node.inputs[0]).size();
    if (slope.shape.size() == 1 && rank > 2 && slope.shape[0] != 1) slope.shape.resize(rank - 1, 1);
    return out_.constant(out_.fresh(node.outputs[0] + "/slope"), slope.shape, slope.as_float());
  }

  void quantiser(const Node& node) {
    const operators::Quantiser q = operators::parse_quantiser(node, operators::Context(graph_));
    if (q.rounding != "ROUND" || q.bits > 8)
      refuse(node, fmt::format("a quantiser of {} bits that rounds by {} is none of ONNX's", q.bits, q.rounding));
    const std::vector<float> zeros = q.zero_point.as_float(), scales = q.scale.as_float();
    const std::int64_t axis = scales.size() == 1 ? 0 : axis_of(node, q.scale.shape);
    const Shape shape = scales.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(scales.size())};
    const std::string stem = node.outputs[0];
    const std::string scale = out_.constant(out_.fresh(stem + "/scale"), shape, scales);
    const auto codes = [&]<class T>(T, std::int64_t lo, std::int64_t hi) {
      const std::vector<T> zero(scales.size(), static_cast<T>(zeros.at(0)));
      const std::string point = out_.constant(out_.fresh(stem + "/zero_point"), shape, zero);
      const std::vector<OnnxAttribute> along =
          scales.size() == 1 ? std::vector<OnnxAttribute>{} : std::vector<OnnxAttribute>{{"axis", axis}};
      std::string code =
          out_.node({"QuantizeLinear", {operand(node.inputs[0]), scale, point}, out_.fresh(stem + "/codes"), along});
      if (q.lo != lo || q.hi != hi) {
        code = out_.node({"Clip",
                          {code, out_.scalar(out_.fresh(stem + "/lo"), static_cast<T>(q.lo)),
                           out_.scalar(out_.fresh(stem + "/hi"), static_cast<T>(q.hi))},
                          out_.fresh(stem + "/clipped")});
      }
      out_.node({"DequantizeLinear", {code, scale, point}, stem, along, node.name});
    };
    for (const float zero : zeros) {
      if (zero != zeros[0]) refuse(node, "zero points that differ between channels");
    }
    if (q.lo < 0) codes(std::int8_t{}, -128, 127);
    else codes(std::uint8_t{}, 0, 255);
  }

  std::int64_t axis_of(const Node& node, const Shape& scale) const {
    const std::size_t rank = graph_.shapes.at(node.outputs[0]).size();
    for (std::size_t d = 0; d < scale.size(); ++d) {
      if (scale[d] != 1) return static_cast<std::int64_t>(rank - scale.size() + d);
    }
    return 0;
  }

  // x >= 0 ? scale : -scale
  void signs(const Node& node) {
    const auto& scale = std::get<Constant>(node.attributes.at("scale"));
    const std::string stem = node.outputs[0];
    std::vector<float> yes = scale.as_float(), no;
    for (const float s : yes) no.push_back(-s);
    const std::string above = out_.node({"GreaterOrEqual",
                                         {operand(node.inputs[0]), out_.scalar(out_.fresh(stem + "/zero"), 0.0F)},
                                         out_.fresh(stem + "/above")});
    out_.node({"Where",
               {above, out_.constant(out_.fresh(stem + "/yes"), scale.shape, yes),
                out_.constant(out_.fresh(stem + "/no"), scale.shape, no)},
               stem,
               {},
               node.name});
  }

  const Graph& graph_;
  OnnxWriter out_;
  std::set<std::string> written_, indices_;
};

}  // namespace

void write_network(const Graph& graph, const std::string& path) { NetworkWriter(graph).write(path); }

}  // namespace blendsim
