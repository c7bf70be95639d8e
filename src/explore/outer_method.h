// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "explore/method.h"
#include "explore/study.h"

namespace blendsim::explore {

// A method of Study::asked_space() as one of Study::space: its points get the base platform's machine, for which the
// evaluator finds a better one; it is told points without their machine. The same method where nothing is left out.
[[nodiscard]] std::unique_ptr<Method> over_whole_space(std::unique_ptr<Method> method, const Study& study);

}  // namespace blendsim::explore
