// SPDX-License-Identifier: Apache-2.0
// What each diagnostic code means: for `blendsim explain CODE`.
//
// Commands stand between backquotes. The one in an example fails with the code, those in the remedy succeed after it:
// test/system/cli_explain_test.cpp follows them.
#pragma once

#include <span>
#include <string_view>

#include "base/diagnostic_codes.h"

namespace blendsim {

struct Explanation {
  Code code;
  std::string_view cause;    // what is wrong, in sentences
  std::string_view example;  // something that provokes it
  std::string_view remedy;   // what to do about it, in sentences

  consteval Explanation(Code its_code, const char* its_cause, const char* its_example, const char* its_remedy)
      : code(its_code), cause(its_cause), example(its_example), remedy(its_remedy) {
    for (const std::string_view text : {cause, example, remedy}) {
      if (text.empty() || text.back() != '.') throw "an explanation has a cause, an example and a remedy, in sentences";
    }
  }
};

// One of each code, in the order of code_names.
[[nodiscard]] std::span<const Explanation> explanations();

}  // namespace blendsim
