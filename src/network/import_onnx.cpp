// SPDX-License-Identifier: Apache-2.0
// ONNX file -> Graph. Protobuf only parses; every claim of the file is checked here.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

#include "base/diagnostic.h"
#include "network/graph.h"
#include "network/import/structure.h"
#include "network/import/tensor_proto.h"
#include "network/normalise/passes.h"
#include "network/onnx_writer.h"
#include "network/operators/operator.h"
#include "tensor/files.h"

namespace blendsim {

namespace {

using operators::Refusal;

// Text that can be printed, written as JSON and searched for: UTF-8 without control characters.
bool is_text(const std::string& name) {
  for (std::size_t i = 0; i < name.size();) {
    const auto lead = static_cast<unsigned char>(name[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0x20 || lead == 0x7f || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4) return false;
    if (i + length > name.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(name[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(name[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f)) {
      return false;  // overlong forms, surrogates, beyond U+10FFFF
    }
    i += length;
  }
  return true;
}

constexpr std::int64_t largest_batch = 4096;  // images that somebody runs at once
constexpr const char* of_one = "/of_one";     // ends the name of a Reshape's sizes without the batch

class Importer {
 public:
  Importer(std::string path, const ImportOptions& options) : options_(options) { graph_.file = std::move(path); }

  Graph run() {
    parse();
    read_model();
    diagnostics_.throw_if_any();
    name_nodes(graph_);
    check_names(graph_, diagnostics_);
    diagnostics_.throw_if_any();
    sort_nodes(graph_, diagnostics_);
    diagnostics_.throw_if_any();
    remove_straight_through(graph_);  // before constants are folded: in float its sum is not exactly the sign
    refuse_shapes_of_batches();
    diagnostics_.throw_if_any();
    fold_and_infer(graph_);
    refuse_work_across_images();
    diagnostics_.throw_if_any();
    return std::move(graph_);
  }

 private:
  void error(Code code, const std::string& node, const std::string& message, const std::string& hint = {}) {
    diagnostics_.error(code, {graph_.file, 0, is_text(node) ? node : "(unprintable)"}, message, hint);
  }

  void parse() {
    const std::string bytes = read_bytes(graph_.file);
    const google::protobuf::LogSilencer silence;
    const bool parsed = model_.ParseFromString(bytes);
    const bool looks_onnx = !bytes.empty() && bytes[0] == '\x08';  // ir_version, the first field of every exporter
    if (!parsed && !looks_onnx && !bytes.empty()) {
      throw DiagnosticError("file-unrecognised", {graph_.file}, "this is not an ONNX model");
    }
    if (!parsed || !model_.has_graph() || model_.graph().node_size() == 0) {
      throw DiagnosticError("file-damaged", {graph_.file},
                            "the ONNX model is truncated or damaged: it holds no complete graph",
                            "copy or export the file again");
    }
    const auto& marks = model_.metadata_props();
    if (std::any_of(marks.begin(), marks.end(), [](const auto& p) { return p.key() == lowered_mark; })) {
      throw DiagnosticError(
          "file-unrecognised", {graph_.file},
          "this is a lowered network: integers in standard operators, which `blendsim compile --lowered` "
          "wrote for another runtime to compute",
          "give the original network, or the program that the same command wrote");
    }
  }

  void read_model() {
    graph_.name = model_.graph().name();
    if (!is_text(graph_.name)) error("file-damaged", "", "the graph's name is no text");
    graph_.ir_version = static_cast<int>(std::clamp<std::int64_t>(model_.ir_version(), 0, 1 << 20));
    for (const auto& import : model_.opset_import()) {
      const std::string domain = import.domain() == "ai.onnx" ? "" : import.domain();
      if (!is_text(domain)) error("file-damaged", "", "the name of an operator set is no text");
      if (import.version() < 1) error("bad-graph", domain, "the operator set has no positive version");
      graph_.opsets[domain] = import.version();
    }
    read_initializers();
    read_inputs();
    std::set<std::string> seen;
    for (const auto& output : model_.graph().output()) {
      if (!is_text(output.name()) || output.name().empty()) error("file-damaged", "", "an output's name is no text");
      if (!seen.insert(output.name()).second) error("bad-graph", output.name(), "the output is listed twice");
      graph_.outputs.push_back(output.name());
    }
    if (graph_.outputs.empty()) error("bad-graph", graph_.name, "the graph has no output");
    for (const auto& node : model_.graph().node()) read_node(node);
    take_batch_away();
    read_annotations();
    graph_.input_quantiser = options_.input_quantiser;
  }

  void read_annotations() {
    for (const auto& annotation : model_.graph().quantization_annotation()) {
      for (const auto& entry : annotation.quant_parameter_tensor_names()) {
        if (entry.key() != "finn_datatype" || !is_text(annotation.tensor_name()) || !is_text(entry.value())) continue;
        graph_.datatypes[annotation.tensor_name()] = entry.value();
      }
    }
  }

  void read_initializers() {
    for (const auto& proto : model_.graph().initializer()) {
      if (!is_text(proto.name()) || proto.name().empty()) {
        error("file-damaged", "", "a constant's name is no text");
      } else if (graph_.constants.contains(proto.name())) {
        error("bad-graph", proto.name(), "the constant is defined twice");
      } else {
        try {
          graph_.constants[proto.name()] = constant_of(proto);
        } catch (const Refusal& refusal) {
          error(refusal.code, proto.name(), "constant: " + refusal.message, refusal.hint);
        }
      }
    }
    for (const auto& sparse : model_.graph().sparse_initializer()) {
      error("unsupported-attribute", sparse.values().name(), "sparse constants are not supported",
            "export the model with dense weights");
    }
  }

  void read_inputs() {
    std::set<std::string> initializers, seen;  // a refused constant is no input either
    for (const auto& proto : model_.graph().initializer()) initializers.insert(proto.name());
    for (const auto& info : model_.graph().input()) {
      if (initializers.contains(info.name())) continue;
      if (!is_text(info.name()) || info.name().empty()) {
        error("file-damaged", "", "an input's name is no text");
      } else if (!seen.insert(info.name()).second) {
        error("bad-graph", info.name(), "the input is listed twice");
      } else {
        read_input_shape(info);
      }
    }
    if (seen.size() != 1) {
      std::string names;
      for (const std::string& name : seen) names += (names.empty() ? "'" : ", '") + name + "'";
      error("bad-graph", graph_.name,
            fmt::format("the network has {} inputs ({}), but must have one", seen.size(), names),
            "export a network of one input tensor");
    }
  }

  void read_input_shape(const onnx::ValueInfoProto& info) {
    const auto& type = info.type().tensor_type();
    if (!info.type().has_tensor_type()) return error("bad-graph", info.name(), "the input is not a tensor");
    if (!type.has_shape() || type.shape().dim_size() == 0) {
      return error("dynamic-shape", info.name(), "the input has no shape",
                   "export the network with a fixed input shape");
    }
    const std::string element = element_type_name(type.elem_type());
    const bool takes_codes = element == "uint8" || element == "int8";
    if (type.elem_type() != onnx::TensorProto::FLOAT && !takes_codes) input_types_[info.name()] = type.elem_type();
    Shape shape, wanted = options_.input_shape;
    const auto rank = static_cast<std::size_t>(type.shape().dim_size());
    if (wanted.size() + 1 == rank) wanted.insert(wanted.begin(), -1);  // of one image
    if (!wanted.empty() && wanted.size() != rank) {
      return error("dynamic-shape", info.name(),
                   fmt::format("--input-shape {} has {} dimensions, the file's input {}",
                               shape_text(options_.input_shape), options_.input_shape.size(), rank));
    }
    for (int d = 0; d < type.shape().dim_size(); ++d) {
      const auto& dim = type.shape().dim(d);
      if (dim.has_dim_value() && dim.dim_value() == 0) {
        return error("dynamic-shape", info.name(), fmt::format("dimension {} of the input is 0: it holds no value", d),
                     "export the network with batch 1 and a fixed input shape");
      }
      std::int64_t size = dim.has_dim_value() ? dim.dim_value() : -1;  // some exporters write -1 for what is open
      if (const std::int64_t given = wanted.empty() ? -1 : wanted[static_cast<std::size_t>(d)]; given > 0) {
        if (size > 0 && size != given) {
          return error("dynamic-shape", info.name(),
                       fmt::format("--input-shape has {} in dimension {}, the file {}", given, d, size),
                       "sizes that the file fixes are those of its layers' constants: leave --input-shape out");
        }
        size = given;
      }
      if (d == 0 && size < 0) size = 1;  // a symbolic batch stands for one image
      if (size < 0) {
        return error(
            "dynamic-shape", info.name(),
            fmt::format("dimension {} of the input is {}", d,
                        dim.has_dim_param() && is_text(dim.dim_param()) ? "'" + dim.dim_param() + "'" : "unknown"),
            fmt::format("--input-shape gives it: --input-shape {}", example_shape(type.shape())));
      }
      shape.push_back(size);
    }
    const std::int64_t batch = shape[0];
    if (batch != 1) {
      if ((rank != 2 && rank != 4) || batch > largest_batch) return refuse_first_dimension(info.name(), shape);
      shape[0] = 1;
    }
    if (operators::checked_count(shape) < 0) {
      return error("dynamic-shape", info.name(), "the input's shape " + shape_text(shape) + " is too large");
    }
    graph_.inputs.push_back({info.name(), shape, takes_codes ? element : "float", static_cast<int>(batch)});
  }

  // What an input of open sizes may be: 3 channels, 224 rows and columns.
  static std::string example_shape(const onnx::TensorShapeProto& shape) {
    std::string text;
    for (int d = 0; d < shape.dim_size(); ++d) {
      const auto& dim = shape.dim(d);
      const std::int64_t usual = d == 0 ? 1 : d == 1 && shape.dim_size() > 2 ? 3 : 224;
      text +=
          fmt::format("{}{}", d == 0 ? "" : ",", dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : usual);
    }
    return text;
  }

  // A Reshape that spells the batch out, of one image.
  void take_batch_away() {
    if (graph_.inputs.size() != 1 || graph_.inputs[0].batch == 1) return;
    for (Node& node : graph_.nodes) {
      if (node.op != "Reshape" || !node.domain.empty() || node.inputs.size() < 2) continue;
      const Constant* shape = graph_.constant(node.inputs[1]);
      if (shape == nullptr || !shape->is_integer()) continue;
      Constant one = *shape;
      auto& sizes = std::get<std::vector<std::int64_t>>(one.values);
      if (sizes.empty() || sizes[0] != graph_.inputs[0].batch) continue;
      sizes[0] = 1;
      const std::string name = node.inputs[1] + of_one;
      graph_.constants[name] = std::move(one);
      node.inputs[1] = name;
    }
  }

  [[nodiscard]] bool has_batch() const { return graph_.inputs.size() == 1 && graph_.inputs[0].batch > 1; }
  void across(const Node& node) {
    error("dynamic-shape", node.name,
          fmt::format("{} works across the {} images of the file's batch", node.op, graph_.inputs[0].batch),
          "export the network with batch 1; --input takes several images, --batch makes them up");
  }

  // A number that is read from a shape would be that of one image.
  void refuse_shapes_of_batches() {
    if (!has_batch()) return;
    for (const Node& node : graph_.nodes) {
      if (node.op == "Shape" || node.op == "Size") across(node);
    }
  }

  // What is read as a batch of one must mean the same for each image: the first dimension stays the batch.
  void refuse_work_across_images() {
    if (!has_batch()) return;
    std::set<std::string> computed{graph_.inputs[0].name};
    for (const Node& node : graph_.nodes) {
      const auto is_computed = [&](const std::string& name) { return computed.contains(name); };
      if (std::ranges::none_of(node.inputs, is_computed)) continue;
      computed.insert(node.outputs.begin(), node.outputs.end());
      const bool first_is_batch = std::ranges::all_of(node.outputs, [&](const std::string& name) {
        const auto shape = graph_.shapes.find(name);
        return name.empty() || shape == graph_.shapes.end() || (!shape->second.empty() && shape->second[0] == 1);
      });
      if (!first_is_batch || moves_batch(node)) across(node);
    }
  }

  [[nodiscard]] bool moves_batch(const Node& node) const {
    const auto shape = graph_.shapes.find(node.inputs[0]);
    const auto rank = shape == graph_.shapes.end() ? std::int64_t{0} : static_cast<std::int64_t>(shape->second.size());
    const auto is_first = [&](std::int64_t axis) { return axis == 0 || axis == -rank; };
    const auto axes = [&](const Node& of, std::size_t input) {
      if (of.attributes.contains("axes")) return of.attribute_ints("axes", {});
      const Constant* given = of.inputs.size() > input ? graph_.constant(of.inputs[input]) : nullptr;
      return given != nullptr && given->is_integer() ? given->as_integer() : std::vector<std::int64_t>{0};
    };
    if (node.op == "Transpose") {
      const std::vector<std::int64_t> perm = node.attribute_ints("perm", {});
      return perm.empty() || perm[0] != 0;
    }
    if (node.op == "Reshape") {  // take_batch_away has seen those that name the batch
      const Constant* sizes = node.inputs.size() > 1 ? graph_.constant(node.inputs[1]) : nullptr;
      if (sizes == nullptr || !sizes->is_integer() || sizes->as_integer().empty()) return true;
      return sizes->as_integer()[0] == 1 && !node.inputs[1].ends_with(of_one);
    }
    if (node.op == "Flatten") return is_first(node.attribute_int("axis", 1));
    if (node.op == "Squeeze" || node.op == "Unsqueeze" || node.op.starts_with("Reduce"))
      return std::ranges::any_of(axes(node, 1), is_first);
    if (node.op == "Slice") return std::ranges::any_of(axes(node, 3), is_first);
    if (node.op == "Gemm" && node.attribute_int("transA", 0) != 0) return true;
    if (node.op == "QuantizeLinear" || node.op == "DequantizeLinear") return false;  // of their scales
    static constexpr const char* from_first[] = {"ArgMax", "ArgMin", "Gather", "GatherElements", "Split"};
    const bool first_by_default = std::ranges::find(from_first, node.op) != std::end(from_first);
    return is_first(node.attribute_int("axis", first_by_default ? 0 : -1)) && (first_by_default || rank > 1);
  }

  // Two dimensions are [batch, features] and four [batch, channels, height, width]; three or one may as well lack a
  // batch.
  void refuse_first_dimension(const std::string& name, const Shape& shape) {
    if (shape.size() == 2 || shape.size() == 4) {
      return error(
          "dynamic-shape", name,
          fmt::format("the input holds a batch of {} images, and at most {} are possible", shape[0], largest_batch),
          "export the network with batch 1; --input may be given several times");
    }
    error("dynamic-shape", name,
          fmt::format(
              "the input is {}, but its first dimension must be 1: one image, such as [1, channels, height, width], "
              "[1, channels, length] or [1, features]",
              shape_text(shape)),
          "export the network with a leading dimension of 1");
  }

  void read_node(const onnx::NodeProto& proto) {
    Node node;
    node.op = proto.op_type();
    node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
    node.name = proto.name();
    node.inputs.assign(proto.input().begin(), proto.input().end());
    node.outputs.assign(proto.output().begin(), proto.output().end());
    bool text = !node.op.empty() && is_text(node.op) && is_text(node.domain) && is_text(node.name);
    for (const std::string& name : node.inputs) text = text && is_text(name);
    for (const std::string& name : node.outputs) text = text && is_text(name);
    if (!text) return error("file-damaged", proto.name(), "a name of the node is no text, or it has no operator");
    for (const std::string& name : node.inputs) {
      const auto type = input_types_.find(name);
      if (type != input_types_.end() && node.op != "Cast") {
        error("unsupported-attribute", name,
              "the input is " + element_type_name(type->second) + ", but must be float32",
              "export the network with a float32 input, or with a Cast to float32 behind the input");
        input_types_.erase(type);
      }
    }
    for (const auto& attribute : proto.attribute()) read_attribute(attribute, node);
    if (node.op == "Constant" && node.domain.empty()) {
      read_constant(node);
    } else {
      graph_.nodes.push_back(std::move(node));
    }
  }

  void read_attribute(const onnx::AttributeProto& proto, Node& node) {
    using onnx::AttributeProto;
    const std::string& key = proto.name();
    if (!is_text(key) || key.empty()) return error("file-damaged", node.name, "the name of an attribute is no text");
    if (node.attributes.contains(key))
      return error("bad-graph", node.name, "the attribute '" + key + "' is given twice");
    auto type = proto.type();
    if (type == AttributeProto::UNDEFINED) {  // IR version 1
      type = proto.has_f()             ? AttributeProto::FLOAT
             : proto.has_i()           ? AttributeProto::INT
             : proto.has_s()           ? AttributeProto::STRING
             : proto.has_t()           ? AttributeProto::TENSOR
             : proto.floats_size() > 0 ? AttributeProto::FLOATS
                                       : AttributeProto::INTS;
    }
    switch (type) {
      case AttributeProto::FLOAT: node.attributes[key] = proto.f(); return;
      case AttributeProto::INT: node.attributes[key] = std::int64_t{proto.i()}; return;
      case AttributeProto::INTS:
        node.attributes[key] = std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
        return;
      case AttributeProto::FLOATS:
        node.attributes[key] = std::vector<float>(proto.floats().begin(), proto.floats().end());
        return;
      case AttributeProto::STRING:
        if (!is_text(proto.s())) return error("file-damaged", node.name, "the attribute '" + key + "' is no text");
        node.attributes[key] = proto.s();
        return;
      case AttributeProto::TENSOR: try { node.attributes[key] = constant_of(proto.t());
        } catch (const Refusal& refusal) {
          error(refusal.code, node.name, "attribute '" + key + "': " + refusal.message, refusal.hint);
        }
        return;
      default:  // sub-graphs, lists of texts: no operator that BlendSim knows has one, normalise() refuses the node
        node.attributes[key] = std::string("(unread)");
    }
  }

  void read_constant(const Node& node) {
    const auto fail = [&](const std::string& message) { error("bad-graph", node.name, "Constant: " + message); };
    if (node.outputs.size() != 1 || node.attributes.size() != 1)
      return fail("it must have one output and one attribute");
    const std::string& output = node.outputs[0];
    if (output.empty() || graph_.constants.contains(output))
      return fail("the tensor '" + output + "' is produced twice");
    const auto& [key, attribute] = *node.attributes.begin();
    Constant constant;
    if (key == "value" && std::holds_alternative<Constant>(attribute)) {
      constant = std::get<Constant>(attribute);
    } else if (key == "value_float" && std::holds_alternative<float>(attribute)) {
      constant = {{}, std::vector{std::get<float>(attribute)}, "float"};
    } else if (key == "value_int" && std::holds_alternative<std::int64_t>(attribute)) {
      constant = {{}, std::vector{std::get<std::int64_t>(attribute)}, "int64"};
    } else if (key == "value_floats" && std::holds_alternative<std::vector<float>>(attribute)) {
      const auto& values = std::get<std::vector<float>>(attribute);
      constant = {{static_cast<std::int64_t>(values.size())}, values, "float"};
    } else if (key == "value_ints" && std::holds_alternative<std::vector<std::int64_t>>(attribute)) {
      const auto& values = std::get<std::vector<std::int64_t>>(attribute);
      constant = {{static_cast<std::int64_t>(values.size())}, values, "int64"};
    } else {
      return fail("the attribute '" + key + "' is not supported");
    }
    graph_.constants[output] = std::move(constant);
  }

  const ImportOptions& options_;
  Graph graph_;
  Diagnostics diagnostics_;
  onnx::ModelProto model_;
  std::map<std::string, int> input_types_;  // of the inputs that are not float32
};

}  // namespace

Graph import_onnx(const std::string& path, const ImportOptions& options) { return Importer(path, options).run(); }

}  // namespace blendsim
