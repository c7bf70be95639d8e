// SPDX-License-Identifier: Apache-2.0
#include "cause/recorded_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blendsim {

namespace {

// Back from the end of every image along what released each start.
std::vector<std::int32_t> critical_records(const PhaseRecording& run) {
  std::vector<std::int32_t> last(run.completions.size(), -1);
  for (std::size_t i = 0; i < run.records.size(); ++i) {
    std::int32_t& of_image = last.at(static_cast<std::size_t>(run.records[i].image));
    if (of_image < 0 || run.records[i].end > run.records[static_cast<std::size_t>(of_image)].end)
      of_image = static_cast<std::int32_t>(i);
  }
  std::vector<std::int32_t> path;
  for (std::size_t image = last.size(); image-- > 0;) {
    for (std::int32_t at = last[image]; at >= 0; at = run.records[static_cast<std::size_t>(at)].released_by)
      path.push_back(at);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

RecordedRun::RecordedRun(const Program& program, const MachineParameters& machine, PhaseRecording run)
    : program_(program), machine_(machine), run_(std::move(run)), instructions_(decode(program.main)) {
  critical_ = critical_records(run_);
  on_path_.assign(run_.records.size(), false);
  for (const std::int32_t index : critical_) on_path_[static_cast<std::size_t>(index)] = true;
}

std::string RecordedRun::name_of(std::int32_t index) const {
  const InstructionRecord& r = record(index);
  const std::string image = run_.completions.size() > 1 ? fmt::format("@{}", r.image) : "";
  return fmt::format("#{}{} {} ({})", r.instruction, image, unit_name(r), layer(index));
}

std::string_view unit_name(const InstructionRecord& record) { return name(record.unit); }

}  // namespace blendsim
