// SPDX-License-Identifier: Apache-2.0
// Files that hold the integer tensors of one run, a .npy for each: what test/ort/*.mjs compare with.
#pragma once

#include <string>
#include <string_view>

#include "network/integer_network.h"

namespace blendsim {

// The tensor's name with ".npy": letters, digits, '_', '-' and inner '.' stay, every other byte becomes %XX (upper
// case).
[[nodiscard]] std::string tensor_file_name(std::string_view tensor);

// Writes folder/tensor_file_name(name) for every tensor, int64 [1, channels, height, width], and folder/tensors.json:
//   [{"name":..., "file":..., "scale":x, "zero_point":n, "accumulator":bool}, ...]
// The flag marks sums (but of signs) and their copies: IntTensor::scale is not their real scale.
// The folder exists. Throws DiagnosticError: file-unwritable.
void write_tensor_files(const IntegerNetwork& network, const TensorValues& values, const std::string& folder);

}  // namespace blendsim
