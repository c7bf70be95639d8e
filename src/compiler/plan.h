// SPDX-License-Identifier: Apache-2.0
// What the passes hand on to each other: the network as nodes of machine work, then tiles, then an order with
// addresses.
//
// A node is a piece of work whose tiles are rows of one output map: loading the input, a stage (convolutions and the
// post-processing that reads their accumulators), a pooling or copy, a transposition, storing an output. Passes only
// add to the plan.
#pragma once

#include <array>
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/index.h"
#include "compiler/facts.h"
#include "isa/image_name.h"
#include "isa/program.h"
#include "network/integer_network.h"
#include "units/buffer/layout.h"
#include "units/machine_parameters.h"

namespace blendsim::compiler {

struct Band;
struct Block;
struct ConvPart;
struct Map;
struct Node;
struct PostPart;
struct SpaceUse;
struct Spill;
struct TileOp;

using RowId = Index<struct LayerRow>;  // of the program's layer table: the input, the layers, the outputs
using MapId = Index<Map>;
using BandId = Index<Band>;  // of all maps
using SpillId = Index<Spill>;
using NodeId = Index<Node>;
using ConvId = Index<ConvPart>;  // of a stage, as
using PostId = Index<PostPart>;
using ChunkId = Index<struct Chunk>;  // of all nodes' chunks
using BlockId = Index<Block>;
using UseId = Index<SpaceUse>;  // place of a block in its space's order of use
using OpId = Index<TileOp>;
using TileId = Index<struct Tile>;
using SlotId = Index<struct AccumulatorSlot>;  // of all tiles' convolutions

inline constexpr RowId input_row{0};
[[nodiscard]] constexpr RowId row_of(LayerId layer) { return RowId(layer.value() + 1); }  // none: the input's

// Where a tensor's channels lie in its map: channel c in lane position[c] % 16 of slice position[c] / 16.
struct Lanes {
  Table<int, int> position;  // by channel
  int slices = 0;
  [[nodiscard]] static Lanes dense(int channels);
  [[nodiscard]] bool is_dense() const;
  [[nodiscard]] int channel_count() const { return position.next(); }
  [[nodiscard]] Table<int, int> channels() const;  // by position; -1: none
  bool operator==(const Lanes&) const = default;
};

// A pixel of a tensor's map.
struct Corner {
  int row = 0, column = 0;
  bool operator==(const Corner&) const = default;
};

// A map in act_fixed or act_binary. Binary: `slices` cells a pixel in each of `planes` planes. One that does not lie
// whole is a ring: its bands take the same addresses, one after the other.
struct Map {
  std::string name;
  bool binary = false;
  int height = 0, width = 0, slices = 0;
  int planes = 1;                      // binary
  int bytes = 1;                       // fixed
  Corner corner;                       // spill: where in the whole map this patch of it begins
  BandId first_band;                   // split
  int bands = 1;                       // ... of it
  int band_rows = 0;                   // ... own rows of each band but the last
  int overlap = 0;                     // ... rows before its own that a band holds too: none of the first
  int held_rows = 0;                   // ... most of a band
  std::uint32_t region = 0, base = 0;  // allocate

  [[nodiscard]] std::int64_t addresses(int rows) const;  // that so many rows take
  [[nodiscard]] std::int64_t size() const { return addresses(held_rows); }
};

// Rows of a map that lie together, first_row at the map's base. A window whose last row is one of a band's own finds
// its other rows there as well. A row takes the place of one of the band before once nothing reads that any more.
struct Band {
  MapId map;
  int first_row = 0, rows = 0;  // held: overlap and own; the first band's begin before the map, with no overlap
  int own_row = 0;              // the first of its own
};

// A tensor's channel range of a map. `first`: slices of 16 channels before it (in each plane).
struct View {
  MapId map;
  int first = 0;
  Lanes lanes;
  TensorId tensor = no_tensor;
  [[nodiscard]] bool exists() const { return map.exists(); }
};

// Copies of a tensor that its consumers read. An accumulator has neither unless something needs it as a map.
struct Needs {
  bool fixed = false, binary = false;
  bool operator==(const Needs&) const = default;
};

// Unit and operand form of a convolution, and why.
struct ConvChoice {
  bool xnor = false;
  bool depthwise = false;
  bool stem = false;  // mac_array, four pixels a word
  int split = 1;      // groups computed one by one, each on its own channels of the input
  int activation_bits = 1, weight_bits = 1;
  bool use_and = false, activation_signed = false, weight_signed = false;
  bool doubled = false;  // bipolar input as a bit b: sum of 2w * b, less the sum of w
  bool operator==(const ConvChoice&) const = default;
};

struct Assignment {
  Table<LayerId, bool> live;  // an output depends on it; others make no instructions
  Table<LayerId, ConvChoice> convolutions;
  Table<TensorId, Needs> needs;
  bool operator==(const Assignment&) const = default;
};

// --- nodes --------------------------------------------------------------------------------------------------------
struct ConvPart {
  LayerId layer;
  ConvChoice choice;
  View source;
  int in_height = 0, in_width = 0, channels = 0;  // stem: words a row and 16 lanes
  Window window;                                  // stem: over words
  Corner skipped;                                 // of the map, before what the first window can reach
  std::int64_t words_per_group = 0;               // weight words of a row group
  BorderClasses down, across;
  [[nodiscard]] std::int64_t classes() const { return std::int64_t{down.count()} * across.count(); }
};

struct Operand {
  ConvId conv;  // accumulators of the stage's convolution, or
  View map;     // a fixed map
  Format format;
  bool one_pixel = false;  // of the map: it has no other, and it meets all of the node's
};

struct PostPart {
  LayerId layer;                         // none: a copy of the input
  const PostProcessing* work = nullptr;  // absent: a copy
  Operand a, b;
  View fixed, bits;  // what it writes
  TensorId fixed_tensor = no_tensor, bits_tensor = no_tensor;
  bool fixed_is_code = false;
  std::optional<Thresholds> thresholds;  // of the code written: the network's, or one level a value
  const CodeTable* table = nullptr;      // ... or the network's
};

struct Stage {
  Table<ConvId, ConvPart> convs;
  Table<PostId, PostPart> posts;
  Lanes lanes;
  int first_slice = 0;   // spill: of those that it computes
  int part_slices = -1;  // ... as many; -1: all
  [[nodiscard]] int slices() const { return part_slices < 0 ? lanes.slices : part_slices; }
};

struct PoolPart {
  LayerId layer;  // none: a copy of the input
  bool sum = false;
  View in, out;
  Window window;
  Corner skipped;  // of the map, before what the first window can reach
  Format in_format;
  int zero_point = 0, divisor = 0;
  int plane = 0;  // binary: the one handled
};

// Pixels and channels change places: both maps lie whole, their values are bytes, and their channels lie densely.
struct TransposePart {
  LayerId layer;
  View in, out;
};

// Rows of a patch among those of its map in DRAM.
struct DramPatch {
  std::uint32_t pitch = 0;   // bytes from one row to the next; 0: they follow each other without a gap
  std::uint32_t offset = 0;  // ... from the map's first to the patch's
};

struct LoadPart {
  View view;
  TransferForm form = TransferForm::fixed;
  int pad_left = 0, fill = 0, pixels = 0;  // stem: pixels a row
  SpillId spill;                           // what is loaded; none: the network's input
  DramPatch patch = {};
};

struct StorePart {
  View view;
  std::size_t output = 0;     // ... of the network, or
  SpillId spill;              // a map that will be loaded again
  std::uint32_t address = 0;  // of its first row in the output area
  DramPatch patch = {};
};

// A map that waits in DRAM, its rows one after the other behind the outputs, until a later segment loads it.
struct Spill {
  MapId map;                  // that is stored: of patches the first
  std::uint32_t address = 0;  // in the output area
  int rows = 0;               // of the whole map
};

struct Node {
  std::variant<LoadPart, Stage, PoolPart, TransposePart, StorePart> work;
  RowId row;
  int height = 0, width = 0;  // of what it writes (or stores)
  Corner corner = {};         // spill: ... in the whole map, of a patch
  int segment = 0;            // ... between which cuts it lies
  int phase = 0;              // ... nodes of one come before those of the next in every order: a segment, part or patch
  int stay = 0;          // ... phases in which the constants that pass with them are the same: of a segment's patches
  NodeId first_patch{};  // ... the first patch's node that it is another patch of; none: it is no other's
  int patch = 0, widest = 0;  // ... its number; columns of the widest of them, 0: it has one
  int image = 0;              // images
  NodeId original{};          // ... the first image's node that it repeats; none: it is the first image's own
  // tile
  int rows = 1;   // a tile
  int chunk = 0;  // stages: slices a tile
  int chunks = 1;
};

// Calls visit(View&) for each view that a node reads (writes); of a const node with const views. Parts that a node does
// without have views of no map.
template <class AnyNode, class Visit>
void for_views_read(AnyNode& node, Visit&& visit) {
  if (auto* pool = std::get_if<PoolPart>(&node.work)) visit(pool->in);
  if (auto* turn = std::get_if<TransposePart>(&node.work)) visit(turn->in);
  if (auto* output = std::get_if<StorePart>(&node.work)) visit(output->view);
  if (auto* stage = std::get_if<Stage>(&node.work)) {
    for (auto& part : stage->convs) visit(part.source);
    for (auto& part : stage->posts) visit(part.a.map), visit(part.b.map);
  }
}
template <class AnyNode, class Visit>
void for_views_written(AnyNode& node, Visit&& visit) {
  if (auto* input = std::get_if<LoadPart>(&node.work)) visit(input->view);
  if (auto* pool = std::get_if<PoolPart>(&node.work)) visit(pool->out);
  if (auto* turn = std::get_if<TransposePart>(&node.work)) visit(turn->out);
  if (auto* stage = std::get_if<Stage>(&node.work)) {
    for (auto& part : stage->posts) visit(part.fixed), visit(part.bits);
  }
}

// --- tiles --------------------------------------------------------------------------------------------------------
// A buffer space that holds constants.
enum class Space : std::uint8_t { weights_binary, weights_fixed, records, xnor_starts, mac_starts };
inline constexpr std::array all_spaces = {Space::weights_binary, Space::weights_fixed, Space::records,
                                          Space::xnor_starts, Space::mac_starts};
template <class T>
using BySpace = Each<Space, T, all_spaces.size()>;

// Weights, records or start words of one node's chunk. Streamed ones are loaded inside the program.
struct Block {
  Space space = Space::weights_binary;
  NodeId node;
  int chunk = 0;
  std::int64_t words = 0;
  std::vector<std::int64_t> part_offset;  // words, by convolution (records: by post)
  UseId use;                              // what it passes with; none: it stays
  BlockId original;                       // the first image's, in whose DRAM it is; none: its own
  std::uint32_t address = 0;              // allocate
  std::uint64_t dram = 0;                 // ...
};

// Which nodes' constants stay where not all do: as search tries them. Those that pass have to be loaded while others
// are used, and which units have time for that when, the machine knows.
enum class Keep : std::uint8_t { first, last };
inline constexpr std::array all_keeps = {Keep::first, Keep::last};

// How long a node's blocks of a space are on chip: always; for its phase, with all others of that phase which do not
// stay; each of its chunks for itself.
enum class Residence : std::uint8_t { stays, passes_with_phase, passes_by_chunk };

// Blocks are loaded by init and stay, or pass through the last `stream_words` words, in order of use.
struct SpaceUse {
  std::int64_t capacity = 0, demand = 0;
  std::int64_t stream_words = 0;  // 0: all stay
  Table<NodeId, Residence> residence;
  std::vector<BlockId> blocks;                  // by node and chunk
  Table<UseId, std::vector<BlockId>> streamed;  // those of them that pass through, at once with others or alone

  [[nodiscard]] std::int64_t kept_words() const { return capacity - stream_words; }
};

struct TileOp {
  enum class Kind : std::uint8_t { load, store, conv, post, pool, transpose, constants };
  Kind kind = Kind::load;
  NodeId node;
  ConvId conv;  // these three as the kind says
  PostId post;
  BlockId block;
  OpId number;  // place after tile, before any order (depend); constants have none
  int row = 0, rows = 0;
  int rows_before = 0;  // of its tile, above `row`
  int again = 0;        // writes the last rows of a band once more, for the overlap of the one so many later
  int chunk = 0, slice = 0, slices = 0;
  TileId tile;  // of a stage: conv and post operations that share accumulators
  UnitId unit = UnitId::load;
  Cycles occupancy = 0, depth = 0;
  std::uint32_t accumulators = 0;  // conv: destination (schedule)
};

// Rows [row0, row1) of a map and slices [slice0, slice1) of it that an operation reads or writes, in one band.
struct Touch {
  MapId map;
  int row0 = 0, row1 = 0, slice0 = 0, slice1 = 0;
  BandId band;
};
// What an operation reads, or writes: two views at most.
using Touches = boost::container::static_vector<Touch, 2>;
struct Touched {
  Touches reads, writes;
};

// Of each operation, by its index after tile: those that it must follow, and those that must follow it.
struct Dependencies {
  Table<OpId, std::size_t> before_begin, after_begin;  // one more than operations
  std::vector<OpId> before, after;
  [[nodiscard]] std::span<const OpId> before_of(OpId op) const { return range(before, before_begin, op); }
  [[nodiscard]] std::span<const OpId> after_of(OpId op) const { return range(after, after_begin, op); }

 private:
  static std::span<const OpId> range(const std::vector<OpId>& list, const Table<OpId, std::size_t>& begin, OpId op) {
    return std::span(list).subspan(begin[op], begin[op + 1] - begin[op]);
  }
};

// A convolution that a parameter of the machine keeps off the array that would compute it in fewer cycles.
struct Fallback {
  LayerId layer;
  bool from_xnor = true;         // to mac_array; else the other way
  std::string parameter;         // "xnor_array.accumulator", of several the first
  std::int64_t needed = 0;       // ... of it
  std::string reason;            // "sums in [-4608, 4608] need --set \"xnor_array.accumulator=14 bit\", there are 13"
  Cycles taken = 0, missed = 0;  // by law
};

class Trace;

// What place makes.
struct Placement {
  Assignment assignment;  // assign; place adds needs
  Table<MapId, Map> maps;
  Table<TensorId, View> fixed, binary;
  Table<NodeId, Node> nodes;  // topological order
};

// Patches of a segment (patches.h): so many rows of so many.
struct Grid {
  int down = 1, across = 1;
  [[nodiscard]] bool is_one() const { return down * across == 1; }
  bool operator==(const Grid&) const = default;
};

// Which maps wait in DRAM and which are rings, as search tries them: those of at least `least_height` rows (0: none),
// of `rows` own rows a band or as few more as there have to be.
struct Banding {
  std::vector<NodeId> cuts = {};  // of place: each begins a segment; none: no map waits in DRAM
  std::vector<Grid> grids = {};   // by segment: of its patches; empty: none has any
  std::vector<bool> whole = {};   // by segment: it has no rings; empty: each may have
  std::vector<int> parts = {};    // by segment: into how many ranges of slices its node is cut; empty: none is
  int least_height = 0, rows = 0;
  Table<MapId, int> least_rows = {};  // depend: by map; empty: as few as windows ask for
  bool too_few = false;               // depend: some ring is too small for any order; least_rows says what to try next
};

struct Plan : Placement {
  const IntegerNetwork* network = nullptr;
  const NetworkFacts* facts = nullptr;
  const MachineParameters* machine = nullptr;
  int images = 1;     // that the program computes
  int in_flight = 1;  // ... at once, as search tries it: an image begins when the one so many before it has ended
  NodeId
      shared_from;  // ... all of them: the first of one image's nodes that is gone through for all, behind the others
  Keep keep = Keep::first;
  Banding banding;
  Table<SpillId, Spill> spills;     // spill
  std::uint32_t scratch_bytes = 0;  // ... that they take in DRAM
  Table<BandId, Band> bands;        // split: of each map together, from its first row on
  Table<BlockId, Block> blocks;
  Table<ChunkId, BySpace<BlockId>> block_table;
  Table<NodeId, ChunkId> first_chunk;
  BySpace<SpaceUse> spaces;
  Table<NodeId, int> table_copies;                  // tile: chunks, each with a table in front of its records
  Cycles shortest_tile = 64;                        // tile: as many rows as make these cycles
  Table<OpId, TileOp> ops;                          // tile: by node; schedule: program order
  TileId tiles{0};                                  // as many
  Table<OpId, Touched> touched;                     // depend: by number
  Dependencies dependencies;                        // depend
  std::array<std::int64_t, 2> accumulator_slot{};   // words of a slot, by region
  Table<SlotId, std::uint32_t> slots;               // schedule: destination
  Table<TileId, SlotId> slot_begin;                 // depend: of each tile's first convolution
  std::string priority;                             // schedule
  Cycles estimate = 0;                              // schedule: cycles by the laws alone
  Each<BufferId, std::int64_t, buffer_count> peak;  // allocate: addresses of the activation buffers alive at once
  Table<OpId, Instruction> instructions;            // build
  Table<LayerId, std::string> reasons;              // assign, where traced: of the unit
  std::vector<Fallback> fallbacks;                  // likewise
  std::vector<std::string> notes;                   // search: what a report should repeat
  bool wants_levers = true;                         // a refusal says what would make room
  Trace* trace = nullptr;                           // none: only the timing is wanted

  // Forgets what the passes of an order made: `tiles` are the operations as tile left them.
  void begin_order(const Table<OpId, TileOp>& tiles);

  [[nodiscard]] const Layer& layer(LayerId id) const { return layer_of(*network, id); }
  [[nodiscard]] const Convolution& convolution(const ConvPart& part) const;
  [[nodiscard]] RowId output_row() const { return row_of(LayerId(network->layers.size())); }
  // Each image has its own rows of the layer table, one image's after the other's: rows of the first, and as they are
  // another's.
  [[nodiscard]] int rows_an_image() const { return output_row().value() + 1; }
  [[nodiscard]] RowId row_of_image(RowId row, int image) const { return row + image * rows_an_image(); }
  [[nodiscard]] std::string row_name(RowId row) const;
  // All images are in flight at once: what is streamed passes once for all of them.
  [[nodiscard]] bool together() const { return images > 1 && in_flight == images; }
  [[nodiscard]] const Map& map(const View& view) const { return maps[view.map]; }
  // The band of whose own rows `row` is.
  [[nodiscard]] BandId band_of(MapId map, int row) const;
  // The address of the map's first row as an instruction names it that finds its rows in this band.
  [[nodiscard]] std::uint32_t origin(BandId band) const;
  [[nodiscard]] const Stage& stage(const TileOp& op) const { return std::get<Stage>(nodes[op.node].work); }
  [[nodiscard]] const ConvPart& conv(const TileOp& op) const { return stage(op).convs[op.conv]; }
  [[nodiscard]] const PostPart& post(const TileOp& op) const { return stage(op).posts[op.post]; }
  [[nodiscard]] SlotId slot(TileId tile, ConvId conv) const { return SlotId(slot_begin[tile].value() + conv.value()); }
  [[nodiscard]] int cell_slices() const { return static_cast<int>(machine->xnor_array.cell_slices()); }
  [[nodiscard]] BlockId block_of(Space space, NodeId node, int chunk) const;
};

// Input rows [row0, row1) of `height` that output rows [row, row + rows) of a window read.
struct RowRange {
  int row0 = 0, row1 = 0;
};
[[nodiscard]] RowRange window_rows(const Window& w, int height, int row, int rows);

// The input's slices whose channels are the pixels of output rows [row, row + rows) of a transposition.
struct SliceRange {
  int first = 0, count = 0;
};
[[nodiscard]] SliceRange slices_turned(const Node& node, int row, int rows);

[[nodiscard]] Touches reads(const Plan& plan, const TileOp& op);
[[nodiscard]] Touches writes(const Plan& plan, const TileOp& op);

// The instruction of an operation with the addresses known so far (0 before allocate); without synchronisation.
[[nodiscard]] Instruction build(const Plan& plan, const TileOp& op);

// DRAM bytes of one word of a buffer in the linear form, and of one row that is loaded or stored: whole bus words.
[[nodiscard]] std::int64_t dram_word_bytes(const MachineParameters& machine, BufferId buffer);
[[nodiscard]] std::int64_t row_bytes(const Plan& plan, const LoadPart& part);
[[nodiscard]] std::int64_t row_bytes(const Plan& plan, const Node& node, const StorePart& part);
// ... from the first byte of a row to that of the next.
[[nodiscard]] std::int64_t row_pitch(const Plan& plan, const LoadPart& part);
[[nodiscard]] std::int64_t row_pitch(const Plan& plan, const Node& node, const StorePart& part);

// Where in a map lies what the first pixel of a node's own meets: 0, 0 but for patches.
[[nodiscard]] Corner meeting(const Plan& plan, const Node& node, const View& view);
// A node whose maps' rows do not lie alike, so that an instruction goes through one row.
[[nodiscard]] bool goes_row_by_row(const Plan& plan, const Node& node);

// The node whose constants of a space these are: of another image or patch; none: they are its own. Of patches, start
// words are the same where the same borders of the map are near.
[[nodiscard]] NodeId constants_of(const Plan& plan, NodeId node, Space space);

// Throws not-lowerable naming layer, field and limit where a field is too small for what is not an address.
void check_fields(const Plan& plan, const TileOp& op, const Instruction& instruction);
[[nodiscard]] bool fields_fit(const Instruction& instruction);

// Why assign chose as it did.
struct Reasons {
  Table<LayerId, std::string> units;
  std::vector<Fallback> fallbacks;
};

// --- passes -------------------------------------------------------------------------------------------------------
[[nodiscard]] Assignment assign(const IntegerNetwork& network, const NetworkFacts& facts,
                                const MachineParameters& machine, Reasons* reasons);
void place(Plan& plan);
void spill(Plan& plan);
void repeat_for_images(Plan& plan);
void split(Plan& plan);
void tile(Plan& plan);
void depend(Plan& plan);
// After depend. Throws does-not-fit, naming the buffer, where no order can find room for its maps. Another that finds
// none is refused by allocate.
void check_room(const Plan& plan);
struct Priority {
  std::string name;
  bool strict = false;  // one tile after the other: least memory
};
[[nodiscard]] const std::vector<Priority>& priorities();
void schedule(Plan& plan, const Priority& priority);
void allocate(Plan& plan);
// Sets wait, post and fence of every instruction so that rule 6 holds with counters of at most 2^token_bits - 1.
void synchronise(Table<OpId, Instruction>& instructions, const MachineParameters& machine);
// timing: words, sizes and addresses of the complete program, and its layer table; no bytes of DRAM, no tensors, no
// operators of the host, and no words of init.
enum class Content : std::uint8_t { complete, timing };
[[nodiscard]] Program emit(const Plan& plan, Content content);
// Throws InvariantError naming the first layer that differs from the network's own execution, or that verify() refuses.
// Returns what it compared, as a line.
std::string verify_program(const Program& program, const IntegerNetwork& network, const MachineParameters& machine);

// What a field of an instruction or of the program holds. check_fields() and verify() say whether it is in range.
template <class Value>
[[nodiscard]] constexpr std::uint32_t u32(Value value) {
  return static_cast<std::uint32_t>(value);
}

// --- constants ----------------------------------------------------------------------------------------------------
// Buffer words (whole bytes each, word width / 8 rounded up) of one part of a block, chunk rows [slice, slice +
// slices).
[[nodiscard]] std::vector<std::uint8_t> weight_words(const Plan& plan, const Stage& stage, const ConvPart& part,
                                                     int slice, int slices);
[[nodiscard]] std::vector<std::uint8_t> start_words(const Plan& plan, const Node& node, const ConvPart& part, int slice,
                                                    int slices);
[[nodiscard]] std::vector<std::uint8_t> post_records(const Plan& plan, const Stage& stage, const PostPart& part,
                                                     const PostInstruction& instruction, int slice, int slices);

[[nodiscard]] inline int array_rows(const MachineParameters& machine, bool xnor) {
  return static_cast<int>(xnor ? machine.xnor_array.rows : machine.mac_array.rows);
}
[[nodiscard]] inline int bytes_of(const Format& format) { return format.bits() <= 8 ? 1 : format.bits() <= 16 ? 2 : 4; }
// Words of a tensor's own map in act_fixed.
[[nodiscard]] inline std::int64_t words_of(const IntTensor& t) {
  return std::int64_t{t.height} * t.width * slices_of(t.channels) * bytes_of(t.format);
}
[[nodiscard]] inline int log2_bytes(int bytes) { return bytes == 1 ? 0 : bytes == 2 ? 1 : 2; }
[[nodiscard]] const BufferParameters& buffer_of(const MachineParameters& machine, Space space);
[[nodiscard]] BufferId buffer_id(Space space);

}  // namespace blendsim::compiler
