// SPDX-License-Identifier: Apache-2.0
#include "network/zoo/kernels.h"

#include <algorithm>
#include <bit>

namespace blendsim::zoo {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// The taps [first, last) of a window that lie inside the map, along one axis.
struct Taps {
  int origin = 0, first = 0, last = 0;
};

Taps taps_at(int position, int extent, const WindowShape& window) {
  const int origin = position * window.stride - window.pad;
  return {origin, std::max(0, -origin), std::min(window.kernel, extent - origin)};
}

// One output map += one input map filtered with one kernel.
void accumulate(const std::int32_t* x, const MapShape& in, std::int32_t* y, const MapShape& out,
                const WindowShape& window, const int* weights) {
  if (window.kernel == 1 && window.stride == 1 && window.pad == 0) {
    for (int p = 0; p < out.pixels(); ++p) y[p] += x[p] * weights[0];
    return;
  }
  for (int row = 0; row < out.height; ++row) {
    const Taps rows = taps_at(row, in.height, window);
    for (int column = 0; column < out.width; ++column) {
      const Taps columns = taps_at(column, in.width, window);
      std::int32_t sum = 0;
      for (int ky = rows.first; ky < rows.last; ++ky) {
        const std::int32_t* line = x + (rows.origin + ky) * in.width + columns.origin;
        for (int kx = columns.first; kx < columns.last; ++kx) sum += line[kx] * weights[ky * window.kernel + kx];
      }
      y[row * out.width + column] += sum;
    }
  }
}

using Words = std::vector<std::uint64_t>;

// Signs of one pixel's (or tap's) channels, `words` words each; strides in elements of `values`.
Words pack(const auto* values, int groups_count, int group_stride, int pixels, int channel_stride, int channels,
           int words) {
  Words packed(index(groups_count * pixels * words), 0);
  for (int g = 0; g < groups_count; ++g) {
    for (int c = 0; c < channels; ++c) {
      for (int p = 0; p < pixels; ++p) {
        const std::uint64_t bit = values[g * group_stride + c * channel_stride + p] > 0 ? 1 : 0;
        packed[index((g * pixels + p) * words + c / 64)] |= bit << (c % 64);
      }
    }
  }
  return packed;
}

}  // namespace

Values convolve(const Values& x, const MapShape& in, int out_channels, const WindowShape& window,
                const std::vector<int>& weights) {
  const MapShape out = window.applied(in, out_channels);
  const int images = static_cast<int>(x.size()) / in.size();
  const int per_group = in.channels / window.groups;
  const int out_per_group = out_channels / window.groups;
  Values y(index(images * out.size()), 0);
  for (int image = 0; image < images; ++image) {
    for (int o = 0; o < out_channels; ++o) {
      for (int i = 0; i < per_group; ++i) {
        const int channel = o / out_per_group * per_group + i;
        accumulate(&x[index(image * in.size() + channel * in.pixels())], in,
                   &y[index(image * out.size() + o * out.pixels())], out, window,
                   &weights[index((o * per_group + i) * window.kernel * window.kernel)]);
      }
    }
  }
  return y;
}

Values convolve_bipolar(const Values& x, const MapShape& in, int out_channels, const WindowShape& window,
                        const std::vector<int>& weights) {
  const MapShape out = window.applied(in, out_channels);
  const int images = static_cast<int>(x.size()) / in.size();
  const int words = (in.channels + 63) / 64;
  const int taps = window.kernel * window.kernel;
  const Words a = pack(x.data(), images, in.size(), in.pixels(), in.pixels(), in.channels, words);
  const Words w = pack(weights.data(), out_channels, in.channels * taps, taps, taps, in.channels, words);
  Values y(index(images * out.size()), 0);
  for (int image = 0; image < images; ++image) {
    for (int row = 0; row < out.height; ++row) {
      const Taps rows = taps_at(row, in.height, window);
      for (int column = 0; column < out.width; ++column) {
        const Taps columns = taps_at(column, in.width, window);
        const int inside = (rows.last - rows.first) * (columns.last - columns.first) * in.channels;
        for (int o = 0; o < out_channels; ++o) {
          int unequal = 0;
          for (int ky = rows.first; ky < rows.last; ++ky) {
            const int pixel = (image * in.height + rows.origin + ky) * in.width + columns.origin;
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const std::uint64_t* left = &a[index((pixel + kx) * words)];
              const std::uint64_t* right = &w[index((o * taps + ky * window.kernel + kx) * words)];
              for (int word = 0; word < words; ++word) unequal += std::popcount(left[word] ^ right[word]);
            }
          }
          y[index(image * out.size() + o * out.pixels() + row * out.width + column)] = inside - 2 * unequal;
        }
      }
    }
  }
  return y;
}

Values transpose(const Values& x, const MapShape& in) {
  const auto channels = static_cast<std::size_t>(in.channels), pixels = static_cast<std::size_t>(in.pixels());
  Values y(x.size());
  for (std::size_t image = 0; image < x.size(); image += channels * pixels) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t p = 0; p < pixels; ++p) y[image + p * channels + c] = x[image + c * pixels + p];
    }
  }
  return y;
}

Values max_pool(const Values& x, const MapShape& in, const WindowShape& window) {
  const MapShape out = window.applied(in, in.channels);
  const int maps = static_cast<int>(x.size()) / in.pixels();
  Values y(index(maps * out.pixels()), INT32_MIN);
  for (int map = 0; map < maps; ++map) {
    for (int row = 0; row < out.height; ++row) {
      const Taps rows = taps_at(row, in.height, window);
      for (int column = 0; column < out.width; ++column) {
        const Taps columns = taps_at(column, in.width, window);
        std::int32_t& into = y[index(map * out.pixels() + row * out.width + column)];
        for (int ky = rows.first; ky < rows.last; ++ky) {
          for (int kx = columns.first; kx < columns.last; ++kx) {
            const int pixel = (rows.origin + ky) * in.width + columns.origin + kx;
            into = std::max(into, x[index(map * in.pixels() + pixel)]);
          }
        }
      }
    }
  }
  return y;
}

Values sum_pool(const Values& x, const MapShape& in, int size) {
  const MapShape out{in.channels, in.height / size, in.width / size};
  const int maps = static_cast<int>(x.size()) / in.pixels();
  Values y(index(maps * out.pixels()), 0);
  for (int map = 0; map < maps; ++map) {
    for (int row = 0; row < out.height * size; ++row) {
      for (int column = 0; column < out.width * size; ++column) {
        y[index(map * out.pixels() + row / size * out.width + column / size)] +=
            x[index(map * in.pixels() + row * in.width + column)];
      }
    }
  }
  return y;
}

}  // namespace blendsim::zoo
