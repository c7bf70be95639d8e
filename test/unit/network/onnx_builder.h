// SPDX-License-Identifier: Apache-2.0
// Builds small ONNX models in memory for tests.
//
//   OnnxBuilder model;                                   // opset 13, IR 8
//   model.input("x", {1, 3, 8, 8});
//   model.floats("w", {4, 3, 3, 3}, values);
//   model.node("Conv", {"x", "w"}, {"y"}, {attr("pads", {1, 1, 1, 1})});
//   model.output("y");
//   const Graph graph = model.normalised();
#pragma once

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "network/graph.h"
#include "network/normalise.h"

namespace blendsim::test {

inline onnx::AttributeProto attr(const std::string& name, std::int64_t value) {
  onnx::AttributeProto proto;
  proto.set_name(name);
  proto.set_type(onnx::AttributeProto::INT);
  proto.set_i(value);
  return proto;
}
inline onnx::AttributeProto attr(const std::string& name, int value) { return attr(name, std::int64_t{value}); }
inline onnx::AttributeProto attr(const std::string& name, float value) {
  onnx::AttributeProto proto;
  proto.set_name(name);
  proto.set_type(onnx::AttributeProto::FLOAT);
  proto.set_f(value);
  return proto;
}
inline onnx::AttributeProto attr(const std::string& name, const char* value) {
  onnx::AttributeProto proto;
  proto.set_name(name);
  proto.set_type(onnx::AttributeProto::STRING);
  proto.set_s(value);
  return proto;
}
inline onnx::AttributeProto attr(const std::string& name, std::initializer_list<std::int64_t> values) {
  onnx::AttributeProto proto;
  proto.set_name(name);
  proto.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) proto.add_ints(value);
  return proto;
}

inline onnx::TensorProto tensor_proto(const std::string& name, const Shape& shape, int type) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(type);
  for (const std::int64_t dimension : shape) proto.add_dims(dimension);
  return proto;
}

class OnnxBuilder {
 public:
  explicit OnnxBuilder(int opset = 13, int ir_version = 8) {
    model_.set_ir_version(ir_version);
    graph().set_name("test");
    opset_import("", opset);
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  void opset_import(const std::string& domain, int version) {
    auto* import = model_.add_opset_import();
    import->set_domain(domain);
    import->set_version(version);
  }

  // Dimensions below 0 become symbolic ("N").
  onnx::ValueInfoProto& input(const std::string& name, const Shape& shape, int type = onnx::TensorProto::FLOAT) {
    onnx::ValueInfoProto& info = *graph().add_input();
    info.set_name(name);
    auto* tensor = info.mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    for (const std::int64_t dimension : shape) {
      auto* dim = tensor->mutable_shape()->add_dim();
      if (dimension < 0) {
        dim->set_dim_param("N");
      } else {
        dim->set_dim_value(dimension);
      }
    }
    return info;
  }
  void output(const std::string& name) {
    auto* info = graph().add_output();
    info->set_name(name);
    info->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }

  onnx::TensorProto& initializer(const onnx::TensorProto& proto) { return *graph().add_initializer() = proto; }
  void floats(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    onnx::TensorProto& proto = initializer(tensor_proto(name, shape, onnx::TensorProto::FLOAT));
    for (const float value : values) proto.add_float_data(value);
  }
  void scalar(const std::string& name, float value) { floats(name, {}, {value}); }
  void int64s(const std::string& name, const Shape& shape, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& proto = initializer(tensor_proto(name, shape, onnx::TensorProto::INT64));
    for (const std::int64_t value : values) proto.add_int64_data(value);
  }
  // int8, uint8, int16, uint16, int32 or bool: all travel in int32_data.
  void integers(const std::string& name, const Shape& shape, int type, const std::vector<std::int32_t>& values) {
    onnx::TensorProto& proto = initializer(tensor_proto(name, shape, type));
    for (const std::int32_t value : values) proto.add_int32_data(value);
  }

  // The node gets no name, as in many real files; set_name() on the result gives it one.
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs,
                        const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& domain = "") {
    onnx::NodeProto& proto = *graph().add_node();
    proto.set_op_type(op);
    proto.set_domain(domain);
    for (const std::string& name : inputs) proto.add_input(name);
    for (const std::string& name : outputs) proto.add_output(name);
    for (const onnx::AttributeProto& attribute : attributes) *proto.add_attribute() = attribute;
    return proto;
  }

  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }
  void write(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

  [[nodiscard]] Graph imported() const;
  [[nodiscard]] Graph normalised() const { return normalise(imported()); }

 private:
  onnx::ModelProto model_;
};

// A file that lives as long as the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes, const std::string& suffix = ".onnx")
      : path_(::testing::TempDir() + "blendsim_" + std::to_string(::getpid()) + "_" + std::to_string(next()) + suffix) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static int next() {
    static int count = 0;
    return count++;
  }
  std::string path_;
};

inline Graph OnnxBuilder::imported() const {
  const TemporaryFile file(bytes());
  return import_onnx(file.path());
}

}  // namespace blendsim::test
