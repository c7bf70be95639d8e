// SPDX-License-Identifier: Apache-2.0
// Pass allocate: addresses. Constants stay on chip where they fit, else they pass through in order of use; maps share
// buffer words when their lifetimes in program order are apart, and avoid regions whose ports other units use
// meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/plan.h"
#include "units/field_limits.h"

namespace blendsim::compiler {
namespace {

struct Lifetime {
  MapId map;
  std::int64_t size = 0;
  OpId begin, end;                         // in program order
  std::uint32_t readers = 0, writers = 0;  // units
};

// Pools some rows of a larger window: place.cpp.
bool is_block(const Node& node) {
  const auto* pool = std::get_if<PoolPart>(&node.work);
  return pool != nullptr && pool->out.tensor == no_tensor;
}

// Of all maps, in order of their first use.
std::vector<Lifetime> find_lifetimes(const Plan& plan) {
  Table<MapId, Lifetime> all(plan.maps.size());
  std::vector<std::pair<NodeId, MapId>> written;
  Table<NodeId, std::pair<OpId, OpId>> span(plan.nodes.size());
  for (const OpId o : plan.ops.keys()) {
    const TileOp& op = plan.ops[o];
    if (op.kind == TileOp::Kind::constants) continue;  // may come long before its node's maps
    const auto touch = [&](const Touch& t, bool write) {
      Lifetime& life = all[t.map];
      if (!life.begin.exists()) life.begin = o;
      life.end = o;
      (write ? life.writers : life.readers) |= 1U << index(op.unit);
    };
    const Touched& touched = plan.touched[op.number];
    for (const Touch& t : touched.reads) touch(t, false);
    for (const Touch& t : touched.writes) {
      touch(t, true);
      if (written.empty() || written.back() != std::pair(op.node, t.map)) written.emplace_back(op.node, t.map);
    }
    auto& [first, last] = span[op.node];
    if (!first.exists()) first = o;
    last = o;
  }
  // What one node writes lies apart, so that every word says which of its tensors it belongs to; and so does the result
  // of a pooling from its blocks, which is gone through in several nodes.
  for (const auto& [node, map] : written) {
    Lifetime& life = all[map];
    life.begin = std::min(life.begin, span[node].first);
    life.end = std::max(life.end, span[node].second);
    if (!std::holds_alternative<PoolPart>(plan.nodes[node].work) || is_block(plan.nodes[node])) continue;
    for (NodeId n(0); n < node; ++n) {
      if (is_block(plan.nodes[n]) && plan.nodes[n].row == plan.nodes[node].row)
        life.begin = std::min(life.begin, span[n].first);
    }
  }
  std::vector<Lifetime> used;
  for (const MapId m : all.keys()) {
    if (!all[m].begin.exists()) continue;
    all[m].map = m;
    all[m].size = plan.maps[m].size();
    used.push_back(all[m]);
  }
  std::sort(used.begin(), used.end(), [](const Lifetime& a, const Lifetime& b) {
    return std::tuple(a.begin, -a.size, a.map) < std::tuple(b.begin, -b.size, b.map);
  });
  return used;
}

class MapAllocator {
 public:
  MapAllocator(Plan& plan, const std::vector<Lifetime>& lives, bool binary) : plan_(plan), binary_(binary) {
    const BufferParameters& b = plan.machine->buffer(buffer());
    regions_ = b.regions;
    depth_ = b.depth;
    for (const Lifetime& life : lives) {
      if (plan.maps[life.map].binary == binary) lives_.push_back(life);
    }
  }

  void run() {
    if (try_all()) return;
    if (plan_.wants_levers) refuse(levers());
    throw NoRoomForMaps(
        refusal("does-not-fit", std::string(name(buffer())), fmt::format("{}: no room", name(buffer())), {}),
        segment_of(stuck_));
  }

  [[nodiscard]] std::int64_t peak() const { return peak_at().first; }

 private:
  [[nodiscard]] BufferId buffer() const { return binary_ ? BufferId::act_binary : BufferId::act_fixed; }

  // In order of need, then largest first with an eye on ports, then largest first wherever there is room.
  bool try_all() {
    if (place(lives_, true)) return true;
    std::vector<Lifetime> by_size = lives_;
    std::stable_sort(by_size.begin(), by_size.end(),
                     [](const Lifetime& a, const Lifetime& b) { return a.size > b.size; });
    return place(by_size, true) || place(by_size, false);
  }

  bool fits(std::int64_t depth) {
    depth_ = depth;
    return try_all();
  }

  [[nodiscard]] std::int64_t region_end(std::int64_t region) const { return std::min((region + 1) * depth_, limit()); }

  static bool meet(const Lifetime& a, const Lifetime& b) { return a.begin <= b.end && b.begin <= a.end; }

  // Units beyond the first on a port, for as long as both maps live.
  static std::int64_t port_cost(const Lifetime& a, const Lifetime& b) {
    const auto shared = [](std::uint32_t x, std::uint32_t y) {
      return std::max(0, std::popcount(x | y) - std::max(1, std::max(std::popcount(x), std::popcount(y))));
    };
    return std::int64_t{shared(a.readers, b.readers) + shared(a.writers, b.writers)} *
           (std::min(a.end, b.end) - std::max(a.begin, b.begin) + 1);
  }

  bool place(const std::vector<Lifetime>& order, bool mind_ports) {
    std::vector<const Lifetime*> placed;
    for (const Lifetime& life : order) {
      std::int64_t best_cost = -1, best_base = 0, best_region = 0;
      for (std::int64_t region = 0; region < regions_; ++region) {
        std::int64_t base = region * depth_, cost = 0;
        std::vector<std::pair<std::int64_t, std::int64_t>> busy;
        for (const Lifetime* other : placed) {
          const Map& map = plan_.maps[other->map];
          if (map.region != region || !meet(life, *other)) continue;
          busy.emplace_back(map.base, map.base + other->size);
          if (mind_ports) cost += port_cost(life, *other);
        }
        std::sort(busy.begin(), busy.end());
        for (const auto& [begin, end] : busy) {
          if (begin - base >= life.size) break;
          base = std::max(base, end);
        }
        if (base + life.size > region_end(region)) continue;
        if (best_cost >= 0 && cost >= best_cost) continue;
        best_cost = cost;
        best_base = base;
        best_region = region;
      }
      if (best_cost < 0) {
        stuck_ = life.begin;
        return false;
      }
      Map& map = plan_.maps[life.map];
      map.region = u32(best_region);
      map.base = u32(best_base);
      placed.push_back(&life);
    }
    return true;
  }

  // Most addresses alive at once, and the operation at which they are.
  [[nodiscard]] std::pair<std::int64_t, OpId> peak_at() const {
    std::pair<std::int64_t, OpId> best{0, OpId(0)};
    for (const Lifetime& at : lives_) {
      std::int64_t sum = 0;
      for (const Lifetime& life : lives_) sum += life.begin <= at.begin && at.begin <= life.end ? life.size : 0;
      if (sum > best.first) best = {sum, at.begin};
    }
    return best;
  }

  [[nodiscard]] std::int64_t limit() const { return addressed_words(buffer()); }

  // The least depth with which the maps find room in this program; none within what instructions address.
  std::optional<std::int64_t> least_depth() {
    std::int64_t low = 0, high = 1;
    const std::int64_t most = limit() / regions_;
    while (high < most && !fits(high)) low = high, high = std::min(2 * high, most);
    if (!fits(high)) return std::nullopt;
    while (low + 1 < high) {
      const std::int64_t middle = (low + high) / 2;
      (fits(middle) ? high : low) = middle;
    }
    return high;
  }

  // Deeper regions, then more of them or fewer (of which more words can be addressed), that with the fewest words
  // first.
  std::vector<Lever> levers() {
    constexpr std::int64_t most_regions = 8;
    const std::int64_t regions = regions_, depth = depth_;
    std::vector<std::pair<std::int64_t, Lever>> found;  // words in all
    for (regions_ = 1; regions_ <= most_regions; ++regions_) {
      const std::optional<std::int64_t> least = least_depth();
      if (!least) continue;
      Lever lever;
      if (regions_ != regions) lever.push_back(fmt::format("buffers.{}.regions={}", name(buffer()), regions_));
      if (*least > depth || regions_ * depth > limit())
        lever.push_back(fmt::format("buffers.{}.depth={}", name(buffer()), *least));
      found.emplace_back(regions_ == regions ? 0 : regions_ * std::max(depth, *least), std::move(lever));
    }
    regions_ = regions;
    depth_ = depth;
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Lever> out;
    for (auto& [words, lever] : found) out.push_back(std::move(lever));
    return out;
  }

  [[noreturn]] void refuse(std::vector<Lever> levers) const {
    const auto [demand, op] = peak_at();
    std::string live;
    for (const Lifetime& life : lives_) {
      if (life.begin <= op && op <= life.end)
        live += fmt::format("{}'{}' {}", live.empty() ? "" : ", ", plan_.maps[life.map].name, life.size);
    }
    const std::int64_t have = plan_.machine->buffer(buffer()).depth;
    const auto largest =
        std::max_element(lives_.begin(), lives_.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
    const bool too_large = largest->size > have;  // then it needs no other beside it to be refused
    const std::string alive = fmt::format("{} addresses are alive at once ({}), there {} {} region{} of {}", demand,
                                          live, regions_ == 1 ? "is" : "are", regions_, regions_ == 1 ? "" : "s", have);
    const std::string why = too_large ? fmt::format("'{}' takes {} addresses of one region, and a region has {}; {}",
                                                    plan_.maps[largest->map].name, largest->size, have, alive)
                            : demand > regions_ * have ? fmt::format("{}: {} too few", alive, demand - regions_ * have)
                                                       : fmt::format("{}, and no map may cross a region", alive);
    throw NoRoomForMaps(
        refusal(
            "does-not-fit", plan_.row_name(plan_.nodes[plan_.ops[too_large ? largest->begin : op].node].row),
            fmt::format("{}: {}", name(buffer()), why), std::move(levers),
            !plan_.wants_levers
                ? std::string()
                : fmt::format("instructions address {} of them at most, and the rows that windows need of every map "
                              "have to be there together: use a narrower input or fewer channels",
                              limit())),
        segment_of(stuck_));
  }

  [[nodiscard]] int segment_of(OpId op) const { return plan_.nodes[plan_.ops[op].node].segment; }

  Plan& plan_;
  bool binary_;
  std::int64_t regions_ = 1, depth_ = 0;
  std::vector<Lifetime> lives_;
  OpId stuck_{0};  // begins the map for which there was no room when maps were last placed
};

class ConstantAllocator {
 public:
  explicit ConstantAllocator(Plan& plan) : plan_(plan) {}

  void run() {
    for (const Space s : all_spaces) {
      const SpaceUse& use = plan_.spaces[s];
      if (use.blocks.empty()) continue;
      keep(s, use);
      stream(s, use);
    }
    std::uint64_t dram = 0;  // a space's blocks lie one after the other
    for (const SpaceUse& use : plan_.spaces) {
      for (const BlockId b : use.blocks) {
        Block& block = plan_.blocks[b];
        if (block.original.exists()) {  // which stands before it in the list
          block.dram = plan_.blocks[block.original].dram;
          continue;
        }
        block.dram = dram;
        dram += static_cast<std::uint64_t>(block.words * dram_word_bytes(*plan_.machine, buffer_id(block.space)));
      }
    }
    insert_loads();
  }

 private:
  [[nodiscard]] std::int64_t first_word(Space space) const {
    const std::int64_t depth = plan_.machine->buffer(BufferId::parameters).depth;
    return space == Space::xnor_starts ? depth : space == Space::mac_starts ? 2 * depth : 0;
  }

  // The next place of `words` words from `at` on that lies within one region.
  [[nodiscard]] std::int64_t in_region(Space space, std::int64_t at, std::int64_t words) const {
    if (buffer_id(space) == BufferId::parameters) return at;
    const std::int64_t depth = buffer_of(*plan_.machine, space).depth;
    return at / depth == (at + words - 1) / depth ? at : (at / depth + 1) * depth;
  }

  void keep(Space space, const SpaceUse& use) {
    std::int64_t at = 0;
    for (const BlockId b : use.blocks) {
      Block& block = plan_.blocks[b];
      if (block.use.exists()) continue;
      at = in_region(space, at, block.words);
      block.address = u32(first_word(space) + at);
      at += block.words;
    }
  }

  struct Use {
    OpId first, last{0};
  };

  // Operations that read a block, of one image or of all, as positions in the present order.
  [[nodiscard]] Use use_of(BlockId b) const {
    const Block& block = plan_.blocks[b];
    Use use{plan_.ops.next()};
    for (const OpId o : plan_.ops.keys()) {
      const TileOp& op = plan_.ops[o];
      if (op.chunk != block.chunk) continue;
      const bool post = op.kind == TileOp::Kind::post, conv = op.kind == TileOp::Kind::conv;
      const bool xnor = block.space == Space::weights_binary || block.space == Space::xnor_starts;
      const bool reads_it = block.space == Space::records ? post : conv && (op.unit == UnitId::xnor_array) == xnor;
      if (!reads_it || plan_.block_of(block.space, op.node, op.chunk) != b) continue;
      use.first = std::min(use.first, o);
      use.last = o;
    }
    return use;
  }

  // One after the other through the buffer, and together what passes with a phase. A load stands behind the last
  // reader of what it overwrites, and not before the first reader of what passes before it: one block is fetched while
  // another is used.
  void stream(Space space, const SpaceUse& use) {
    std::int64_t at = use.kept_words();
    Table<UseId, Use> uses;
    for (const std::vector<BlockId>& blocks : use.streamed) {
      at = place_together(space, use, blocks, at);
      Use together{plan_.ops.next()};
      for (const BlockId b : blocks) {
        const Use one = use_of(b);
        together = {std::min(together.first, one.first), std::max(together.last, one.last)};
      }
      for (const BlockId b : blocks) {
        OpId position = uses.empty() ? together.first : uses.back().first;
        for (const UseId j : uses.keys()) {
          if (overwrites(plan_.blocks[b], use.streamed[j])) position = std::max(position, uses[j].last + 1);
        }
        loads_.push_back({position, b});
      }
      uses.add(together);
    }
  }

  // From `at` on, or from the first word on that blocks pass through. Returns where the last one ends.
  std::int64_t place_together(Space space, const SpaceUse& use, const std::vector<BlockId>& blocks, std::int64_t at) {
    for (const std::int64_t first : {at, use.kept_words()}) {
      std::int64_t end = first;
      for (const BlockId b : blocks) {
        Block& block = plan_.blocks[b];
        end = in_region(space, end, block.words);
        block.address = u32(first_word(space) + end);
        end += block.words;
      }
      if (end <= use.capacity) return end;
    }
    throw InvariantError("compiler", "a block passes through too few words");
  }

  [[nodiscard]] bool overwrites(const Block& block, const std::vector<BlockId>& others) const {
    return std::ranges::any_of(others, [&](BlockId o) {
      const Block& other = plan_.blocks[o];
      return other.address < block.address + block.words && block.address < other.address + other.words;
    });
  }

  void insert_loads() {
    if (loads_.empty()) return;
    std::stable_sort(loads_.begin(), loads_.end(),
                     [](const auto& a, const auto& b) { return a.position < b.position; });
    Table<OpId, TileOp> ops;
    std::size_t next = 0;
    for (OpId o(0); o <= plan_.ops.next(); ++o) {
      for (; next < loads_.size() && loads_[next].position == o; ++next) {
        TileOp op;
        op.kind = TileOp::Kind::constants;
        op.node = plan_.blocks[loads_[next].block].node;
        op.block = loads_[next].block;
        op.unit = UnitId::load;
        ops.add(op);
      }
      if (o < plan_.ops.next()) ops.add(plan_.ops[o]);
    }
    plan_.ops = std::move(ops);
  }

  struct BlockLoad {
    OpId position;
    BlockId block;
  };
  Plan& plan_;
  std::vector<BlockLoad> loads_;
};

}  // namespace

void allocate(Plan& plan) {
  ConstantAllocator(plan).run();
  const std::vector<Lifetime> lives = find_lifetimes(plan);
  for (const bool binary : {false, true}) {
    MapAllocator maps(plan, lives, binary);
    maps.run();
    plan.peak[binary ? BufferId::act_binary : BufferId::act_fixed] = maps.peak();
  }
}

}  // namespace blendsim::compiler
