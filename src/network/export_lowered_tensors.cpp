// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>
#include <set>

#include "base/diagnostic.h"
#include "base/written_file.h"
#include "network/tensor_file_name.h"
#include "tensor/array.h"

namespace blendsim {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Sums, and copies of sums: their real scale may differ by channel and is not IntTensor::scale.
std::set<TensorId> unscaled_tensors(const IntegerNetwork& network) {
  std::set<TensorId> found;
  for (const Layer& layer : network.layers) {
    bool unscaled = false;
    if (std::holds_alternative<Convolution>(layer.work)) {
      unscaled = !layer_is_binary(network, layer);
    } else if (const auto* pooling = std::get_if<Pooling>(&layer.work)) {
      unscaled = pooling->kind == Pooling::Kind::sum || found.contains(pooling->input);
    } else if (const auto* concatenation = std::get_if<Concatenation>(&layer.work)) {
      for (const TensorId id : concatenation->inputs) unscaled |= found.contains(id);
    } else if (std::holds_alternative<Transposition>(layer.work)) {
      unscaled = false;
    } else {
      const auto& post = std::get<PostProcessing>(layer.work);
      const bool copy = !post.q1 && !post.q2 && !post.q3 && !post.activation && post.b == no_tensor;
      if (copy && post.fixed != no_tensor && found.contains(post.a)) found.insert(post.fixed);
    }
    if (!unscaled) continue;
    for (const TensorId id : layer_outputs(layer)) found.insert(id);
  }
  return found;
}

}  // namespace

std::string tensor_file_name(std::string_view tensor) {
  std::string file;
  for (const char c : tensor) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '-' || (c == '.' && !file.empty());
    if (plain) file += c;
    else file += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return file + ".npy";
}

void write_tensor_files(const IntegerNetwork& network, const TensorValues& values, const std::string& folder) {
  const std::set<TensorId> accumulators = unscaled_tensors(network);
  std::string index = "[\n";
  for (std::size_t id = 0; id < network.tensors.size(); ++id) {
    const IntTensor& tensor = network.tensors[id];
    IntArray array{{1, tensor.channels, tensor.height, tensor.width}, {values[id].begin(), values[id].end()}};
    write_npy(folder + "/" + tensor_file_name(tensor.name), array);
    index += fmt::format("{}  {{\"name\":{}, \"file\":{}, \"scale\":{}, \"zero_point\":{}, \"accumulator\":{}}}",
                         id == 0 ? "" : ",\n", json_text(tensor.name), json_text(tensor_file_name(tensor.name)),
                         tensor.scale, tensor.zero_point, accumulators.contains(static_cast<TensorId>(id)));
  }
  const std::string path = folder + "/tensors.json";
  std::ofstream file(path, std::ios::binary);
  file << index << "\n]\n";
  close_written(file, path);
}

}  // namespace blendsim
