// SPDX-License-Identifier: Apache-2.0
// What the passes hand on to each other: the network as nodes of machine work, then tiles, then an order with
// addresses.
//
// A node is a piece of work whose tiles are rows of one output map: loading the input, a stage (convolutions and the
// post-processing that reads their accumulators), a pooling or copy, storing an output. Passes only add to the plan.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "compiler/facts.h"
#include "isa/program.h"
#include "network/integer_network.h"
#include "units/machine_parameters.h"

namespace blendsim::compiler {

// Where a tensor's channels lie in its map: channel c in lane position[c] % 16 of slice position[c] / 16.
struct Lanes {
  std::vector<int> position;
  int slices = 0;
  [[nodiscard]] static Lanes dense(int channels);
  [[nodiscard]] bool is_dense() const;
  [[nodiscard]] std::vector<int> channels() const;  // of each position; -1: none
  bool operator==(const Lanes&) const = default;
};

// A map in act_fixed or act_binary. Binary: `slices` cells a pixel in each of `planes` planes.
struct Map {
  std::string name;
  bool binary = false;
  int height = 0, width = 0, slices = 0;
  int planes = 1;                      // binary
  int bytes = 1;                       // fixed
  std::uint32_t region = 0, base = 0;  // allocate

  [[nodiscard]] std::int64_t size() const;  // buffer addresses
};

// A tensor's channel range of a map. `first`: slices of 16 channels before it (in each plane).
struct View {
  int map = -1;
  int first = 0;
  Lanes lanes;
  TensorId tensor = no_tensor;
  [[nodiscard]] bool exists() const { return map >= 0; }
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
  std::vector<bool> live;                // by layer: an output depends on it; others make no instructions
  std::vector<ConvChoice> convolutions;  // by layer; others unused
  std::vector<Needs> needs;              // by tensor
  bool operator==(const Assignment&) const = default;
};

// --- nodes --------------------------------------------------------------------------------------------------------
struct ConvPart {
  int layer = 0;
  ConvChoice choice;
  View source;
  int in_height = 0, in_width = 0, channels = 0;  // stem: words a row and 16 lanes
  Window window;                                  // stem: over words
  std::int64_t words_per_group = 0;               // weight words of a row group
  int class_top = 0, class_bottom = 0, class_left = 0, class_right = 0;
  [[nodiscard]] int classes() const { return (class_top + 1 + class_bottom) * (class_left + 1 + class_right); }
};

struct Operand {
  int conv = -1;  // accumulators of the stage's convolution, or
  View map;       // a fixed map
  Format format;
};

struct PostPart {
  int layer = 0;
  const PostProcessing* work = nullptr;  // absent: a copy
  Operand a, b;
  View fixed, bits;  // what it writes
  TensorId fixed_tensor = no_tensor, bits_tensor = no_tensor;
  bool fixed_is_code = false;
  std::optional<Thresholds> thresholds;  // of the code written: the network's, or one level a value
};

struct Stage {
  std::vector<ConvPart> convs;
  std::vector<PostPart> posts;
  Lanes lanes;
};

struct PoolPart {
  int layer = 0;
  bool sum = false;
  View in, out;
  Window window;
  Format in_format;
  int zero_point = 0, divisor = 0;
  int plane = 0;  // binary: the one handled
};

struct InputPart {
  View view;
  TransferForm form = TransferForm::fixed;
  int pad_left = 0, fill = 0;
};

struct OutputPart {
  View view;
  std::size_t output = 0;
  std::uint32_t address = 0;
};

struct Node {
  std::variant<InputPart, Stage, PoolPart, OutputPart> work;
  int layer = 0;              // row of the program's layer table
  int height = 0, width = 0;  // of what it writes (or stores)
  // tile
  int rows = 1;   // a tile
  int chunk = 0;  // stages: slices a tile
  int chunks = 1;
};

// --- tiles --------------------------------------------------------------------------------------------------------
// A buffer space that holds constants.
enum class Space : std::uint8_t { weights_binary, weights_fixed, records, xnor_starts, mac_starts };
inline constexpr int space_count = 5;

// Weights, records or start words of one node's chunk. Streamed ones are loaded inside the program.
struct Block {
  Space space = Space::weights_binary;
  int node = 0, chunk = 0;
  std::int64_t words = 0;
  std::vector<std::int64_t> part_offset;  // words, by convolution (records: by post)
  std::uint32_t address = 0;              // allocate
  std::uint64_t dram = 0;                 // emit
};

struct SpaceUse {
  std::int64_t capacity = 0, demand = 0;
  bool streamed = false;
  std::vector<int> blocks;  // in order of use
};

struct TileOp {
  enum class Kind : std::uint8_t { load, store, conv, post, pool, constants };
  Kind kind = Kind::load;
  int node = 0, part = 0;  // constants: part = block
  int row = 0, rows = 0;
  int chunk = 0, slice = 0, slices = 0;
  int tile = -1;  // of a stage: conv and post operations that share accumulators
  UnitId unit = UnitId::load;
  Cycles occupancy = 0, depth = 0;
  std::uint32_t accumulators = 0;  // conv: destination (schedule)
};

// Of each operation, by its index after tile: those that it must follow, and those that must follow it.
struct Dependencies {
  std::vector<std::size_t> before_begin, after_begin;  // one more than operations
  std::vector<int> before, after;
  [[nodiscard]] std::span<const int> before_of(std::size_t op) const { return range(before, before_begin, op); }
  [[nodiscard]] std::span<const int> after_of(std::size_t op) const { return range(after, after_begin, op); }

 private:
  static std::span<const int> range(const std::vector<int>& list, const std::vector<std::size_t>& begin,
                                    std::size_t op) {
    return std::span(list).subspan(begin[op], begin[op + 1] - begin[op]);
  }
};

// A convolution that a parameter of the machine keeps off the array that would compute it in fewer cycles.
struct Fallback {
  int layer = 0;
  bool from_xnor = true;         // to mac_array; else the other way
  std::string parameter;         // "xnor_array.accumulator", of several the first
  std::int64_t needed = 0;       // ... of it
  std::string reason;            // "sums in [-4608, 4608] need --set \"xnor_array.accumulator=14 bit\", there are 13"
  Cycles taken = 0, missed = 0;  // by law
};

class Trace;

struct Plan {
  const IntegerNetwork* network = nullptr;
  const NetworkFacts* facts = nullptr;
  const MachineParameters* machine = nullptr;
  Assignment assignment;
  std::vector<Map> maps;
  std::vector<View> fixed, binary;  // by tensor
  std::vector<Node> nodes;          // topological order
  std::vector<Block> blocks;
  std::vector<std::array<int, space_count>> block_table;  // of each chunk of each node; -1: none
  std::vector<int> first_chunk;                           // row of the table, by node
  std::array<SpaceUse, space_count> spaces;
  std::vector<TileOp> ops;  // tile: by node; schedule: program order
  int tiles = 0;
  Dependencies dependencies;                       // depend
  std::array<std::int64_t, 2> accumulator_slot{};  // words of a slot, by region
  std::vector<std::uint32_t> slots;                // schedule: destination, by slot_begin[tile] + conv
  std::vector<std::size_t> slot_begin;             // depend: of each tile
  std::string priority;                            // schedule
  Cycles estimate = 0;                             // schedule: cycles by the laws alone
  std::array<std::int64_t, buffer_count> peak{};   // allocate: addresses of the activation buffers alive at once
  std::vector<Instruction> instructions;           // synchronise: one an operation
  std::vector<std::string> reasons;                // assign, where traced: of the unit, by layer
  std::vector<Fallback> fallbacks;                 // likewise
  Trace* trace = nullptr;                          // none: only the timing is wanted

  [[nodiscard]] const Layer& layer(int index) const { return network->layers[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const Map& map(const View& view) const { return maps[static_cast<std::size_t>(view.map)]; }
  [[nodiscard]] int cell_slices() const { return static_cast<int>(machine->xnor_array.cell_slices()); }
  [[nodiscard]] int block_of(Space space, int node, int chunk) const;  // -1: none
};

// Rows [begin, end) of a map and slices [slice, slice + slices) of it that an operation reads or writes.
struct Touch {
  int map = -1;
  int row0 = 0, row1 = 0, slice0 = 0, slice1 = 0;
};
// What an operation reads, or writes: two views at most.
class Touches {
 public:
  void add(const Touch& touch) { list_[count_++] = touch; }
  [[nodiscard]] const Touch* begin() const { return list_.data(); }
  [[nodiscard]] const Touch* end() const { return list_.data() + count_; }

 private:
  std::array<Touch, 2> list_;
  std::size_t count_ = 0;
};
[[nodiscard]] Touches reads(const Plan& plan, const TileOp& op);
[[nodiscard]] Touches writes(const Plan& plan, const TileOp& op);

// The instruction of an operation with the addresses known so far (0 before allocate); without synchronisation.
[[nodiscard]] Instruction build(const Plan& plan, const TileOp& op);

// DRAM bytes of one word of a buffer in the linear form, and of one row of the input: whole bus words.
[[nodiscard]] std::int64_t dram_word_bytes(const MachineParameters& machine, BufferId buffer);
[[nodiscard]] std::int64_t input_row_bytes(const Plan& plan, const InputPart& part);

// Throws not-lowerable naming layer, field and limit where a field is too small for what is not an address.
void check_fields(const Plan& plan, const TileOp& op, const Instruction& instruction);
[[nodiscard]] bool fields_fit(const Instruction& instruction);

// Why assign chose as it did.
struct Reasons {
  std::vector<std::string> units;  // by layer
  std::vector<Fallback> fallbacks;
};

// --- passes -------------------------------------------------------------------------------------------------------
[[nodiscard]] Assignment assign(const IntegerNetwork& network, const NetworkFacts& facts,
                                const MachineParameters& machine, Reasons* reasons);
void place(Plan& plan);
void tile(Plan& plan);
void depend(Plan& plan);
struct Priority {
  std::string name;
  bool strict = false;  // one tile after the other: least memory
};
[[nodiscard]] const std::vector<Priority>& priorities();
void schedule(Plan& plan, const Priority& priority);
void allocate(Plan& plan);
// Sets wait, post and fence of every instruction so that rule 6 holds with counters of at most 2^token_bits - 1.
void synchronise(std::vector<Instruction>& instructions, const MachineParameters& machine);
// timing: words, sizes and addresses of the complete program, and its layer table; no bytes of DRAM, no tensors, no
// operators of the host, and no words of init.
enum class Content : std::uint8_t { complete, timing };
[[nodiscard]] Program emit(const Plan& plan, Content content);
// Throws InvariantError naming the first layer that differs from the network's own execution, or that verify() refuses.
// Returns what it compared, as a line.
std::string verify_program(const Program& program, const IntegerNetwork& network, const MachineParameters& machine);

// The pass's result as text. `program`: of the passes emit and verify.
[[nodiscard]] std::string dump(std::string_view pass, const Plan& plan, const Program& program);

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
[[nodiscard]] inline int log2_bytes(int bytes) { return bytes == 1 ? 0 : bytes == 2 ? 1 : 2; }
[[nodiscard]] const BufferParameters& buffer_of(const MachineParameters& machine, Space space);
[[nodiscard]] BufferId buffer_id(Space space);

}  // namespace blendsim::compiler
