// SPDX-License-Identifier: Apache-2.0
#include "network/import/tensor_proto.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "network/operators/operator.h"

namespace blendsim {

static_assert(std::endian::native == std::endian::little, "raw_data is copied as it stands");

namespace {

using operators::Refusal;

float from_half(std::uint16_t bits) {  // IEEE binary16, exact in float32
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  const float magnitude = exponent == 31  ? (mantissa != 0 ? std::nanf("") : HUGE_VALF)
                          : exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                                          : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <class Stored, class Kept, class Convert>
std::vector<Kept> from_raw(const std::string& raw, Convert convert) {
  std::vector<Kept> values(raw.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, raw.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = convert(stored);
  }
  return values;
}

template <class Kept, class Field, class Convert>
std::vector<Kept> from_field(const Field& field, Convert convert) {
  std::vector<Kept> values;
  values.reserve(static_cast<std::size_t>(field.size()));
  for (const auto value : field) values.push_back(convert(value));
  return values;
}

// Integers of `Stored`, raw or from a typed field in which each must fit.
template <class Stored, class Field>
std::vector<std::int64_t> integers_of(const onnx::TensorProto& proto, const Field& field) {
  if (proto.has_raw_data()) {
    return from_raw<Stored, std::int64_t>(proto.raw_data(), [](Stored v) {
      if constexpr (std::is_same_v<Stored, std::uint64_t>) {
        if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
          throw Refusal{"bad-constant", "an unsigned value is above 2^63 - 1"};
        }
      }
      return static_cast<std::int64_t>(v);
    });
  }
  return from_field<std::int64_t>(field, [](auto v) {
    if (!std::in_range<Stored>(v) || !std::in_range<std::int64_t>(v)) {
      throw Refusal{"file-damaged", fmt::format("the value {} does not fit its element type", v)};
    }
    return static_cast<std::int64_t>(v);
  });
}

template <class Convert>
std::vector<float> halves_of(const onnx::TensorProto& proto, Convert convert) {
  if (proto.has_raw_data()) return from_raw<std::uint16_t, float>(proto.raw_data(), convert);
  return from_field<float>(proto.int32_data(), [&](std::int32_t v) {
    if (!std::in_range<std::uint16_t>(v)) throw Refusal{"file-damaged", "a 16-bit number has more than 16 bits"};
    return convert(static_cast<std::uint16_t>(v));
  });
}

template <class Stored, class Field>
std::vector<float> floats_of(const onnx::TensorProto& proto, const Field& field) {
  const auto convert = [](Stored v) { return static_cast<float>(v); };
  return proto.has_raw_data() ? from_raw<Stored, float>(proto.raw_data(), convert) : from_field<float>(field, convert);
}

struct TypeRow {
  int type;
  const char* name;
  std::size_t bytes;  // in raw_data; 0: cannot be used
};

constexpr TypeRow type_table[] = {
    {1, "float", 4},         {2, "uint8", 1},           {3, "int8", 1},        {4, "uint16", 2},
    {5, "int16", 2},         {6, "int32", 4},           {7, "int64", 8},       {8, "string", 0},
    {9, "bool", 1},          {10, "float16", 2},        {11, "double", 8},     {12, "uint32", 4},
    {13, "uint64", 8},       {14, "complex64", 0},      {15, "complex128", 0}, {16, "bfloat16", 2},
    {17, "float8e4m3fn", 0}, {18, "float8e4m3fnuz", 0}, {19, "float8e5m2", 0}, {20, "float8e5m2fnuz", 0},
    {21, "uint4", 0},        {22, "int4", 0},           {23, "float4e2m1", 0},
};

}  // namespace

std::string element_type_name(int type) {
  for (const TypeRow& row : type_table) {
    if (row.type == type) return row.name;
  }
  return fmt::format("type {}", type);
}

Constant constant_of(const onnx::TensorProto& proto) {
  using onnx::TensorProto;
  if (proto.data_location() == TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    throw Refusal{"unsupported-attribute", "its data lies in another file (external data)",
                  "save the model in one file: onnx.save_model(model, path, save_as_external_data=False)"};
  }
  if (proto.has_segment()) throw Refusal{"unsupported-attribute", "segmented tensors are not supported"};
  Constant constant;
  constant.shape.assign(proto.dims().begin(), proto.dims().end());
  constant.onnx_type = element_type_name(proto.data_type());
  std::size_t bytes = 0;
  for (const TypeRow& row : type_table) {
    if (row.type == proto.data_type()) bytes = row.bytes;
  }
  if (bytes == 0) throw Refusal{"unsupported-attribute", "constants of type " + constant.onnx_type + " cannot be used"};
  const std::int64_t count = operators::checked_count(constant.shape);
  if (count < 0) throw Refusal{"file-damaged", "its shape " + shape_text(constant.shape) + " is no sensible tensor"};
  if (proto.has_raw_data() && proto.raw_data().size() % bytes != 0) {
    throw Refusal{"file-damaged", "its data ends inside an element"};
  }
  switch (proto.data_type()) {
    case TensorProto::FLOAT: constant.values = floats_of<float>(proto, proto.float_data()); break;
    case TensorProto::DOUBLE: constant.values = floats_of<double>(proto, proto.double_data()); break;
    case TensorProto::FLOAT16: constant.values = halves_of(proto, from_half); break;
    case TensorProto::BFLOAT16: constant.values = halves_of(proto, from_bfloat); break;
    case TensorProto::UINT8: constant.values = integers_of<std::uint8_t>(proto, proto.int32_data()); break;
    case TensorProto::INT8: constant.values = integers_of<std::int8_t>(proto, proto.int32_data()); break;
    case TensorProto::BOOL: constant.values = integers_of<std::uint8_t>(proto, proto.int32_data()); break;
    case TensorProto::UINT16: constant.values = integers_of<std::uint16_t>(proto, proto.int32_data()); break;
    case TensorProto::INT16: constant.values = integers_of<std::int16_t>(proto, proto.int32_data()); break;
    case TensorProto::INT32: constant.values = integers_of<std::int32_t>(proto, proto.int32_data()); break;
    case TensorProto::UINT32: constant.values = integers_of<std::uint32_t>(proto, proto.uint64_data()); break;
    case TensorProto::UINT64: constant.values = integers_of<std::uint64_t>(proto, proto.uint64_data()); break;
    default: constant.values = integers_of<std::int64_t>(proto, proto.int64_data()); break;
  }
  const std::size_t found = std::visit([](const auto& v) { return v.size(); }, constant.values);
  if (found != static_cast<std::size_t>(count)) {
    throw Refusal{"file-damaged", fmt::format("its shape {} needs {} values, the file has {}",
                                              shape_text(constant.shape), count, found)};
  }
  return constant;
}

}  // namespace blendsim
