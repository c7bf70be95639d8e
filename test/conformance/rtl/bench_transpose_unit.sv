// SPDX-License-Identifier: Apache-2.0
// transpose_unit with its queue and the buffer it reads and writes (ports: test/conformance/README.md).
module bench_transpose_unit #(
    parameter int FIXED = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS
) (
    input  logic               clk,
    input  logic               reset,
    input  logic               enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    output logic               full,
    input  logic [blendsim_pkg::UNITS-1:0] data_posted,
    input  logic [blendsim_pkg::UNITS-1:0] space_posted,
    output logic [blendsim_pkg::UNITS-1:0] post_data,
    output logic [blendsim_pkg::UNITS-1:0] post_space,
    output logic               start,
    output logic               done,
    output logic               overflow,
    output logic [31:0]        busy,
    output logic [31:0]        stall_dependency,
    output logic [31:0]        stall_memory,
    output logic [31:0]        stall_downstream,
    output logic [31:0]        stall_fence,
    output logic [31:0]        stall_dispatch,
    input  logic               preload_write,
    input  logic [2:0]         preload_buffer,
    input  logic [19:0]        preload_address,
    input  logic [127:0]       preload_data,
    output logic               act_fixed_write,
    output logic [FIXED-1:0]   act_fixed_write_address,
    output logic [127:0]       act_fixed_write_data
);
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;
  logic front_free;
  /* verilator lint_off PINCONNECTEMPTY */
  queue_unit #(.UNIT(blendsim_pkg::UNIT_TRANSPOSE_UNIT)) queue (
      .clk, .reset, .enter, .entry, .full, .data_posted, .space_posted, .post_data, .post_space, .start, .instruction,
      .front_free, .done, .in_flight(), .overflow, .busy, .stall_dependency, .stall_memory, .stall_downstream, .stall_fence,
      .stall_dispatch);
  /* verilator lint_on PINCONNECTEMPTY */

  logic act_fixed_read, preload;
  logic [FIXED-1:0] act_fixed_address;
  logic [127:0] act_fixed_data;
  transpose_unit unit (
      .clk, .reset, .start, .instruction(instruction[blendsim_pkg::TRANSPOSE_UNIT_INSTRUCTION_BITS-1:0]), .front_free, .done,
      .act_fixed_read, .act_fixed_address, .act_fixed_data, .act_fixed_write, .act_fixed_write_address,
      .act_fixed_write_data);

  assign preload = preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_FIXED);
  bench_memory #(
      .WIDTH(128), .DEPTH(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS * blendsim_pkg::BUFFER_ACT_FIXED_DEPTH),
      .ADDRESS(FIXED), .LATENCY(blendsim_pkg::BUFFER_ACT_FIXED_LATENCY), .WORDS(1)
  ) act_fixed (
      .clk, .write(preload || act_fixed_write),
      .write_address(preload ? preload_address[FIXED-1:0] : act_fixed_write_address),
      .write_data(preload ? preload_data : act_fixed_write_data),
      .read(act_fixed_read), .address(act_fixed_address), .data(act_fixed_data));

  logic unused;
  assign unused = &{1'b0, instruction, preload_address};
endmodule
