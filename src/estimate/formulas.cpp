// SPDX-License-Identifier: Apache-2.0
#include "estimate/formulas.h"

#include <algorithm>
#include <array>
#include <vector>

#include "units/buffer/layout.h"

namespace blendsim {
namespace {

struct Shape {
  std::int64_t width, rows;
};
constexpr std::array<Shape, 6> shapes = {{{36, 512}, {18, 1024}, {9, 2048}, {4, 4096}, {2, 8192}, {1, 16384}}};

}  // namespace

std::int64_t ramb18(std::int64_t width, std::int64_t depth) {
  std::vector<std::int64_t> least(static_cast<std::size_t>(width) + 1, 0);
  for (std::size_t w = 1; w < least.size(); ++w) {
    std::int64_t best = -1;
    for (const Shape& shape : shapes) {
      const std::size_t rest = w > static_cast<std::size_t>(shape.width) ? w - static_cast<std::size_t>(shape.width) : 0;
      const std::int64_t cost = least[rest] + ceil_divide(depth, shape.rows);
      if (best < 0 || cost < best) best = cost;
    }
    least[w] = best;
  }
  return least.back();
}

std::int64_t uram288(std::int64_t width, std::int64_t depth) { return ceil_divide(depth, 4096) * ceil_divide(width, 72); }

std::int64_t lutram_luts(std::int64_t width, std::int64_t depth) {
  if (depth <= 32) return ceil_divide(width, 14) * 8;
  const std::int64_t groups = ceil_divide(depth, 64);
  return groups * ceil_divide(width, 7) * 8 + width * ceil_divide(groups - 1, 3);
}

LogicCost popcount(std::int64_t bits) {
  // The last counter sees what is left of the bits: 2 or 3 make a full adder, one is only a wire.
  const std::int64_t rest = bits % 6;
  const std::int64_t last = rest == 0 || rest >= 4 ? 3 : rest >= 2 ? 2 : 0;
  std::int64_t operands = ceil_divide(bits, 6);
  LogicCost cost{3 * (operands - 1) + last, 3 * operands};
  for (std::int64_t level = 1; operands > 1; ++level) {
    const std::int64_t adders = operands / 2;
    const std::int64_t odd = operands % 2;
    cost.lut += adders * (2 + level);
    cost.ff += adders * (3 + level) + odd * (2 + level);
    operands = adders + odd;
  }
  return cost;
}

}  // namespace blendsim
