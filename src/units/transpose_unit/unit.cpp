// SPDX-License-Identifier: Apache-2.0
#include "units/transpose_unit/unit.h"

#include <algorithm>

#include "units/convolution.h"
#include "units/pipeline.h"
#include "units/transpose_unit/execute.h"
#include "units/transpose_unit/law.h"

namespace blendsim::units {
namespace {

// Whether two sets of words meet: those of `pixels` pixels `pitch` words apart, `words` of each.
struct PixelWords {
  std::int64_t first, pixels, pitch, words;
  [[nodiscard]] std::int64_t end() const { return first + (pixels - 1) * pitch + words; }
};
bool words_meet(const PixelWords& a, const PixelWords& b) {
  if (a.end() <= b.first || b.end() <= a.first) return false;
  for (std::int64_t pixel = 0; pixel < a.pixels; ++pixel) {
    const std::int64_t first = a.first + pixel * a.pitch, last = first + a.words - 1;
    // The last pixel of b that begins no later than `last`, and whether it ends before `first`.
    if (last < b.first) continue;
    const std::int64_t other = std::min((last - b.first) / b.pitch, b.pixels - 1);
    if (b.first + other * b.pitch + b.words > first) return true;
  }
  return false;
}

}  // namespace

Cycles TransposeUnit::occupancy(const TransposeInstruction& i, const MachineParameters& machine) {
  return blendsim::occupancy(i, machine.transpose_unit);
}

std::int64_t TransposeUnit::least_depth(const MachineParameters& machine) {
  return blendsim::least_depth(machine.transpose_unit, machine.buffer(BufferId::act_fixed).latency);
}

std::string TransposeUnit::stages(const MachineParameters&) {
  return "pointers, address, buffer read, turn, 16 words of a block, turn back, write";
}

void TransposeUnit::add_accesses(const TransposeInstruction& i, const MachineParameters&, Accesses& accesses) {
  accesses.fixed(BufferId::act_fixed, false, i.source, i.pixels, i.in_slices, {0, 1}, 0, slices_of(i.channels));
  accesses.fixed(BufferId::act_fixed, true, i.destination, i.channels, i.out_slices, {0, 1}, 0, slices_of(i.pixels));
}

void TransposeUnit::add_actions(const TransposeInstruction& i, const MachineParameters&, ActionSums& actions) {
  const std::int64_t read = slices_of(i.channels) * i.pixels, written = slices_of(i.pixels) * i.channels;
  actions.add(Action::transpose_start, 1);
  actions.add(Action::transpose_element, std::int64_t{i.channels} * i.pixels);
  actions.add(Action::act_fixed_read, read * fixed_word_bits);
  actions.add(Action::act_fixed_write, written * fixed_word_bits);
}

void TransposeUnit::check(const TransposeInstruction& i, const FieldCheck& check) {
  check.require(is_built(check.machine), "the machine has no transpose_unit (transpose_unit.lanes is 0)");
  check.positive({{"pixels", i.pixels}, {"channels", i.channels}});
  const std::int64_t read = slices_of(i.channels), written = slices_of(i.pixels);
  check.require(read <= i.in_slices, "{} channels are more than in_slices, {}, hold", i.channels, i.in_slices);
  check.require(written <= i.out_slices, "{} pixels are more than out_slices, {}, hold", i.pixels, i.out_slices);
  check.require(
      !words_meet({i.source, i.pixels, i.in_slices, read}, {i.destination, i.channels, i.out_slices, written}),
      "it writes words that it reads");
}

Written TransposeUnit::written(const TransposeInstruction& i, const MachineParameters&) {
  WrittenMap map{BufferId::act_fixed,
                 i.destination,
                 i.channels,
                 i.out_slices,
                 1,
                 0,
                 1,
                 0,
                 static_cast<std::uint32_t>(slices_of(i.pixels))};
  map.any_width = true;
  return {{map}, {}};
}

void TransposeUnit::execute(const TransposeInstruction& i, const MachineParameters&, Buffers& buffers, const DramAreas&,
                            DistanceMeter* meter) {
  blendsim::execute(i, buffers, meter);
}

}  // namespace blendsim::units
