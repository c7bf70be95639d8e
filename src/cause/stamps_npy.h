// SPDX-License-Identifier: Apache-2.0
// Internal to read_stamps().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cause/stamps.h"

namespace blendsim {

// `bytes`: the file's. Throws DiagnosticError: file-unrecognised where a field is missing, file-damaged.
[[nodiscard]] std::vector<Stamp> read_npy_stamps(const std::string& path, std::string_view bytes);

}  // namespace blendsim
