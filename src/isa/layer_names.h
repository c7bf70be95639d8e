// SPDX-License-Identifier: Apache-2.0
// Layers and their tensors by name. Many a tensor has the name of its layer, but not each: a layer may write several,
// and where two layers would have one name the second gets a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/program.h"

namespace blendsim {

// Indices of the layers whose name a pattern (* and ?) covers, in order.
[[nodiscard]] std::vector<std::int32_t> layers_named(const Program& program, const std::string& pattern);

// For a name that no layer has: the layer that writes a tensor of this name, else the nearest name of a layer, else
// `otherwise`.
[[nodiscard]] std::string layer_hint(const Program& program, std::string_view name, const std::string& otherwise);

// For a name that is none of `tensors`: the tensors that a layer of this name writes, else the nearest of them, else
// `otherwise`.
[[nodiscard]] std::string tensor_hint(const Program& program, std::string_view name,
                                      const std::vector<std::string>& tensors, const std::string& otherwise);

}  // namespace blendsim
