// SPDX-License-Identifier: Apache-2.0
// Rows of a debugger's answer in columns: nothing is left out, shortened or blanked, as a 0 may be what one looks for.
#pragma once

#include <string>
#include <vector>

namespace blendsim::debug {

// Columns as wide as their widest cell, two blanks apart; left-aligned where `left` says so.
class Grid {
 public:
  Grid(std::vector<std::string> header, std::vector<bool> left);
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;  // every line ends with a newline

 private:
  std::vector<bool> left_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace blendsim::debug
