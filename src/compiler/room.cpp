// SPDX-License-Identifier: Apache-2.0
// What no order of the operations can do without: a machine that has less room is refused before any order is tried.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include "compiler/levers.h"
#include "compiler/plan.h"

namespace blendsim::compiler {
namespace {

// A set of maps for each operation.
class MapSets {
 public:
  MapSets(std::size_t operations, std::size_t maps) : words_((maps + 63) / 64), bits_(operations * words_) {}
  [[nodiscard]] std::span<std::uint64_t> operator[](OpId o) {
    return std::span(bits_).subspan(position_of(o) * words_, words_);
  }
  void add(OpId o, MapId map) { (*this)[o][position_of(map) / 64] |= std::uint64_t{1} << (position_of(map) % 64); }
  void join(OpId into, OpId from) {
    const auto of = (*this)[from];
    std::transform(of.begin(), of.end(), (*this)[into].begin(), (*this)[into].begin(), std::bit_or<>());
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

// Addresses of one buffer that are taken at once.
struct Demand {
  std::int64_t addresses = 0;
  std::int64_t halves = 0;   // maps that take more than half of a region: no two share one
  std::int64_t largest = 0;  // addresses of one map, which lies in one region
};

class RoomCheck {
 public:
  explicit RoomCheck(const Plan& plan)
      : plan_(plan), before_(plan.ops.size(), plan.maps.size()), after_(plan.ops.size(), plan.maps.size()) {
    for (const Map& map : plan.maps) sizes_.add(map.size());
  }

  void run() {
    find_neighbours();
    for (const OpId o : plan_.ops.keys()) check(o);
  }

 private:
  // Maps that the operation, or one that comes before (after) it in every order, reads or writes.
  void find_neighbours() {
    for (const OpId o : plan_.ops.keys()) {
      const auto touch = [&](const Touch& t) {
        before_.add(o, t.map);
        after_.add(o, t.map);
      };
      std::ranges::for_each(plan_.touched[o].reads, touch);
      std::ranges::for_each(plan_.touched[o].writes, touch);
      for (const OpId b : plan_.dependencies.before_of(o)) before_.join(o, b);
    }
    for (OpId o = plan_.ops.next(); o-- > OpId(0);) {
      for (const OpId b : plan_.dependencies.before_of(o)) after_.join(b, o);
    }
  }

  // A map in both sets is alive during the operation, whatever the order.
  void check(OpId o) {
    std::array<Demand, 2> demand;
    const auto before = before_[o], after = after_[o];
    for (std::size_t w = 0; w < before.size(); ++w) {
      for (std::uint64_t left = before[w] & after[w]; left != 0; left &= left - 1) {
        const MapId m(64 * w + static_cast<std::size_t>(std::countr_zero(left)));
        Demand& d = demand[plan_.maps[m].binary ? 1 : 0];
        d.addresses += sizes_[m];
        d.halves += 2 * sizes_[m] > buffer(plan_.maps[m].binary).depth ? 1 : 0;
        d.largest = std::max(d.largest, sizes_[m]);
      }
    }
    for (const bool binary : {false, true}) check(o, binary, demand[binary ? 1 : 0]);
  }

  void check(OpId o, bool binary, const Demand& demand) const {
    const BufferParameters& b = buffer(binary);
    if (demand.largest <= b.depth && demand.halves <= b.regions && demand.addresses <= b.regions * b.depth) return;
    throw NoRoomForMaps(
        refusal("does-not-fit", plan_.row_name(plan_.nodes[plan_.ops[o].node].row),
                fmt::format("{}: in every order at least {} addresses are alive at once, of one map {}; there "
                            "{} {} region{} of {}",
                            name(buffer_of_maps(binary)), demand.addresses, demand.largest,
                            b.regions == 1 ? "is" : "are", b.regions, b.regions == 1 ? "" : "s", b.depth),
                {}),
        plan_.nodes[plan_.ops[o].node].segment);
  }

  static BufferId buffer_of_maps(bool binary) { return binary ? BufferId::act_binary : BufferId::act_fixed; }
  [[nodiscard]] const BufferParameters& buffer(bool binary) const {
    return plan_.machine->buffer(buffer_of_maps(binary));
  }

  const Plan& plan_;
  Table<MapId, std::int64_t> sizes_;
  MapSets before_, after_;
};

}  // namespace

void check_room(const Plan& plan) { RoomCheck(plan).run(); }

}  // namespace blendsim::compiler
