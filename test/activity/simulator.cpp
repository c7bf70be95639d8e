// SPDX-License-Identifier: Apache-2.0
#include "simulator.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace blendsim::activity {
namespace {

// Functions of tables, inputs lowest first.
constexpr std::uint64_t not_function = 0b01, xor_function = 0b0110;
constexpr std::uint64_t choice_function = 0b1100'1010;         // inputs a, b, s: s ? b : a
constexpr std::uint64_t or_xor_function = 0b0001'1110;         // inputs a, b, s: (a | b) ^ s
constexpr std::uint64_t choice_of_or = 0b1111'1100'1010'1010;  // inputs d, a, b, s: s ? a | b : d

void mark(std::vector<std::uint64_t>& bits, std::size_t n) { bits[n / 64] |= std::uint64_t{1} << n % 64; }

// Calls visit(n) for each bit set, lowest first, also for those that visits set above their own, and clears them.
template <class Visit>
void drain(std::vector<std::uint64_t>& bits, Visit visit) {
  for (std::size_t word = 0; word < bits.size(); ++word) {
    while (bits[word] != 0) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(bits[word]));
      bits[word] &= bits[word] - 1;
      visit(word * 64 + bit);
    }
  }
}

bool initial_value(const Cell& cell) { return parameter(cell, "INIT", 0) != 0; }

}  // namespace

Simulator::Simulator(const Netlist& netlist)
    : values_(netlist.nets), toggles_(netlist.nets), block_of_cell_(netlist.cells.size(), -1) {
  for (std::size_t n = 0; n < netlist.cells.size(); ++n) add_cell(n, netlist.cells[n]);
  order_tables(netlist);
  connect_sinks(netlist.nets);
  power_on(netlist);
}

void Simulator::add_table(std::span<const NetId> inputs, std::uint64_t function, NetId output) {
  tables_.push_back({function, static_cast<std::uint32_t>(table_inputs_.size()),
                     static_cast<std::uint8_t>(inputs.size()), -1, output});
  table_inputs_.insert(table_inputs_.end(), inputs.begin(), inputs.end());
}

// O = S ^ carry in, CO = S ? carry in : DI, bit by bit (cells_sim.v).
void Simulator::add_carry(const Cell& cell, int width) {
  const auto count = static_cast<std::size_t>(width);
  const NetId in = cell.inputs[0], also_in = cell.inputs[1];
  const bool dual =
      width == 8 && cell.parameters->contains("CARRY_TYPE") && cell.parameters->at("CARRY_TYPE") == "DUAL_CY4";
  for (std::size_t n = 0; n < count; ++n) {
    const NetId di = cell.inputs[2 + n], s = cell.inputs[2 + count + n];
    const NetId sum = cell.outputs[n], out = cell.outputs[count + n];
    if (n == 0 && width == 4) {
      add_table(std::array{in, also_in, s}, or_xor_function, sum);
      add_table(std::array{di, in, also_in, s}, choice_of_or, out);
      continue;
    }
    const NetId carry = n == 0 ? in : n == 4 && dual ? also_in : cell.outputs[count + n - 1];
    add_table(std::array{carry, s}, xor_function, sum);
    add_table(std::array{di, carry, s}, choice_function, out);
  }
}

void Simulator::add_block(std::size_t index, const Cell& cell) {
  block_of_cell_[index] = static_cast<std::int32_t>(blocks_.size());
  BlockState block;
  block.model = make_block(cell);
  block.cell = &cell;
  if (const BitRange seen = unclocked_inputs(*cell.type); seen.count > 0) {
    add_table(
        std::span(cell.inputs).subspan(static_cast<std::size_t>(seen.first), static_cast<std::size_t>(seen.count)), 0,
        constant_0);
    tables_.back().block = block_of_cell_[index];
  }
  blocks_.push_back(std::move(block));
}

void Simulator::add_cell(std::size_t index, const Cell& cell) {
  switch (cell.type->kind) {
    case CellKind::alias: throw std::logic_error("an alias among the cells");
    case CellKind::lut: return add_table(cell.inputs, parameter(cell, "INIT", 0), cell.outputs[0]);
    case CellKind::lut6_2: {
      const std::uint64_t function = parameter(cell, "INIT", 0);
      add_table(cell.inputs, function, cell.outputs[0]);
      return add_table(std::span(cell.inputs).first(5), function & 0xFFFFFFFF, cell.outputs[1]);
    }
    case CellKind::inverter: return add_table(cell.inputs, not_function, cell.outputs[0]);
    case CellKind::multiplexer: return add_table(cell.inputs, choice_function, cell.outputs[0]);
    case CellKind::carry4: return add_carry(cell, 4);
    case CellKind::carry8: return add_carry(cell, 8);
    case CellKind::fdre:
    case CellKind::fdse:
      flip_flops_.push_back(
          {cell.inputs[0], cell.inputs[1], cell.inputs[2], cell.outputs[0], cell.type->kind == CellKind::fdse});
      return;
    default: return add_block(index, cell);
  }
}

// Kahn's algorithm over the tables.
void Simulator::order_tables(const Netlist& netlist) {
  std::vector<std::vector<std::uint32_t>> readers(netlist.nets);
  std::vector<bool> of_table(netlist.nets);
  const auto outputs = [&](const Table& table) -> std::span<const NetId> {
    if (table.block < 0) return {&table.output, 1};
    return blocks_[static_cast<std::size_t>(table.block)].cell->outputs;
  };
  for (const Table& table : tables_) {
    for (const NetId net : outputs(table)) of_table[net] = true;
  }
  std::vector<std::uint32_t> waits(tables_.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t n = 0; n < tables_.size(); ++n) {
    for (std::uint32_t k = 0; k < tables_[n].inputs; ++k) {
      const NetId net = table_inputs_[tables_[n].first_input + k];
      if (!of_table[net]) continue;
      readers[net].push_back(n);
      ++waits[n];
    }
    if (waits[n] == 0) order.push_back(n);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const NetId net : outputs(tables_[order[at]])) {
      for (const std::uint32_t reader : readers[net]) {
        if (--waits[reader] == 0) order.push_back(reader);
      }
    }
  }
  if (order.size() != tables_.size()) {
    const auto left = static_cast<std::size_t>(
        std::find_if(waits.begin(), waits.end(), [](std::uint32_t count) { return count > 0; }) - waits.begin());
    throw std::runtime_error("netlist: a combinational loop through " + netlist.net_names[tables_[left].output]);
  }
  std::vector<Table> ordered;
  ordered.reserve(tables_.size());
  for (const std::uint32_t n : order) {
    ordered.push_back(tables_[n]);
    if (tables_[n].block >= 0)
      blocks_[static_cast<std::size_t>(tables_[n].block)].table = static_cast<std::int32_t>(ordered.size()) - 1;
  }
  tables_ = std::move(ordered);
}

void Simulator::connect_sinks(std::size_t nets) {
  std::vector<std::pair<NetId, Sink>> all;
  for (std::uint32_t n = 0; n < tables_.size(); ++n) {
    for (std::uint32_t k = 0; k < tables_[n].inputs; ++k)
      all.push_back({table_inputs_[tables_[n].first_input + k], {SinkKind::table, n}});
  }
  for (std::uint32_t n = 0; n < flip_flops_.size(); ++n) {
    for (const NetId net : {flip_flops_[n].d, flip_flops_[n].enable, flip_flops_[n].reset})
      all.push_back({net, {SinkKind::flip_flop, n}});
  }
  for (std::uint32_t n = 0; n < blocks_.size(); ++n) {
    const std::vector<NetId>& inputs = blocks_[n].cell->inputs;
    for (std::uint32_t bit = 0; bit < inputs.size(); ++bit)
      all.push_back({inputs[bit], {SinkKind::block, n << 8 | bit}});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  first_sink_.assign(nets + 1, 0);
  for (const auto& [net, sink] : all) ++first_sink_[net + 1];
  for (std::size_t net = 0; net < nets; ++net) first_sink_[net + 1] += first_sink_[net];
  for (const auto& [net, sink] : all) sinks_.push_back(sink);
}

void Simulator::power_on(const Netlist& netlist) {
  stale_tables_.assign(tables_.size() / 64 + 1, 0);
  stale_flip_flops_.assign(flip_flops_.size() / 64 + 1, 0);
  for (std::size_t n = 0; n < tables_.size(); ++n) mark(stale_tables_, n);
  for (std::size_t n = 0; n < flip_flops_.size(); ++n) mark(stale_flip_flops_, n);
  toggle(constant_1);
  for (const Cell& cell : netlist.cells) {
    if (cell.type->counted == CellClass::flip_flop && initial_value(cell)) toggle(cell.outputs[0]);
  }
  for (BlockState& block : blocks_) update_outputs(block);
  settle();
  clear_counts();
}

void Simulator::toggle(NetId net) {
  values_[net] ^= 1;
  ++toggles_[net];
  for (std::uint32_t at = first_sink_[net]; at < first_sink_[net + 1]; ++at) {
    const Sink sink = sinks_[at];
    if (sink.kind == SinkKind::table) {
      mark(stale_tables_, sink.index);
    } else if (sink.kind == SinkKind::flip_flop) {
      mark(stale_flip_flops_, sink.index);
    } else {
      blocks_[sink.index >> 8].inputs[(sink.index & 255) / 64] ^= std::uint64_t{1} << sink.index % 64;
    }
  }
}

void Simulator::update_outputs(BlockState& block) {
  const PinBits next = block.model->outputs(block.inputs);
  for (std::size_t word = 0; word < next.size(); ++word) {
    for (std::uint64_t changed = next[word] ^ block.outputs[word]; changed != 0; changed &= changed - 1) {
      const std::size_t bit = word * 64 + static_cast<std::size_t>(std::countr_zero(changed));
      if (bit < block.cell->outputs.size()) toggle(block.cell->outputs[bit]);
    }
  }
  block.outputs = next;
}

void Simulator::evaluate(const Table& table) {
  if (table.block >= 0) return update_outputs(blocks_[static_cast<std::size_t>(table.block)]);
  std::uint32_t index = 0;
  for (std::uint32_t k = 0; k < table.inputs; ++k)
    index |= static_cast<std::uint32_t>(values_[table_inputs_[table.first_input + k]]) << k;
  if ((table.function >> index & 1) != values_[table.output]) toggle(table.output);
}

void Simulator::settle() {
  drain(stale_tables_, [&](std::size_t n) { evaluate(tables_[n]); });
}

// First everything reads, then everything changes.
void Simulator::clock() {
  changes_.clear();
  drain(stale_flip_flops_, [&](std::size_t n) {
    const FlipFlop& ff = flip_flops_[n];
    const bool resets = values_[ff.reset] != 0;
    const bool old = values_[ff.q] != 0;
    const bool next = resets ? ff.set : values_[ff.enable] != 0 ? values_[ff.d] != 0 : old;
    if (next != old) changes_.push_back(ff.q);
  });
  for (BlockState& block : blocks_) block.model->clock(block.inputs);
  for (const NetId net : changes_) toggle(net);
  for (BlockState& block : blocks_) {
    block.table < 0 ? update_outputs(block) : mark(stale_tables_, static_cast<std::size_t>(block.table));
  }
}

void Simulator::clear_counts() {
  std::fill(toggles_.begin(), toggles_.end(), 0);
  for (BlockState& block : blocks_) block.model->activity = {};
}

}  // namespace blendsim::activity
