// SPDX-License-Identifier: Apache-2.0
// Collects tensors and layers of the integer network. A map may stay unwritten until something reads it, so that a
// join works on accumulators directly and a code is written by the post-processing that makes its integers.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "network/integer_network.h"
#include "network/lowering/fit.h"

namespace blendsim::lowering {

struct Derivation;
struct Factors;

// Integers [channels, height, width]: a tensor that a layer writes, or a recipe of a post-processing not yet emitted.
struct Map {
  std::string name;  // of the ONNX tensor
  int channels = 0, height = 0, width = 0;
  Format format;
  Domain domain;
  int zero_point = 0;
  float scale = 1;
  bool accumulator = false;         // of a convolution or a sum: 32 bits
  std::optional<float> file_scale;  // accumulator: integer * file_scale is the file's tensor `name`; absent: it has
                                    // a bias or a scale for each channel
  TensorId tensor = no_tensor;
  std::optional<PostProcessing> recipe;  // u of this post-processing is the map; fixed and code unset
  int layer = -1;                        // that wrote it, where it has a recipe
  std::string layer_name;
  std::vector<std::string> nodes;  // the file's nodes that the recipe stands for
  Exactness exactness;
  std::shared_ptr<const Derivation> derivation;  // absent: of nothing known
  std::shared_ptr<const Factors> factors;        // of a product whose float32 the file rounds
  int uses = 1;                                  // nodes of the graph that read it

  [[nodiscard]] bool is_sum() const { return recipe && recipe->b != no_tensor && !recipe->q3; }
  // Integers of a tensor, or of one that need only be written: no accumulator, no sum that is still open.
  [[nodiscard]] bool is_plain() const { return !accumulator && (!is_sum() || is_written()); }
  [[nodiscard]] bool is_written() const { return tensor != no_tensor; }
};
using MapPtr = std::shared_ptr<Map>;

// The map's codes by those of another map: entry n for its code first + n.
struct Derivation {
  MapPtr from;
  std::int64_t first = 0;
  std::vector<CodeBounds> codes;
};

// What the file multiplies: values of each chain's integers. The product map's are (a - zero) * (b - zero).
struct Factors {
  Chain chains[2];
  Domain domains[2];
  int zero_points[2] = {0, 0};
  bool scaled = false;  // the first step behind the map is the product of both scales
  Exactness operands;   // of the maps multiplied
};

// How a code follows from integers: by thresholds, by a table, else their sign.
struct Coding {
  std::optional<Thresholds> thresholds;
  std::optional<CodeTable> table;
};

void merge(Exactness& into, const Exactness& other);
void append(std::vector<std::string>& into, const std::vector<std::string>& nodes);  // without repeating

class Builder {
 public:
  IntegerNetwork network;

  // A tensor for a map that a layer of its own writes (or the network's input).
  TensorId add_tensor(Map& map);
  void add_layer(std::string name, std::string op, std::vector<std::string> nodes, decltype(Layer::work) work,
                 Exactness exactness = {});
  // The tensor of a map, emitting its post-processing where that has not been done.
  TensorId write(const MapPtr& map);
  // A post-processing that reads `map`: on its tensor, or on the two operands of a sum that is not written (q1 and the
  // activation are taken then).
  [[nodiscard]] PostProcessing on_top(const MapPtr& map);
  // Writes a code of `source` to the map `code`: with the post-processing that makes the source's integers, where that
  // makes no code yet.
  void write_code(const MapPtr& source, const Coding& coding, const MapPtr& code);
  // Another name for the tensor of `map`, which leaves its own to a copy of it or never stood for that tensor.
  void rename(const MapPtr& map, const std::string& name);
  // Drops what no output needs and numbers the tensors anew.
  void remove_unused();

 private:
  [[nodiscard]] std::string unique(std::set<std::string>& taken, const std::string& wanted);
  void emit(const MapPtr& map);
  std::set<std::string> tensor_names_, layer_names_;
};

}  // namespace blendsim::lowering
