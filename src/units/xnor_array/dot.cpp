// SPDX-License-Identifier: Apache-2.0
#include "units/xnor_array/dot.h"

#include <algorithm>
#include <bit>

#include "units/buffer/layout.h"

namespace blendsim {
namespace {

constexpr std::uint64_t dsp_mask = (std::uint64_t{1} << dsp_word_bits) - 1;

// Written once and compiled once a target: the callers' targets decide how std::popcount is done.
// XNOR counts differing bits and subtracts: popcount(~(x ^ w) & mask) = 48 - popcount(x ^ w) as both fit 48 bits.
template <int fixed_words>
[[gnu::always_inline]] inline void loops(const XnorDot& dot, std::int64_t* counts) {
  const int words = fixed_words > 0 ? fixed_words : dot.words;
  std::fill_n(counts, dot.rows, std::int64_t{0});
  for (std::int64_t step = 0; step < dot.steps; ++step) {
    const std::uint64_t* operand = dot.operand + step * words;
    const std::uint64_t* weights = dot.weights + step * words * dot.rows;
    if (dot.use_and) {
      for (int r = 0; r < dot.rows; ++r) {
        int count = 0;
        for (int w = 0; w < words; ++w) count += std::popcount(operand[w] & weights[r * words + w]);
        counts[r] += count;
      }
    } else {
      for (int r = 0; r < dot.rows; ++r) {
        int count = words * dsp_word_bits;
        for (int w = 0; w < words; ++w) count -= std::popcount(operand[w] ^ weights[r * words + w]);
        counts[r] += count;
      }
    }
  }
}

[[gnu::always_inline]] inline void any_words(const XnorDot& dot, std::int64_t* counts) {
  switch (dot.words) {
    case 3:
      return loops<3>(dot, counts);
    case 6:
      return loops<6>(dot, counts);
    case 12:
      return loops<12>(dot, counts);
    default:
      return loops<0>(dot, counts);
  }
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] void with_popcnt(const XnorDot& dot, std::int64_t* counts) { any_words(dot, counts); }
#endif

}  // namespace

void xnor_dot_reference(const XnorDot& dot, std::int64_t* counts) {
  for (int r = 0; r < dot.rows; ++r) {
    counts[r] = 0;
    for (std::int64_t step = 0; step < dot.steps; ++step) {
      for (int w = 0; w < dot.words; ++w) {
        const std::uint64_t x = dot.operand[step * dot.words + w];
        const std::uint64_t y = dot.weights[(step * dot.rows + r) * dot.words + w];
        counts[r] += std::popcount(dot.use_and ? x & y : ~(x ^ y) & dsp_mask);
      }
    }
  }
}

void xnor_dot(const XnorDot& dot, std::int64_t* counts) {
#if defined(__x86_64__)
  static const bool has_popcnt = __builtin_cpu_supports("popcnt") != 0;
  if (has_popcnt) return with_popcnt(dot, counts);
#endif
  any_words(dot, counts);
}

}  // namespace blendsim
