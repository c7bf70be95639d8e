// SPDX-License-Identifier: Apache-2.0
#include "network/onnx_writer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "base/written_file.h"

namespace blendsim {
namespace {

void save_model(const onnx::ModelProto& model, const std::string& path) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink(&bytes);
    google::protobuf::io::CodedOutputStream coded(&sink);
    coded.SetSerializationDeterministic(true);
    if (!model.SerializeToCodedStream(&coded)) throw InvariantError("onnx writer", "the model does not serialise");
  }
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  close_written(file, path);
}

void set_value_info(onnx::ValueInfoProto& info, const std::string& name, OnnxType type, const Shape& shape) {
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(static_cast<int>(type));
  auto* dims = tensor->mutable_shape();
  for (const std::int64_t dim : shape) dims->add_dim()->set_dim_value(dim);
}

void set_attribute(onnx::AttributeProto& proto, const OnnxAttribute& attribute) {
  proto.set_name(attribute.name);
  if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(*integer);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(*real);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(*text);
  } else {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : std::get<std::vector<std::int64_t>>(attribute.value)) proto.add_ints(value);
  }
}

}  // namespace

OnnxWriter::OnnxWriter(const std::string& graph_name, std::int64_t opset, std::int64_t ir_version)
    : model_(std::make_unique<onnx::ModelProto>()) {
  model_->set_ir_version(ir_version);
  model_->set_producer_name("blendsim");
  model_->mutable_graph()->set_name(graph_name);
  import_domain("", opset);
}

OnnxWriter::~OnnxWriter() = default;

void OnnxWriter::import_domain(const std::string& domain, std::int64_t version) {
  auto* import = model_->add_opset_import();
  import->set_domain(domain);
  import->set_version(version);
}

void OnnxWriter::metadata(std::string_view key, std::string_view value) {
  auto* entry = model_->add_metadata_props();
  entry->set_key(std::string(key));
  entry->set_value(std::string(value));
}

void OnnxWriter::input(const std::string& name, OnnxType type, const Shape& shape) {
  reserve(name);
  set_value_info(*model_->mutable_graph()->add_input(), name, type, shape);
}

void OnnxWriter::output(const std::string& name, OnnxType type, const Shape& shape) {
  reserve(name);
  set_value_info(*model_->mutable_graph()->add_output(), name, type, shape);
}

std::string OnnxWriter::node(const OnnxNode& node) {
  auto* proto = model_->mutable_graph()->add_node();
  proto->set_op_type(node.op);
  proto->set_domain(node.domain);
  proto->set_name(node.name.empty() ? node.output : node.name);
  for (const std::string& name : node.inputs) proto->add_input(name);
  proto->add_output(node.output);
  for (const OnnxAttribute& attribute : node.attributes) set_attribute(*proto->add_attribute(), attribute);
  reserve(node.output);
  return node.output;
}

std::string OnnxWriter::boolean(const std::string& name, const Shape& shape, std::span<const std::uint8_t> values) {
  return add_raw(name, OnnxType::boolean, shape, little_endian(values));
}

std::string OnnxWriter::fresh(const std::string& stem) {
  std::string name = stem;
  for (int n = 1; names_.contains(name); ++n) name = stem + "_" + std::to_string(n);
  names_.insert(name);
  return name;
}

void OnnxWriter::save(const std::string& path) const { save_model(*model_, path); }

std::string OnnxWriter::add_raw(const std::string& name, OnnxType type, const Shape& shape, std::string bytes) {
  const std::size_t width = type == OnnxType::float64 || type == OnnxType::int64   ? 8
                            : type == OnnxType::float32 || type == OnnxType::int32 ? 4
                            : type == OnnxType::int16                              ? 2
                                                                                   : 1;
  if (bytes.size() != static_cast<std::size_t>(element_count(shape)) * width) {
    throw InvariantError("onnx writer", "constant '" + name + "' does not have the elements of " + shape_text(shape));
  }
  auto* tensor = model_->mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(static_cast<int>(type));
  for (const std::int64_t dim : shape) tensor->add_dims(dim);
  tensor->set_raw_data(std::move(bytes));
  reserve(name);
  return name;
}

void expose_all_tensors(const std::string& in_path, const std::string& out_path) {
  std::ifstream file(in_path, std::ios::binary);
  if (!file) throw DiagnosticError("file-unreadable", {.file = in_path}, "cannot read the ONNX model");
  std::ostringstream content;
  content << file.rdbuf();
  onnx::ModelProto model;
  if (!model.ParseFromString(content.str())) {
    throw DiagnosticError("file-damaged", {.file = in_path}, "the bytes are no ONNX model");
  }
  auto* graph = model.mutable_graph();
  std::set<std::string> exposed;
  for (const auto& output : graph->output()) exposed.insert(output.name());
  for (const auto& node : graph->node()) {
    for (const std::string& name : node.output()) {
      if (!name.empty() && exposed.insert(name).second) graph->add_output()->set_name(name);
    }
  }
  save_model(model, out_path);
}

}  // namespace blendsim
