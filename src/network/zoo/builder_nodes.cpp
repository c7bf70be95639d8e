// SPDX-License-Identifier: Apache-2.0
// The file's side of the builder: how each step is written in either dialect. Tensors have the same names in both.
#include <algorithm>

#include "network/zoo/builder.h"
#include "network/zoo/dyadic.h"

namespace blendsim::zoo {
namespace {

constexpr const char* qonnx_domain = "qonnx.custom_op.general";

std::vector<OnnxAttribute> quant_attributes(bool is_signed, bool narrow) {
  return {
      {"signed", std::int64_t{is_signed}}, {"narrow", std::int64_t{narrow}}, {"rounding_mode", std::string("ROUND")}};
}

}  // namespace

int Builder::images_of(const ZooOptions& options) {
  constexpr int side = 32;
  const int size = std::max(options.size.value_or(side), side);
  return std::max(1, calibration_images * side * side / (size * size));
}

Builder::Builder(const std::string& network, const ZooOptions& options, int images, Watch watch)
    : options_(options),
      // 16-bit QuantizeLinear needs opset 21; the QONNX tools read opsets of their own time
      onnx_(network, options.dialect == "qonnx" ? 17 : 21, options.dialect == "qonnx" ? 8 : 10),
      random_(options.seed),
      images_(images),
      watch_(std::move(watch)) {
  if (qonnx()) onnx_.import_domain(qonnx_domain, 1);
}

std::string Builder::float_scalar(const std::string& name, float value) {
  if (shared_.insert(name).second) onnx_.scalar(name, value);
  return name;
}

std::string Builder::zero_point(const Grid& grid) {
  const std::string type = std::string(grid.is_signed ? "int" : "uint") + (grid.bits > 8 ? "16" : "8");
  const std::string name = "zero_" + type;
  if (!shared_.insert(name).second) return name;
  if (type == "int16") return onnx_.scalar(name, std::int16_t{0});
  return type == "int8" ? onnx_.scalar(name, std::int8_t{0}) : onnx_.scalar(name, std::uint8_t{0});
}

void Builder::quantise_node(const std::string& input, const Grid& grid, const std::string& name) {
  const std::string scale =
      float_scalar("scale_" + std::to_string(grid.exponent), static_cast<float>(power_of_two(-grid.exponent)));
  if (qonnx()) {
    const std::string bits = float_scalar("bits_" + std::to_string(grid.bits), static_cast<float>(grid.bits));
    onnx_.node({"Quant",
                {input, scale, float_scalar("zero", 0.0F), bits},
                name,
                quant_attributes(grid.is_signed, false),
                {},
                qonnx_domain});
    return;
  }
  std::string code = onnx_.node({"QuantizeLinear", {input, scale, zero_point(grid)}, name + ".code"});
  if (grid.bits < 8) {
    const std::string suffix = "_" + std::to_string(grid.bits) + (grid.is_signed ? "s" : "u");
    if (shared_.insert("lo" + suffix).second) {
      if (grid.is_signed) {
        onnx_.scalar("lo" + suffix, static_cast<std::int8_t>(grid.lo()));
        onnx_.scalar("hi" + suffix, static_cast<std::int8_t>(grid.hi()));
      } else {
        onnx_.scalar("lo" + suffix, static_cast<std::uint8_t>(grid.lo()));
        onnx_.scalar("hi" + suffix, static_cast<std::uint8_t>(grid.hi()));
      }
    }
    code = onnx_.node({"Clip", {code, "lo" + suffix, "hi" + suffix}, name + ".clipped"});
  }
  onnx_.node({"DequantizeLinear", {code, scale, zero_point(grid)}, name});
}

std::string Builder::weight_node(const std::string& name, const Shape& shape, const std::vector<int>& weights,
                                 const std::vector<int>& exponent, int bits) {
  const bool per_channel = exponent.size() > 1;
  const auto channels = static_cast<std::int64_t>(exponent.size());
  std::vector<float> scales;
  for (const int e : exponent) scales.push_back(static_cast<float>(power_of_two(-e)));
  Shape scale_shape;
  if (per_channel) {
    scale_shape = {channels};
    if (qonnx()) scale_shape.resize(shape.size(), 1);
  }
  const std::string scale = onnx_.constant(name + ".weight_scale", scale_shape, scales);
  if (qonnx()) {
    std::vector<float> real;
    const std::size_t row = weights.size() / exponent.size();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      real.push_back(static_cast<float>(weights[i] * power_of_two(-exponent[i / row])));
    }
    const std::string width = float_scalar("bits_" + std::to_string(bits), static_cast<float>(bits));
    return onnx_.node({"Quant",
                       {onnx_.constant(name + ".weight_float", shape, real), scale, float_scalar("zero", 0.0F), width},
                       name + ".weight",
                       quant_attributes(true, bits < 8),
                       {},
                       qonnx_domain});
  }
  const std::vector<std::int8_t> codes(weights.begin(), weights.end());
  std::string code = onnx_.constant(name + ".weight_code", shape, codes);
  if (bits < 8) {
    const int limit = (1 << (bits - 1)) - 1;
    const std::string suffix = "_weight_" + std::to_string(bits);
    if (shared_.insert("lo" + suffix).second) {
      onnx_.scalar("lo" + suffix, static_cast<std::int8_t>(-limit));
      onnx_.scalar("hi" + suffix, static_cast<std::int8_t>(limit));
    }
    code = onnx_.node({"Clip", {code, "lo" + suffix, "hi" + suffix}, name + ".weight_clipped"});
  }
  std::vector<OnnxAttribute> axis;
  std::string zero = zero_point(Grid{});
  if (per_channel) {
    axis = {{"axis", std::int64_t{0}}};
    zero = onnx_.constant(name + ".weight_zero", {channels}, std::vector<std::int8_t>(exponent.size(), 0));
  }
  return onnx_.node({"DequantizeLinear", {code, scale, zero}, name + ".weight", axis});
}

void Builder::convolution_node(const Tensor& x, const std::string& weights, const WindowShape& window,
                               const std::string& name) {
  onnx_.node({"Conv",
              {x.name, weights},
              name,
              {{"kernel_shape", std::vector<std::int64_t>{window.kernel, window.kernel}},
               {"strides", std::vector<std::int64_t>{window.stride, window.stride}},
               {"pads", std::vector<std::int64_t>(4, window.pad)},
               {"group", std::int64_t{window.groups}}}});
}

// parameters: gamma, beta, mean, variance, [4, channels].
void Builder::batch_norm_node(const Tensor& x, const std::vector<float>& parameters, const std::string& name) {
  const std::size_t channels = parameters.size() / 4;
  std::vector<std::string> inputs{x.name};
  for (std::size_t p = 0; p < 4; ++p) {
    constexpr const char* names[] = {".gamma", ".beta", ".mean", ".variance"};
    const auto begin = parameters.begin() + static_cast<std::ptrdiff_t>(p * channels);
    inputs.push_back(onnx_.constant(name + names[p], {static_cast<std::int64_t>(channels)},
                                    std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(channels))));
  }
  onnx_.node({"BatchNormalization", inputs, name, {{"epsilon", 1e-5F}}});
}

Tensor Builder::input(const std::string& name, const MapShape& shape) {
  onnx_.input(name, OnnxType::float32, {1, shape.channels, shape.height, shape.width});
  Tensor image{name, shape, false, -image_grid.lo(), std::vector<int>(static_cast<std::size_t>(shape.channels), 7), {}};
  // Smooth noise: a seeded coarse lattice, interpolated, the three colours alike.
  constexpr int cell = 4;
  const int side = shape.height / cell + 2;
  for (int n = 0; n < images_; ++n) {
    std::vector<int> grey;
    for (int i = 0; i < side * side; ++i) grey.push_back(random_.uniform(-120, 120));
    for (int c = 0; c < shape.channels; ++c) {
      std::vector<int> lattice;
      for (const int g : grey) lattice.push_back((2 * g + random_.uniform(-120, 120)) / 2);
      for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
          const int* corner = &lattice[static_cast<std::size_t>(y / cell * side + x / cell)];
          const int fx = x % cell;
          const int fy = y % cell;
          const int value = (corner[0] * (cell - fx) + corner[1] * fx) * (cell - fy) +
                            (corner[side] * (cell - fx) + corner[side + 1] * fx) * fy;
          image.values.push_back(std::clamp(value / (cell * cell) + random_.uniform(-6, 6), -128, 127));
        }
      }
    }
  }
  if (watch_) watch_(image);
  return quantise(image, image_grid, name + ".quantised");
}

Tensor Builder::sign(const Tensor& x, const std::string& name) {
  if (qonnx()) {
    onnx_.node({"BipolarQuant", {x.name, float_scalar("plus_one", 1.0F)}, name, {}, {}, qonnx_domain});
  } else {
    const std::string bit = onnx_.node({"GreaterOrEqual", {x.name, float_scalar("zero", 0.0F)}, name + ".bit"});
    onnx_.node({"Where", {bit, float_scalar("plus_one", 1.0F), float_scalar("minus_one", -1.0F)}, name});
  }
  Tensor y{name, x.shape, x.flat, 1, std::vector<int>(x.exponent.size(), 0), {}};
  for (const std::int32_t value : x.values) y.values.push_back(value >= 0 ? 1 : -1);
  for (const float value : x.reals) y.values.push_back(value >= 0 ? 1 : -1);
  return finish(std::move(y));
}

Tensor Builder::transpose(const Tensor& x, int height, int width, const std::string& name) {
  const MapShape to{x.shape.pixels(), height, width};
  const auto reshape = [&](const std::string& from, const Shape& shape, const std::string& output) {
    const auto rank = static_cast<std::int64_t>(shape.size());
    onnx_.node({"Reshape", {from, onnx_.constant(output + ".shape", {rank}, shape)}, output});
  };
  reshape(x.name, {1, x.shape.channels, x.shape.pixels()}, name + ".matrix");
  onnx_.node({"Transpose", {name + ".matrix"}, name + ".turned", {{"perm", std::vector<std::int64_t>{0, 2, 1}}}});
  reshape(name + ".turned", {1, to.channels, to.height, to.width}, name);
  Tensor y{name + ".turned",
           to,
           false,
           x.magnitude,
           std::vector<int>(static_cast<std::size_t>(to.channels), x.exponent[0]),
           {}};
  y.values = zoo::transpose(x.values, x.shape);
  y = finish(std::move(y));
  y.name = name;
  return finish(std::move(y));
}

void Builder::output(const Tensor& x) {
  const Shape shape = x.flat ? Shape{1, x.shape.channels} : Shape{1, x.shape.channels, x.shape.height, x.shape.width};
  onnx_.output(x.name, OnnxType::float32, shape);
}

void Builder::softmax(const Tensor& x, const std::string& name) {
  onnx_.node({"Softmax", {x.name}, name, {{"axis", std::int64_t{1}}}});
  onnx_.output(name, OnnxType::float32, {1, x.shape.channels});
}

}  // namespace blendsim::zoo
