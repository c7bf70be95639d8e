// SPDX-License-Identifier: Apache-2.0
// DRAM contents as flat byte areas, one per DramBase.
#pragma once

#include <cstdint>
#include <span>

namespace blendsim {

struct DramAreas {
  std::span<const std::uint8_t> program, input;
  std::span<std::uint8_t> output;
};

}  // namespace blendsim
