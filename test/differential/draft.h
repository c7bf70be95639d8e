// SPDX-License-Identifier: Apache-2.0
// A random network while it is being written: the ONNX file, and what the comparison has to know about its tensors.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "choices.h"
#include "unit/network/onnx_builder.h"

namespace blendsim::differential {

using test::attr;

// A float tensor of the file. `unit` is a power of two of which every value is a whole multiple below 2^24 in
// magnitude (sums of such values do not round), or 0.
struct Tensor {
  std::string name;
  Shape shape;        // [1, C, H, W] or [1, C]
  double spread = 1;  // typical magnitude, so that quantisers meet their values
  double bound = 1;   // largest magnitude possible
  double unit = 0;
  bool codes = false;  // straight from a quantiser, a pool or a concatenation of such
  float scale = 0;     // of the quantiser whose codes these are, or are averages or sums of; 0: of none

  [[nodiscard]] int channels() const { return static_cast<int>(shape.at(1)); }
  [[nodiscard]] int height() const { return shape.size() == 4 ? static_cast<int>(shape[2]) : 1; }
  [[nodiscard]] int width() const { return shape.size() == 4 ? static_cast<int>(shape[3]) : 1; }
  [[nodiscard]] bool flat() const { return shape.size() != 4; }
  [[nodiscard]] int size() const { return channels() * height() * width(); }
};

// What the judge and the comparison are told beside the file.
struct Traits {
  std::set<std::string> rounding_sums;  // outputs of nodes whose float result depends on the order of its sum
  std::set<std::string> quantised;      // outputs of quantisers: what rounding noise is cut off by
  std::set<std::string> codes;          // these, and what pools, concatenations and reshapes make of them
  std::map<std::string, int> integers;  // tensors of integers in the file: their zero points
  std::map<std::string, std::vector<float>> channel_scales;  // of codes with one scale a channel; empty: not to be told
  bool odd_constants = false;                                // holds an infinite, NaN or zero parameter on purpose
};

class Draft {
 public:
  Draft(Choices& source, int opset_version);

  Choices& choices;
  int opset;
  bool qonnx = false;  // QONNX's and FINN's operators may be used
  test::OnnxBuilder model;
  Traits traits;

  int pick(int lo, int hi) { return choices.pick(lo, hi); }
  bool chance(int percent) { return choices.chance(percent); }

  // A name nothing else has.
  std::string fresh(const std::string& stem) { return stem + std::to_string(count_++); }
  // An initializer, now and then a Constant node or behind an Identity.
  std::string floats(const Shape& shape, const std::vector<float>& values);
  std::string scalar(float value);
  std::string int64s(const Shape& shape, const std::vector<std::int64_t>& values);
  std::string integers(const Shape& shape, int type, const std::vector<std::int32_t>& values);
  // A node with one output; returns its name.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& domain = "");

  // One value a channel of x, shaped so that it broadcasts.
  std::string per_channel(const Tensor& x, const std::vector<float>& values);
  // `count` values from f(pseudo-random number); all draws cost one choice, whose simplest gives f(0) everywhere.
  template <class F>
  std::vector<float> filled(std::int64_t count, F f) {
    std::mt19937_64 random(static_cast<std::uint64_t>(pick(0, 1 << 20)));
    const bool simplest = choices.drawn().back() == 0;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(f(simplest ? 0 : static_cast<int>(random() >> 40)));
    return values;
  }

  // Squeeze and Unsqueeze: axes are an input from opset 13 on, an attribute before.
  std::string squeeze(const std::string& op, const std::string& x, const std::vector<std::int64_t>& axes);

  // `out` holds codes of the tensor `from`, if that holds codes.
  Tensor same_codes(Tensor out, const std::string& from);

  std::string qonnx_domain();

 private:
  int count_ = 0;
};

// Notes the tensors of integers that a file's nodes yield: they are codes.
void mark_integers(const onnx::ModelProto& model, Traits& traits);

// The power of two of which `value` is an odd multiple; 0 for 0.
[[nodiscard]] double lowest_bit(double value);
// x with its unit dropped where its values no longer fit 24 bits.
[[nodiscard]] Tensor checked(Tensor x);
// x under another name and shape.
[[nodiscard]] Tensor renamed(Tensor x, std::string name, Shape shape);

}  // namespace blendsim::differential
