// SPDX-License-Identifier: Apache-2.0
// mac_array: fixed-point convolution, dense or depthwise; an instruction is a tile of output rows.
//
// parameters  as in src/units/mac_array/parameters.h; *_LATENCY of the buffers read, *_ADDRESS bits of their addresses
// ports       start and instruction: the queue's; front_free: the next may start; done: the last word is being written
//             act_fixed: ROWS / 16 consecutive words, the first (dense) or all (depthwise) of them used
//             weights_fixed: one word; parameters: a start word; accumulators: one word of ROWS sums
// DSP slices  ROWS * COLUMNS / PRODUCTS_PER_DSP; none for addresses. With one column there is nothing to share: then ROWS.
// Pipeline, start in cycle s: s+1 instruction and loop counters, s+2 to s+4 first addresses, s+5 pointers (mac_control.sv),
//   buffer reads and the choice of lanes (OPERANDS cycles), multiply 3 (packed: pre-adder 1 more), rest of the cascade, (packed:
//   unpacking 1), adder tree with the accumulator, which is the written word. DEPTH beyond STAGES waits before the addresses.
// Source: src/units/mac_array/instruction.h, src/units/pipeline.h, docs/timing.md.
module mac_array #(
    parameter int ROWS = blendsim_pkg::MAC_ARRAY_ROWS,
    parameter int COLUMNS = blendsim_pkg::MAC_ARRAY_COLUMNS,
    parameter int PRODUCTS_PER_DSP = blendsim_pkg::MAC_ARRAY_PRODUCTS_PER_DSP,
    parameter int DEPTH = blendsim_pkg::MAC_ARRAY_DEPTH,
    parameter int ACCUMULATOR = blendsim_pkg::MAC_ARRAY_ACCUMULATOR,
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY,
    parameter int WEIGHTS_FIXED_LATENCY = blendsim_pkg::BUFFER_WEIGHTS_FIXED_LATENCY,
    parameter int PARAMETERS_LATENCY = blendsim_pkg::BUFFER_PARAMETERS_LATENCY,
    parameter int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int WEIGHTS_FIXED_ADDRESS = blendsim_pkg::BUFFER_WEIGHTS_FIXED_ADDRESS_BITS,
    parameter int PARAMETERS_ADDRESS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int ACCUMULATORS_ADDRESS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS
) (
    input  logic                                 clk,
    input  logic                                 reset,
    input  logic                                 start,
    input  blendsim_pkg::mac_array_instruction_t instruction,
    output logic                                 front_free,
    output logic                                 done,
    output logic                                 act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0]         act_fixed_address,
    input  logic [8*ROWS-1:0]                    act_fixed_data,
    output logic                                 weights_fixed_read,
    output logic [WEIGHTS_FIXED_ADDRESS-1:0]     weights_fixed_address,
    input  logic [8*ROWS*COLUMNS-1:0]            weights_fixed_data,
    output logic                                 parameters_read,
    output logic [PARAMETERS_ADDRESS-1:0]        parameters_address,
    input  logic [PARAMETERS_WIDTH-1:0]          parameters_data,
    output logic                                 accumulators_write,
    output logic [ACCUMULATORS_ADDRESS-1:0]      accumulators_write_address,
    output logic [32*ROWS-1:0]                   accumulators_write_data
);
  localparam int PACKED = PRODUCTS_PER_DSP > 1 && COLUMNS > 1 ? 1 : 0;
  localparam int RESULTS = 1 + PACKED;
  localparam int CASCADES = (COLUMNS + 3) / 4;
  // Cycles from the operands at the slices to the accumulator: registers, cascade, unpacking, adder tree.
  localparam int ARITHMETIC = 3 + PACKED + (COLUMNS < 4 ? COLUMNS : 4) - 1 + PACKED + (CASCADES > 2 ? 2 : 1);
  // Cycles from the pointers to the operands: the slowest of the operand's word and the choice of its lanes, the weights, and
  // the start words, which only the accumulator takes.
  localparam int BOTH = ACT_FIXED_LATENCY + 1 > WEIGHTS_FIXED_LATENCY ? ACT_FIXED_LATENCY + 1 : WEIGHTS_FIXED_LATENCY;
  localparam int OPERANDS = BOTH > PARAMETERS_LATENCY + 1 - ARITHMETIC ? BOTH : PARAMETERS_LATENCY + 1 - ARITHMETIC;
  localparam int STAGES = 5 + OPERANDS + ARITHMETIC;
  localparam int WORDS = ROWS / 16;

  logic step, first_step, last_step, last_result, in_map, depthwise, is_signed;
  logic [ACT_FIXED_ADDRESS-1:0] source;
  logic [3:0] lane;
  logic [4:0] lanes;
  logic [WORDS-1:0] slices;
  logic [WEIGHTS_FIXED_ADDRESS-1:0] weights;
  logic [PARAMETERS_ADDRESS-1:0] start_word;
  logic [ACCUMULATORS_ADDRESS-1:0] result;
  mac_control #(
      .ROWS(ROWS), .COLUMNS(COLUMNS), .WAIT(DEPTH - STAGES), .SOURCE(ACT_FIXED_ADDRESS), .WEIGHTS(WEIGHTS_FIXED_ADDRESS),
      .STARTS(PARAMETERS_ADDRESS), .RESULTS(ACCUMULATORS_ADDRESS)
  ) control (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .front_free(front_free), .step(step),
      .first_step(first_step), .last_step(last_step), .last_result(last_result), .in_map(in_map), .source(source),
      .depthwise(depthwise), .is_signed(is_signed), .lane(lane), .lanes(lanes), .slices(slices), .weights(weights),
      .start_word(start_word), .result(result));

  // --- reads, each as late as its latency allows ---
  delay_line #(.WIDTH(1 + ACT_FIXED_ADDRESS), .CYCLES(OPERANDS - 1 - ACT_FIXED_LATENCY)) source_line (
      .clk(clk), .reset(reset), .in({in_map, source}), .out({act_fixed_read, act_fixed_address}));
  delay_line #(.WIDTH(1 + WEIGHTS_FIXED_ADDRESS), .CYCLES(OPERANDS - WEIGHTS_FIXED_LATENCY)) weights_line (
      .clk(clk), .reset(reset), .in({step, weights}), .out({weights_fixed_read, weights_fixed_address}));
  delay_line #(.WIDTH(1 + PARAMETERS_ADDRESS), .CYCLES(OPERANDS + ARITHMETIC - 1 - PARAMETERS_LATENCY)) start_line (
      .clk(clk), .reset(reset), .in({step && first_step, start_word}), .out({parameters_read, parameters_address}));

  // --- choice of lanes, OPERANDS - 1 cycles behind the pointers ---
  logic use_word, use_own, use_signed, own;
  logic [3:0] from_lane;
  logic [4:0] of_lanes;
  logic [WORDS-1:0] of_slices;
  delay_line #(.WIDTH(12 + WORDS), .CYCLES(OPERANDS - 1)) choice_line (
      .clk(clk), .reset(reset), .in({in_map, depthwise, is_signed, lane, lanes, slices}),
      .out({use_word, use_own, use_signed, from_lane, of_lanes, of_slices}));
  delay_line #(.WIDTH(1), .CYCLES(1)) own_line (.clk(clk), .reset(reset), .in(use_own), .out(own));

  logic [9*COLUMNS-1:0] group;  // dense: a column's activation
  logic [9*COLUMNS-1:0] group_operands;
  logic [9*ROWS-1:0] own_lanes, row_operands;  // column 0 has an operand of its own in every row
  function automatic logic [8:0] operand(logic [7:0] value, logic use_it, logic two_complement);
    operand = use_it ? {two_complement && value[7], value} : 9'd0;
  endfunction
  generate
    for (genvar c = 0; c < COLUMNS; c = c + 1) begin : column
      logic [3:0] at;
      assign at = from_lane + 4'(c);
      assign group[9*c+:9] = operand(act_fixed_data[8*at+:8], use_word && !use_own && of_lanes > 5'(c), use_signed);
    end
    for (genvar r = 0; r < ROWS; r = r + 1) begin : lane_of_row
      assign own_lanes[9*r+:9] = operand(act_fixed_data[8*r+:8], use_word && use_own && of_slices[r/16], use_signed);
    end
  endgenerate
  always_ff @(posedge clk) begin
    group_operands <= group;
    for (int r = 0; r < ROWS; r = r + 1) begin
      row_operands[9*r+:9] <= own_lanes[9*r+:9] | group[9*(PACKED != 0 && COLUMNS > 1 ? r % 2 : 0)+:9];
    end
  end

  // --- the array ---
  logic load, write, finished;
  logic [ACCUMULATOR*ROWS-1:0] sums;
  delay_line #(.WIDTH(1), .CYCLES(OPERANDS + ARITHMETIC - 1)) load_line (
      .clk(clk), .reset(reset), .in(first_step), .out(load));
  generate
    for (genvar n = 0; n < ROWS / RESULTS; n = n + 1) begin : rows
      localparam int FIRST = n * RESULTS;
      logic [9*COLUMNS-1:0] operands;
      logic [8*COLUMNS*RESULTS-1:0] bytes;
      logic [ACCUMULATOR*RESULTS-1:0] starts;
      for (genvar c = 0; c < COLUMNS; c = c + 1) begin : column
        if (c < RESULTS) begin : own_operand
          assign operands[9*c+:9] = row_operands[9*(FIRST+c)+:9];
        end else begin : shared
          assign operands[9*c+:9] = group_operands[9*c+:9];
        end
        for (genvar r = 0; r < RESULTS; r = r + 1) begin : result
          // Depthwise, result r takes column r's slice alone: the others multiply by 0.
          logic [7:0] of_column;
          assign of_column = weights_fixed_data[8*(COLUMNS*(FIRST+r)+c)+:8];
          if (c == r) begin : own_weight
            assign bytes[8*(COLUMNS*r+c)+:8] = own ? weights_fixed_data[8*(FIRST+r)+:8] : of_column;
          end else if (c < RESULTS) begin : none
            assign bytes[8*(COLUMNS*r+c)+:8] = own ? 8'd0 : of_column;
          end else begin : dense
            assign bytes[8*(COLUMNS*r+c)+:8] = of_column;
          end
        end
      end
      for (genvar r = 0; r < RESULTS; r = r + 1) begin : result_word
        assign starts[ACCUMULATOR*r+:ACCUMULATOR] = parameters_data[32*(FIRST+r)+:ACCUMULATOR];
        assign accumulators_write_data[32*(FIRST+r)+:32] = 32'($signed(sums[ACCUMULATOR*(FIRST+r)+:ACCUMULATOR]));
      end
      mac_lanes #(.RESULTS(RESULTS), .COLUMNS(COLUMNS), .ACCUMULATOR(ACCUMULATOR)) lanes_of_row (
          .clk(clk), .operands(operands), .weights(bytes), .load(load), .starts(starts),
          .sums(sums[ACCUMULATOR*FIRST+:ACCUMULATOR*RESULTS]));
    end
  endgenerate

  // --- the word written ---
  delay_line #(.WIDTH(2), .CYCLES(OPERANDS + ARITHMETIC), .RESET(1)) write_line (
      .clk(clk), .reset(reset), .in({step && last_step, step && last_result}), .out({write, finished}));
  delay_line #(.WIDTH(ACCUMULATORS_ADDRESS), .CYCLES(OPERANDS + ARITHMETIC)) result_line (
      .clk(clk), .reset(reset), .in(result), .out(accumulators_write_address));
  assign accumulators_write = write;
  assign done = finished;

  logic unused;
  assign unused = &{1'b0, act_fixed_data, group_operands, parameters_data};

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("mac_array: a depth of %0d is below its %0d stages", DEPTH, STAGES);
    if (ROWS % 16 != 0 || COLUMNS > 16) $error("mac_array: rows come in 16s, columns are at most 16");
  end
`endif
endmodule
