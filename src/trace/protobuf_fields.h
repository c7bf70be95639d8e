// SPDX-License-Identifier: Apache-2.0
// Messages of protobuf written field by field, for those that are many and all alike: the same bytes as libprotobuf's,
// without an object for each.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace blendsim {

// A field is its number and kind, then a number of seven bits a byte, eight bytes, or a length and bytes.
class ProtobufFields {
 public:
  void number(int field, std::uint64_t value) {
    char* at = put(room(2 * longest), kind_of(field, 0));
    end_at(put(at, value));
  }
  void fixed64(int field, std::uint64_t value) {
    char* at = put(room(longest + sizeof value), kind_of(field, 1));
    for (std::size_t byte = 0; byte < sizeof value; ++byte) *at++ = static_cast<char>(value >> 8 * byte);
    end_at(at);
  }
  // Also a message's, encoded.
  void bytes(int field, std::string_view value) {
    char* at = put(room(2 * longest + value.size()), kind_of(field, 2));
    end_at(std::copy(value.begin(), value.end(), put(at, value.size())));
  }
  // Holds until the next change.
  [[nodiscard]] std::string_view encoded() const { return {bytes_.data() + front, end_ - front}; }
  // All of them as one message in a field.
  [[nodiscard]] std::string_view encoded_in(int field) {
    std::array<char, front> head;
    const char* end = put(put(head.data(), kind_of(field, 2)), end_ - front);
    char* begin = std::copy_backward(static_cast<const char*>(head.data()), end, bytes_.data() + front);
    return {begin, static_cast<std::size_t>(bytes_.data() + end_ - begin)};
  }
  [[nodiscard]] bool empty() const { return end_ == front; }
  void clear() { end_ = front; }

 private:
  static constexpr std::size_t longest = 10;         // bytes of a number
  static constexpr std::size_t front = 2 * longest;  // kept free in front of the fields for encoded_in()

  static constexpr std::uint64_t kind_of(int field, std::uint64_t kind) {
    return static_cast<std::uint64_t>(field) << 3 | kind;
  }
  static char* put(char* at, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>((value & 0x7F) | 0x80);
    *at++ = static_cast<char>(value);
    return at;
  }
  char* room(std::size_t more) {
    if (bytes_.size() < end_ + more) bytes_.resize(2 * (end_ + more));
    return bytes_.data() + end_;
  }
  void end_at(const char* end) { end_ = static_cast<std::size_t>(end - bytes_.data()); }

  std::vector<char> bytes_ = std::vector<char>(256);
  std::size_t end_ = front;
};

}  // namespace blendsim
