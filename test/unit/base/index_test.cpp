// SPDX-License-Identifier: Apache-2.0
#include "base/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace blendsim {
namespace {

using Row = Index<struct RowTag>;
using Column = Index<struct ColumnTag>;
enum class Colour { red, green };

template <class Container, class Key>
concept opens = requires(Container table, Key key) {
  table[key];
};

static_assert(opens<Table<Row, int>, Row>);
static_assert(!opens<Table<Row, int>, Column>, "another table's index");
static_assert(!opens<Table<Row, int>, int>, "a number");
static_assert(!opens<Each<Colour, int, 2>, int>);
static_assert(!std::is_convertible_v<int, Row> && !std::is_convertible_v<Row, int>);
static_assert(!std::is_convertible_v<Row, Column> && !std::is_constructible_v<Row, Column>);

TEST(Index, is_none_until_it_is_given_a_position) {
  EXPECT_FALSE(Row().exists());
  EXPECT_EQ(Row().value(), -1);
  EXPECT_TRUE(Row(0).exists());
  EXPECT_LT(Row(), Row(0)) << "none precedes every position";
}

TEST(Index, moves_by_whole_numbers) {
  Row row(3);
  EXPECT_EQ(++row, Row(4));
  EXPECT_EQ(row--, Row(4));
  EXPECT_EQ(row, Row(3));
  EXPECT_EQ(row + 2, Row(5));
  EXPECT_EQ(row - 3, Row(0));
  EXPECT_EQ(Row(7) - Row(3), 4);
}

TEST(Table, gives_the_key_of_what_is_added) {
  Table<Row, std::string> table;
  EXPECT_EQ(table.next(), Row(0));
  const Row a = table.add("a"), b = table.add("b");
  EXPECT_EQ(table[a], "a");
  EXPECT_EQ(table[b], "b");
  EXPECT_EQ(table.next(), Row(2));
}

TEST(Table, lists_its_keys_in_order) {
  Table<Row, int> table(3, 7);
  std::vector<Row> keys;
  for (const Row row : table.keys()) keys.push_back(row);
  EXPECT_THAT(keys, testing::ElementsAre(Row(0), Row(1), Row(2)));
  for (const Row row : Table<Row, int>().keys()) FAIL() << row.value();
}

TEST(Table, of_bits_is_written_through_its_key) {
  Table<Row, bool> table(2);
  table[Row(1)] = true;
  EXPECT_FALSE(table[Row(0)]);
  EXPECT_TRUE(table[Row(1)]);
}

TEST(Each, has_an_entry_for_every_enumerator) {
  Each<Colour, int, 2> each;
  each[Colour::green] = 5;
  EXPECT_THAT(each.entries, testing::ElementsAre(0, 5));
}

}  // namespace
}  // namespace blendsim
