// SPDX-License-Identifier: Apache-2.0
#include "network/lowering/window.h"

#include <fmt/format.h>

#include <optional>

namespace blendsim::lowering {

Window read_window(const Node& node) {
  const auto kernel = node.attribute_ints("kernel_shape", {1, 1}), strides = node.attribute_ints("strides", {1, 1}),
             dilations = node.attribute_ints("dilations", {1, 1}), pads = node.attribute_ints("pads", {0, 0, 0, 0});
  const auto at = [](const std::vector<std::int64_t>& v, std::size_t i) { return static_cast<int>(v.at(i)); };
  return {at(kernel, 0),    at(kernel, 1), at(strides, 0), at(strides, 1), at(dilations, 0),
          at(dilations, 1), at(pads, 0),   at(pads, 1),    at(pads, 2),    at(pads, 3)};
}

int taps_inside(int kernel, int stride, int dilation, int pad, int size, int position) {
  int count = 0;
  for (int k = 0; k < kernel; ++k) {
    const int at = position * stride - pad + k * dilation;
    count += at >= 0 && at < size ? 1 : 0;
  }
  return count;
}

void require_pool_input(const Value& x, const Node& node, const std::string& file) {
  if (x.state != Value::State::integer || x.shape.size() != 4 || x.flat) {
    throw DiagnosticError("not-quantised", {.file = file, .node = node.name},
                          fmt::format("{} reads values that no quantiser produced", node.op),
                          or_calibrate("quantise before pooling"));
  }
}

namespace {

// Names the first output row or column whose window has no tap inside the map: it has no maximum and no mean.
std::optional<std::string> untapped(const Window& w, const Map& in, const Shape& out) {
  for (int y = 0; y < static_cast<int>(out.at(2)); ++y) {
    if (taps_inside(w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, in.height, y) == 0)
      return fmt::format("row {}", y);
  }
  for (int x = 0; x < static_cast<int>(out.at(3)); ++x) {
    if (taps_inside(w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, in.width, x) == 0)
      return fmt::format("column {}", x);
  }
  return std::nullopt;
}

}  // namespace

void Lowerer::require_taps(const Node& node, const Window& window, const Map& in) const {
  const auto where = untapped(window, in, shape_of(node.outputs[0]));
  if (!where) return;
  refuse(
      "unsupported-attribute", node.name,
      fmt::format("the window of output {} has no tap inside the input of {}x{} pixels", *where, in.height, in.width),
      "pad by less than the dilated kernel");
}

Lowerer::MapSize Lowerer::map_size(const Value& x) {
  if (x.pool) return {x.pool->height, x.pool->width};
  return {x.map->height, x.map->width};
}

bool Lowerer::is_reshaped(const Value& x) {
  const MapSize own = map_size(x);
  return x.shape.size() == 4 && (x.shape[2] != own.height || x.shape[3] != own.width);
}

void Lowerer::refuse_reshaped(const Node& node, const Value& x) const {
  refuse("not-lowerable", node.name,
         fmt::format("its window moves over {}, but the map before the Reshape is {} x {}", shape_text(x.shape),
                     map_size(x).height, map_size(x).width),
         "leave the map's height and width as they are in front of windows");
}

Window Lowerer::pool_window(const Node& node, const Value& x) const {
  Window window = read_window(node);
  if (!is_reshaped(x)) return window;
  const Window whole{static_cast<int>(x.shape[2]), static_cast<int>(x.shape[3]), window.stride_h, window.stride_w};
  if (window != whole) refuse_reshaped(node, x);
  window.kernel_h = map_size(x).height;
  window.kernel_w = map_size(x).width;
  return window;
}

}  // namespace blendsim::lowering
