// SPDX-License-Identifier: Apache-2.0
// The lowered network as standard ONNX. Encodings: docs/numerics.md, "Lowered ONNX"; each was chosen because ONNX
// Runtime computes it exactly at every optimisation level and thread count.
//
// The graph's input is the accelerator's integer input, int32 [1, C, H, W], named as its IntTensor; host operators
// before it and after the outputs are not written. Every layer's tensors are int32 graph outputs; bipolar ones hold
// +1 and -1. The model's metadata say that it is a lowered network, and of which digest.
#include "network/export_lowered_internal.h"

namespace blendsim {
namespace {

constexpr std::int64_t lowered_opset = 17;
constexpr std::int64_t lowered_ir = 8;

Shape shape_of(const IntTensor& tensor) { return {1, tensor.channels, tensor.height, tensor.width}; }

}  // namespace

void write_layer(const LayerWriter& out, const Concatenation& work) {
  std::vector<std::string> inputs;
  for (const TensorId id : work.inputs) inputs.push_back(out.name_of(id));
  out.node("Concat", inputs, {{"axis", std::int64_t{1}}}, out.name_of(work.output));
}

void write_layer(const LayerWriter& out, const Transposition& work) {
  const IntTensor &from = out.tensor(work.input), &to = out.tensor(work.output);
  const auto reshape = [&](const std::string& input, const Shape& shape, const std::string& output) {
    return out.node("Reshape", {input, out.constant("shape", {static_cast<std::int64_t>(shape.size())}, shape)}, {},
                    output);
  };
  const std::string rows = reshape(out.name_of(work.input), {1, from.channels, to.channels}, {});
  const std::string turned = out.node("Transpose", {rows}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
  reshape(turned, shape_of(to), out.name_of(work.output));
}

void export_lowered(const IntegerNetwork& network, const std::string& path) {
  OnnxWriter onnx(network.name + "_lowered", lowered_opset, lowered_ir);
  onnx.metadata(lowered_mark, network.digest());
  for (const IntTensor& tensor : network.tensors) onnx.reserve(tensor.name);
  const IntTensor& input = network.tensor(network.input_tensor);
  onnx.input(input.name, OnnxType::int32, shape_of(input));

  Diagnostics diagnostics;
  if (network.layers.empty()) {
    diagnostics.error("export-bound", {.file = path}, "the network has no layer for the accelerator",
                      "everything runs on the host; there is nothing to compare");
  }
  for (const Layer& layer : network.layers) {
    const LayerWriter out{network, layer, onnx, diagnostics};
    std::visit([&](const auto& work) { write_layer(out, work); }, layer.work);
    for (const TensorId id : layer_outputs(layer)) {
      onnx.output(network.tensor(id).name, OnnxType::int32, shape_of(network.tensor(id)));
    }
  }
  diagnostics.throw_if_any();
  onnx.save(path);
}

}  // namespace blendsim
