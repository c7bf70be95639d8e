// SPDX-License-Identifier: Apache-2.0
#include "network/zoo.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "network/zoo/networks.h"
#include "network/zoo/repairs.h"
#include "network/zoo_trace.h"

namespace blendsim {
namespace {

// A dimension that a network takes: its own value, and those allowed, whole multiples of `step`.
struct Dimension {
  int own = 0, least = 0, most = 0, step = 1;  // most 0: fixed
};

struct ZooRow {
  const char* name;
  const char* summary;
  const char* skip;  // its own; empty: it has no skip path
  Dimension width, blocks, size;
  bool repairs;  // takes `repair`
  void (*build)(zoo::Builder& builder, const ZooOptions& options);
};

constexpr ZooRow zoo_table[] = {
    {"neuroblend20",
     "ResNet-20 skeleton of Blend modules: binary 3x3 main path, 8-bit 1x1 skip path; 32x32, 10 classes",
     "block",
     {16, 1, 128},
     {3, 1, 16},
     {32, 16, 256, 4},
     false,
     zoo::neuroblend20},
    {"neuroblend18",
     "ResNet-18 skeleton of Blend modules; 32x32, 100 classes, or with --size 224 as for ImageNet, 1000 classes",
     "block",
     {64, 1, 128},
     {2, 1, 16},
     {32, 32, 480, 32},
     false,
     zoo::neuroblend18},
    {"blendmixer",
     "MLP-Mixer skeleton of Blend modules: mixing of 64 tokens of 4x4 pixels, and of 128 channels; 10 classes",
     "convolution",
     {128, 16, 512, 16},
     {8, 1, 24},
     {32, 16, 64, 16},
     false,
     zoo::blendmixer},
    {"resnet20-bnn",
     "ResNet-20 with binary 3x3 convolutions and int8 shortcuts; --repair: what mends its accuracy, at which cost",
     "",
     {16, 4, 128},
     {3, 1, 16},
     {32, 16, 256, 4},
     true,
     [](zoo::Builder& b, const ZooOptions& o) { zoo::resnet_bnn(b, o, 3, 10); }},
    {"resnet18-bnn",
     "ResNet-18 likewise; 32x32, 100 classes",
     "",
     {64, 4, 128},
     {2, 1, 16},
     {32, 32, 256, 8},
     true,
     [](zoo::Builder& b, const ZooOptions& o) { zoo::resnet_bnn(b, o, 4, 100); }},
    {"neuroblend_tiny",
     "the first with 8 channels, one block a stage and 16x16 images, for tests and demonstrations",
     "block",
     {8},
     {1},
     {16},
     false,
     zoo::neuroblend20},
    {"mlp_w2a2",
     "perceptron 256-64-64-10 with 2-bit weights and unsigned 2-bit activations",
     "",
     {},
     {},
     {},
     false,
     [](zoo::Builder& b, const ZooOptions&) { zoo::mlp_w2a2(b); }},
    {"convnet_mixed",
     "small 8-bit network with PRelu, pooling, depthwise convolution, concatenation and softmax",
     "",
     {},
     {},
     {},
     false,
     [](zoo::Builder& b, const ZooOptions&) { zoo::convnet_mixed(b); }},
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

// With the network's own values for what is not said.
ZooOptions checked(const ZooRow& row, ZooOptions options) {
  Diagnostics diagnostics;
  const auto refuse = [&](const std::string& message, const std::string& hint) {
    diagnostics.error("out-of-range", {.node = row.name}, message, hint);
  };
  if (options.dialect != "onnx" && options.dialect != "qonnx") {
    refuse(fmt::format("dialect '{}' is unknown", options.dialect), "use onnx or qonnx");
  }
  if (options.skip.empty()) {
    options.skip = row.skip;
  } else if (options.skip != "block" && options.skip != "convolution") {
    refuse(fmt::format("skip '{}' is unknown", options.skip), "use block or convolution");
  } else if (*row.skip == 0) {
    refuse("this network has no skip path", "leave skip out");
  }
  if (options.repair == "none") options.repair.clear();
  std::string names;
  bool known = options.repair.empty();
  for (const zoo::Repair& repair : zoo::repairs()) {
    names += std::string(names.empty() ? "" : ", ") + repair.name;
    known = known || options.repair == repair.name;
  }
  if (!known) refuse(fmt::format("repair '{}' is unknown", options.repair), "use one of none, " + names);
  else if (!options.repair.empty() && !row.repairs)
    refuse("this network takes no repair", "resnet20-bnn and resnet18-bnn do");
  const auto check = [&](const char* name, const Dimension& dimension, std::optional<int>& value) {
    if (!value) {
      value = dimension.own;
    } else if (dimension.most == 0) {
      refuse(fmt::format("this network's {} is fixed", name),
             fmt::format("leave {} out, or use neuroblend20, neuroblend18 or blendmixer", name));
    } else if (*value < dimension.least || *value > dimension.most || *value % dimension.step != 0) {
      const std::string multiples = dimension.step == 1 ? "" : fmt::format(", a multiple of {}", dimension.step);
      refuse(fmt::format("{} {} is not in {}..{}{}", name, *value, dimension.least, dimension.most, multiples),
             fmt::format("{} is the network's own", dimension.own));
    }
  };
  check("width", row.width, options.width);
  check("blocks", row.blocks, options.blocks);
  check("size", row.size, options.size);
  diagnostics.throw_if_any();
  return options;
}

}  // namespace

std::vector<ZooEntry> zoo_repairs() {
  std::vector<ZooEntry> entries;
  for (const zoo::Repair& repair : zoo::repairs()) entries.push_back({repair.name, repair.summary});
  return entries;
}

std::vector<ZooEntry> zoo_entries() {
  std::vector<ZooEntry> entries;
  for (const ZooRow& row : zoo_table) entries.push_back({row.name, row.summary});
  return entries;
}

void write_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path) {
  const ZooRow& row = find_row(name);
  const ZooOptions complete = checked(row, options);
  zoo::Builder builder(name, complete, zoo::Builder::images_of(complete));
  row.build(builder, complete);
  builder.save(path);
}

ZooSize zoo_size(const std::string& name, const ZooOptions& options) {
  const ZooRow& row = find_row(name);
  const ZooOptions complete = checked(row, options);
  zoo::Builder builder(name, complete, 0);
  row.build(builder, complete);
  return builder.size();
}

std::vector<ZooTensor> trace_zoo_network(const std::string& name, const ZooOptions& options, const std::string& path,
                                         int images) {
  const ZooRow& row = find_row(name);
  const ZooOptions complete = checked(row, options);
  if (options.float_batch_norm || images < 1 || images > zoo::Builder::images_of(complete)) {
    throw DiagnosticError(
        "out-of-range", {.node = name},
        fmt::format("a trace needs exact batch normalisation and 1 to {} images", zoo::Builder::images_of(complete)));
  }
  std::vector<ZooTensor> trace;
  zoo::Builder builder(name, complete, zoo::Builder::images_of(complete), [&](const zoo::Tensor& tensor) {
    if (!tensor.reals.empty()) return;  // no integers yet
    const auto end = tensor.values.begin() + std::ptrdiff_t{images} * tensor.shape.size();
    trace.push_back({tensor.name,
                     tensor.shape.channels,
                     tensor.shape.height,
                     tensor.shape.width,
                     tensor.exponent,
                     {tensor.values.begin(), end}});
  });
  row.build(builder, complete);
  builder.save(path);
  return trace;
}

}  // namespace blendsim
