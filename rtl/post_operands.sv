// SPDX-License-Identifier: Apache-2.0
// The operands of post_unit: addresses of accumulators and act_fixed, and 16 * SLICES / HALVES values each of a and b.
//
// A cell's words of a fixed map come in its first cycles, a's before b's: SLICES consecutive words of 16 bytes a cycle, as
// many times as a value has bytes. An accumulator word of a comes in the cell's first cycle, of b in its last: each array's
// region has a port. Lane l of a lane group is channel l of the group, lane c mod rows of row group c / rows; where rows are
// no multiple of the lanes, two consecutive words are read. HALVES = 2: a lane group is half of a slice; of a map's values of 2 or
// 4 bytes it reads the words that are its own, any other word is read by both halves.
//
// Stages (0: the step)   1 address registers; +LATENCY the word; +1 its registers; +1 = LATENCY + 3 a and b, OPERAND
//                        bits. LATENCY is the longer of both buffers; the other one's addresses wait.
module post_operands #(
    parameter int OPERAND = 24,
    parameter int SLICES = 1,
    parameter int HALVES = 1,
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
    input  logic [1:0] a_source,  // the step's instruction
    input  logic [1:0] b_source,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [16:0] a_first,
    input  logic [16:0] b_first,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [8:0] a_stride,
    input  logic [8:0] b_stride,
    input  logic [1:0] a_bytes_log2,
    input  logic [1:0] b_bytes_log2,
    input  logic a_signed,
    input  logic b_signed,
    output logic xnor_accumulators_read,
    output logic [ACCUMULATOR_ADDRESS-1:0] xnor_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] xnor_accumulators_data,
    output logic mac_accumulators_read,
    output logic [ACCUMULATOR_ADDRESS-1:0] mac_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] mac_accumulators_data,
    output logic act_fixed_read,
    output logic [FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [SLICES*128-1:0] act_fixed_data,
    output logic [SLICES*16/HALVES*OPERAND-1:0] a,
    output logic [SLICES*16/HALVES*OPERAND-1:0] b
);
  localparam int LATENCY = ACCUMULATOR_LATENCY > FIXED_LATENCY ? ACCUMULATOR_LATENCY : FIXED_LATENCY;
  localparam int ADDRESS = ACCUMULATOR_ADDRESS > FIXED_ADDRESS ? ACCUMULATOR_ADDRESS : FIXED_ADDRESS;
  localparam int XNOR_SLICES = XNOR_ROWS / 16;
  localparam int MAC_SLICES = MAC_ROWS / 16;
  localparam int LANES = 16 * SLICES / HALVES;

  // --- stage 0: which words this step reads ---------------------------------------------------------------------------------
  logic [3:0] step, step_before;
  logic a_fixed, b_fixed, a_fires, b_fires, b_starts;
  logic [3:0] a_words, b_words, b_from_step;
  function automatic logic [3:0] group_words(input logic [1:0] log2);
    group_words = HALVES > 1 && log2 != 2'd0 ? 4'd1 << (log2 - 2'd1) : 4'd1 << log2;
  endfunction
  always_comb begin
    step = step_first ? 4'd0 : step_before + 4'd1;
    a_fixed = a_source == 2'd3;
    b_fixed = b_source == 2'd3;
    a_words = group_words(a_bytes_log2);
    b_words = group_words(b_bytes_log2);
    b_from_step = a_fixed ? a_words : 4'd0;
    a_fires = step_valid && (a_fixed ? step < a_words : step_first);
    b_starts = b_fixed ? step == b_from_step : step_last;
    b_fires = step_valid && b_source != 2'd0 &&
              (b_fixed ? step >= b_from_step && step < b_from_step + b_words : step_last);
  end
  always_ff @(posedge clk) step_before <= step;

  // The group's half of its slice, and whether the slice ends with the group.
  logic half, slice_done;
  if (HALVES > 1) begin : g_halves
    logic half_before;
    assign half = step_begin ? 1'b0 : step_group && step_first ? !half_before : half_before;
    assign slice_done = half;
    always_ff @(posedge clk) if (step_valid) half_before <= half;
  end else begin : g_whole
    assign half = 1'b0;
    assign slice_done = 1'b1;
  end
  // Words from a group's first of a map to the next one's.
  function automatic logic [ADDRESS-1:0] group_step(input logic [1:0] log2, input logic ends);
    if (HALVES == 1) group_step = ADDRESS'(SLICES) << log2;
    else group_step = log2 == 2'd0 ? ADDRESS'(ends) : ADDRESS'(group_words(log2));
  endfunction

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
    a_wraps = wraps(a_source, a_place);
    b_wraps = wraps(b_source, b_place);
  end
  always_ff @(posedge clk) begin
    if (a_fires && step_first) begin
      a_place_held <= a_place;
      if (step_group) a_place_next <= slice_done ? following(a_source, a_place) : a_place;
    end
    if (b_fires && b_starts) begin
      b_place_held <= b_place;
      if (step_group) b_place_next <= slice_done ? following(b_source, b_place) : b_place;
    end
  end

  logic [ADDRESS-1:0] a_address, b_address;
  logic unused_strides;  // what lies beyond a map's addresses
  assign unused_strides = &{1'b0, a_stride, b_stride};
  post_pointer #(.ADDRESS(ADDRESS)) a_pointer (
      .clk(clk), .fire(a_fires), .cell_start(step_first), .begin_tile(step_begin), .begin_group(step_group),
      .base(ADDRESS'(a_first)), .word_step(ADDRESS'(SLICES)),
      .pixel_step(ADDRESS'(a_stride) << (a_fixed ? a_bytes_log2 : 2'd0)),
      .group_step(a_fixed ? group_step(a_bytes_log2, slice_done) : ADDRESS'(a_wraps && slice_done)), .address(a_address));
  post_pointer #(.ADDRESS(ADDRESS)) b_pointer (
      .clk(clk), .fire(b_fires), .cell_start(b_starts), .begin_tile(step_begin), .begin_group(step_group),
      .base(ADDRESS'(b_first)), .word_step(ADDRESS'(SLICES)),
      .pixel_step(ADDRESS'(b_stride) << (b_fixed ? b_bytes_log2 : 2'd0)),
      .group_step(b_fixed ? group_step(b_bytes_log2, slice_done) : ADDRESS'(b_wraps && slice_done)), .address(b_address));

  // --- stage 1: address registers -------------------------------------------------------------------------------------------
  logic xnor_reads, mac_reads, fixed_reads;
  logic [ACCUMULATOR_ADDRESS-1:0] xnor_to, mac_to;
  logic [FIXED_ADDRESS-1:0] fixed_to;
  always_ff @(posedge clk) begin
    xnor_reads <= (a_fires && a_source == 2'd1) || (b_fires && b_source == 2'd1);
    mac_reads <= (a_fires && a_source == 2'd2) || (b_fires && b_source == 2'd2);
    fixed_reads <= (a_fires && a_fixed) || (b_fires && b_fixed);
    xnor_to <= a_fires && a_source == 2'd1 ? ACCUMULATOR_ADDRESS'(a_address) : ACCUMULATOR_ADDRESS'(b_address);
    mac_to <= a_fires && a_source == 2'd2 ? ACCUMULATOR_ADDRESS'(a_address) : ACCUMULATOR_ADDRESS'(b_address);
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
  assign b_step = step[1:0] - b_from_step[1:0];
  delay_line #(.WIDTH(20), .CYCLES(1 + LATENCY), .RESET(1)) words_in_flight (
      .clk(clk), .reset(reset),
      .in({a_fires, b_fires, step[1:0], b_step, a_source, b_source, a_place, b_place}),
      .out({a_comes, b_comes, a_chunk, b_chunk, a_from, b_from, a_at, b_at}));

  logic half_comes;
  if (HALVES > 1) begin : g_half_in_flight
    delay_line #(.WIDTH(1), .CYCLES(1 + LATENCY)) halves_in_flight (.clk(clk), .reset(1'b0), .in(half), .out(half_comes));
  end else begin : g_whole_in_flight
    assign half_comes = half;
  end

  // The group's slices out of one word or two.
  function automatic logic [SLICES*512-1:0] slices_at(input logic [ACCUMULATOR_WORDS*ACCUMULATOR_WIDTH-1:0] data,
                                                      input logic [4:0] place, input int rows_slices);
    int from;
    slices_at = '0;
    if (ACCUMULATOR_WORDS * ACCUMULATOR_WIDTH == SLICES * 512) slices_at = (SLICES*512)'(data);  // one place only
    else for (int s = 0; s < SLICES; s++) begin
      from = 32'(place) + s;
      if (ACCUMULATOR_WORDS > 1 && from >= rows_slices) from = from - rows_slices + ACCUMULATOR_WIDTH / 512;
      for (int p = 0; p < ACCUMULATOR_WORDS * ACCUMULATOR_WIDTH / 512; p++)
        if (from == p) slices_at[s*512+:512] = data[p*512+:512];
    end
  endfunction
  logic [SLICES*512-1:0] xnor_slices_a, xnor_slices_b, mac_slices_a, mac_slices_b;
  logic [LANES*OPERAND-1:0] a_held, b_held;
  assign xnor_slices_a = slices_at(xnor_accumulators_data, a_at, XNOR_SLICES);
  assign xnor_slices_b = slices_at(xnor_accumulators_data, b_at, XNOR_SLICES);
  assign mac_slices_a = slices_at(mac_accumulators_data, a_at, MAC_SLICES);
  assign mac_slices_b = slices_at(mac_accumulators_data, b_at, MAC_SLICES);
  // Of a map's word each lane takes the bytes that are its own, as they come; accumulators are there at once. Bytes that a value
  // does not have are its sign, or 0.
  logic [1:0] a_size, b_size, size;
  logic a_sign, b_sign, is_signed, from_a;
  delay_line #(.WIDTH(6), .CYCLES(1 + LATENCY)) sizes_in_flight (
      .clk(clk), .reset(1'b0), .in({a_bytes_log2, b_bytes_log2, a_signed, b_signed}), .out({a_size, b_size, a_sign, b_sign}));
  assign from_a = a_comes && a_from == 2'd3;
  assign size = from_a ? a_size : b_size;
  assign is_signed = from_a ? a_sign : b_sign;
  logic [1:0] chunk;
  assign chunk = from_a ? a_chunk : b_chunk;

  genvar l;
  for (l = 0; l < LANES; l++) begin : g_lane
    // The lane's value of 1, 2 or 4 bytes: which word of the cell brings it, and where it stands in there. UP: its place in the
    // other half.
    localparam int UP = HALVES > 1 ? l + LANES : l;
    localparam int AT_2 = 2 * l % (16 * SLICES), WORD_2 = 2 * l / (16 * SLICES);
    localparam int AT_4 = 4 * l % (16 * SLICES), WORD_4 = 4 * l / (16 * SLICES);
    logic mine;
    logic [OPERAND-1:0] value;
    logic [31:0] value_1, value_up, value_2, value_4;
    logic sign_1, sign_up, sign_2;
    assign mine = size == 2'd0 || (size == 2'd1 ? 32'(chunk[0]) == WORD_2 : 32'(chunk) == WORD_4);
    assign sign_1 = is_signed && act_fixed_data[8*l+7];
    assign sign_up = is_signed && act_fixed_data[8*UP+7];
    assign sign_2 = is_signed && act_fixed_data[8*AT_2+15];
    assign value_1 = {{24{sign_1}}, act_fixed_data[8*l+:8]};
    assign value_up = {{24{sign_up}}, act_fixed_data[8*UP+:8]};
    assign value_2 = {{16{sign_2}}, act_fixed_data[8*AT_2+:16]};
    assign value_4 = act_fixed_data[8*AT_4+:32];
    if (HALVES > 1) begin : g_bytes_of_half
      multiplexer #(.COUNT(4), .WIDTH(OPERAND)) bytes (
          .select(size == 2'd0 && half_comes ? 2'd3 : size), .word(value),
          .words({value_up[OPERAND-1:0], value_4[OPERAND-1:0], value_2[OPERAND-1:0], value_1[OPERAND-1:0]}));
    end else begin : g_bytes
      multiplexer #(.COUNT(3), .WIDTH(OPERAND)) bytes (
          .select(size), .word(value), .words({value_4[OPERAND-1:0], value_2[OPERAND-1:0], value_1[OPERAND-1:0]}));
    end
    logic a_takes, b_takes;
    assign a_takes = a_comes && (a_from != 2'd3 || mine);
    assign b_takes = b_comes && (b_from != 2'd3 || mine);
    logic [OPERAND-1:0] a_next, b_next;
    if (HALVES > 1) begin : g_half
      logic [OPERAND-1:0] a_sum, b_sum;
      multiplexer #(.COUNT(4), .WIDTH(OPERAND)) a_sums (
          .select({a_from[1], half_comes}), .word(a_sum),
          .words({mac_slices_a[32*UP+:OPERAND], mac_slices_a[32*l+:OPERAND], xnor_slices_a[32*UP+:OPERAND],
                  xnor_slices_a[32*l+:OPERAND]}));
      multiplexer #(.COUNT(4), .WIDTH(OPERAND)) b_sums (
          .select({b_from[1], half_comes}), .word(b_sum),
          .words({mac_slices_b[32*UP+:OPERAND], mac_slices_b[32*l+:OPERAND], xnor_slices_b[32*UP+:OPERAND],
                  xnor_slices_b[32*l+:OPERAND]}));
      assign a_next = a_from == 2'd3 ? value : a_sum;
      assign b_next = b_from == 2'd3 ? value : b_sum;
    end else begin : g_slice
      multiplexer #(.COUNT(4), .WIDTH(OPERAND)) a_choice (
          .select(a_from), .word(a_next),
          .words({value, mac_slices_a[32*l+:OPERAND], xnor_slices_a[32*l+:OPERAND], xnor_slices_a[32*l+:OPERAND]}));
      multiplexer #(.COUNT(4), .WIDTH(OPERAND)) b_choice (
          .select(b_from), .word(b_next),
          .words({value, mac_slices_b[32*l+:OPERAND], xnor_slices_b[32*l+:OPERAND], xnor_slices_b[32*l+:OPERAND]}));
    end
    always_ff @(posedge clk) begin
      if (a_takes) a_held[l*OPERAND+:OPERAND] <= a_next;
      if (b_takes) b_held[l*OPERAND+:OPERAND] <= b_next;
    end
    logic unused;
    assign unused = &{1'b0, half_comes, value_1, value_up, value_2, value_4, xnor_slices_a[32*l+:32], xnor_slices_b[32*l+:32],
                      mac_slices_a[32*l+:32], mac_slices_b[32*l+:32], xnor_slices_a[32*UP+:32], xnor_slices_b[32*UP+:32],
                      mac_slices_a[32*UP+:32], mac_slices_b[32*UP+:32]};
  end
  always_ff @(posedge clk) {a, b} <= {a_held, b_held};
endmodule
