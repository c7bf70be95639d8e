// SPDX-License-Identifier: Apache-2.0
// store: maps in act_fixed and act_binary to DRAM, in AXI4 write bursts (rule 7). The datapath behind
// queue_unit #(.UNIT(UNIT_STORE)).
//
// Parameters  OUTSTANDING bursts in flight, BURST bus words of the longest, BUS bits of a bus word, CELL_SLICES slices of a
//             cell of act_binary, latencies of the two buffers.
// Queue       `start` with `instruction` in cycle s; `front_free` from the cycle after the last request was sent; `done` in
//             the cycle in which the response to the last burst is in the engine. Several may be in flight.
// AXI         a request is sent when all data of its burst is in the engine, and stands on AW from the next cycle until
//             taken; its beats stand on W from that cycle on, behind those of the burst before. `bready` is always 1. One ID,
//             INCR; strobes are 0 for the filler at the end of a run.
// Bases       physical addresses of the DRAM areas, 4 KiB aligned, steady while anything runs.
// Buffers     one word of act_fixed or one cell of act_binary a cycle (an enable and an address a bank).
module store #(
    parameter int OUTSTANDING = blendsim_pkg::STORE_OUTSTANDING,
    parameter int BURST = blendsim_pkg::STORE_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int ACT_BINARY_ADDRESS = $clog2(blendsim_pkg::BUFFER_ACT_BINARY_REGIONS * blendsim_pkg::BUFFER_ACT_BINARY_DEPTH),
    parameter int ACT_BINARY_LATENCY = blendsim_pkg::BUFFER_ACT_BINARY_LATENCY,
    parameter int ACT_FIXED_ADDRESS = $clog2(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS * blendsim_pkg::BUFFER_ACT_FIXED_DEPTH),
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY
) (
    input  logic clk,
    input  logic reset,
    // queue_unit
    input  logic start,
    input  blendsim_pkg::transfer_instruction_t instruction,
    output logic front_free,
    output logic done,
    // areas of DRAM
    input  logic [ADDRESS-1:0] program_base,
    input  logic [ADDRESS-1:0] input_base,
    input  logic [ADDRESS-1:0] output_base,
    // AXI4 write channels
    output logic awvalid,
    input  logic awready,
    output logic [ADDRESS-1:0] awaddr,
    output logic [7:0] awlen,
    output logic wvalid,
    input  logic wready,
    output logic [BUS-1:0] wdata,
    output logic [BUS/8-1:0] wstrb,
    output logic wlast,
    input  logic bvalid,
    output logic bready,
    // buffers
    output logic [15:0] act_binary_read,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_address,
    input  logic [256*CELL_SLICES-1:0] act_binary_data,
    output logic act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [127:0] act_fixed_data
);
endmodule
