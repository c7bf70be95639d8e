// SPDX-License-Identifier: Apache-2.0
#include "units/field_limits.h"

#include <fmt/format.h>

namespace blendsim {

std::string narrowest_address_fields(BufferId buffer) {
  std::string text;
  Units::for_each([&]<class U>() {
    for (const PortUse& use : U::uses) {
      if (use.buffer != buffer) continue;
      for (const auto& field : U::fields) {
        if (field.name == use.address && field.bits == address_bits(buffer))
          text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", use.address, U::name);
      }
    }
  });
  return text;
}

}  // namespace blendsim
