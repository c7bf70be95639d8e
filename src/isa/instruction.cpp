// SPDX-License-Identifier: Apache-2.0
#include "isa/instruction.h"

#include "base/diagnostic.h"
#include "isa/fields.h"
#include "units/mac_array/law.h"
#include "units/pool_unit/law.h"
#include "units/post_unit/law.h"
#include "units/xnor_array/law.h"

namespace blendsim {

const Synchronisation& sync_of(const Instruction& i) {
  return std::visit([](const auto& unit) -> const Synchronisation& { return unit.sync; }, i);
}

Synchronisation& sync_of(Instruction& i) {
  return std::visit([](auto& unit) -> Synchronisation& { return unit.sync; }, i);
}

Instruction make_instruction(UnitId unit) {
  switch (unit) {
    case UnitId::load:
      return LoadInstruction{};
    case UnitId::store:
      return StoreInstruction{};
    case UnitId::xnor_array:
      return XnorInstruction{};
    case UnitId::mac_array:
      return MacInstruction{};
    case UnitId::post_unit:
      return PostInstruction{};
    case UnitId::pool_unit:
      return PoolInstruction{};
  }
  throw InvariantError("instruction", "unknown unit");
}

namespace {

struct Occupancy {
  const MachineParameters& p;
  Cycles operator()(const TransferInstruction&) const {
    throw InvariantError("occupancy", "load and store have no timing law of their own: their time is the memory's");
  }
  Cycles operator()(const XnorInstruction& i) const { return occupancy(i, p.xnor_array); }
  Cycles operator()(const MacInstruction& i) const { return occupancy(i, p.mac_array); }
  Cycles operator()(const PostInstruction& i) const {
    return occupancy(i, p.post_unit, p.buffer(BufferId::parameters).width);
  }
  Cycles operator()(const PoolInstruction& i) const { return occupancy(i, p.pool_unit); }
};

}  // namespace

Cycles occupancy(const Instruction& i, const MachineParameters& p) { return std::visit(Occupancy{p}, i); }

Cycles depth_of(UnitId unit, const MachineParameters& p) {
  switch (unit) {
    case UnitId::xnor_array:
      return p.xnor_array.depth;
    case UnitId::mac_array:
      return p.mac_array.depth;
    case UnitId::post_unit:
      return p.post_unit.depth;
    case UnitId::pool_unit:
      return p.pool_unit.depth;
    case UnitId::load:
    case UnitId::store:
      break;
  }
  throw InvariantError("depth_of", "load and store have no pipeline depth: their end is the last beat or response");
}

}  // namespace blendsim
