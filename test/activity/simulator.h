// SPDX-License-Identifier: Apache-2.0
// A netlist in cycles: two values, no delays, one clock. Nothing glitches: a net toggles at most once a cycle.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "block.h"
#include "netlist.h"

namespace blendsim::activity {

// Combinational cells become tables in topological order; a table is evaluated only when one of its inputs has toggled,
// and a flip-flop is clocked only when one of its inputs has toggled since its last edge.
class Simulator {
 public:
  // From power on: registers as INIT says, 0 where it is undefined. Throws std::runtime_error on a combinational loop.
  explicit Simulator(const Netlist& netlist);

  // The value of a net that no cell drives.
  void set(NetId net, bool value) {
    if ((values_[net] != 0) != value) toggle(net);
  }
  [[nodiscard]] bool get(NetId net) const { return values_[net] != 0; }
  // What follows from the inputs and the registers as they stand.
  void settle();
  // A rising edge; what follows from it is seen after settle(). What precedes it must be settled.
  void clock();

  // Toggles of each net since clear_counts().
  [[nodiscard]] std::span<const std::uint32_t> toggles() const { return toggles_; }
  // Of each cell; nullptr: it is no block.
  [[nodiscard]] const Block* block(std::size_t cell) const {
    return block_of_cell_[cell] < 0 ? nullptr : blocks_[static_cast<std::size_t>(block_of_cell_[cell])].model.get();
  }
  void clear_counts();

 private:
  // An output as a function of up to six inputs, or the unclocked outputs of a block.
  struct Table {
    std::uint64_t function = 0;  // bit n: the output where the inputs, lowest first, make the number n
    std::uint32_t first_input = 0;
    std::uint8_t inputs = 0;
    std::int32_t block = -1;
    NetId output = 0;
  };
  struct FlipFlop {
    NetId d = 0, enable = 0, reset = 0, q = 0;
    bool set = false;  // `reset` sets
  };
  struct BlockState {
    std::unique_ptr<Block> model;
    PinBits inputs{}, outputs{};
    std::int32_t table = -1;  // of its unclocked outputs
    const Cell* cell = nullptr;
  };
  // Who sees a net: a table, a flip-flop, or a block's input bit (index * 256 + bit).
  enum class SinkKind : std::uint32_t { table, flip_flop, block };
  struct Sink {
    SinkKind kind = SinkKind::table;
    std::uint32_t index = 0;
  };

  void add_cell(std::size_t index, const Cell& cell);
  void add_table(std::span<const NetId> inputs, std::uint64_t function, NetId output);
  void add_carry(const Cell& cell, int width);
  void add_block(std::size_t index, const Cell& cell);
  void order_tables(const Netlist& netlist);
  void connect_sinks(std::size_t nets);
  void power_on(const Netlist& netlist);
  void toggle(NetId net);
  void evaluate(const Table& table);
  void update_outputs(BlockState& block);

  std::vector<std::uint8_t> values_;
  std::vector<std::uint32_t> toggles_;
  std::vector<Table> tables_;  // in topological order
  std::vector<NetId> table_inputs_;
  std::vector<FlipFlop> flip_flops_;
  std::vector<BlockState> blocks_;
  std::vector<std::int32_t> block_of_cell_;
  std::vector<std::uint32_t> first_sink_;  // of each net, and the end
  std::vector<Sink> sinks_;
  std::vector<std::uint64_t> stale_tables_, stale_flip_flops_;  // a bit each
  std::vector<NetId> changes_;                                  // outputs of flip-flops that an edge toggles
};

}  // namespace blendsim::activity
