// SPDX-License-Identifier: Apache-2.0
#include "upset/tracker.h"

#include <algorithm>

#include "isa/interpret.h"

namespace blendsim {

UpsetTracker::UpsetTracker(const Program& program, const MachineParameters& machine)
    : machine_(machine), instructions_(decode(program.main)) {
  for (const Instruction& instruction : instructions_) accesses_.push_back(accesses(instruction, machine));
}

void UpsetTracker::on_upset(const UpsetEvent& event) {
  ++happened_;
  if (!sound_) sound_ = event.buffers;
  follow_image(event.areas);
  const Upset& upset = event.upset;
  BufferWord word{upset.buffer, upset.address, 0};
  if (upset.buffer == BufferId::act_binary) {
    const std::int64_t bank_bits = machine_.buffer(upset.buffer).width / binary_banks;
    word.bank = static_cast<std::uint32_t>(upset.bit / bank_bits);
  }
  different_.insert(word);
}

void UpsetTracker::follow_image(const DramAreas& areas) {
  if (areas.output.data() == image_) return;
  image_ = areas.output.data();
  output_.assign(areas.output.begin(), areas.output.end());
}

void UpsetTracker::on_execute(const ExecuteEvent& event, const InstructionRecord& record) {
  if (!sound_) return;
  // An image's output area is equal before its first store.
  if (event.areas.output.data() != image_) {
    image_ = event.areas.output.data();
    output_.assign(event.areas.output.size(), 0);
  }
  const auto number = static_cast<std::size_t>(record.instruction);
  const Instruction& instruction = instructions_[number];
  UpsetStep step{event.record, record.instruction, record.image, record.layer, record.unit, event.at};
  step.read = reads_any(accesses_[number], different_);
  const WordSet before = different_;
  const bool output_differed = !std::equal(output_.begin(), output_.end(), event.areas.output.begin());
  DramAreas areas = event.areas;
  areas.output = output_;
  execute(instruction, machine_, *sound_, areas);
  for (const Access& access : accesses_[number]) {
    if (access.write) compare(*sound_, event.buffers, access.buffer, access.begin, access.end, different_);
  }
  step.stored = !output_differed && !std::equal(output_.begin(), output_.end(), event.areas.output.begin());
  step.healed =
      std::count_if(before.begin(), before.end(), [&](const BufferWord& w) { return !different_.contains(w); });
  step.spread =
      std::count_if(different_.begin(), different_.end(), [&](const BufferWord& w) { return !before.contains(w); });
  step.different = static_cast<std::int64_t>(different_.size());
  if (step.read || step.healed > 0 || step.spread > 0 || step.stored) steps_.push_back(step);
}

}  // namespace blendsim
