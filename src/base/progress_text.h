// SPDX-License-Identifier: Apache-2.0
// How far long work is, in words of one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace blendsim {

// "12.3/s", "1250/s", "4.5/min", "2.1/h" of a rate above zero: three digits, never an exponent.
[[nodiscard]] std::string rate_text(double per_second);

// "simulating: 37 of 100 images, 12.3/s, 5 s left" after `seconds`; without rate and time left as long as nothing is done.
[[nodiscard]] std::string progress_text(std::string_view what, std::string_view items, std::size_t done,
                                        std::size_t total, double seconds);

}  // namespace blendsim
