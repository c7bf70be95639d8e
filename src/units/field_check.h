// SPDX-License-Identifier: Apache-2.0
// What a unit's rules for one instruction alone may ask of the machine and the program, and how they refuse.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "units/buffer/parameters.h"
#include "units/machine_parameters.h"

namespace blendsim {

class FieldCheck {
 public:
  explicit FieldCheck(const MachineParameters& parameters) : machine(parameters) {}
  virtual ~FieldCheck() = default;

  // Throws, naming the instruction; the rule is put in words only where it is broken.
  template <class... Args>
  void require(bool condition, fmt::format_string<Args...> rule, Args&&... args) const {
    if (!condition) refuse(fmt::format(rule, std::forward<Args>(args)...));
  }
  void positive(std::initializer_list<std::pair<const char*, std::uint32_t>> fields) const {
    for (const auto& [field, value] : fields) require(value > 0, "{} must not be 0", field);
  }
  // `address`, the value of `field`, lies in `region` of the buffer.
  void in_region(BufferId buffer, std::uint32_t address, std::uint32_t region, const char* field) const {
    const std::int64_t actual = address / machine.buffer(buffer).depth;
    require(actual == region, "{} is in region {} of {}, not in {}", field, actual, name(buffer), region);
  }
  // Of an instruction that slides a window over a map.
  template <class I>
  void window(const I& i) const {
    positive({{"in_height", i.in_height},
              {"in_width", i.in_width},
              {"kernel_h", i.kernel_h},
              {"kernel_w", i.kernel_w},
              {"stride_h", i.stride_h},
              {"stride_w", i.stride_w},
              {"dilation_h", i.dilation_h},
              {"dilation_w", i.dilation_w},
              {"rows", i.rows},
              {"out_width", i.out_width}});
    require(i.out_row + i.rows <= i.out_height, "the tile's rows leave the output map");
  }
  // Of an array's instruction: `groups` row groups of the accumulators in `region`, start words in region `starts`.
  template <class I>
  void convolution(const I& i, std::uint32_t region, std::uint32_t starts) const {
    window(i);
    positive({{"groups", i.groups}});
    require(i.class_top + i.class_bottom <= i.out_height && i.class_left + i.class_right <= i.out_width,
            "there are more border classes than output positions");
    in_region(BufferId::accumulators, i.destination, region, "destination");
    in_region(BufferId::parameters, i.start, starts, "start");
  }

  const MachineParameters& machine;
  std::array<std::uint64_t, 3> area_bytes{};  // by DramBase
  bool in_init = false;                       // else the instruction is one of main

 private:
  [[noreturn]] virtual void refuse(const std::string& rule) const = 0;
};

}  // namespace blendsim
