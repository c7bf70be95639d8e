// SPDX-License-Identifier: Apache-2.0
#include "network/operators/window.h"

#include <fmt/format.h>

#include <algorithm>

#include "network/operators/support.h"

namespace blendsim::operators {

namespace {

constexpr std::int64_t window_limit = 1 << 16;

void require_sizes(const std::vector<std::int64_t>& values, std::size_t count, std::int64_t minimum, const char* name) {
  const bool fits = values.size() == count && std::all_of(values.begin(), values.end(), [&](std::int64_t v) {
                      return v >= minimum && v <= window_limit;
                    });
  if (!fits) {
    throw Refusal{"unsupported-attribute",
                  fmt::format("{} must be {} numbers from {} to {}", name, count, minimum, window_limit)};
  }
}

// Explicit padding {before, after} of one dimension for auto_pad SAME_UPPER or SAME_LOWER; divisions go towards zero.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t in, std::int64_t extent, std::int64_t stride,
                                                   bool upper, SameBeyondKernel beyond) {
  const std::int64_t out = (in + stride - 1) / stride;
  const std::int64_t total = (out - 1) * stride + extent - in;
  if (total < 0) {
    if (beyond == SameBeyondKernel::pads_nothing) return {0, 0};
    const std::int64_t more = (upper ? 0 : 1) + (beyond == SameBeyondKernel::drops_as_conv ? 1 : 0);
    return {(total + more) / 2, 0};
  }
  const std::int64_t small = total / 2;
  return upper ? std::pair{small, total - small} : std::pair{total - small, small};
}

}  // namespace

void Geometry::write(Node& node) const {
  node.attributes["kernel_shape"] = kernel;
  node.attributes["strides"] = strides;
  node.attributes["dilations"] = dilations;
  node.attributes["pads"] = pads;
}

std::string emit_pixel_move(const Node& node, const std::string& x, const std::vector<std::int64_t>& pads,
                            const std::vector<std::int64_t>& crop, Rewriter& out) {
  const std::int64_t channels = out.context().shape(x).at(1), taps = (crop[0] + 1) * (crop[1] + 1);
  Constant weights{{channels, 1, crop[0] + 1, crop[1] + 1}, {}, "float"};
  std::vector<float> values(static_cast<std::size_t>(channels * taps), 0.0F);
  for (std::int64_t c = 1; c <= channels; ++c) values[static_cast<std::size_t>(c * taps - 1)] = 1;
  weights.values = std::move(values);
  Node move = canonical_copy(node, "Conv", 0);
  move.name += "/pixels";
  move.inputs = {x, out.add_constant(x + "/pixels/weights", std::move(weights))};
  move.outputs = {out.fresh_tensor(x + "/pixels")};
  move.attributes["kernel_shape"] = std::vector<std::int64_t>{crop[0] + 1, crop[1] + 1};
  move.attributes["strides"] = move.attributes["dilations"] = std::vector<std::int64_t>{1, 1};
  move.attributes["pads"] = pads;
  move.attributes["group"] = channels;
  out.emit(move);
  return move.outputs[0];
}

std::string emit_crop(const Node& node, Geometry& g, Rewriter& out) {
  const std::vector<std::int64_t> crop{std::max<std::int64_t>(0, -g.pads[0]), std::max<std::int64_t>(0, -g.pads[1])};
  for (std::int64_t& pad : g.pads) pad = std::max<std::int64_t>(0, pad);
  if (crop[0] == 0 && crop[1] == 0) return node.inputs[0];
  return emit_pixel_move(node, node.inputs[0], {0, 0, 0, 0}, crop, out);
}

Geometry parse_window(const Node& node, const Shape& x, const std::vector<std::int64_t>& kernel,
                      SameBeyondKernel beyond) {
  Geometry g;
  g.in_h = x[2];
  g.in_w = x[3];
  g.kernel = kernel;
  g.strides = node.attribute_ints("strides", {1, 1});
  g.dilations = node.attribute_ints("dilations", {1, 1});
  g.pads = node.attribute_ints("pads", {0, 0, 0, 0});
  g.ceil_mode = node.attribute_int("ceil_mode", 0) != 0;
  require_sizes(g.kernel, 2, 1, "kernel_shape");
  require_sizes(g.strides, 2, 1, "strides");
  require_sizes(g.dilations, 2, 1, "dilations");
  require_sizes(g.pads, 4, 0, "pads");
  const std::string automatic = node.attribute_string("auto_pad", "NOTSET");
  std::int64_t out[2];
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t in = x[2 + d], extent = (g.kernel[d] - 1) * g.dilations[d] + 1, stride = g.strides[d];
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      std::tie(g.pads[d], g.pads[d + 2]) = same_padding(in, extent, stride, automatic == "SAME_UPPER", beyond);
    } else if (automatic == "VALID") {
      g.pads[d] = g.pads[d + 2] = 0;
    } else if (automatic != "NOTSET" && !automatic.empty()) {
      throw Refusal{"unsupported-attribute", "auto_pad '" + automatic + "' is not supported"};
    }
    const std::int64_t room = in + g.pads[d] + g.pads[d + 2] - extent;
    if (room < 0 || in < 1) {
      throw Refusal{"shape-mismatch",
                    fmt::format("a window of {} does not fit a padded side of {}", extent, room + extent)};
    }
    out[d] = (room + (g.ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (g.ceil_mode && (out[d] - 1) * stride >= in + g.pads[d])
      --out[d];  // a window must not start in the padding behind
  }
  g.out_h = out[0];
  g.out_w = out[1];
  return g;
}

Node with_row_window(const Node& node) {
  Node row = node;
  const auto lead = [&](const char* key, std::int64_t first) {
    const auto found = row.attributes.find(key);
    if (found == row.attributes.end()) return;
    std::vector<std::int64_t> values = node.attribute_ints(key, {});
    values.insert(values.begin(), first);
    if (values.size() == 3) values.insert(values.begin() + 2, first);  // pads: [0, begin, 0, end]
    found->second = std::move(values);
  };
  for (const char* key : {"kernel_shape", "strides", "dilations"}) lead(key, 1);
  lead("pads", 0);
  return row;
}

namespace {

std::string emit_reshape(const Node& node, const std::string& x, const Shape& shape, const std::string& suffix,
                         Rewriter& out) {
  Node reshape = canonical_copy(node, "Reshape", 0);
  reshape.name += suffix;
  reshape.inputs = {x};
  reshape.outputs = {out.fresh_tensor(x + suffix)};
  reshape.attributes["shape"] = shape;
  std::string y = reshape.outputs[0];
  out.emit(std::move(reshape));
  return y;
}

}  // namespace

Node emit_as_row(const Node& node, Rewriter& out) {
  Node row = with_row_window(node);
  for (std::size_t i = 0; i < std::min<std::size_t>(row.inputs.size(), 2); ++i) {
    Shape shape = out.context().shape(row.inputs[i]);
    if (shape.size() != 3) continue;
    shape.insert(shape.begin() + 2, 1);
    row.inputs[i] = emit_reshape(node, row.inputs[i], shape, "/row", out);
  }
  row.outputs = {out.fresh_tensor(node.outputs[0] + "/row")};
  return row;
}

void emit_from_row(const Node& node, const Node& row, Rewriter& out) {
  Shape shape = out.context().shape(row.outputs[0]);
  shape.erase(shape.begin() + 2);
  Node back = canonical_copy(node, "Reshape", 0);
  back.name += "/back";
  back.inputs = {row.outputs[0]};
  back.attributes["shape"] = shape;
  back.outputs.resize(1);
  out.emit(std::move(back));
}

}  // namespace blendsim::operators
