// SPDX-License-Identifier: Apache-2.0
#include "power/energies.h"

#include <algorithm>
#include <cmath>

#include "power/terms.h"
#include "units/buffer/layout.h"
#include "units/units.h"

namespace blendsim {
namespace {

constexpr double bram18_bits = 36, uram_bits = 72;  // of an access
constexpr double luts_a_lutram_bit = 8.0 / 7;       // RAM64M8: eight LUTs for seven bits

struct BufferActions {
  BufferId buffer;
  Action read, write;
};
constexpr std::array buffer_actions = {
    BufferActions{BufferId::act_binary, Action::act_binary_read, Action::act_binary_write},
    BufferActions{BufferId::act_fixed, Action::act_fixed_read, Action::act_fixed_write},
    BufferActions{BufferId::weights_binary, Action::weights_binary_read, Action::weights_binary_write},
    BufferActions{BufferId::weights_fixed, Action::weights_fixed_read, Action::weights_fixed_write},
    BufferActions{BufferId::accumulators, Action::accumulators_read, Action::accumulators_write},
    BufferActions{BufferId::parameters, Action::parameters_read, Action::parameters_write},
    BufferActions{BufferId::instructions, Action::instructions_read, Action::instructions_write},
};
static_assert(buffer_actions.size() == buffer_count);

// Of one bit read or written.
Amounts memory_bit(const BufferParameters& buffer) {
  const std::string_view kind = memory_kinds[static_cast<std::size_t>(buffer.kind)];
  Amounts out;
  if (kind == "bram") out[Primitive::bram18_access] = 1 / bram18_bits;
  else if (kind == "uram") out[Primitive::uram_access] = 1 / uram_bits;
  else out[Primitive::lutram_access] = luts_a_lutram_bit;
  return out;
}

Amounts clocked_by(const Resources& used) {
  Amounts out;
  out[Primitive::ff_clock] = static_cast<double>(used.ff);
  out[Primitive::bram18_clock] = static_cast<double>(used.bram36_halves);
  out[Primitive::uram_clock] = static_cast<double>(used.uram);
  return out;
}

// The parts of an estimate that a clocked part stands for.
std::string part_of(const std::string& resource) {
  if (resource.starts_with("buffer ")) return "buffers";
  return resource;
}

}  // namespace

PowerModel::PowerModel(const Platform& platform, const ResourceEstimate& resources, const Technology& technology,
                       const ActivityModel& activity)
    : platform_(platform), resources_(resources), technology_(technology), activity_(activity) {
  for (const std::string_view unit : unit_names) clocked_.push_back({std::string(unit), {}, 0});
  for (const char* part : {"dispatcher", "buffers", "control"}) clocked_.push_back({part, {}, 0});
  const auto part = [&](std::string_view name) -> Amounts& {
    return std::find_if(clocked_.begin(), clocked_.end(), [&](const ClockedPart& p) { return p.name == name; })
        ->amounts;
  };
  for (const ResourceEstimate::Part& used : resources.parts) {
    Amounts& amounts = part(part_of(used.unit));
    amounts.add(clocked_by(used.used), 1);
    if (used.unit == "control") continue;  // start values, which do not move
    const std::string_view module = std::string_view(used.unit).substr(used.unit.starts_with("buffer ") ? 7 : 0);
    amounts.add(activity_of(module)[cycle_term], static_cast<double>(std::max<std::int64_t>(1, used.used.ff)));
  }
  part("control").add(clocked_by(platform.reserved), 1);
  for (ClockedPart& p : clocked_) p.cycle_fj = femtojoule(p.amounts, false);
}

const ModuleActivity& PowerModel::activity_of(std::string_view module) const {
  if (module != units::XnorArray::name) return activity_[module];
  const std::string_view form =
      xnor_implementations[static_cast<std::size_t>(platform_.machine.xnor_array.implementation)];
  return activity_[std::string(module) + "-" + std::string(form)];
}

std::int64_t PowerModel::activity_error(std::string_view module) const { return activity_of(module).error; }

std::int64_t PowerModel::femtojoule(const Amounts& amounts, bool dram) const {
  double sum = 0;
  for (std::size_t p = 0; p < primitive_count; ++p) {
    if (is_dram(static_cast<Primitive>(p)) == dram)
      sum += amounts[p] * static_cast<double>(technology_.primitives[p].value);
  }
  return std::llround(sum);
}

ActionEnergies PowerModel::energies(const Densities& densities) const {
  ActionEnergies out;
  const auto amounts = [&](Action a) -> Amounts& { return out.amounts[static_cast<std::size_t>(a)]; };
  for (const Term& term : activity_terms())
    amounts(term.action).add(activity_of(term.module)[term.name], term.count(platform_.machine, densities));
  for (const BufferActions& b : buffer_actions) {
    const Amounts bit = memory_bit(platform_.machine.buffer(b.buffer));
    amounts(b.read).add(bit, 1);
    amounts(b.write).add(bit, 1);
  }
  amounts(Action::dram_read_byte)[Primitive::dram_read_byte] += 1;
  amounts(Action::dram_write_byte)[Primitive::dram_write_byte] += 1;
  amounts(Action::dram_activate)[Primitive::dram_activate] += 1;
  amounts(Action::dram_refresh)[Primitive::dram_refresh] += 1;
  for (std::size_t a = 0; a < out.amounts.size(); ++a) {
    out.logic_fj[a] = femtojoule(out.amounts[a], false);
    out.dram_fj[a] = femtojoule(out.amounts[a], true);
  }
  return out;
}

}  // namespace blendsim
