// SPDX-License-Identifier: Apache-2.0
// Distances of the operands of a sliding window, without gathering any.
//
// An array's operand is units of 16 bits out of a flat map of what the instruction reads. Which unit meets which when
// an operand follows another is a matter of the instruction's shape, and many windows share a unit: that is counted
// once a shape, and the sum is then a few passes over the flat map, each with the count as the weight of each unit.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace blendsim {

// The operands of an instruction: `steps` of each pixel.
struct OperandSteps {
  static constexpr std::size_t absent = SIZE_MAX;  // nothing is taken there: 0
  std::size_t units = 0;                           // of a step
  std::vector<std::size_t> offsets;                // [steps, units]: place in the flat map from the pixel's, or absent
  struct Follows {
    std::size_t from, to, times;
    auto operator<=>(const Follows&) const = default;
  };
  std::vector<Follows> follows;     // steps that follow one another in a pixel, how often
  std::size_t first = 0, last = 0;  // step of a pixel
  std::vector<std::size_t> pixels;  // places, in their order
  auto operator<=>(const OperandSteps&) const = default;
};

class OperandDistances {
 public:
  explicit OperandDistances(const OperandSteps& steps);
  // The sum. `zero`: the unit that stands for 0. From the first unit on, room() of them can be read.
  [[nodiscard]] std::int64_t of(const std::uint16_t* units, std::uint16_t zero) const;
  [[nodiscard]] std::size_t room() const { return room_; }

 private:
  using Counts = std::map<std::size_t, std::vector<std::size_t>>;  // [how far apart][place of the first]
  static void count(const OperandSteps& steps, std::size_t pixel, std::size_t from, std::size_t next_pixel,
                    std::size_t to, std::size_t times, Counts& counts);
  void add_terms(std::size_t apart, const std::vector<std::size_t>& counts);

  struct Term {
    std::size_t first = 0, apart = 0;
    std::vector<std::int16_t> weights;
  };
  std::vector<Term> terms_;
  std::size_t room_ = 0;
};

}  // namespace blendsim
