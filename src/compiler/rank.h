// SPDX-License-Identifier: Apache-2.0
// What goes first among operations that can start together: the one with the lower number.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/plan.h"

namespace blendsim::compiler {

using Ranks = Table<OpId, std::int64_t>;

// Of a priority (plan.h, by name), no two of them alike.
[[nodiscard]] Ranks rank(const Plan& plan, std::string_view priority);

}  // namespace blendsim::compiler
