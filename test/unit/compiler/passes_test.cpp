// SPDX-License-Identifier: Apache-2.0
// The table of passes is the one that the page shows.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace blendsim {
namespace {

using Row = std::vector<std::string>;

Row cells_of(const std::string& line) {
  Row cells;
  for (std::size_t at = 0; at + 1 < line.size();) {
    const std::size_t end = line.find('|', at + 1);
    if (end == std::string::npos) break;
    cells.push_back(line.substr(at + 2, end > at + 3 ? end - at - 3 : 0));
    at = end;
  }
  return cells;
}

// Rows of the page's table whose heading begins with "pass".
std::vector<Row> rows_of_page() {
  std::ifstream page(BLENDSIM_SOURCE "/docs/compiler.md");
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| pass |")) inside = true;
    else if (!line.starts_with("|")) inside = false;
    else if (inside && !line.starts_with("|---")) rows.push_back(cells_of(line));
  }
  return rows;
}

TEST(Passes, are_those_of_the_page_in_its_words) {
  const std::vector<Row> page = rows_of_page();
  ASSERT_EQ(page.size(), passes().size());
  for (std::size_t p = 0; p < page.size(); ++p) {
    ASSERT_EQ(page[p].size(), 4U);
    EXPECT_EQ(page[p][0], passes()[p].name);
    EXPECT_EQ(page[p][1], fmt::format("`{}.cpp`", passes()[p].name));
    EXPECT_TRUE(std::ifstream(fmt::format("{}/src/compiler/{}.cpp", BLENDSIM_SOURCE, passes()[p].name)));
    EXPECT_EQ(page[p][2], passes()[p].does);
  }
}

}  // namespace
}  // namespace blendsim
