// SPDX-License-Identifier: Apache-2.0
// Pass tile: cuts every node into rows, and into chunks of output channels where accumulators or weights ask for it;
// says what constants each chunk needs and whether they stay on chip (spaces.h).
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

#include "base/diagnostic.h"
#include "compiler/levers.h"
#include "compiler/spaces.h"
#include "units/buffer/layout.h"
#include "units/field_limits.h"
#include "units/mac_array/law.h"
#include "units/transfer/law.h"
#include "units/xnor_array/law.h"

namespace blendsim::compiler {
namespace {

constexpr int most_rows = most_tile_rows;
constexpr std::int64_t shortest_transfer = 512;  // bytes: two bursts of the usual bus
constexpr std::int64_t accumulator_address_limit = addressed_words(BufferId::accumulators);

class Tiler {
 public:
  explicit Tiler(Plan& plan) : plan_(plan), machine_(*plan.machine) {}

  void run() {
    check_addresses();
    check_sides();
    for (Node& node : plan_.nodes) {
      if (auto* stage = std::get_if<Stage>(&node.work)) prepare(node, *stage);
    }
    plan_.table_copies.assign(plan_.nodes.size(), 1);
    do {
      plan_.ops.clear();
      plan_.tiles = TileId(0);
      measure_spaces(plan_);
      for (const NodeId n : plan_.nodes.keys()) cut(n);
    } while (find_copies_of_tables());
    make_blocks(plan_);
    size_slots();
    measure();
  }

 private:
  // Accumulators of both arrays must lie within the instructions' address fields.
  void check_addresses() const {
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    if (2 * depth > accumulator_address_limit) {
      throw refusal(
          "does-not-fit", "accumulators",
          fmt::format("instructions address {} accumulator words, there are 2 x {}", accumulator_address_limit, depth),
          {{fmt::format("buffers.accumulators.depth={}", accumulator_address_limit / 2)}});
    }
  }

  // A segment whose maps are larger than instructions name has to be gone through in patches.
  void check_sides() const {
    for (const Node& node : plan_.nodes) {
      const auto check = [&](const View& view) {
        if (!view.exists()) return;
        const Map& map = plan_.map(view);
        const int side = std::max(map.height, map.width);
        if (side <= most_map_side) return;
        throw NoRoomForMaps(
            DiagnosticError(
                "not-lowerable", Place{{}, 0, plan_.row_name(node.row)},
                fmt::format("'{}' has {} {}, instructions name {} of a map at most: it has to be gone through "
                            "in patches",
                            map.name, side, map.height > most_map_side ? "rows" : "columns", most_map_side),
                fmt::format("no patches were found: a transposition reads its map whole, and the parts of a "
                            "concatenation that others of it are computed from lie together; let the layers "
                            "before make the sides {} or less",
                            most_map_side)),
            node.segment);
      };
      for_views_read(node, check);
      for_views_written(node, check);
    }
  }

  void prepare(const Node& node, Stage& stage) {
    for (ConvPart& part : stage.convs) {
      const Window& w = part.window;
      const int zero_point = plan_.network->tensor(plan_.convolution(part).input).zero_point;
      const bool by_border = zero_point != 0 || (part.choice.xnor && (!part.choice.use_and || part.choice.doubled) &&
                                                 part.choice.activation_bits == 1);
      if (by_border) {
        part.down = BorderClasses::of(part.in_height, node.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top);
        part.across = BorderClasses::of(part.in_width, node.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
      }
      const std::int64_t channels = part.channels / part.choice.split;
      const std::int64_t taps = std::int64_t{w.kernel_h} * w.kernel_w;
      if (part.choice.xnor) {
        const std::int64_t cells = ceil_divide(channels, slice_channels * plan_.cell_slices());
        part.words_per_group =
            part.choice.weight_bits *
            XnorSteps::of(w.kernel_h, w.kernel_w, cells, w.dilation_h != 1 || w.dilation_w != 1).steps;
      } else {
        part.words_per_group = taps * (part.choice.depthwise ? 1 : column_groups(channels, machine_.mac_array.columns));
      }
    }
    for (const PostPart& part : stage.posts) check_rounding(part);
  }

  void check_rounding(const PostPart& part) const {
    if (part.work == nullptr) return;
    std::optional<Rounding> rounding;
    for (const auto* q : {&part.work->q1, &part.work->q2, &part.work->q3}) {
      if (!*q) continue;
      if (rounding && *rounding != (*q)->rounding) {
        throw DiagnosticError("not-lowerable", Place{{}, 0, plan_.layer(part.layer).name},
                              "its quantisers round in two different ways, an instruction has one rounding for all");
      }
      rounding = (*q)->rounding;
    }
  }

  // Chunks have tables of their own, and how many there are is known when room has been found for one: true where there
  // are more than were measured.
  bool find_copies_of_tables() {
    bool more = false;
    for (const NodeId n : plan_.nodes.keys()) {
      const int chunks = plan_.nodes[n].chunks;
      if (chunks <= plan_.table_copies[n] || words_of_tables(plan_, n) == 0) continue;
      plan_.table_copies[n] = chunks;
      more = true;
    }
    return more;
  }

  // --- cutting ---------------------------------------------------------------------------------------------------
  void cut(NodeId n) {
    Node& node = plan_.nodes[n];
    if (std::holds_alternative<Stage>(node.work)) cut_stage(n, node);
    else if (std::holds_alternative<PoolPart>(node.work))
      cut_rows(n, node, TileOp::Kind::pool, UnitId::pool_unit, rows_by_law(n, node, TileOp::Kind::pool));
    else if (std::holds_alternative<TransposePart>(node.work))
      cut_rows(n, node, TileOp::Kind::transpose, UnitId::transpose_unit, rows_turned(n, node));
    else if (const auto* input = std::get_if<LoadPart>(&node.work))
      cut_rows(n, node, TileOp::Kind::load, UnitId::load, rows_by_bytes(row_bytes(plan_, *input), node));
    else
      cut_rows(n, node, TileOp::Kind::store, UnitId::store,
               goes_row_by_row(plan_, node)
                   ? 1
                   : rows_by_bytes(row_bytes(plan_, node, std::get<StorePart>(node.work)), node));
  }

  static int rows_by_bytes(std::int64_t row_bytes, const Node& node) {
    return static_cast<int>(
        std::clamp<std::int64_t>(ceil_divide(shortest_transfer, row_bytes), 1, std::min(node.height, most_rows)));
  }

  int rows_by_law(NodeId n, const Node& node, TileOp::Kind kind) const {
    TileOp op;
    op.kind = kind;
    op.node = n;
    op.rows = 1;
    const Cycles one = std::max<Cycles>(1, occupancy(build(plan_, op), machine_));
    return static_cast<int>(
        std::clamp<Cycles>(ceil_divide(plan_.shortest_tile, one), 1, std::min(node.height, most_rows)));
  }

  // Of a transposition: its tiles are whole slices of the input, and so begin every so many rows.
  int rows_turned(NodeId n, const Node& node) const {
    TileOp op;
    op.kind = TileOp::Kind::transpose;
    op.node = n;
    op.rows = std::min(node.height, static_cast<int>(std::lcm(node.width, slice_channels)) / node.width);
    const Cycles one = std::max<Cycles>(1, occupancy(build(plan_, op), machine_));
    return static_cast<int>(op.rows * ceil_divide(plan_.shortest_tile, one));
  }

  void cut_rows(NodeId n, Node& node, TileOp::Kind kind, UnitId unit, int rows) {
    node.rows = rows;
    TileOp op;
    op.kind = kind;
    op.node = n;
    op.unit = unit;
    for (const RowRange& tile : row_tiles(op)) {
      op.row = tile.row0;
      op.rows = tile.row1 - tile.row0;
      plan_.ops.add(op);
      add_rows_again(op);
    }
  }

  // --- bands -----------------------------------------------------------------------------------------------------
  // The tiles of a node from its first row on: all that a tile reads of a map lies in one band, all that it writes too.
  // `op`: an operation of the node.
  [[nodiscard]] std::vector<RowRange> row_tiles(TileOp op) const {
    const Node& node = plan_.nodes[op.node];
    std::vector<RowRange> tiles;
    std::vector<BandId> bands, of_tile;
    for (int row = 0; row < node.height; ++row) {
      bands.clear();
      op.row = row;
      op.rows = 1;
      if (plan_.banding.least_height > 0) add_bands(op, bands);
      if (!tiles.empty() && tiles.back().row1 - tiles.back().row0 < node.rows && bands == of_tile) {
        ++tiles.back().row1;
        continue;
      }
      tiles.push_back({row, row + 1});
      of_tile = bands;
    }
    return tiles;
  }

  void add_bands(TileOp op, std::vector<BandId>& bands) const {
    const auto add = [&] {
      for (const Touch& t : reads(plan_, op)) bands.push_back(t.band);
      for (const Touch& t : writes(plan_, op)) bands.push_back(t.band);
    };
    const auto* stage = std::get_if<Stage>(&plan_.nodes[op.node].work);
    if (stage == nullptr) return add();
    op.kind = TileOp::Kind::conv;
    for (const ConvId c : stage->convs.keys()) op.conv = c, add();
    op.kind = TileOp::Kind::post;
    for (const PostId p : stage->posts.keys()) op.post = p, add();
  }

  // The operations that write those rows of `op` once more that bands after its own hold too.
  void add_rows_again(const TileOp& op) {
    const Touches written = writes(plan_, op);
    if (written.empty()) return;
    const Map& map = plan_.maps[written.front().map];
    for (BandId later = written.front().band + 1; later < map.first_band + map.bands; ++later) {
      const int first = std::max(op.row, plan_.bands[later].own_row - map.overlap);
      if (first >= op.row + op.rows) return;
      TileOp again = op;
      again.row = first;
      again.rows = op.row + op.rows - first;
      again.rows_before = first - op.row;
      again.again = later - written.front().band;
      plan_.ops.add(again);
    }
  }

  [[nodiscard]] std::int64_t accumulator_words(const Node& node, const Stage& stage, int slices) const {
    std::int64_t words = 0;
    for (const ConvPart& part : stage.convs)
      words = std::max(words, std::max(node.width, node.widest) * row_groups(machine_, part.choice.xnor, slices));
    return words;
  }

  void cut_stage(NodeId n, Node& node) {
    const Stage& stage = std::get<Stage>(node.work);
    const int unit = slice_unit(plan_, stage), all = stage.slices();
    int chunk = static_cast<int>(ceil_divide(all, unit)) * unit;
    for (const ConvPart& part : stage.convs) {
      while (chunk > unit && row_groups(machine_, part.choice.xnor, chunk) > most_row_groups) chunk -= unit;
    }
    chunk = limit_by_weights(n, node, stage, chunk, unit);
    chunk = limit_by_accumulators(node, stage, chunk, unit);
    for (const ConvPart& part : stage.convs) {  // a chunk lies within one group of a grouped convolution
      if (part.choice.split > 1)
        chunk = std::gcd(chunk, stage.lanes.channel_count() / part.choice.split / slice_channels);
    }
    if (node.first_patch.exists()) {  // whose constants it shares, chunk by chunk
      const int shared = plan_.nodes[node.first_patch].chunk;
      if (shared > chunk) {
        throw NoRoomForMaps(refusal("does-not-fit", plan_.row_name(node.row),
                                    "a patch has room for fewer channels at once than the first one", {}),
                            node.segment);
      }
      chunk = shared;
    }
    node.chunk = std::min(chunk, all);
    node.chunks = static_cast<int>(ceil_divide(all, node.chunk));
    node.rows = stage_rows(n, node, stage);
    emit_stage_ops(n, node, stage);
  }

  int limit_by_weights(NodeId n, const Node& node, const Stage& stage, int chunk, int unit) const {
    for (const Space space : all_spaces) {
      const SpaceUse& use = plan_.spaces[space];
      if (use.residence[n] != Residence::passes_by_chunk) continue;
      const std::int64_t region = buffer_id(space) == BufferId::parameters
                                      ? use.stream_words
                                      : std::min(use.stream_words, buffer_of(machine_, space).depth);
      // Two chunks at once, so that one is loaded while the other is used; one alone where that is too little.
      while (chunk > unit && words_in(plan_, space, n, std::min(chunk, stage.slices()), nullptr) > region / 2)
        chunk -= unit;
      const std::int64_t words = words_in(plan_, space, n, std::min(chunk, stage.slices()), nullptr);
      if (words > region) {
        throw refusal("does-not-fit", plan_.row_name(node.row),
                      fmt::format("{}: one row group of this layer takes {} words, there are {}: {} too few",
                                  space_name(space), words, region, words - region),
                      constant_levers(machine_, space, words));
      }
    }
    return chunk;
  }

  int limit_by_accumulators(const Node& node, const Stage& stage, int chunk, int unit) const {
    if (stage.convs.empty()) return chunk;
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    while (chunk > unit && accumulator_words(node, stage, std::min(chunk, stage.slices())) > depth / 2) chunk -= unit;
    const std::int64_t words = accumulator_words(node, stage, std::min(chunk, stage.slices()));
    const std::int64_t tiles = most_in_one_region(stage);
    if (words * tiles > depth) {
      throw refusal(
          "does-not-fit", plan_.row_name(node.row),
          fmt::format("accumulators: one row of one row group takes {} words, the region holds {}: {} too few",
                      words * tiles, depth, words * tiles - depth),
          accumulator_levers(words * tiles));
    }
    return chunk;
  }

  // Deeper regions; or equally wide arrays, where a chunk of the wider one is several row groups of the other.
  [[nodiscard]] std::vector<Lever> accumulator_levers(std::int64_t words) const {
    std::vector<Lever> levers{{fmt::format("buffers.accumulators.depth={}", words)}};
    const std::int64_t rows = std::max(machine_.xnor_array.rows, machine_.mac_array.rows);
    if (machine_.xnor_array.rows < rows) levers.push_back({fmt::format("xnor_array.rows={}", rows)});
    if (machine_.mac_array.rows < rows) levers.push_back({fmt::format("mac_array.rows={}", rows)});
    return levers;
  }

  static std::int64_t most_in_one_region(const Stage& stage) {
    std::array<std::int64_t, 2> count{};
    for (const ConvPart& part : stage.convs) ++count[part.choice.xnor ? 0 : 1];
    return std::max(count[0], count[1]);
  }

  // Rows a tile: long enough by law, and at least four tiles in the accumulators.
  int stage_rows(NodeId n, const Node& node, const Stage& stage) const {
    if (goes_row_by_row(plan_, node)) return 1;
    Cycles longest = 1;
    TileOp op;
    op.node = n;
    op.rows = 1;
    op.slices = std::min(node.chunk, stage.slices());
    const auto try_part = [&] { longest = std::max(longest, occupancy(build(plan_, op), machine_)); };
    op.kind = TileOp::Kind::conv;
    for (const ConvId c : stage.convs.keys()) op.conv = c, try_part();
    op.kind = TileOp::Kind::post;
    for (const PostId p : stage.posts.keys()) op.post = p, try_part();
    std::int64_t rows =
        std::clamp<Cycles>(ceil_divide(plan_.shortest_tile, longest), 1, std::min(node.height, most_rows));
    if (!stage.convs.empty()) {
      const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth / most_in_one_region(stage);
      while (rows > 1 && rows * accumulator_words(node, stage, op.slices) > depth / 4) --rows;
    }
    return static_cast<int>(rows);
  }

  void emit_stage_ops(NodeId n, const Node& node, const Stage& stage) {
    const bool by_chunk = std::ranges::any_of(
        plan_.spaces, [&](const SpaceUse& use) { return use.residence[n] == Residence::passes_by_chunk; });
    TileOp op;
    op.node = n;
    const std::vector<RowRange> rows = row_tiles(op);
    const int row_count = static_cast<int>(rows.size());
    for (int i = 0; i < node.chunks * row_count; ++i) {
      const int chunk = by_chunk ? i / row_count : i % node.chunks;
      const RowRange& tile = rows[static_cast<std::size_t>(by_chunk ? i % row_count : i / node.chunks)];
      op = {};
      op.node = n;
      op.row = tile.row0;
      op.rows = tile.row1 - tile.row0;
      op.chunk = chunk;
      op.slice = stage.first_slice + chunk * node.chunk;
      op.slices = std::min(node.chunk, stage.slices() - chunk * node.chunk);
      op.tile = plan_.tiles;
      ++plan_.tiles;
      op.kind = TileOp::Kind::conv;
      for (const ConvId c : stage.convs.keys()) {
        op.conv = c;
        op.unit = stage.convs[c].choice.xnor ? UnitId::xnor_array : UnitId::mac_array;
        plan_.ops.add(op);
      }
      op.conv = {};
      op.kind = TileOp::Kind::post;
      op.unit = UnitId::post_unit;
      for (const PostId p : stage.posts.keys()) {
        op.post = p;
        plan_.ops.add(op);
      }
      for (const PostId p : stage.posts.keys()) {
        op.post = p;
        add_rows_again(op);
      }
    }
  }

  // Accumulators are handed out in slots as large as the largest tile of their region.
  void size_slots() {
    const std::int64_t depth = machine_.buffer(BufferId::accumulators).depth;
    for (const TileOp& op : plan_.ops) {
      if (op.kind != TileOp::Kind::conv) continue;
      const bool xnor = op.unit == UnitId::xnor_array;
      const int width = plan_.nodes[op.node].width;
      std::int64_t& slot = plan_.accumulator_slot[xnor ? 0 : 1];
      slot = std::max(slot, op.rows * width * row_groups(machine_, xnor, op.slices));
    }
    for (const Node& node : plan_.nodes) {
      const auto* stage = std::get_if<Stage>(&node.work);
      if (stage == nullptr || stage->convs.empty()) continue;
      std::array<std::int64_t, 2> count{};
      for (const ConvPart& part : stage->convs) ++count[part.choice.xnor ? 0 : 1];
      for (std::size_t r = 0; r < 2; ++r) {
        if (count[r] * plan_.accumulator_slot[r] <= depth) continue;
        throw refusal("does-not-fit", plan_.row_name(node.row),
                      fmt::format("accumulators: this layer needs {} tiles of {} words at once, the region holds {}",
                                  count[r], plan_.accumulator_slot[r], depth),
                      accumulator_levers(count[r] * plan_.accumulator_slot[r]));
      }
    }
  }

  // Tiles of one size take one time, and no field of an instruction falls from row to row: so of each size of a part
  // the last one is looked at, and all of them in order where it is refused.
  void measure() {
    std::vector<const TileOp*> sizes;  // of the node at hand
    for (OpId o = plan_.ops.next(); o-- > OpId(0);) {
      TileOp& op = plan_.ops[o];
      const auto size = [](const TileOp& of) {
        return std::tie(of.kind, of.conv, of.post, of.rows, of.slice, of.slices);
      };
      if (!sizes.empty() && sizes.front()->node != op.node) sizes.clear();
      const auto alike =
          std::find_if(sizes.begin(), sizes.end(), [&](const TileOp* other) { return size(*other) == size(op); });
      if (alike == sizes.end()) {
        measure(op);
        sizes.push_back(&op);
      } else {
        op.occupancy = (*alike)->occupancy;
        op.depth = (*alike)->depth;
      }
    }
  }

  void check_in_order() const {
    for (const TileOp& op : plan_.ops) check_fields(plan_, op, build(plan_, op));
  }

  void measure(TileOp& op) const {
    const Instruction i = build(plan_, op);
    if (!fields_fit(i)) check_in_order();
    if (is_memory_unit(op.unit)) {
      const auto& t = op.unit == UnitId::load ? static_cast<const TransferInstruction&>(std::get<LoadInstruction>(i))
                                              : static_cast<const TransferInstruction&>(std::get<StoreInstruction>(i));
      const std::int64_t bus = machine_.memory.bus_bytes();
      op.occupancy = engine_cycles(t, transfer_beats(t, bus), bus, 2 * machine_.xnor_array.cell_slices());
      op.depth = machine_.memory.read_latency + 20;
      return;
    }
    op.occupancy = occupancy(i, machine_);
    op.depth = depth_of(op.unit, machine_);
  }

  Plan& plan_;
  const MachineParameters& machine_;
};

}  // namespace

void tile(Plan& plan) { Tiler(plan).run(); }

}  // namespace blendsim::compiler
