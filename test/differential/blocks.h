// SPDX-License-Identifier: Apache-2.0
// What networks are made of. Each family is a table of rows in the file of its name; a new operator is a new row.
#pragma once

#include <span>

#include "draft.h"

namespace blendsim::differential {

// Writes operators behind x and returns what they yield.
using Write = Tensor (*)(Draft&, const Tensor& x);

struct Row {
  const char* name;
  int weight;                                   // how often it is drawn, in proportion
  bool qonnx;                                   // needs an operator that ONNX does not have
  bool (*fits)(const Draft&, const Tensor& x);  // nullptr: always
  Write write;
};

// quantisers.cpp: a float tensor -> codes.
[[nodiscard]] std::span<const Row> quantisers();
// chains.cpp: element by element, or a pooling between such.
[[nodiscard]] std::span<const Row> chain_steps();
[[nodiscard]] std::span<const Row> pointwise_steps();  // without the pooling
// sums.cpp, pools.cpp, joins.cpp: codes -> a float tensor that a quantiser may follow.
[[nodiscard]] std::span<const Row> sums();
[[nodiscard]] std::span<const Row> pools();
[[nodiscard]] std::span<const Row> joins();
// dialects.cpp: a float tensor -> another, over integers; codes -> the same elsewhere.
[[nodiscard]] std::span<const Row> integer_blocks();
[[nodiscard]] std::span<const Row> moves();
Tensor turned(Draft& d, const Tensor& x);  // a map whose channels were x's pixels, and the other way round
Tensor write_max_pool(Draft& d, const Tensor& x);
Tensor write_global_pool(Draft& d, const Tensor& x);
Tensor write_function(Draft& d, const Tensor& x);  // functions.cpp: of one value or code
// tails.cpp: what stands behind the last quantiser.
[[nodiscard]] std::span<const Row> dense_tails();
[[nodiscard]] std::span<const Row> host_tails();

// Draws a row that fits and writes it; x itself when none does.
Tensor draw(Draft& d, std::span<const Row> rows, const Tensor& x);
// Some chain steps and a quantiser: a float tensor -> codes.
Tensor requantised(Draft& d, const Tensor& x, std::span<const Row> steps, int most_steps);

// A scale at which `levels` codes cover x: mostly a power of two, so that ties occur and sums do not round.
[[nodiscard]] float draw_scale(Draft& d, const Tensor& x, int levels);

// Attributes of a random window over x, and the operator's output size. Shared by Conv and the pools.
struct WindowChoice {
  std::vector<onnx::AttributeProto> attributes;
  int kernel_h = 1, kernel_w = 1, height = 0, width = 0;
};
[[nodiscard]] WindowChoice draw_window(Draft& d, const Tensor& x, bool pool, bool ceil_mode, bool dilations);

}  // namespace blendsim::differential
