// SPDX-License-Identifier: Apache-2.0
// Kernels, strides, paddings: every way to write them, and the edges where windows are cut.
#include <algorithm>

#include "blocks.h"

namespace blendsim::differential {

namespace {

struct Axis {
  int kernel = 1, stride = 1, dilation = 1, before = 0, after = 0, out = 1;
  [[nodiscard]] int extent() const { return (kernel - 1) * dilation + 1; }
};

Axis draw_axis(Draft& d, int in, bool pool, bool dilations) {
  Axis a;
  a.kernel = pool ? d.choices.one_of<int>({2, 3, 1, 4, 5, 6, 7}) : d.choices.one_of<int>({1, 3, 2, 4, 5});
  a.stride = d.chance(20) ? d.pick(1, 6) : d.choices.one_of<int>({1, 2, 1, 2, 3});
  if (dilations && d.chance(6)) a.kernel = d.pick(4, 16), a.stride = d.pick(8, 16);  // patches
  a.dilation = dilations && d.chance(20) ? d.pick(2, 3) : 1;
  a.kernel = std::min(a.kernel, std::max(1, in));
  while (a.kernel > 1 && a.extent() > in) --(a.dilation > 1 ? a.dilation : a.kernel);
  return a;
}

// The output's size by ONNX's formula; with ceil_mode a window that would start behind the map is left out.
int output_size(int in, const Axis& a, bool ceil_mode) {
  const int room = in + a.before + a.after - a.extent();
  int out = (room + (ceil_mode ? a.stride - 1 : 0)) / a.stride + 1;
  if (ceil_mode && (out - 1) * a.stride >= in + a.before) --out;
  return out;
}

}  // namespace

WindowChoice draw_window(Draft& d, const Tensor& x, bool pool, bool ceil_mode, bool dilations) {
  const Choices::Scope scope(d.choices);
  const int sides[] = {x.height(), x.width()};
  Axis axes[2] = {draw_axis(d, sides[0], pool, dilations), {}};
  axes[1] = d.chance(75) && axes[0].extent() <= sides[1] ? axes[0] : draw_axis(d, sides[1], pool, dilations);
  const int kind = d.pick(0, 9);  // 0..3 unpadded, 4..6 padded, 7 SAME_UPPER, 8 SAME_LOWER, 9 VALID
  const bool dilated = axes[0].dilation > 1 || axes[1].dilation > 1;
  bool same = (kind == 7 || kind == 8) && !dilated;
  const bool beyond = axes[0].stride > axes[0].extent() || axes[1].stride > axes[1].extent();
  if (pool && same && beyond && !d.chance(10)) same = false;  // ONNX Runtime refuses most of these
  const int even = d.pick(0, 9);                              // 0..2: every side its own padding
  for (int i = 0; i < 2; ++i) {
    Axis& a = axes[i];
    const int most = std::max(0, pool ? a.kernel - 1 : a.kernel);
    if (kind >= 4 && kind <= 6) {
      a.before = std::min(most, even > 5 ? 1 : even > 2 ? a.kernel / 2 : d.pick(0, most));
      a.after = even > 2 ? a.before : d.pick(0, most);
    }
    a.out = same ? (sides[i] + a.stride - 1) / a.stride : output_size(sides[i], a, ceil_mode);
  }
  const Axis &v = axes[0], &h = axes[1];
  WindowChoice w;
  w.kernel_h = v.kernel, w.kernel_w = h.kernel, w.height = v.out, w.width = h.out;
  w.attributes = {attr("kernel_shape", {v.kernel, h.kernel})};
  if (v.stride != 1 || h.stride != 1 || d.chance(50)) w.attributes.push_back(attr("strides", {v.stride, h.stride}));
  if (dilated) w.attributes.push_back(attr("dilations", {v.dilation, h.dilation}));
  if (same) w.attributes.push_back(attr("auto_pad", kind == 7 ? "SAME_UPPER" : "SAME_LOWER"));
  else if (kind == 9) w.attributes.push_back(attr("auto_pad", "VALID"));
  else if (kind >= 4) w.attributes.push_back(attr("pads", {v.before, h.before, v.after, h.after}));
  if (ceil_mode) w.attributes.push_back(attr("ceil_mode", 1));
  return w;
}

}  // namespace blendsim::differential
