// SPDX-License-Identifier: Apache-2.0
// What the slices of a trace for Perfetto say besides their names: fields of one message, which extends a track event.
// The trace brings the message's description along, so a value costs its field's byte and its own, and is read as
// `debug.NAME` as an annotation is.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "trace/protobuf_fields.h"

namespace perfetto::protos {
class ExtensionDescriptor;
}

namespace blendsim {

// Each is its field's number; up to 15 the field takes one byte.
enum class Key : std::uint8_t {
  record = 1,
  image,
  text,
  release,
  released_by,
  visible,
  front_free,
  waited_for,
  held_by,
  bytes,
  request,
  grant,
  refreshes,
  instructions
};

struct ArgumentField {
  enum class Type : std::uint8_t { number, release, text };
  std::string_view name;
  Type type = Type::number;
};
// By number, from 1 on.
inline constexpr std::array<ArgumentField, 14> argument_fields = {{{"record"},
                                                                   {"image"},
                                                                   {"text", ArgumentField::Type::text},
                                                                   {"release", ArgumentField::Type::release},
                                                                   {"released_by"},
                                                                   {"visible"},
                                                                   {"front_free"},
                                                                   {"waited_for"},
                                                                   {"held_by"},
                                                                   {"bytes"},
                                                                   {"request"},
                                                                   {"grant"},
                                                                   {"refreshes"},
                                                                   {"instructions"}}};
static_assert(static_cast<std::size_t>(Key::instructions) == argument_fields.size());

// Number of the field of a track event that holds them: Perfetto leaves 9900 to 10000 to others.
inline constexpr int arguments_field = 9900;

void describe_arguments(perfetto::protos::ExtensionDescriptor& out);

// Of one slice.
class Arguments {
 public:
  Arguments& number(Key key, std::int64_t value) {
    fields_.number(static_cast<int>(key), static_cast<std::uint64_t>(value));
    return *this;
  }
  // A record, where there is one.
  Arguments& record(Key key, std::int32_t record) { return record < 0 ? *this : number(key, record); }
  Arguments& text(Key key, std::string_view text) {
    fields_.bytes(static_cast<int>(key), text);
    return *this;
  }
  Arguments& clear() {
    fields_.clear();
    return *this;
  }
  [[nodiscard]] std::string_view encoded() const { return fields_.encoded(); }

 private:
  ProtobufFields fields_;
};

}  // namespace blendsim
