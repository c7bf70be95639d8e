// SPDX-License-Identifier: Apache-2.0
// mac_array with its queue and the buffers it reads (ports: test/conformance/README.md). Memories answer ones to what was not
// read, so that a unit that uses more than it reads shows.
module bench_mac_array #(
    parameter int ROWS = blendsim_pkg::MAC_ARRAY_ROWS,
    parameter int COLUMNS = blendsim_pkg::MAC_ARRAY_COLUMNS,
    parameter int WORDS = ROWS / 16,
    parameter int SOURCE = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int WEIGHTS = blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS,
    parameter int STARTS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int SUMS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int START_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int WEIGHT_WIDTH = 8 * ROWS * COLUMNS,
    parameter int WIDEST = START_WIDTH > WEIGHT_WIDTH ? START_WIDTH : WEIGHT_WIDTH
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
    output logic               accumulators_write,
    output logic [SUMS-1:0]    accumulators_write_address,
    output logic [32*ROWS-1:0] accumulators_write_data
);
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;
  logic front_free;
  /* verilator lint_off PINCONNECTEMPTY */
  queue_unit #(.UNIT(blendsim_pkg::UNIT_MAC_ARRAY)) queue (
      .clk(clk), .reset(reset), .enter(enter), .entry(entry), .full(full), .data_posted(data_posted),
      .space_posted(space_posted), .post_data(post_data), .post_space(post_space), .start(start), .instruction(instruction),
      .front_free(front_free), .done(done), .in_flight(), .overflow(overflow), .busy(busy),
      .stall_dependency(stall_dependency), .stall_memory(stall_memory), .stall_downstream(stall_downstream),
      .stall_fence(stall_fence), .stall_dispatch(stall_dispatch));
  /* verilator lint_on PINCONNECTEMPTY */

  logic act_fixed_read, weights_fixed_read, parameters_read;
  logic [SOURCE-1:0] act_fixed_address;
  logic [8*ROWS-1:0] act_fixed_data;
  logic [WEIGHTS-1:0] weights_fixed_address;
  logic [WEIGHT_WIDTH-1:0] weights_fixed_data;
  logic [STARTS-1:0] parameters_address;
  logic [START_WIDTH-1:0] parameters_data;
  mac_array unit (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction[blendsim_pkg::MAC_ARRAY_INSTRUCTION_BITS-1:0]),
      .front_free(front_free), .done(done), .act_fixed_read(act_fixed_read), .act_fixed_address(act_fixed_address),
      .act_fixed_data(act_fixed_data), .weights_fixed_read(weights_fixed_read), .weights_fixed_address(weights_fixed_address),
      .weights_fixed_data(weights_fixed_data), .parameters_read(parameters_read), .parameters_address(parameters_address),
      .parameters_data(parameters_data), .accumulators_write(accumulators_write),
      .accumulators_write_address(accumulators_write_address), .accumulators_write_data(accumulators_write_data));

  bench_memory #(
      .WIDTH(128), .DEPTH(blendsim_pkg::BUFFER_ACT_FIXED_REGIONS * blendsim_pkg::BUFFER_ACT_FIXED_DEPTH),
      .ADDRESS(SOURCE), .LATENCY(blendsim_pkg::BUFFER_ACT_FIXED_LATENCY), .WORDS(WORDS)
  ) act_fixed (
      .clk(clk), .write(WORDS'(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_FIXED))),
      .write_address(preload_address[SOURCE-1:0]), .write_data({WORDS{preload_data[127:0]}}),
      .read(act_fixed_read), .address(act_fixed_address), .data(act_fixed_data));
  bench_memory #(
      .WIDTH(WEIGHT_WIDTH), .DEPTH(blendsim_pkg::BUFFER_WEIGHTS_FIXED_REGIONS * blendsim_pkg::BUFFER_WEIGHTS_FIXED_DEPTH),
      .ADDRESS(WEIGHTS), .LATENCY(blendsim_pkg::BUFFER_WEIGHTS_FIXED_LATENCY), .WORDS(1)
  ) weights_fixed (
      .clk(clk), .write(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_WEIGHTS_FIXED)),
      .write_address(preload_address[WEIGHTS-1:0]), .write_data(preload_data[WEIGHT_WIDTH-1:0]),
      .read(weights_fixed_read), .address(weights_fixed_address), .data(weights_fixed_data));
  bench_memory #(
      .WIDTH(START_WIDTH), .DEPTH(blendsim_pkg::BUFFER_PARAMETERS_REGIONS * blendsim_pkg::BUFFER_PARAMETERS_DEPTH),
      .ADDRESS(STARTS), .LATENCY(blendsim_pkg::BUFFER_PARAMETERS_LATENCY), .WORDS(1)
  ) parameters (
      .clk(clk), .write(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_PARAMETERS)),
      .write_address(preload_address[STARTS-1:0]), .write_data(preload_data[START_WIDTH-1:0]),
      .read(parameters_read), .address(parameters_address), .data(parameters_data));

  logic unused;
  assign unused = &{1'b0, instruction, preload_address, preload_data};
endmodule
