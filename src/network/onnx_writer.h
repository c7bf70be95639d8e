// SPDX-License-Identifier: Apache-2.0
// Building ONNX files: what the zoo and the export of lowered networks have in common.
//
// Nodes and constants appear in the file in the order of the calls, constants as little-endian raw data, so the same
// calls give the same bytes on every host.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/array.h"

namespace onnx {
class ModelProto;
}

namespace blendsim {

// Numbers of TensorProto.DataType.
enum class OnnxType : std::uint8_t {
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float64 = 11
};

template <class T>
[[nodiscard]] consteval OnnxType onnx_type_of() {
  if constexpr (std::same_as<T, float>) return OnnxType::float32;
  else if constexpr (std::same_as<T, double>) return OnnxType::float64;
  else if constexpr (std::same_as<T, std::uint8_t>) return OnnxType::uint8;
  else if constexpr (std::same_as<T, std::int8_t>) return OnnxType::int8;
  else if constexpr (std::same_as<T, std::int16_t>) return OnnxType::int16;
  else if constexpr (std::same_as<T, std::int32_t>) return OnnxType::int32;
  else if constexpr (std::same_as<T, std::int64_t>) return OnnxType::int64;
  else static_assert(!sizeof(T), "no ONNX type stands for this type");
}

struct OnnxAttribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>> value;
};

struct OnnxNode {
  std::string op;
  std::vector<std::string> inputs;
  std::string output;
  std::vector<OnnxAttribute> attributes = {};
  std::string name = {};  // empty: the output's name
  std::string domain = {};
};

// Key of the model's metadata that only export_lowered writes: import_onnx refuses such a file by name.
inline constexpr std::string_view lowered_mark = "blendsim.lowered";

class OnnxWriter {
 public:
  OnnxWriter(const std::string& graph_name, std::int64_t opset, std::int64_t ir_version);
  ~OnnxWriter();
  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;

  void import_domain(const std::string& domain, std::int64_t version);
  void metadata(std::string_view key, std::string_view value);
  void input(const std::string& name, OnnxType type, const Shape& shape);
  void output(const std::string& name, OnnxType type, const Shape& shape);
  std::string node(const OnnxNode& node);  // returns the output's name

  // An initializer; returns `name`. values: element_count(shape) of them.
  template <class T>
  std::string constant(const std::string& name, const Shape& shape, std::span<const T> values) {
    return add_raw(name, onnx_type_of<T>(), shape, little_endian(values));
  }
  template <class T>
  std::string constant(const std::string& name, const Shape& shape, const std::vector<T>& values) {
    return constant(name, shape, std::span<const T>(values));
  }
  template <class T>
  std::string scalar(const std::string& name, T value) {
    return constant(name, Shape{}, std::span<const T>(&value, 1));
  }
  // 0 = false, 1 = true
  std::string boolean(const std::string& name, const Shape& shape, std::span<const std::uint8_t> values);

  // A name that nothing has had so far: `stem`, or stem_1, stem_2, ... Taken from now on.
  [[nodiscard]] std::string fresh(const std::string& stem);
  void reserve(const std::string& name) { names_.insert(name); }  // fresh() will avoid it

  // Throws DiagnosticError: file-unwritable.
  void save(const std::string& path) const;

 private:
  template <class T>
  [[nodiscard]] static std::string little_endian(std::span<const T> values) {
    std::string bytes;
    bytes.reserve(values.size() * sizeof(T));
    for (const T value : values) {
      const std::uint64_t bits = bits_of(value);
      for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(bits >> (8 * byte))));
      }
    }
    return bytes;
  }
  template <class T>
  [[nodiscard]] static std::uint64_t bits_of(T value) {
    if constexpr (std::same_as<T, float>) return std::bit_cast<std::uint32_t>(value);
    else if constexpr (std::same_as<T, double>) return std::bit_cast<std::uint64_t>(value);
    else return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
  std::string add_raw(const std::string& name, OnnxType type, const Shape& shape, std::string bytes);

  std::unique_ptr<onnx::ModelProto> model_;
  std::set<std::string> names_;
};

// Copies a model and makes every node's output a graph output as well, so that a runtime shows its intermediate
// tensors. Throws DiagnosticError: file-unreadable, file-damaged, file-unwritable.
void expose_all_tensors(const std::string& in_path, const std::string& out_path);

}  // namespace blendsim
