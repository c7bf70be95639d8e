// SPDX-License-Identifier: Apache-2.0
// load: DRAM to buffers, in AXI4 read bursts (rule 7). The datapath behind queue_unit #(.UNIT(UNIT_LOAD)).
//
// Parameters  OUTSTANDING bursts in flight, BURST bus words of the longest, BUS bits of a bus word,
//             CELL_SLICES slices of a cell of act_binary (words / 3 of xnor_array).
// Queue       `start` with `instruction` in cycle s; `front_free` from the cycle after the last request was sent; `done` in
//             the cycle in which the last word is written (or the last filler dropped). Several may be in flight.
// AXI         a request sent in cycle c stands on AR from c+1 until taken; one request at a time. `rready` is always 1: the
//             engine has room for all that is in flight. One ID, INCR, whole bus words; responses are taken to be OKAY.
// Bases       physical addresses of the DRAM areas, 4 KiB aligned, steady while anything runs.
// Buffers     act_fixed: four lanes of 32 bits, each with its own enable and address: the stem form writes four different
//             words at once; the other forms drive all four alike. act_binary: enables a bank and slice (bit bank * m +
//             slice), an address a bank. All others word-wide. Addresses run through all regions of a buffer.
module load #(
    parameter int OUTSTANDING = blendsim_pkg::LOAD_OUTSTANDING,
    parameter int BURST = blendsim_pkg::LOAD_BURST,
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int ADDRESS = 40,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int ACT_BINARY_ADDRESS = $clog2(blendsim_pkg::BUFFER_ACT_BINARY_REGIONS * blendsim_pkg::BUFFER_ACT_BINARY_DEPTH),
    parameter int ACT_FIXED_ADDRESS = $clog2(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS * blendsim_pkg::BUFFER_ACT_FIXED_DEPTH),
    parameter int WEIGHTS_BINARY_WIDTH = blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH,
    parameter int WEIGHTS_BINARY_ADDRESS = $clog2(blendsim_pkg::BUFFER_WEIGHTS_BINARY_REGIONS * blendsim_pkg::BUFFER_WEIGHTS_BINARY_DEPTH),
    parameter int WEIGHTS_FIXED_WIDTH = blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH,
    parameter int WEIGHTS_FIXED_ADDRESS = $clog2(blendsim_pkg::BUFFER_WEIGHTS_FIXED_REGIONS * blendsim_pkg::BUFFER_WEIGHTS_FIXED_DEPTH),
    parameter int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int PARAMETERS_ADDRESS = $clog2(blendsim_pkg::BUFFER_PARAMETERS_REGIONS * blendsim_pkg::BUFFER_PARAMETERS_DEPTH),
    parameter int INSTRUCTIONS_ADDRESS = $clog2(blendsim_pkg::BUFFER_INSTRUCTIONS_REGIONS * blendsim_pkg::BUFFER_INSTRUCTIONS_DEPTH)
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
    // AXI4 read channels
    output logic arvalid,
    input  logic arready,
    output logic [ADDRESS-1:0] araddr,
    output logic [7:0] arlen,
    input  logic rvalid,
    output logic rready,
    input  logic [BUS-1:0] rdata,
    input  logic rlast,
    // buffers
    output logic [16*CELL_SLICES-1:0] act_binary_write,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data,
    output logic [3:0] act_fixed_write,
    output logic [4*ACT_FIXED_ADDRESS-1:0] act_fixed_write_address,
    output logic [127:0] act_fixed_write_data,
    output logic weights_binary_write,
    output logic [WEIGHTS_BINARY_ADDRESS-1:0] weights_binary_write_address,
    output logic [WEIGHTS_BINARY_WIDTH-1:0] weights_binary_write_data,
    output logic weights_fixed_write,
    output logic [WEIGHTS_FIXED_ADDRESS-1:0] weights_fixed_write_address,
    output logic [WEIGHTS_FIXED_WIDTH-1:0] weights_fixed_write_data,
    output logic parameters_write,
    output logic [PARAMETERS_ADDRESS-1:0] parameters_write_address,
    output logic [PARAMETERS_WIDTH-1:0] parameters_write_data,
    output logic instructions_write,
    output logic [INSTRUCTIONS_ADDRESS-1:0] instructions_write_address,
    output logic [127:0] instructions_write_data
);
endmodule
