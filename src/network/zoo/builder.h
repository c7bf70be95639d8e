// SPDX-License-Identifier: Apache-2.0
// Builds a quantised network layer by layer, in the file and at once as integers on 32 seeded calibration images, so
// that each batch normalisation is fitted to the network's own integer activations. The scheme: docs/zoo.md.
//
// Every tensor of the file is known exactly: real value = integer * 2^-exponent[channel]. With float_batch_norm the
// values behind a batch normalisation are float32 instead, until the next quantiser.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "network/onnx_writer.h"
#include "network/zoo.h"
#include "network/zoo/kernels.h"
#include "network/zoo/random.h"

namespace blendsim::zoo {

inline constexpr int calibration_images = 32;  // of 32x32; fewer larger ones: about as many pixels

struct Tensor {
  std::string name;  // of the file's float tensor
  MapShape shape;
  bool flat = false;              // the file's tensor is [1, channels]
  std::int64_t magnitude = 0;     // bound of |integer|
  std::vector<int> exponent;      // per channel
  Values values;                  // [images, channels, height, width]; empty where `reals` stands for it
  std::vector<float> reals = {};  // behind an ordinary float batch normalisation, or an average over 49 pixels
};

// A quantiser's format: `bits` wide, real = integer * 2^-exponent.
struct Grid {
  int bits = 8;
  bool is_signed = true;
  int exponent = 5;

  [[nodiscard]] std::int64_t lo() const { return is_signed ? -(std::int64_t{1} << (bits - 1)) : 0; }
  [[nodiscard]] std::int64_t hi() const { return (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1; }
};
inline constexpr Grid image_grid{8, true, 7};
inline constexpr Grid stream_grid{8, true, 5};  // between modules
inline constexpr Grid join_grid{16, true, 10};  // main and skip operands
inline constexpr Grid pooled_grid{8, true, 7};

enum class Path { main, skip };  // skip: of a Blend module, beside its binary one

class Builder {
 public:
  // `watch`, if given, sees every tensor of the file as it is made.
  using Watch = std::function<void(const Tensor&)>;
  // images: for calibration; 0: nothing is calibrated, for size().
  Builder(const std::string& network, const ZooOptions& options, int images, Watch watch = {});

  Tensor input(const std::string& name, const MapShape& shape);
  Tensor quantise(const Tensor& x, const Grid& grid, const std::string& name);
  Tensor sign(const Tensor& x, const std::string& name);
  // Weights +1 and -1 on a tensor of signs, or of codes of a few bits.
  Tensor binary_convolution(const Tensor& x, int channels, const WindowShape& window, const std::string& name);
  // `bits`-wide weights, a power-of-two scale for each output channel.
  Tensor convolution(const Tensor& x, int channels, const WindowShape& window, const std::string& name,
                     Path path = Path::main);
  // Fully connected over channels of a flat tensor, one scale; `bias` adds seeded multiples of the accumulator's unit.
  Tensor dense(const Tensor& x, int channels, int bits, bool bias, const std::string& name);
  // Fitted to x; `grid` is that of the quantiser that follows (a sign: any), which no value meets halfway.
  Tensor batch_norm(const Tensor& x, const Grid& grid, const std::string& name);
  // b: of a's shape, or one pixel for all of a's.
  Tensor add(const Tensor& a, const Tensor& b, const std::string& name);
  Tensor multiply(const Tensor& a, const Tensor& b, const std::string& name);
  Tensor scale(const Tensor& x, const std::string& name);  // a factor for each channel, 1/4 to 3/2
  Tensor halved(const Tensor& x, const std::string& name);
  Tensor shift(const Tensor& x, const std::string& name);  // plus a constant for each channel, that x never is itself
  Tensor relu(const Tensor& x, const std::string& name);
  Tensor prelu(const Tensor& x, const std::string& name);  // slopes 1/4, 1/8, 1/16
  Tensor max_pool(const Tensor& x, const WindowShape& window, const std::string& name);
  Tensor average_pool(const Tensor& x, int size, const std::string& name);  // size a power of two
  Tensor global_average_pool(const Tensor& x, const std::string& name);
  Tensor concat(const Tensor& a, const Tensor& b, const std::string& name);
  Tensor flatten(const Tensor& x, const std::string& name);
  // Channels and pixels change places: of a quantised map [C, H, W] the map [H * W, height, width], of which the pixels
  // were its channels.
  Tensor transpose(const Tensor& x, int height, int width, const std::string& name);
  void softmax(const Tensor& x, const std::string& name);
  void output(const Tensor& x);

  void save(const std::string& path) const { onnx_.save(path); }

  [[nodiscard]] static int images_of(const ZooOptions& options);
  [[nodiscard]] const ZooSize& size() const { return size_; }

 private:
  [[nodiscard]] bool qonnx() const { return options_.dialect == "qonnx"; }
  Tensor finish(Tensor tensor) const;
  void count(const Tensor& y, std::size_t weights, int bits, Path path);
  std::string float_scalar(const std::string& name, float value);
  std::string zero_point(const Grid& grid);
  void quantise_node(const std::string& input, const Grid& grid, const std::string& name);
  std::string weight_node(const std::string& name, const Shape& shape, const std::vector<int>& weights,
                          const std::vector<int>& exponent, int bits);
  void convolution_node(const Tensor& x, const std::string& weights, const WindowShape& window,
                        const std::string& name);
  void batch_norm_node(const Tensor& x, const std::vector<float>& parameters, const std::string& name);
  Tensor exact_batch_norm(const Tensor& x, const Grid& grid, Tensor y);
  Tensor float_batch_norm(const Tensor& x, Tensor y);
  Tensor elementwise(const Tensor& x, const std::string& name) const;

  ZooOptions options_;
  OnnxWriter onnx_;
  Random random_;
  int images_;
  ZooSize size_;
  Watch watch_;
  std::set<std::string> shared_;  // constants written once
};

}  // namespace blendsim::zoo
