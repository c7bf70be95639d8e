// SPDX-License-Identifier: Apache-2.0
#include "isa/instruction.h"

#include "base/diagnostic.h"
#include "isa/fields.h"
#include "isa/interpret.h"

namespace blendsim {

const Synchronisation& sync_of(const Instruction& i) {
  return std::visit([](const auto& unit) -> const Synchronisation& { return unit.sync; }, i);
}

Synchronisation& sync_of(Instruction& i) {
  return std::visit([](auto& unit) -> Synchronisation& { return unit.sync; }, i);
}

Instruction make_instruction(UnitId unit) {
  return with_unit(unit, []<class U>() -> Instruction { return typename U::Instruction{}; });
}

Cycles occupancy(const Instruction& i, const MachineParameters& p) {
  return visit_unit<Units>(i, [&]<class U>(const typename U::Instruction& own) -> Cycles {
    if constexpr (ComputeDescriptor<U>) return U::occupancy(own, p);
    throw InvariantError("occupancy", "load and store have no timing law of their own: their time is the memory's");
  });
}

Cycles depth_of(UnitId unit, const MachineParameters& p) {
  return with_unit(unit, [&]<class U>() -> Cycles {
    if constexpr (ComputeDescriptor<U>) return (p.*(U::member)).depth;
    throw InvariantError("depth_of", "load and store have no pipeline depth: their end is the last beat or response");
  });
}

std::vector<Access> accesses(const Instruction& i, const MachineParameters& p) {
  std::vector<Access> list;
  add_accesses(i, p, list);
  return list;
}

void add_accesses(const Instruction& i, const MachineParameters& p, std::vector<Access>& list) {
  Accesses out(name(unit_of(i)), p, list);
  visit_unit<Units>(i, [&]<class U>(const typename U::Instruction& own) { U::add_accesses(own, p, out); });
  out.put_reads_first();
}

void add_actions(const Instruction& i, const MachineParameters& machine, ActionCounts& to, ActionCounts& and_to) {
  ActionSums sums(to, and_to);
  visit_unit<Units>(i, [&]<class U>(const typename U::Instruction& own) { U::add_actions(own, machine, sums); });
}

ActionCounts actions(const Instruction& i, const MachineParameters& machine) {
  ActionCounts counts, same;
  add_actions(i, machine, counts, same);
  return counts;
}

Written written(const Instruction& i, const MachineParameters& machine) {
  return visit_unit<Units>(i, [&]<class U>(const typename U::Instruction& own) { return U::written(own, machine); });
}

void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
             DistanceMeter* meter) {
  visit_unit<Units>(
      i, [&]<class U>(const typename U::Instruction& own) { U::execute(own, machine, buffers, dram, meter); });
}

}  // namespace blendsim
