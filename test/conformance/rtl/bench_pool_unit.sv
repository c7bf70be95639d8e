// SPDX-License-Identifier: Apache-2.0
// pool_unit with its queue and the buffers it reads and writes (ports: test/conformance/README.md). Memories answer ones to what
// was not read, so that a unit that uses more than it reads shows.
module bench_pool_unit #(
    parameter int LANES = blendsim_pkg::POOL_UNIT_LANES,
    parameter int WORDS = LANES / 16,
    parameter int FIXED = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int BINARY = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int CELL = blendsim_pkg::BUFFER_ACT_BINARY_WIDTH / 16,
    parameter int WIDEST = 16 * CELL
) (
    input  logic               clk,
    input  logic               reset,
    input  logic               enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0]       entry,
    output logic               full,
    input  logic [blendsim_pkg::UNITS-1:0]         data_posted,
    input  logic [blendsim_pkg::UNITS-1:0]         space_posted,
    output logic [blendsim_pkg::UNITS-1:0]         post_data,
    output logic [blendsim_pkg::UNITS-1:0]         post_space,
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
    input  logic [WIDEST-1:0]  preload_data,
    output logic [WORDS-1:0]   act_fixed_write,
    output logic [FIXED-1:0]   act_fixed_write_address,
    output logic [8*LANES-1:0] act_fixed_write_data,
    output logic [CELL-1:0]    act_binary_write,
    output logic [16*BINARY-1:0] act_binary_write_address,
    output logic [16*CELL-1:0] act_binary_write_data
);
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;
  logic front_free;
  /* verilator lint_off PINCONNECTEMPTY */
  queue_unit #(.UNIT(blendsim_pkg::UNIT_POOL_UNIT)) queue (
      .clk(clk), .reset(reset), .enter(enter), .entry(entry), .full(full), .data_posted(data_posted),
      .space_posted(space_posted), .post_data(post_data), .post_space(post_space), .start(start), .instruction(instruction),
      .front_free(front_free), .done(done), .in_flight(), .overflow(overflow), .busy(busy),
      .stall_dependency(stall_dependency), .stall_memory(stall_memory), .stall_downstream(stall_downstream),
      .stall_fence(stall_fence), .stall_dispatch(stall_dispatch));
  /* verilator lint_on PINCONNECTEMPTY */

  logic act_fixed_read, preload_fixed, preload_binary;
  logic [FIXED-1:0] act_fixed_address;
  logic [8*LANES-1:0] act_fixed_data;
  logic [15:0] act_binary_read;
  logic [16*BINARY-1:0] act_binary_address;
  logic [16*CELL-1:0] act_binary_data;
  pool_unit unit (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction[blendsim_pkg::POOL_UNIT_INSTRUCTION_BITS-1:0]),
      .front_free(front_free), .done(done), .act_fixed_read(act_fixed_read), .act_fixed_address(act_fixed_address),
      .act_fixed_data(act_fixed_data), .act_fixed_write(act_fixed_write), .act_fixed_write_address(act_fixed_write_address),
      .act_fixed_write_data(act_fixed_write_data), .act_binary_read(act_binary_read), .act_binary_address(act_binary_address),
      .act_binary_data(act_binary_data), .act_binary_write(act_binary_write),
      .act_binary_write_address(act_binary_write_address), .act_binary_write_data(act_binary_write_data));

  assign preload_fixed = preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_FIXED);
  assign preload_binary = preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_BINARY);
  bench_memory #(
      .WIDTH(128), .DEPTH(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS * blendsim_pkg::BUFFER_ACT_FIXED_DEPTH),
      .ADDRESS(FIXED), .LATENCY(blendsim_pkg::BUFFER_ACT_FIXED_LATENCY), .WORDS(WORDS)
  ) act_fixed (
      .clk(clk), .write(preload_fixed ? WORDS'(1) : act_fixed_write),
      .write_address(preload_fixed ? preload_address[FIXED-1:0] : act_fixed_write_address),
      .write_data(preload_fixed ? {WORDS{preload_data[127:0]}} : act_fixed_write_data),
      .read(act_fixed_read), .address(act_fixed_address), .data(act_fixed_data));
  // A cell is written whole.
  generate
    for (genvar b = 0; b < 16; b = b + 1) begin : bank
      bench_memory #(
          .WIDTH(CELL), .DEPTH(blendsim_pkg::BUFFER_ACT_BINARY_REGIONS * blendsim_pkg::BUFFER_ACT_BINARY_DEPTH),
          .ADDRESS(BINARY), .LATENCY(blendsim_pkg::BUFFER_ACT_BINARY_LATENCY), .WORDS(1)
      ) act_binary (
          .clk(clk), .write(preload_binary || act_binary_write[CELL/16*b]),
          .write_address(preload_binary ? preload_address[BINARY-1:0] : act_binary_write_address[BINARY*b+:BINARY]),
          .write_data(preload_binary ? preload_data[CELL*b+:CELL] : act_binary_write_data[CELL*b+:CELL]),
          .read(act_binary_read[b]), .address(act_binary_address[BINARY*b+:BINARY]), .data(act_binary_data[CELL*b+:CELL]));
    end
  endgenerate

  logic unused;
  assign unused = &{1'b0, instruction, preload_address, preload_data};
endmodule
