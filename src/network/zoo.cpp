// SPDX-License-Identifier: Apache-2.0
#include "network/zoo.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "network/zoo/networks.h"
#include "network/zoo_trace.h"

namespace blendsim {
namespace {

struct ZooRow {
  const char* name;
  const char* summary;
  bool blend;  // takes `skip`
  bool sizes;  // takes `width` and `blocks`
  void (*build)(zoo::Builder& builder, const ZooOptions& options);
};

constexpr ZooRow zoo_table[] = {
    {"neuroblend20",
     "ResNet-20 skeleton of Blend modules: binary 3x3 main path, 8-bit 1x1 skip path; 32x32, 10 classes", true, true,
     [](zoo::Builder& b, const ZooOptions& o) { zoo::neuroblend(b, o, 32); }},
    {"neuroblend_tiny", "the same with 8 channels, one block a stage and 16x16 images, for tests and demonstrations",
     true, false,
     [](zoo::Builder& b, ZooOptions const& o) {
       ZooOptions small = o;
       small.width = 8;
       small.blocks = 1;
       zoo::neuroblend(b, small, 16);
     }},
    {"mlp_w2a2", "perceptron 256-64-64-10 with 2-bit weights and unsigned 2-bit activations", false, false,
     [](zoo::Builder& b, const ZooOptions&) { zoo::mlp_w2a2(b); }},
    {"convnet_mixed", "small 8-bit network with PRelu, pooling, depthwise convolution, concatenation and softmax",
     false, false, [](zoo::Builder& b, const ZooOptions&) { zoo::convnet_mixed(b); }},
};

const ZooRow& find_row(const std::string& name) {
  std::vector<std::string> names;
  for (const ZooRow& row : zoo_table) {
    if (name == row.name) return row;
    names.emplace_back(row.name);
  }
  const std::string near = nearest(name, names);
  throw DiagnosticError("unknown-network", {.node = name}, fmt::format("'{}' is not a built-in network", name),
                        near.empty() ? "`blendsim zoo` lists them" : fmt::format("did you mean '{}'?", near));
}

void check_options(const ZooRow& row, const ZooOptions& options) {
  Diagnostics diagnostics;
  const auto refuse = [&](const std::string& message, const std::string& hint) {
    diagnostics.error("out-of-range", {.node = row.name}, message, hint);
  };
  if (options.dialect != "onnx" && options.dialect != "qonnx") {
    refuse(fmt::format("dialect '{}' is unknown", options.dialect), "use onnx or qonnx");
  }
  const ZooOptions plain;
  if (options.skip != "block" && options.skip != "convolution") {
    refuse(fmt::format("skip '{}' is unknown", options.skip), "use block or convolution");
  } else if (!row.blend && options.skip != plain.skip) {
    refuse("this network has no skip path", "leave skip out");
  }
  if (!row.sizes && (options.width != plain.width || options.blocks != plain.blocks)) {
    refuse("this network's width and blocks are fixed", "leave them out, or use neuroblend20");
  }
  if (options.width < 1 || options.width > 128) {
    refuse(fmt::format("width {} is outside 1..128", options.width), "16 is the paper's");
  }
  if (options.blocks < 1 || options.blocks > 16) {
    refuse(fmt::format("{} blocks a stage are outside 1..16", options.blocks), "3 is the paper's");
  }
  diagnostics.throw_if_any();
}

}  // namespace

std::vector<ZooEntry> zoo_entries() {
  std::vector<ZooEntry> entries;
  for (const ZooRow& row : zoo_table) entries.push_back({row.name, row.summary});
  return entries;
}

void write_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path) {
  const ZooRow& row = find_row(name);
  check_options(row, options);
  zoo::Builder builder(name, options);
  row.build(builder, options);
  builder.save(path);
}

std::vector<ZooTensor> trace_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path,
                                         int images) {
  const ZooRow& row = find_row(name);
  check_options(row, options);
  if (options.float_batch_norm || images < 1 || images > zoo::calibration_images) {
    throw DiagnosticError("out-of-range", {.node = name}, "a trace needs exact batch normalisation and 1 to 32 images");
  }
  std::vector<ZooTensor> trace;
  zoo::Builder builder(name, options, [&](const zoo::Tensor& tensor) {
    const auto end = tensor.values.begin() + std::ptrdiff_t{images} * tensor.shape.size();
    trace.push_back({tensor.name,
                     tensor.shape.channels,
                     tensor.shape.height,
                     tensor.shape.width,
                     tensor.exponent,
                     {tensor.values.begin(), end}});
  });
  row.build(builder, options);
  builder.save(path);
  return trace;
}

}  // namespace blendsim
