// SPDX-License-Identifier: Apache-2.0
// A small machine, seeded random integers and plain tensors for the units' tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "units/buffer/storage.h"

namespace blendsim::test {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  // Any integer of [lo, hi]; the same on every host.
  std::int64_t in(std::int64_t lo, std::int64_t hi) {
    const auto span = static_cast<std::uint64_t>(hi - lo) + 1;
    const std::uint64_t bits = static_cast<std::uint64_t>(engine_()) << 32 | engine_();
    return lo + static_cast<std::int64_t>(bits % span);
  }
  std::uint32_t u(std::int64_t lo, std::int64_t hi) { return static_cast<std::uint32_t>(in(lo, hi)); }
  bool coin() { return in(0, 1) == 1; }
  template <class T>
  T of(std::initializer_list<T> list) {
    return *(list.begin() + in(0, static_cast<std::int64_t>(list.size()) - 1));
  }

 private:
  std::mt19937 engine_;
};

struct MachineShape {
  int xnor_rows = 16, words = 3, mac_rows = 16, columns = 8, lanes = 16;
};

inline MachineParameters make_machine(const MachineShape& shape) {
  MachineParameters machine;
  machine.xnor_array.rows = shape.xnor_rows;
  machine.xnor_array.words = shape.words;
  machine.mac_array.rows = shape.mac_rows;
  machine.mac_array.columns = shape.columns;
  machine.post_unit.lanes = shape.lanes;
  machine.pool_unit.lanes = shape.lanes;
  const std::int64_t rows = std::max(shape.xnor_rows, shape.mac_rows);
  const auto set = [&](BufferId id, std::int64_t regions, std::int64_t width, std::int64_t depth) {
    machine.buffers[static_cast<std::size_t>(index(id))] = {regions, width, depth, 0, 2};
  };
  set(BufferId::act_binary, 2, 16 * 16 * machine.xnor_array.cell_slices(), 2048);
  set(BufferId::act_fixed, 4, 128, 4096);
  set(BufferId::weights_binary, 1, std::int64_t{shape.xnor_rows} * shape.words * 48, 4096);
  set(BufferId::weights_fixed, 1, std::int64_t{shape.mac_rows} * shape.columns * 8, 4096);
  set(BufferId::accumulators, 2, 32 * rows, 4096);
  set(BufferId::parameters, 3, 32 * rows, 4096);
  set(BufferId::instructions, 1, 128, 1024);
  return machine;
}

// [channels, height, width]
struct Tensor {
  int channels = 0, height = 0, width = 0;
  std::vector<std::int64_t> values;
  Tensor(int c, int h, int w) : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  std::int64_t& at(int c, int y, int x) { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
  [[nodiscard]] std::int64_t at(int c, int y, int x) const {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  [[nodiscard]] bool inside(int y, int x) const { return y >= 0 && x >= 0 && y < height && x < width; }
};

// A string of bits that becomes buffer words.
class Bits {
 public:
  explicit Bits(std::size_t bits) : bytes_((bits + 7) / 8) {}
  void set(std::size_t position, std::uint64_t value, int bits = 1) {
    for (int b = 0; b < bits; ++b, ++position) {
      const auto mask = static_cast<std::uint8_t>(1U << (position % 8));
      if ((value >> b & 1) != 0) bytes_[position / 8] |= mask;
      else bytes_[position / 8] = static_cast<std::uint8_t>(bytes_[position / 8] & ~mask);
    }
  }
  [[nodiscard]] bool get(std::size_t position) const { return (bytes_[position / 8] >> (position % 8) & 1) != 0; }
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

struct WindowShape {
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  [[nodiscard]] int out_height(int h) const {
    return (h + pad_top + pad_bottom - (kernel_h - 1) * dilation_h - 1) / stride_h + 1;
  }
  [[nodiscard]] int out_width(int w) const {
    return (w + pad_left + pad_right - (kernel_w - 1) * dilation_w - 1) / stride_w + 1;
  }
  [[nodiscard]] bool fits(int h, int w) const {
    return h + pad_top + pad_bottom > (kernel_h - 1) * dilation_h &&
           w + pad_left + pad_right > (kernel_w - 1) * dilation_w;
  }
};

inline WindowShape random_window(Random& random, int largest_kernel) {
  WindowShape w;
  w.kernel_h = static_cast<int>(random.in(1, largest_kernel));
  w.kernel_w = static_cast<int>(random.in(1, largest_kernel));
  w.stride_h = static_cast<int>(random.in(1, 4));
  w.stride_w = static_cast<int>(random.in(1, 4));
  if (random.in(0, 2) == 0) {
    w.dilation_h = static_cast<int>(random.in(1, 3));
    w.dilation_w = static_cast<int>(random.in(1, 3));
  }
  const auto pad = [&](int kernel, int dilation) {
    return static_cast<int>(random.in(0, std::min(4, (kernel - 1) * dilation)));
  };
  w.pad_top = pad(w.kernel_h, w.dilation_h);
  w.pad_bottom = pad(w.kernel_h, w.dilation_h);
  w.pad_left = pad(w.kernel_w, w.dilation_w);
  w.pad_right = pad(w.kernel_w, w.dilation_w);
  return w;
}

// Fills the fields that every sliding-window instruction has.
template <class I>
void set_window(I& i, const WindowShape& w, int height, int width) {
  const auto u = [](int value) { return static_cast<std::uint32_t>(value); };
  i.in_height = u(height);
  i.in_width = u(width);
  i.kernel_h = u(w.kernel_h);
  i.kernel_w = u(w.kernel_w);
  i.stride_h = u(w.stride_h);
  i.stride_w = u(w.stride_w);
  i.dilation_h = u(w.dilation_h);
  i.dilation_w = u(w.dilation_w);
  i.pad_top = u(w.pad_top);
  i.pad_left = u(w.pad_left);
  i.out_height = u(w.out_height(height));
  i.out_width = u(w.out_width(width));
}

struct Classes {
  BorderClasses vertical, horizontal;
  Classes(const WindowShape& w, int height, int width)
      : vertical(BorderClasses::of(height, w.out_height(height), w.kernel_h, w.stride_h, w.dilation_h, w.pad_top)),
        horizontal(BorderClasses::of(width, w.out_width(width), w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)) {}
  [[nodiscard]] std::uint32_t count() const { return vertical.count() * horizontal.count(); }
  [[nodiscard]] std::uint32_t of(int y, int x, int out_height, int out_width) const {
    return vertical.index(static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(out_height)) * horizontal.count() +
           horizontal.index(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(out_width));
  }
  template <class I>
  void set(I& i) const {
    i.class_top = vertical.leading;
    i.class_bottom = vertical.trailing;
    i.class_left = horizontal.leading;
    i.class_right = horizontal.trailing;
  }
};

}  // namespace blendsim::test
