// SPDX-License-Identifier: Apache-2.0
// Programs and machines for tests of time: instructions whose occupancy is the number given, without a compiler.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/program.h"
#include "sim/machine.h"

namespace blendsim::test {

// A machine whose numbers are easy to add up. Memory clock = accelerator clock; sync 1; a memory with round latencies.
inline MachineParameters simple_machine() {
  MachineParameters m;
  m.clock_hz = 200'000'000;
  m.control.doorbell = 10;
  m.dispatcher = {2, 16, 1, 8, 64};
  m.xnor_array.depth = 12;
  m.mac_array.depth = 9;
  m.post_unit.depth = 24;
  m.pool_unit.depth = 8;
  m.load = {8, 16};
  m.store = {4, 16};
  for (BufferParameters& buffer : m.buffers) buffer = {1, 256, 4096, 0, 2};
  m.buffers[static_cast<std::size_t>(BufferId::act_fixed)] = {2, 128, 4096, 0, 2};
  m.buffers[static_cast<std::size_t>(BufferId::accumulators)] = {2, 512, 4096, 0, 2};
  m.buffers[static_cast<std::size_t>(BufferId::parameters)] = {3, 512, 512, 0, 2};
  m.buffers[static_cast<std::size_t>(BufferId::weights_binary)].width = 16 * 3 * 48;
  m.buffers[static_cast<std::size_t>(BufferId::weights_fixed)].width = 16 * 16 * 8;
  m.buffers[static_cast<std::size_t>(BufferId::instructions)].width = 128;
  DramTiming& t = m.memory.timing;
  t.clock_hz = m.clock_hz;
  t.burst_length = 8;
  t.banks = 8;
  t.row_bytes = 2048;
  t.cl = 11, t.cwl = 8, t.rcd = 12, t.rp = 13, t.ras = 28, t.rc = 41;
  t.ccd = 4, t.rrd = 5, t.faw = 24, t.rtp = 6, t.wr = 12, t.wtr = 6, t.rtw = 7;
  t.refi = 50'000, t.rfc = 100;
  m.memory.width = 32;  // a column command moves 32 bytes in 4 cycles
  m.memory.port_width = 128;
  m.memory.read_latency = 20;
  m.memory.write_latency = 10;
  m.memory.sync = 1;
  return m;
}

// Wraps an instruction, to say its synchronisation in a line.
struct Step {
  Instruction instruction;

  Step& wait(UnitId producer) { return bit(&Synchronisation::wait_data, producer); }
  Step& wait_space(UnitId producer) { return bit(&Synchronisation::wait_space, producer); }
  Step& post(UnitId consumer) { return bit(&Synchronisation::post_data, consumer); }
  Step& post_space(UnitId consumer) { return bit(&Synchronisation::post_space, consumer); }
  Step& fence() {
    sync_of(instruction).fence = 1;
    return *this;
  }
  Step& layer(std::uint32_t n) {
    sync_of(instruction).layer = n;
    return *this;
  }

 private:
  Step& bit(std::uint32_t Synchronisation::*mask, UnitId unit) {
    sync_of(instruction).*mask |= 1U << index(unit);
    return *this;
  }
};

// Each compute instruction holds its front for `occupancy` (at most 511) cycles and takes two words.
inline Step xnor(std::uint32_t occupancy) {
  XnorInstruction i;
  i.in_height = i.rows = i.out_height = 1;
  i.in_width = i.out_width = occupancy;
  i.map_cells = i.cells = i.plane_cells = 1;
  i.last_cell_channels = 15;
  return {i};
}
inline Step mac(std::uint32_t occupancy) {
  MacInstruction i;
  i.in_height = i.rows = i.out_height = 1;
  i.in_width = i.out_width = occupancy;
  i.map_slices = 1;
  i.channels = 1;
  return {i};
}
inline Step post_step(std::uint32_t occupancy) {
  PostInstruction i;
  i.a_source = 1;
  i.a_stride = 1;
  i.rows = i.slices = 1;
  i.width = occupancy;
  i.write_fixed = 1;
  i.fixed_slices = 1;
  return {i};
}
inline Step pool(std::uint32_t occupancy) {
  PoolInstruction i;
  i.in_height = i.rows = i.out_height = 1;
  i.in_width = i.out_width = occupancy;
  i.in_slices = i.out_slices = i.slices = 1;
  i.destination = 4096;
  return {i};
}
// Blocks of 16 cycles each; a word.
inline Step turn(std::uint32_t blocks) {
  TransposeInstruction i;
  i.pixels = 16;
  i.channels = 16 * blocks;
  i.in_slices = blocks;
  i.destination = 4096;
  i.out_slices = 1;
  return {i};
}
// `bytes` from byte `address` of the input area into act_fixed (linear).
inline Step load(std::uint32_t address, std::uint32_t bytes, std::uint32_t runs = 1, std::uint32_t stride = 0) {
  LoadInstruction i;
  i.dram_base = static_cast<std::uint32_t>(DramBase::input);
  i.dram_address = address;
  i.run_bytes = bytes;
  i.runs = runs;
  i.dram_stride = stride;
  i.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
  return {i};
}
inline Step store(std::uint32_t address, std::uint32_t bytes) {
  StoreInstruction i;
  i.dram_base = static_cast<std::uint32_t>(DramBase::output);
  i.dram_address = address;
  i.run_bytes = bytes;
  i.runs = 1;
  i.buffer = static_cast<std::uint32_t>(BufferId::act_fixed);
  return {i};
}

inline Program make_program(std::span<const Step> steps, std::size_t layers = 4) {
  Program program;
  for (const Step& step : steps) encode(step.instruction, program.main);
  encode_end(program.main);
  for (std::size_t n = 0; n < layers; ++n)
    program.layers.push_back({"layer" + std::to_string(n), "Conv", {}, "", 0, false, {}});
  program.input_bytes = 1 << 20;
  program.output_bytes = 1 << 20;
  return program;
}

inline Run run_steps(const MachineParameters& machine, const std::vector<Step>& steps, const RunOptions& options = {},
                     std::size_t images = 1) {
  RunOptions timing = options;
  timing.values = false;
  const std::vector<std::vector<std::int32_t>> none(images);
  return Machine::instance().run(machine, make_program(steps), none, timing);
}

// --- the dispatcher's law, for programs that never hold it ---------------------------------------------------------
// Cycle in which word n (from 0) leaves the decoder of simple_machine: read at doorbell + n, decode cycles later.
inline Cycles word_written(const MachineParameters& m, Cycles word) {
  return m.control.doorbell + word + m.dispatcher.decode;
}
// First cycle in which an instruction whose last word is n could start.
inline Cycles visible(const MachineParameters& m, Cycles last_word) { return word_written(m, last_word) + 1; }

}  // namespace blendsim::test
