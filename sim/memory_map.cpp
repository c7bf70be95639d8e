// SPDX-License-Identifier: Apache-2.0
#include "sim/memory_map.h"

#include <algorithm>
#include <string>

#include "base/diagnostic.h"
#include "isa/interpret.h"
#include "units/dram/law.h"

namespace blendsim {
namespace {

std::uint64_t to_border(std::uint64_t address) {
  return (address + channel_interleave - 1) / channel_interleave * channel_interleave;
}

}  // namespace

void MemoryMap::lay_out(const Program& program, const MachineParameters& machine,
                        std::span<const std::vector<std::int32_t>> images, std::size_t count, bool values) {
  input_bytes_ = program.input_bytes;
  output_bytes_ = program.output_bytes;
  input_base_ = to_border(program.program_bytes);
  output_base_ = to_border(input_base_ + input_bytes_);
  stride_ = to_border(output_base_ + output_bytes_) - input_base_;
  const std::uint64_t end = output_base_ + (count - 1) * stride_ + output_bytes_;
  if (end > static_cast<std::uint64_t>(machine.memory.capacity)) {
    throw DiagnosticError("does-not-fit", {"", 0, "memory.capacity"},
                          "program, " + std::to_string(count) + " inputs and outputs take " + std::to_string(end) +
                              " bytes of " + std::to_string(machine.memory.capacity),
                          "run fewer images at once, or raise memory.capacity");
  }
  if (!values) return;
  if (!holds(program)) hold(program);
  inputs_.resize(count * input_bytes_);
  outputs_.assign(count * output_bytes_, 0);
  for (std::size_t image = 0; image < count; ++image) {
    const std::vector<std::uint8_t> packed = pack_input(program, machine, images[image]);
    std::copy(packed.begin(), packed.end(), inputs_.begin() + static_cast<std::ptrdiff_t>(image * input_bytes_));
  }
}

// Comparing what a run before laid out costs less than laying it out again, and tells that nothing changed.
bool MemoryMap::holds(const Program& program) const {
  if (program.program_bytes != program_.size() || program.segments.size() != segments_.size()) return false;
  for (std::size_t n = 0; n < segments_.size(); ++n) {
    const DramSegment& segment = program.segments[n];
    if (segments_[n] != Segment{segment.address, segment.bytes.size()}) return false;
    if (!std::equal(segment.bytes.begin(), segment.bytes.end(),
                    program_.begin() + static_cast<std::ptrdiff_t>(segment.address))) {
      return false;
    }
  }
  return true;
}

void MemoryMap::hold(const Program& program) {
  segments_.clear();
  program_.clear();
  program_ = program_area(program);
  for (const DramSegment& segment : program.segments) segments_.push_back({segment.address, segment.bytes.size()});
  ++program_changes_;
}

void MemoryMap::select(Context& context, std::size_t image) {
  context.bases = {0, input_base_ + image * stride_, output_base_ + image * stride_};
  if (!context.values) return;
  context.areas.program = program_;
  context.areas.input = std::span<const std::uint8_t>(inputs_).subspan(image * input_bytes_, input_bytes_);
  context.areas.output = std::span(outputs_).subspan(image * output_bytes_, output_bytes_);
}

std::span<const std::uint8_t> MemoryMap::output(std::size_t image) const {
  return std::span<const std::uint8_t>(outputs_).subspan(image * output_bytes_, output_bytes_);
}

}  // namespace blendsim
