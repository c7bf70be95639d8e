// SPDX-License-Identifier: Apache-2.0
// load behind its queue, for conformance (test/conformance/README.md). Nothing is read, so no buffer is here: all write ports
// are brought out.
module bench_load #(
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3
) (
    input  logic clk,
    input  logic reset,
    input  logic enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    output logic full,
    input  logic [blendsim_pkg::UNITS-1:0] data_posted,
    input  logic [blendsim_pkg::UNITS-1:0] space_posted,
    output logic [blendsim_pkg::UNITS-1:0] post_data,
    output logic [blendsim_pkg::UNITS-1:0] post_space,
    output logic start,
    output logic done,
    output logic overflow,
    output logic [31:0] busy,
    output logic [31:0] stall_dependency,
    output logic [31:0] stall_memory,
    output logic [31:0] stall_downstream,
    output logic [31:0] stall_fence,
    output logic [31:0] stall_dispatch,
    input  logic [39:0] program_base,
    input  logic [39:0] input_base,
    input  logic [39:0] output_base,
    output logic arvalid,
    input  logic arready,
    output logic [39:0] araddr,
    output logic [7:0] arlen,
    input  logic rvalid,
    output logic rready,
    input  logic [BUS-1:0] rdata,
    input  logic rlast,
    output logic [16*CELL_SLICES-1:0] act_binary_write,
    output logic [16*blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data,
    output logic [3:0] act_fixed_lane_write,
    output logic [4*blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS-1:0] act_fixed_lane_write_address,
    output logic [127:0] act_fixed_lane_write_data,
    output logic weights_binary_write,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS-1:0] weights_binary_write_address,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_BINARY_WIDTH-1:0] weights_binary_write_data,
    output logic weights_fixed_write,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS-1:0] weights_fixed_write_address,
    output logic [blendsim_pkg::BUFFER_WEIGHTS_FIXED_WIDTH-1:0] weights_fixed_write_data,
    output logic parameters_write,
    output logic [blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS-1:0] parameters_write_address,
    output logic [blendsim_pkg::BUFFER_PARAMETERS_WIDTH-1:0] parameters_write_data,
    output logic instructions_write,
    output logic [blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS-1:0] instructions_write_address,
    output logic [127:0] instructions_write_data
);
  // verilator lint_off UNUSEDSIGNAL
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;  // a transfer's is shorter
  // verilator lint_on UNUSEDSIGNAL
  logic front_free;
  queue_unit #(.UNIT(blendsim_pkg::UNIT_LOAD)) queue (.in_flight(), .*);
  load unit (
      .instruction(blendsim_pkg::transfer_instruction_t'(instruction[blendsim_pkg::TRANSFER_INSTRUCTION_BITS-1:0])),
      .act_fixed_write(act_fixed_lane_write), .act_fixed_write_address(act_fixed_lane_write_address),
      .act_fixed_write_data(act_fixed_lane_write_data), .*);
endmodule
