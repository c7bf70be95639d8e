// SPDX-License-Identifier: Apache-2.0
#include "network/zoo/repairs.h"

namespace blendsim::zoo {

namespace {

constexpr Repair table[] = {
    {"scale", "a factor for each output channel of a binary convolution (XNOR-Net)"},
    {"rsign", "a learnt threshold for each channel in front of the sign (ReActNet)"},
    {"rprelu", "a shortcut over each convolution, and behind it PReLU with shifts in front and behind (ReActNet)"},
    {"double-residual", "a shortcut over each binary convolution instead of over two (Bi-Real Net)"},
    {"feature-norm", "batch normalisation in front of the sign as well"},
    {"average-pool", "shortcuts that change the size average 2x2 pixels in front of their 1x1 convolution (ResNet-D)"},
    {"duplicate",
     "shortcuts that change the size average 2x2 pixels and double the channels, without weights (ReActNet)"},
    {"two-bases", "the sum of two binary convolutions, the second of half the weight (ABC-Net)"},
    {"two-bit", "activations of 2 bits, 0 to 3 halves, instead of signs (DoReFa-Net)"},
    {"squeeze-excitation", "a factor for each channel from the means of the channels (Real-to-Binary Net)"},
    {"dynamic-threshold", "a threshold for each channel from the means of the channels (DyBNN)"},
};

class Block {
 public:
  Block(Builder& builder, const ZooOptions& options, std::string name)
      : b_(builder), repair_(options.repair), name_(std::move(name)) {}

  Tensor operator()(const Tensor& x, int channels, int stride) const {
    if (is("double-residual") || is("rprelu")) return half(half(x, channels, stride, ".1"), channels, 1, ".2");
    const Tensor hidden =
        b_.batch_norm(convolved(binarised(x, ".1"), channels, stride, ".1"), stream_grid, at(".1.bn"));
    // what the second convolution's codes are made of
    const Tensor y = is("two-bit") || is("dynamic-threshold") || is("feature-norm") || is("rsign")
                         ? b_.quantise(hidden, stream_grid, at(".1.out"))
                         : hidden;
    return joined(convolved(binarised(y, ".2"), channels, 1, ".2"), x, channels, stride, ".2");
  }

 private:
  [[nodiscard]] bool is(const char* repair) const { return repair_ == repair; }
  [[nodiscard]] std::string at(const std::string& suffix) const { return name_ + suffix; }

  Tensor half(const Tensor& x, int channels, int stride, const std::string& part) const {
    return joined(convolved(binarised(x, part), channels, stride, part), x, channels, stride, part);
  }

  // [C, 1, 1]: a pointwise layer over the channels' means.
  Tensor of_means(const Tensor& x, const Grid& grid, const std::string& part) const {
    const Tensor means =
        b_.quantise(b_.global_average_pool(x, at(part + ".means")), pooled_grid, at(part + ".means_out"));
    const Tensor sums = b_.convolution(means, x.shape.channels, {}, at(part + ".of_means"), Path::skip);
    return b_.quantise(sums, grid, at(part + ".of_means_out"));
  }

  Tensor binarised(const Tensor& x, const std::string& part) const {
    const std::string name = at(part + ".sign");
    if (is("rsign")) return b_.sign(b_.shift(x, at(part + ".threshold")), name);
    if (is("feature-norm")) return b_.sign(b_.batch_norm(x, stream_grid, at(part + ".norm")), name);
    if (is("two-bit")) return b_.quantise(x, {2, false, 1}, at(part + ".code"));
    if (is("dynamic-threshold")) return b_.sign(b_.add(x, of_means(x, stream_grid, part), at(part + ".moved")), name);
    return b_.sign(x, name);
  }

  Tensor convolved(const Tensor& signs, int channels, int stride, const std::string& part) const {
    const WindowShape window{.kernel = 3, .stride = stride, .pad = 1};
    const std::string name = at(part + ".conv");
    Tensor y = b_.binary_convolution(signs, channels, window, name);
    if (is("scale")) return b_.scale(y, at(part + ".scaled"));
    if (!is("two-bases")) return y;
    return b_.add(y, b_.halved(b_.binary_convolution(signs, channels, window, name + "_2"), at(part + ".halved")),
                  at(part + ".both"));
  }

  Tensor shortcut(const Tensor& x, int channels, int stride, const std::string& part) const {
    const std::string name = at(part + ".shortcut");
    if (stride == 1 && channels == x.shape.channels) return b_.quantise(x, join_grid, name);
    if (is("duplicate")) {
      const Tensor means = b_.quantise(b_.average_pool(x, 2, name + "_means"), stream_grid, name + "_means_out");
      return b_.quantise(b_.concat(means, means, name + "_twice"), join_grid, name);
    }
    const bool averages = is("average-pool");
    const Tensor from =
        averages ? b_.quantise(b_.average_pool(x, 2, name + "_means"), stream_grid, name + "_means_out") : x;
    const Tensor sums = b_.convolution(from, channels, {.stride = averages ? 1 : stride}, name + "_conv");
    return b_.quantise(b_.batch_norm(sums, join_grid, name + "_bn"), join_grid, name);
  }

  Tensor joined(const Tensor& sums, const Tensor& x, int channels, int stride, const std::string& part) const {
    Tensor main = b_.batch_norm(sums, join_grid, at(part + ".bn"));
    if (is("squeeze-excitation")) {
      const Tensor codes = b_.quantise(main, stream_grid, at(part + ".unscaled"));
      main = b_.multiply(codes, of_means(codes, {8, false, 8}, part), at(part + ".excited"));
    }
    main = b_.quantise(main, join_grid, at(part + ".main"));
    Tensor sum = b_.add(main, shortcut(x, channels, stride, part), at(part + ".join"));
    if (is("rprelu")) {
      sum = b_.quantise(b_.shift(sum, at(part + ".moved")), join_grid, at(part + ".moved_out"));
      sum = b_.shift(b_.prelu(sum, at(part + ".prelu")), at(part + ".moved_back"));
    }
    return b_.quantise(sum, stream_grid, at(part + ".out"));
  }

  Builder& b_;
  std::string repair_, name_;
};

}  // namespace

std::span<const Repair> repairs() { return table; }

Tensor binary_block(Builder& builder, const ZooOptions& options, const Tensor& x, int channels, int stride,
                    const std::string& name) {
  return Block(builder, options, name)(x, channels, stride);
}

}  // namespace blendsim::zoo
