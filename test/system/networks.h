// SPDX-License-Identifier: Apache-2.0
// A network on the machine: lowered, compiled for zu3eg, run with the hazard checker on.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "compiler/compile.h"
#include "network/integer_network.h"
#include "network/tensor_file_name.h"
#include "process.h"
#include "sim/machine.h"
#include "tensor/array.h"

#define BLENDSIM_NEEDS_MODELS()                            \
  if (!std::filesystem::exists(BLENDSIM_SHARED "/models")) \
  GTEST_SKIP() << "no trained networks at " BLENDSIM_SHARED "/models"

namespace blendsim {

inline std::string model(const std::string& file) { return std::string(BLENDSIM_SHARED "/models/") + file; }

class OnMachine {
 public:
  explicit OnMachine(const std::string& onnx)
      : network(load_network(onnx)),
        platform(load_platform("zu3eg", {}, {BLENDSIM_CONFIGS})),
        program(compile(network, platform).program) {}

  // One inference an image, back to back. Images: float32, of the network's input shape.
  [[nodiscard]] Run run(const std::vector<FloatArray>& images, bool capture = false) const {
    std::vector<std::vector<std::int32_t>> quantised;
    for (const FloatArray& image : images) quantised.push_back(quantize_input(program.host_input, image));
    RunOptions options;
    options.check_hazards = true;
    options.capture_tensors = capture;
    return Machine::instance().run(platform.machine, program, quantised, options);
  }

  // The network's first output, after the host's operators, of each image.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> integers(const std::vector<FloatArray>& images) const {
    std::vector<std::vector<std::int64_t>> out;
    const auto done = run(images);
    for (const auto& outputs : done.outputs) {
      const FloatArray y = finish_output(program.host_outputs.front(), outputs.front());
      out.emplace_back(y.values.begin(), y.values.end());
    }
    return out;
  }

  // Every tensor of the network by name, from the machine. Nothing is written to concatenate: the parts lie side by
  // side.
  [[nodiscard]] std::map<std::string, std::vector<std::int32_t>> tensors(const FloatArray& image) const {
    std::map<std::string, std::vector<std::int32_t>> out;
    out[network.tensor(network.input_tensor).name] = quantize_input(program.host_input, image);
    const auto done = run({image}, true);
    for (const LayerResult& result : done.tensors.at(0)) out[result.name] = result.values;
    for (const Layer& layer : network.layers) {
      const auto* concat = std::get_if<Concatenation>(&layer.work);
      if (concat == nullptr) continue;
      std::vector<std::int32_t> joined;
      for (const TensorId id : concat->inputs) {
        const std::vector<std::int32_t>& part = out.at(network.tensor(id).name);
        joined.insert(joined.end(), part.begin(), part.end());
      }
      out[network.tensor(concat->output).name] = joined;
    }
    return out;
  }

  IntegerNetwork network;
  Platform platform;
  Program program;
};

// The images of a file along its first dimension, each value through `scale`, in the network's input shape.
template <class Scale>
std::vector<FloatArray> images_of(const std::string& file, const Shape& shape, Scale scale) {
  const FloatArray all = read_input(file).array;
  const auto size = static_cast<std::size_t>(element_count(shape));
  std::vector<FloatArray> out(all.values.size() / size, FloatArray{shape, {}});
  for (std::size_t i = 0; i < out.size() * size; ++i) out[i / size].values.push_back(scale(all.values[i]));
  return out;
}

inline float as_is(float value) { return value; }
inline float over_255(float value) { return value / 255.0F; }

}  // namespace blendsim
