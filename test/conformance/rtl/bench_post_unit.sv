// SPDX-License-Identifier: Apache-2.0
// post_unit behind its queue, with plain memories for the buffers that it reads (README.md lists the ports).
module bench_post_unit
  import blendsim_pkg::*;
#(
    parameter int K = POST_UNIT_LANES < 16 ? 1 : POST_UNIT_LANES / 16,
    parameter int HALVES = POST_UNIT_LANES < 16 ? 2 : 1,
    parameter int M = XNOR_ARRAY_WORDS / 3,
    parameter int ACCUMULATOR_WORDS = XNOR_ARRAY_ROWS % POST_UNIT_LANES != 0 || MAC_ARRAY_ROWS % POST_UNIT_LANES != 0 ? 2 : 1,
    parameter int WIDEST = BUFFER_ACCUMULATORS_WIDTH > BUFFER_PARAMETERS_WIDTH ? BUFFER_ACCUMULATORS_WIDTH : BUFFER_PARAMETERS_WIDTH
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
    input  logic preload_write,
    input  logic [2:0] preload_buffer,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [19:0] preload_address,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [WIDEST-1:0] preload_data,
    output logic [K*HALVES-1:0] act_fixed_write,
    output logic [BUFFER_ACT_FIXED_ADDRESS_BITS-1:0] act_fixed_write_address,
    output logic [K*128-1:0] act_fixed_write_data,
    output logic [16*M*HALVES-1:0] act_binary_write,
    output logic [16*BUFFER_ACT_BINARY_ADDRESS_BITS-1:0] act_binary_write_address,
    output logic [256*M-1:0] act_binary_write_data
);
  localparam int ACCUMULATORS = BUFFER_ACCUMULATORS_REGIONS * BUFFER_ACCUMULATORS_DEPTH;
  localparam int FIXED = BUFFER_ACT_FIXED_REGIONS * BUFFER_ACT_FIXED_DEPTH;
  localparam int RECORDS = BUFFER_PARAMETERS_REGIONS * BUFFER_PARAMETERS_DEPTH;

  /* verilator lint_off UNUSEDSIGNAL */
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;
  /* verilator lint_on UNUSEDSIGNAL */
  logic front_free;
  logic [$clog2(POST_UNIT_DEPTH+1)-1:0] unused_in_flight;
  queue_unit #(.UNIT(UNIT_POST_UNIT)) queue (
      .clk, .reset, .enter, .entry, .full, .data_posted, .space_posted, .post_data, .post_space, .start, .instruction,
      .front_free, .done, .in_flight(unused_in_flight), .overflow, .busy, .stall_dependency, .stall_memory, .stall_downstream,
      .stall_fence, .stall_dispatch);

  logic parameters_read, xnor_accumulators_read, mac_accumulators_read, act_fixed_read;
  logic [BUFFER_PARAMETERS_ADDRESS_BITS-1:0] parameters_address;
  logic [BUFFER_PARAMETERS_WIDTH-1:0] parameters_data, parameters_word;
  logic [BUFFER_ACCUMULATORS_ADDRESS_BITS-1:0] xnor_accumulators_address, mac_accumulators_address;
  logic [ACCUMULATOR_WORDS*BUFFER_ACCUMULATORS_WIDTH-1:0] xnor_accumulators_data, mac_accumulators_data, xnor_word, mac_word;
  logic [BUFFER_ACT_FIXED_ADDRESS_BITS-1:0] act_fixed_address;
  logic [K*128-1:0] act_fixed_data, act_fixed_word;
  post_unit unit (
      .clk, .reset, .start, .instruction(post_unit_instruction_t'(instruction[POST_UNIT_INSTRUCTION_BITS-1:0])), .front_free,
      .done, .parameters_read, .parameters_address, .parameters_data, .xnor_accumulators_read, .xnor_accumulators_address,
      .xnor_accumulators_data, .mac_accumulators_read, .mac_accumulators_address, .mac_accumulators_data, .act_fixed_read,
      .act_fixed_address, .act_fixed_data, .act_fixed_write, .act_fixed_write_address, .act_fixed_write_data,
      .act_binary_write, .act_binary_write_address, .act_binary_write_data);

  // Memories: a word read in the cycle of its address goes through LATENCY registers. What is not asked for comes as ones.
  logic [BUFFER_PARAMETERS_WIDTH-1:0] parameters[0:RECORDS-1];
  logic [BUFFER_ACCUMULATORS_WIDTH-1:0] accumulators[0:ACCUMULATORS-1];
  logic [127:0] act_fixed[0:FIXED-1];
  always_ff @(posedge clk) begin
    if (preload_write && int'(preload_buffer) == BUFFER_ID_PARAMETERS) parameters[preload_address[BUFFER_PARAMETERS_ADDRESS_BITS-1:0]] <= preload_data[BUFFER_PARAMETERS_WIDTH-1:0];
    if (preload_write && int'(preload_buffer) == BUFFER_ID_ACCUMULATORS) accumulators[preload_address[BUFFER_ACCUMULATORS_ADDRESS_BITS-1:0]] <= preload_data[BUFFER_ACCUMULATORS_WIDTH-1:0];
  end
  always_ff @(posedge clk) begin
    if (preload_write) begin
      if (int'(preload_buffer) == BUFFER_ID_ACT_FIXED) act_fixed[preload_address[BUFFER_ACT_FIXED_ADDRESS_BITS-1:0]] <= preload_data[127:0];
    end else begin
      for (int k = 0; k < K; k++)
        for (int h = 0; h < HALVES; h++)
          if (act_fixed_write[k*HALVES+h] && int'(act_fixed_write_address) + k < FIXED)
            act_fixed[int'(act_fixed_write_address)+k][h*(128/HALVES)+:128/HALVES] <= act_fixed_write_data[128*k+h*(128/HALVES)+:128/HALVES];
    end
  end
  always_comb begin
    parameters_word = '1;
    if (parameters_read && int'(parameters_address) < RECORDS) parameters_word = parameters[parameters_address];
    xnor_word = '1;
    mac_word = '1;
    for (int w = 0; w < ACCUMULATOR_WORDS; w++) begin
      if (xnor_accumulators_read && int'(xnor_accumulators_address) + w < BUFFER_ACCUMULATORS_DEPTH)
        xnor_word[w*BUFFER_ACCUMULATORS_WIDTH+:BUFFER_ACCUMULATORS_WIDTH] = accumulators[int'(xnor_accumulators_address)+w];
      if (mac_accumulators_read && int'(mac_accumulators_address) + w < ACCUMULATORS)
        mac_word[w*BUFFER_ACCUMULATORS_WIDTH+:BUFFER_ACCUMULATORS_WIDTH] = accumulators[int'(mac_accumulators_address)+w];
    end
    act_fixed_word = '1;
    for (int k = 0; k < K; k++)
      if (act_fixed_read && int'(act_fixed_address) + k < FIXED) act_fixed_word[128*k+:128] = act_fixed[int'(act_fixed_address)+k];
  end
  delay_line #(.WIDTH(BUFFER_PARAMETERS_WIDTH), .CYCLES(BUFFER_PARAMETERS_LATENCY)) parameters_line (
      .clk, .reset(1'b0), .in(parameters_word), .out(parameters_data));
  delay_line #(.WIDTH(2 * ACCUMULATOR_WORDS * BUFFER_ACCUMULATORS_WIDTH), .CYCLES(BUFFER_ACCUMULATORS_LATENCY)) accumulators_line (
      .clk, .reset(1'b0), .in({xnor_word, mac_word}), .out({xnor_accumulators_data, mac_accumulators_data}));
  delay_line #(.WIDTH(K * 128), .CYCLES(BUFFER_ACT_FIXED_LATENCY)) act_fixed_line (
      .clk, .reset(1'b0), .in(act_fixed_word), .out(act_fixed_data));
endmodule
