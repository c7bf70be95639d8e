// SPDX-License-Identifier: Apache-2.0
// The inner loops of xnor_array: popcount(operand OP weight) of every row. A plain reference and a fast version.
#pragma once

#include <cstdint>
#include <span>

namespace blendsim {

// `steps` operands of `words` 48-bit words each, against `rows` weights per step, all contiguous:
//   counts[r] = sum over steps and words of popcount(operand[step][w] OP weights[step][r][w]).
// OP is AND, or XNOR within 48 bits.
struct XnorDot {
  const std::uint64_t* operand;
  const std::uint64_t* weights;
  std::int64_t steps;
  int rows;
  int words;
  bool use_and;
};

void xnor_dot_reference(const XnorDot& dot, std::int64_t* counts);
// Equal to the reference; uses the processor's population count where it has one.
void xnor_dot(const XnorDot& dot, std::int64_t* counts);

}  // namespace blendsim
