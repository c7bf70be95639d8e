// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto_arguments.h"

#include <string>

#include "trace/perfetto.pb.h"
#include "trace/subject.h"

namespace blendsim {
namespace {

// Of protobuf's descriptors.
constexpr int type_int64 = 3, type_string = 9, type_message = 11, type_enum = 14, label_optional = 1;

int type_of(ArgumentField::Type type) {
  switch (type) {
    case ArgumentField::Type::number: return type_int64;
    case ArgumentField::Type::release: return type_enum;
    case ArgumentField::Type::text: return type_string;
  }
  return type_int64;
}

}  // namespace

// What a reader shows is named after the extension, not after its message.
void describe_arguments(perfetto::protos::ExtensionDescriptor& out) {
  auto& file = *out.mutable_extension_set()->add_file();
  file.set_name("blendsim.proto");
  file.set_package("blendsim");
  auto& message = *file.add_message_type();
  message.set_name("Arguments");
  for (std::size_t f = 0; f < argument_fields.size(); ++f) {
    auto& field = *message.add_field();
    field.set_name(std::string(argument_fields[f].name));
    field.set_number(static_cast<std::int32_t>(f) + 1);
    field.set_label(label_optional);
    field.set_type(type_of(argument_fields[f].type));
    if (argument_fields[f].type == ArgumentField::Type::release) field.set_type_name(".blendsim.Release");
  }
  auto& release = *file.add_enum_type();
  release.set_name("Release");
  for (std::size_t r = 0; r < release_names.size(); ++r) {
    auto& value = *release.add_value();
    value.set_name(std::string(release_names[r]));
    value.set_number(static_cast<std::int32_t>(r));
  }
  auto& extension = *file.add_extension();
  extension.set_name("debug");
  extension.set_extendee(".perfetto.protos.TrackEvent");
  extension.set_number(arguments_field);
  extension.set_label(label_optional);
  extension.set_type(type_message);
  extension.set_type_name(".blendsim.Arguments");
}

}  // namespace blendsim
