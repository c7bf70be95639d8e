// SPDX-License-Identifier: Apache-2.0
// Indices as types: what opens one table opens no other, and opens it without a cast.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace blendsim {

// A position in the table that Tag names, or none. It moves by whole numbers, and two of one table lie a number apart.
template <class Tag>
class Index {
 public:
  constexpr Index() = default;  // none
  constexpr explicit Index(std::integral auto position) : value_(static_cast<std::int32_t>(position)) {}

  [[nodiscard]] constexpr bool exists() const { return value_ >= 0; }
  [[nodiscard]] constexpr int value() const { return value_; }  // -1: none
  constexpr auto operator<=>(const Index&) const = default;

  constexpr Index& operator++() {
    ++value_;
    return *this;
  }
  constexpr Index operator--(int) { return Index(value_--); }
  friend constexpr Index operator+(Index from, int by) { return Index(from.value_ + by); }
  friend constexpr Index operator-(Index from, int by) { return Index(from.value_ - by); }
  friend constexpr int operator-(Index a, Index b) { return a.value_ - b.value_; }

 private:
  std::int32_t value_ = -1;
};

// What opens a table is an index, or an enumerator or number that already has one meaning.
template <class Tag>
[[nodiscard]] constexpr std::size_t position_of(Index<Tag> index) {
  return static_cast<std::size_t>(index.value());
}
template <class Key>
requires std::is_enum_v<Key> || std::is_integral_v<Key>
[[nodiscard]] constexpr std::size_t position_of(Key key) { return static_cast<std::size_t>(key); }

// The keys [begin, end), for a loop.
template <class Key>
class KeyRange {
 public:
  struct Iterator {
    Key at;
    constexpr Key operator*() const { return at; }
    constexpr Iterator& operator++() {
      ++at;
      return *this;
    }
    constexpr bool operator==(const Iterator&) const = default;
  };
  constexpr KeyRange(Key begin, Key end) : begin_(begin), end_(end) {}
  [[nodiscard]] constexpr Iterator begin() const { return {begin_}; }
  [[nodiscard]] constexpr Iterator end() const { return {end_}; }

 private:
  Key begin_, end_;
};

// A vector that only its own key opens. As with a vector, the key must be of an entry.
template <class Key, class T>
class Table {
 public:
  using value_type = T;

  Table() = default;
  explicit Table(std::size_t count, const T& value = T()) : entries_(count, value) {}

  [[nodiscard]] decltype(auto) operator[](Key key) { return entries_[position_of(key)]; }
  [[nodiscard]] decltype(auto) operator[](Key key) const { return entries_[position_of(key)]; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] Key next() const { return Key(static_cast<std::int32_t>(entries_.size())); }  // what add() returns
  [[nodiscard]] KeyRange<Key> keys() const { return {Key(0), next()}; }

  Key add(T entry) {
    entries_.push_back(std::move(entry));
    return next() - 1;
  }
  void assign(std::size_t count, const T& value) { entries_.assign(count, value); }
  void resize(std::size_t count) { entries_.resize(count); }
  void reserve(std::size_t count) { entries_.reserve(count); }
  void clear() { entries_.clear(); }

  [[nodiscard]] auto begin() { return entries_.begin(); }
  [[nodiscard]] auto end() { return entries_.end(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  [[nodiscard]] T& front() { return entries_.front(); }
  [[nodiscard]] T& back() { return entries_.back(); }
  [[nodiscard]] const T& front() const { return entries_.front(); }
  [[nodiscard]] const T& back() const { return entries_.back(); }
  bool operator==(const Table&) const = default;

 private:
  std::vector<T> entries_;
};

// An entry for each of the `count` enumerators of Key.
template <class Key, class T, std::size_t count>
struct Each {
  std::array<T, count> entries{};

  [[nodiscard]] constexpr T& operator[](Key key) { return entries[position_of(key)]; }
  [[nodiscard]] constexpr const T& operator[](Key key) const { return entries[position_of(key)]; }
  [[nodiscard]] constexpr auto begin() { return entries.begin(); }
  [[nodiscard]] constexpr auto end() { return entries.end(); }
  [[nodiscard]] constexpr auto begin() const { return entries.begin(); }
  [[nodiscard]] constexpr auto end() const { return entries.end(); }
};

}  // namespace blendsim
