// SPDX-License-Identifier: Apache-2.0
#include "cli/tensors.h"

#include <filesystem>
#include <utility>
#include <variant>

#include "cli/files.h"
#include "network/tensor_file_name.h"

namespace blendsim::cli {

namespace {

// Nothing is written to concatenate, so the machine has no such result: its parts lie side by side.
void add_concatenations(const IntegerNetwork& network, std::int64_t images, NamedArrays& arrays) {
  for (const Layer& layer : network.layers) {
    const auto* concat = std::get_if<Concatenation>(&layer.work);
    if (concat == nullptr) continue;
    const IntTensor& output = network.tensor(concat->output);
    IntArray joined{{images, output.channels, output.height, output.width}, {}};
    for (std::int64_t image = 0; image < images; ++image) {
      for (const TensorId id : concat->inputs) {
        const auto begin = arrays.at(network.tensor(id).name).values.begin() + image * network.tensor(id).size();
        joined.values.insert(joined.values.end(), begin, begin + network.tensor(id).size());
      }
    }
    arrays[output.name] = std::move(joined);
  }
}

}  // namespace

NamedArrays named_arrays(const Loaded& loaded, const Run& run, const Inputs& inputs) {
  const auto images = static_cast<std::int64_t>(inputs.images.size());
  const HostInput& host = loaded.program.host_input;
  NamedArrays arrays;
  IntArray& input = arrays[loaded.program.input.name];
  input.shape = {images, host.channels, host.height, host.width};
  for (const auto& image : inputs.quantised) input.values.insert(input.values.end(), image.begin(), image.end());
  for (const auto& image : run.tensors) {
    for (const LayerResult& result : image) {
      IntArray& array = arrays[result.name];
      array.shape = result.shape;
      array.shape.insert(array.shape.begin(), images);
      array.values.insert(array.values.end(), result.values.begin(), result.values.end());
    }
  }
  if (loaded.network) add_concatenations(*loaded.network, images, arrays);
  return arrays;
}

std::string tensor_path(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / tensor_file_name(name)).string();
}

void write_tensors(const std::string& folder, const NamedArrays& arrays) {
  make_folder(folder);
  for (const auto& [name, array] : arrays) {
    write_whole(tensor_path(folder, name), [&array = array](const std::string& file) { write_npy(file, array); });
  }
}

}  // namespace blendsim::cli
