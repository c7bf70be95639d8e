// SPDX-License-Identifier: Apache-2.0
// The operands of post_unit: addresses of accumulators and act_fixed, and 16 * SLICES values each of a and b.
//
// A cell's words of a fixed map come in its first cycles, a's before b's: SLICES consecutive words of 16 bytes a cycle, as
// many times as a value has bytes. An accumulator word of a comes in the cell's first cycle, of b in its last: each array's
// region has a port. Lane l of a lane group is channel l of the group, lane c mod rows of row group c / rows; where rows are
// no multiple of the lanes, two consecutive words are read.
//
// Stages (0: the step)   1 address registers; +LATENCY the word; +1 its registers; +1 = LATENCY + 3 a and b, 33 bits with
//                        sign. LATENCY is the longer of both buffers; the other one's addresses wait.
module post_operands #(
    parameter int SLICES = 1,
    parameter int XNOR_ROWS = 16,
    parameter int MAC_ROWS = 16,
    parameter int ACCUMULATOR_WIDTH = 512,
    parameter int ACCUMULATOR_WORDS = 1,
    parameter int ACCUMULATOR_ADDRESS = 10,
    parameter int ACCUMULATOR_LATENCY = 2,
    parameter int FIXED_ADDRESS = 12,
    parameter int FIXED_LATENCY = 2
) (
    input  logic clk,
    input  logic reset,
    input  logic step_valid,
    input  logic step_first,
    input  logic step_last,
    input  logic step_begin,
    input  logic step_group,
    /* verilator lint_off UNUSEDSIGNAL */
    input  blendsim_pkg::post_unit_instruction_t instruction,  // the step's
    /* verilator lint_on UNUSEDSIGNAL */
    output logic xnor_accumulators_read,
    output logic [ACCUMULATOR_ADDRESS-1:0] xnor_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] xnor_accumulators_data,
    output logic mac_accumulators_read,
    output logic [ACCUMULATOR_ADDRESS-1:0] mac_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] mac_accumulators_data,
    output logic act_fixed_read,
    output logic [FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [SLICES*128-1:0] act_fixed_data,
    output logic [SLICES*16*33-1:0] a,
    output logic [SLICES*16*33-1:0] b
);
  localparam int LATENCY = ACCUMULATOR_LATENCY > FIXED_LATENCY ? ACCUMULATOR_LATENCY : FIXED_LATENCY;
  localparam int ADDRESS = ACCUMULATOR_ADDRESS > FIXED_ADDRESS ? ACCUMULATOR_ADDRESS : FIXED_ADDRESS;
  localparam int XNOR_SLICES = XNOR_ROWS / 16;
  localparam int MAC_SLICES = MAC_ROWS / 16;

  // --- stage 0: which words this step reads ---------------------------------------------------------------------------------
  logic [3:0] step, step_before;
  logic a_fixed, b_fixed, a_fires, b_fires, b_starts;
  logic [3:0] a_words, b_words, b_first;
  always_comb begin
    step = step_first ? 4'd0 : step_before + 4'd1;
    a_fixed = instruction.a_source == 2'd3;
    b_fixed = instruction.b_source == 2'd3;
    a_words = 4'd1 << instruction.a_bytes_log2;
    b_words = 4'd1 << instruction.b_bytes_log2;
    b_first = a_fixed ? a_words : 4'd0;
    a_fires = step_valid && (a_fixed ? step < a_words : step_first);
    b_starts = b_fixed ? step == b_first : step_last;
    b_fires = step_valid && instruction.b_source != 2'd0 &&
              (b_fixed ? step >= b_first && step < b_first + b_words : step_last);
  end
  always_ff @(posedge clk) step_before <= step;

  // Slices of the lane group's first in its accumulator word, and whether the next group begins in the next word.
  logic [4:0] a_place, a_place_next, a_place_held, b_place, b_place_next, b_place_held;
  logic a_wraps, b_wraps;
  function automatic logic wraps(input logic [1:0] source, input logic [4:0] place);
    wraps = 32'(place) + SLICES >= (source == 2'd1 ? XNOR_SLICES : MAC_SLICES);
  endfunction
  function automatic logic [4:0] following(input logic [1:0] source, input logic [4:0] place);
    following = 5'(32'(place) + SLICES - (32'(place) + SLICES >= (source == 2'd1 ? XNOR_SLICES : MAC_SLICES) ?
                                           (source == 2'd1 ? XNOR_SLICES : MAC_SLICES) : 0));
  endfunction
  always_comb begin
    a_place = step_begin ? 5'd0 : step_group && step_first ? a_place_next : a_place_held;
    b_place = step_begin ? 5'd0 : step_group && b_starts ? b_place_next : b_place_held;
    a_wraps = wraps(instruction.a_source, a_place);
    b_wraps = wraps(instruction.b_source, b_place);
  end
  always_ff @(posedge clk) begin
    if (a_fires && step_first) begin
      a_place_held <= a_place;
      if (step_group) a_place_next <= following(instruction.a_source, a_place);
    end
    if (b_fires && b_starts) begin
      b_place_held <= b_place;
      if (step_group) b_place_next <= following(instruction.b_source, b_place);
    end
  end

  logic [ADDRESS-1:0] a_address, b_address;
  post_pointer #(.ADDRESS(ADDRESS)) a_pointer (
      .clk(clk), .fire(a_fires), .cell_start(step_first), .begin_tile(step_begin), .begin_group(step_group),
      .base(ADDRESS'(instruction.a)), .word_step(ADDRESS'(SLICES)),
      .pixel_step(ADDRESS'(instruction.a_stride) << (a_fixed ? instruction.a_bytes_log2 : 2'd0)),
      .group_step(a_fixed ? ADDRESS'(SLICES) << instruction.a_bytes_log2 : ADDRESS'(a_wraps)), .address(a_address));
  post_pointer #(.ADDRESS(ADDRESS)) b_pointer (
      .clk(clk), .fire(b_fires), .cell_start(b_starts), .begin_tile(step_begin), .begin_group(step_group),
      .base(ADDRESS'(instruction.b)), .word_step(ADDRESS'(SLICES)),
      .pixel_step(ADDRESS'(instruction.b_stride) << (b_fixed ? instruction.b_bytes_log2 : 2'd0)),
      .group_step(b_fixed ? ADDRESS'(SLICES) << instruction.b_bytes_log2 : ADDRESS'(b_wraps)), .address(b_address));

  // --- stage 1: address registers -------------------------------------------------------------------------------------------
  logic xnor_reads, mac_reads, fixed_reads;
  logic [ACCUMULATOR_ADDRESS-1:0] xnor_to, mac_to;
  logic [FIXED_ADDRESS-1:0] fixed_to;
  always_ff @(posedge clk) begin
    xnor_reads <= (a_fires && instruction.a_source == 2'd1) || (b_fires && instruction.b_source == 2'd1);
    mac_reads <= (a_fires && instruction.a_source == 2'd2) || (b_fires && instruction.b_source == 2'd2);
    fixed_reads <= (a_fires && a_fixed) || (b_fires && b_fixed);
    xnor_to <= a_fires && instruction.a_source == 2'd1 ? ACCUMULATOR_ADDRESS'(a_address) : ACCUMULATOR_ADDRESS'(b_address);
    mac_to <= a_fires && instruction.a_source == 2'd2 ? ACCUMULATOR_ADDRESS'(a_address) : ACCUMULATOR_ADDRESS'(b_address);
    fixed_to <= a_fires && a_fixed ? FIXED_ADDRESS'(a_address) : FIXED_ADDRESS'(b_address);
  end
  delay_line #(.WIDTH(2 + 2 * ACCUMULATOR_ADDRESS), .CYCLES(LATENCY - ACCUMULATOR_LATENCY), .RESET(1)) accumulators_wait (
      .clk(clk), .reset(reset), .in({xnor_reads, mac_reads, xnor_to, mac_to}),
      .out({xnor_accumulators_read, mac_accumulators_read, xnor_accumulators_address, mac_accumulators_address}));
  delay_line #(.WIDTH(1 + FIXED_ADDRESS), .CYCLES(LATENCY - FIXED_LATENCY), .RESET(1)) fixed_waits (
      .clk(clk), .reset(reset), .in({fixed_reads, fixed_to}), .out({act_fixed_read, act_fixed_address}));

  // --- stage 1 + LATENCY: words ---------------------------------------------------------------------------------------------
  logic a_comes, b_comes;
  logic [1:0] a_chunk, b_chunk, a_from, b_from;
  logic [4:0] a_at, b_at;
  logic [1:0] b_step;
  assign b_step = step[1:0] - b_first[1:0];
  delay_line #(.WIDTH(20), .CYCLES(1 + LATENCY), .RESET(1)) words_in_flight (
      .clk(clk), .reset(reset),
      .in({a_fires, b_fires, step[1:0], b_step, instruction.a_source, instruction.b_source, a_place, b_place}),
      .out({a_comes, b_comes, a_chunk, b_chunk, a_from, b_from, a_at, b_at}));

  // The group's slices out of one word or two.
  function automatic logic [SLICES*512-1:0] slices_at(input logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] data,
                                                      input logic [4:0] place, input int rows_slices);
    int from;
    slices_at = '0;
    for (int s = 0; s < SLICES; s++) begin
      from = 32'(place) + s;
      if (ACCUMULATOR_WORDS > 1 && from >= rows_slices) from = from - rows_slices + ACCUMULATOR_WIDTH / 512;
      for (int p = 0; p < ACCUMULATOR_WORDS * ACCUMULATOR_WIDTH / 512; p++)
        if (from == p) slices_at[s*512+:512] = data[p*512+:512];
    end
  endfunction
  logic [SLICES*512-1:0] xnor_slices_a, xnor_slices_b, mac_slices_a, mac_slices_b, a_held, b_held;
  assign xnor_slices_a = slices_at(xnor_accumulators_data, a_at, XNOR_SLICES);
  assign xnor_slices_b = slices_at(xnor_accumulators_data, b_at, XNOR_SLICES);
  assign mac_slices_a = slices_at(mac_accumulators_data, a_at, MAC_SLICES);
  assign mac_slices_b = slices_at(mac_accumulators_data, b_at, MAC_SLICES);
  // Up to 4 bytes a value, in chunks as they come; accumulators fill all of it at once.
  always_ff @(posedge clk) begin
    for (int c = 0; c < 4; c++) begin
      if (a_comes && (a_from != 2'd3 || 32'(a_chunk) == c))
        a_held[c*SLICES*128+:SLICES*128] <= a_from == 2'd3 ? act_fixed_data :
            a_from == 2'd1 ? xnor_slices_a[c*SLICES*128+:SLICES*128] : mac_slices_a[c*SLICES*128+:SLICES*128];
      if (b_comes && (b_from != 2'd3 || 32'(b_chunk) == c))
        b_held[c*SLICES*128+:SLICES*128] <= b_from == 2'd3 ? act_fixed_data :
            b_from == 2'd1 ? xnor_slices_b[c*SLICES*128+:SLICES*128] : mac_slices_b[c*SLICES*128+:SLICES*128];
    end
  end

  // --- stage 2 + LATENCY: values --------------------------------------------------------------------------------------------
  logic [1:0] a_log2, b_log2, a_size, b_size;
  logic a_sign, b_sign;
  assign a_size = a_fixed ? instruction.a_bytes_log2 : 2'd2;
  assign b_size = b_fixed ? instruction.b_bytes_log2 : 2'd2;
  delay_line #(.WIDTH(6), .CYCLES(2 + LATENCY)) cells_in_flight (
      .clk(clk), .reset(1'b0), .in({a_size, b_size, !a_fixed || instruction.a_signed, !b_fixed || instruction.b_signed}),
      .out({a_log2, b_log2, a_sign, b_sign}));
  function automatic logic [32:0] extended(input logic [31:0] bytes, input logic [1:0] log2, input logic is_signed);
    case (log2)
      2'd0: extended = {{25{is_signed && bytes[7]}}, bytes[7:0]};
      2'd1: extended = {{17{is_signed && bytes[15]}}, bytes[15:0]};
      default: extended = {is_signed && bytes[31], bytes};
    endcase
  endfunction
  always_ff @(posedge clk) begin
    for (int l = 0; l < 16 * SLICES; l++) begin
      a[l*33+:33] <= extended(a_log2 == 2'd0 ? {24'b0, a_held[l*8+:8]} :
                              a_log2 == 2'd1 ? {16'b0, a_held[l*16+:16]} : a_held[l*32+:32], a_log2, a_sign);
      b[l*33+:33] <= extended(b_log2 == 2'd0 ? {24'b0, b_held[l*8+:8]} :
                              b_log2 == 2'd1 ? {16'b0, b_held[l*16+:16]} : b_held[l*32+:32], b_log2, b_sign);
    end
  end
endmodule
