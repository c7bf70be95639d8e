// SPDX-License-Identifier: Apache-2.0
// Compares a lowered network with the float evaluation of the graph that it came from, tensor by tensor.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "network/graph.h"
#include "network/integer_network.h"

namespace blendsim::test {

// xorshift64*: the same numbers on every host.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>((next() >> 16) % static_cast<std::uint64_t>(hi - lo + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  float real(float lo, float hi) {
    return lo + (hi - lo) * static_cast<float>(between(0, 1 << 20)) / static_cast<float>(1 << 20);
  }

 private:
  std::uint64_t state_;
};

inline bool all_exact(const IntegerNetwork& net) {
  for (const Layer& layer : net.layers) {
    if (!layer.exactness.exact) return false;
  }
  return true;
}

struct Comparison {
  int tensors = 0;  // compared
  std::int64_t values = 0;
};

// Every integer tensor that stands for a quantised tensor of the graph, and every output, must be equal.
inline Comparison expect_equal(const Graph& graph, const IntegerNetwork& net, const FloatArray& x) {
  const auto floats = evaluate(graph, x);
  const TensorValues values = execute(net, quantize_input(net.input, x));
  Comparison out;
  for (std::size_t i = 0; i < net.tensors.size(); ++i) {
    const IntTensor& t = net.tensors[i];
    const auto found = floats.find(t.name);
    if (found == floats.end() || t.format.bits() > 16) continue;
    if (found->second.values.size() != values[i].size()) continue;
    std::size_t different = 0;
    for (std::size_t k = 0; k < values[i].size(); ++k) {
      const float real = static_cast<float>(values[i][k] - t.zero_point) * t.scale;
      different += real != found->second.values[k] ? 1 : 0;
    }
    bool is_output = false;  // scaled by the host
    for (const TensorId id : net.output_tensors) is_output = is_output || id == static_cast<TensorId>(i);
    if (is_output) continue;
    EXPECT_EQ(different, 0U) << "tensor '" << t.name << "' of " << values[i].size();
    ++out.tensors;
    out.values += static_cast<std::int64_t>(values[i].size());
  }
  for (std::size_t o = 0; o < net.outputs.size(); ++o) {
    const FloatArray y = finish_output(net.outputs[o], values[static_cast<std::size_t>(net.output_tensors[o])]);
    const FloatArray& expected = floats.at(net.outputs[o].name);
    EXPECT_EQ(y.shape, expected.shape);
    EXPECT_EQ(y.values, expected.values) << "output '" << net.outputs[o].name << "'";
    ++out.tensors;
    out.values += static_cast<std::int64_t>(y.values.size());
  }
  return out;
}

inline FloatArray random_input(const Graph& graph, Random& random, float lo, float hi) {
  FloatArray x{graph.inputs.front().shape, {}};
  for (std::int64_t i = 0; i < element_count(x.shape); ++i) x.values.push_back(random.real(lo, hi));
  return x;
}

inline std::string exactness_text(const IntegerNetwork& net) {
  std::string out;
  for (const Layer& layer : net.layers) {
    if (layer.exactness.exact) continue;
    out += layer.name + ": " + std::to_string(layer.exactness.differing) + " of " +
           std::to_string(layer.exactness.checked) + " differ, at most " + std::to_string(layer.exactness.max_error) +
           "; " + layer.exactness.note + "\n";
  }
  return out;
}

}  // namespace blendsim::test
