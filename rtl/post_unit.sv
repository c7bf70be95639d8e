// SPDX-License-Identifier: Apache-2.0
// post_unit: batch normalisation, join, activation, requantisation, thresholds, packing: LANES values of a pixel at a time, which
// are SLICES slices or, with 8 lanes, a slice's two halves one after the other (src/units/post_unit/instruction.h says what it computes). The datapath behind queue_unit #(.UNIT(UNIT_POST_UNIT)).
//
// Parameters  LANES, MULTIPLIER bits of a factor, OPERAND bits of an operand, VALUE of what a step saturates to, SHIFT_STEP of
//             which shifts are multiples, COMPARATORS a lane, TABLE entries of a lane's table (0: none), PRODUCT bits of a product's second factor (0: none), DEPTH; rows of both arrays; CELL_SLICES slices of a cell of
//             act_binary; widths, address bits and latencies of the buffers.
// Queue       `start` with `instruction` in cycle s; the loops walk in s+1 to s+occupancy, `front_free` in the last of them;
//             `done` in s+occupancy-1+DEPTH, the cycle in which the write ports carry the last word.
// Buffers     parameters, act_fixed and one region of the accumulators each a read port; act_fixed: SLICES consecutive words;
//             accumulators: ACCUMULATOR_WORDS (2 where rows are no multiple of LANES). Writes as post_results.sv says.
// Pipeline    front (post_front)   the loops; each record's words are read as soon as its group begins
//             LEAD                 steps wait until the first element finds its record in the lanes (below)
//             operands             address, LATENCY, word, a and b (post_operands)
//             lanes                24 stages to u, STEPS - 1 for its comparisons, 2 to the code (post_lane); a row of the table
//                                  comes to them when a step of its cycle would come to its code
//             results              up to 3 cycles between a cell's first and last word, choice, write (post_results)
//             STAGES = LEAD + 33 + 2 LATE + LATENCY + STEPS in all; with DEPTH above STAGES records and steps wait behind the front.
// Product     the activation's slices multiply, by q2(b) instead of a slope: an instruction has the one or the other.
// DSP         of a lane: one slice each for q1 and q2 where operands have at most 18 bits, else two; for activation and q3
//             where the join, VALUE + 1 bits, has at most 18.
module post_unit #(
    parameter int LANES = blendsim_pkg::POST_UNIT_LANES,
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int OPERAND = blendsim_pkg::POST_UNIT_OPERAND,
    parameter int VALUE = blendsim_pkg::POST_UNIT_VALUE,
    parameter int SHIFT_STEP = blendsim_pkg::POST_UNIT_SHIFT_STEP,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int TABLE = blendsim_pkg::POST_UNIT_TABLE,
    parameter int PRODUCT = blendsim_pkg::POST_UNIT_PRODUCT,
    parameter int DEPTH = blendsim_pkg::POST_UNIT_DEPTH,
    parameter int XNOR_ROWS = blendsim_pkg::XNOR_ARRAY_ROWS,
    parameter int MAC_ROWS = blendsim_pkg::MAC_ARRAY_ROWS,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int PARAMETERS_ADDRESS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int PARAMETERS_LATENCY = blendsim_pkg::BUFFER_PARAMETERS_LATENCY,
    parameter int ACCUMULATORS_WIDTH = blendsim_pkg::BUFFER_ACCUMULATORS_WIDTH,
    parameter int ACCUMULATORS_ADDRESS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int ACCUMULATORS_LATENCY = blendsim_pkg::BUFFER_ACCUMULATORS_LATENCY,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY,
    parameter int ACT_BINARY_ADDRESS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int ACCUMULATOR_WORDS = XNOR_ROWS % LANES != 0 || MAC_ROWS % LANES != 0 ? 2 : 1,
    parameter int SLICES = LANES < 16 ? 1 : LANES / 16,  // of a lane group
    parameter int HALVES = LANES < 16 ? 2 : 1            // lane groups of a slice
) (
    input  logic clk,
    input  logic reset,
    // queue_unit
    input  logic start,
    input  blendsim_pkg::post_unit_instruction_t instruction,
    output logic front_free,
    output logic done,
    // buffers
    output logic parameters_read,
    output logic [PARAMETERS_ADDRESS-1:0] parameters_address,
    input  logic [PARAMETERS_WIDTH-1:0] parameters_data,
    output logic xnor_accumulators_read,
    output logic [ACCUMULATORS_ADDRESS-1:0] xnor_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATORS_WIDTH-1:0] xnor_accumulators_data,
    output logic mac_accumulators_read,
    output logic [ACCUMULATORS_ADDRESS-1:0] mac_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATORS_WIDTH-1:0] mac_accumulators_data,
    output logic act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [128*SLICES-1:0] act_fixed_data,
    output logic [SLICES*HALVES-1:0] act_fixed_write,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_write_address,
    output logic [128*SLICES-1:0] act_fixed_write_data,
    output logic [16*CELL_SLICES*HALVES-1:0] act_binary_write,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data
);
  localparam int LATENCY = ACCUMULATORS_LATENCY > ACT_FIXED_LATENCY ? ACCUMULATORS_LATENCY : ACT_FIXED_LATENCY;
  localparam int STEPS = (15 + COMPARATORS - 1) / COMPARATORS;
  localparam int LATE = VALUE + 1 > 18 ? 1 : 0;  // activation and q3 take a stage more each
  localparam int K = 24 + 2 * LATE + STEPS - 1;  // lane stage of the last comparison

  // Words of the longest record, of its groups and of the shortest.
  localparam int COLUMN = PARAMETERS_WIDTH / 16;
  localparam int Q_WORDS = (blendsim_pkg::POST_RECORD_QUANTISER_BITS + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (blendsim_pkg::POST_RECORD_ACTIVATION_BITS + COLUMN - 1) / COLUMN;
  localparam int T_WORDS = (32 + 15 * 32 + COLUMN - 1) / COLUMN;
  localparam int WORDS = 3 * Q_WORDS + A_WORDS + T_WORDS;
  localparam int SHORTEST = COLUMN < 64 ? 2 : 1;
  localparam int FACTOR = MULTIPLIER + SHIFT_STEP - 1;
  localparam int BY_VALUE = PRODUCT < VALUE ? PRODUCT : VALUE, BY = BY_VALUE < FACTOR ? BY_VALUE : FACTOR;

  // The last word of a lane group's records, counted from 0, less the lane stage that first needs it: of q2 (a stage before
  // stage 0), of the activation (before 9), of the thresholds (24). The rest of the way is equal but for the latencies.
  localparam int BEFORE = (SLICES - 1) * WORDS;
  localparam int WAIT_A = Q_WORDS + A_WORDS - 9 > 0 ? Q_WORDS + A_WORDS - 9 : 0;
  localparam int WAIT_T = Q_WORDS + A_WORDS + T_WORDS - 24;
  localparam int LATEST = BEFORE + 2 * Q_WORDS + (WAIT_A > WAIT_T ? WAIT_A : WAIT_T > 0 ? WAIT_T : 0);
  localparam int LEAD = LATEST + PARAMETERS_LATENCY > LATENCY ? LATEST + PARAMETERS_LATENCY - LATENCY : 0;
  localparam int STAGES = LEAD + 33 + 2 * LATE + LATENCY + STEPS;
  localparam int WAIT = DEPTH > STAGES ? DEPTH - STAGES : 0;

  // Words of a step's records that wait in the lanes: from the first one written until q3 has taken its last, groups that have
  // such records may take as few cycles as SLICES of them.
  localparam int LIVES = LEAD + LATENCY - PARAMETERS_LATENCY + 19 + LATE;
  function automatic int places();
    places = 8;
    for (int n = 3; n < 8; n++)
      if ((2 ** n / Q_WORDS - 1) * Q_WORDS * SLICES < LIVES || (2 ** n / A_WORDS - 1) * A_WORDS * SLICES < LIVES) places = 2 ** (n + 1);
  endfunction
  localparam int PLACES = places();
  localparam int PLACE = $clog2(PLACES);

  // Thresholds of a lane: BANKS of them side by side, so that a step's are read and a word's are written at once; rows are
  // taken one after the other, by L levels in no fewer cycles than their words.
  localparam int PER = COLUMN / 32;
  localparam int BANKS = COMPARATORS * ((PER + COMPARATORS - 1) / COMPARATORS);
  function automatic int rows_held(input int cycles);
    int rows, words;
    rows_held = 0;
    for (int levels = 1; levels <= 15; levels++) begin
      rows = (levels + BANKS - 1) / BANKS;
      words = (32 + 32 * levels + COLUMN - 1) / COLUMN;
      if ((cycles * rows + words - 1) / words > rows_held) rows_held = (cycles * rows + words - 1) / words;
    end
    rows_held = rows_held + (15 + BANKS - 1) / BANKS;
  endfunction
  localparam int ROW = $clog2(rows_held(LEAD + LATENCY - PARAMETERS_LATENCY + K + 1 + SHORTEST));
  localparam int ROWS = 2 ** ROW;
  localparam int TAG = $clog2(DEPTH + 8);
  localparam int TAGS = 2 ** TAG;

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("post_unit: DEPTH %0d is below the pipeline's %0d stages", DEPTH, STAGES);
    if (PARAMETERS_WIDTH % 512 != 0) $error("post_unit: a word of parameters is whole 32-bit levels of 16 lanes");
    if (OPERAND <= VALUE) $error("post_unit: an operand holds a value and the join's bit more");
    if ((LANES % 16 != 0 && LANES != 8) || LANES > XNOR_ROWS || LANES > MAC_ROWS)
      $error("post_unit: LANES are half a slice, or slices of both arrays' rows");
  end
`endif

  // --- front --------------------------------------------------------------------------------------------------------------
  logic [TAG-1:0] start_tag, front_tag;
  logic last, front_valid, front_first, front_last, front_begin, front_group, front_row;
  logic [3:0] front_remaining;
  logic [2*PLACE-1:0] front_place;
  logic [PARAMETERS_WIDTH/HALVES-1:0] record_word;
  logic [63:0] record_limits;
  logic [7:0] record_head;
  logic [SLICES*4-1:0] record_write, record_first;
  logic [PLACE-1:0] record_place;
  logic [SLICES-1:0] head_write;
  logic [ROW-1:0] front_levels, head_row;
  logic [SLICES*BANKS-1:0] level_write;
  logic [BANKS*ROW-1:0] level_row;
  logic [4*BANKS-1:0] level_from;
  logic front_table_write;
  logic [4:0] front_table_row;
  logic [63:0] front_table_entries;
  post_front #(
      .SLICES(SLICES), .HALVES(HALVES), .COMPARATORS(COMPARATORS), .WIDTH(PARAMETERS_WIDTH), .ADDRESS(PARAMETERS_ADDRESS),
      .LATENCY(PARAMETERS_LATENCY), .WAIT(WAIT), .PLACES(PLACES), .TAGS(TAGS), .BANKS(BANKS), .ROWS(ROWS), .TABLE(TABLE)
  ) front (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .start_tag(start_tag), .front_free(front_free),
      .last(last), .step_valid(front_valid), .step_first(front_first), .step_last(front_last), .step_begin(front_begin),
      .step_group(front_group), .step_row(front_row), .step_remaining(front_remaining), .step_place(front_place),
      .step_tag(front_tag), .parameters_read(parameters_read), .parameters_address(parameters_address),
      .parameters_data(parameters_data), .record_word(record_word), .record_limits(record_limits),
      .record_head(record_head), .record_write(record_write), .record_first(record_first), .record_place(record_place), .head_write(head_write), .head_row(head_row),
      .step_levels(front_levels), .level_write(level_write), .level_row(level_row), .level_from(level_from),
      .table_write(front_table_write), .table_row(front_table_row), .table_entries(front_table_entries));
  delay_line #(.WIDTH(1), .CYCLES(DEPTH - 1), .RESET(1)) ends (.clk(clk), .reset(reset), .in(last), .out(done));

  // Instructions under way, by tag: what operands and lanes need of one until its steps begin, what results need until the end.
  localparam int BEGUN = 2 ** $clog2(LEAD + WAIT + 3);
  localparam int BEGIN = $clog2(BEGUN);
  typedef struct packed {
    logic [1:0] a_source, b_source;
    logic [16:0] a, b;
    logic [8:0] a_stride, b_stride;
    logic [1:0] a_bytes_log2, b_bytes_log2;
    logic a_signed, b_signed, use_q1, use_q2, use_q3;
    logic [1:0] activation;
    logic even, use_thresholds;
    logic [3:0] levels;
    logic code_bipolar, fixed_is_code, use_table, product;
  } begun_t;
  begun_t begins_with, stepped;
  assign begins_with = {instruction.a_source, instruction.b_source, instruction.a, instruction.b, instruction.a_stride,
                        instruction.b_stride, instruction.a_bytes_log2, instruction.b_bytes_log2, instruction.a_signed,
                        instruction.b_signed, instruction.use_q1, instruction.use_q2, instruction.use_q3,
                        instruction.activation, instruction.rounding == 2'd0, instruction.use_thresholds,
                        instruction.levels, instruction.code_bipolar, instruction.fixed_is_code,
                        instruction.use_table && TABLE != 0, instruction.product && PRODUCT != 0};
  (* ram_style = "distributed" *) logic [$bits(begins_with)-1:0] begun[0:BEGUN-1];
  always_ff @(posedge clk) begin
    if (reset) start_tag <= '0;
    else if (start) start_tag <= start_tag + 1'b1;
    if (start) begun[start_tag[BEGIN-1:0]] <= begins_with;
  end

  // --- steps, from LEAD and WAIT on -----------------------------------------------------------------------------------------
  localparam int FRONT = 10 + 2 * PLACE + ROW + TAG;
  logic valid, first, cell_last, begins, group, row;
  logic [3:0] remaining;
  logic [2*PLACE-1:0] place;
  logic [ROW-1:0] levels_at;
  logic [TAG-1:0] tag;
  delay_line #(.WIDTH(FRONT), .CYCLES(LEAD + WAIT), .RESET(1)) lead (
      .clk(clk), .reset(reset),
      .in({front_valid, front_first, front_last, front_begin, front_group, front_row, front_remaining, front_place, front_levels,
           front_tag}),
      .out({valid, first, cell_last, begins, group, row, remaining, place, levels_at, tag}));
  assign stepped = begun[tag[BEGIN-1:0]];

  logic [3:0] steps_taken;  // of comparisons
  always_comb begin
    steps_taken = 4'd1;
    for (int s = 1; s < STEPS; s++)
      if (stepped.use_thresholds && 32'(stepped.levels) > s * COMPARATORS) steps_taken = 4'(s + 1);
  end

  // What goes along with a step: stage n of the line is n cycles behind the address stage's step.
  localparam int LAST = LATENCY + 3 + K + 4;
  localparam int LINE = TAG + 2 * PLACE + 8 + 4 + 4 + 4 + 8 + ROW + 2;
  localparam int AT_PLACE = TAG, AT_CONTROL = TAG + 2 * PLACE, AT_REMAINING = AT_CONTROL + 8, AT_STEPS = AT_REMAINING + 4,
                 AT_LEVELS = AT_STEPS + 4, AT_FLAGS = AT_LEVELS + 4, AT_ROW = AT_FLAGS + 8, AT_TABLE = AT_ROW + ROW,
                 AT_PRODUCT = AT_TABLE + 1;
  localparam int RAW = 7, EVEN = 6, APART_LATE = 5, APART_EARLY = 4, ACTIVATION = 3;  // of the controls, above q3, q2, q1
  logic [LINE-1:0] step_now;
  logic [LINE*LAST-1:0] steps_before;
  logic [LINE*(LAST+1)-1:0] line;
  logic joins, sums;
  assign joins = stepped.b_source != 2'd0;
  assign sums = joins && !stepped.product;
  assign step_now = {
      stepped.product, stepped.use_table, levels_at, valid, valid && group && first, stepped.use_thresholds, stepped.code_bipolar, stepped.fixed_is_code, begins,
      group, row, stepped.levels, steps_taken, remaining,
      !(joins || stepped.use_q1 || stepped.use_q3 || stepped.activation != 2'd0), stepped.even,
      !sums || stepped.activation == 2'd2, !sums || stepped.activation != 2'd2, stepped.activation != 2'd0, stepped.use_q3,
      stepped.use_q2, stepped.use_q1, place, tag};
  assign line = {steps_before, step_now};
  always_ff @(posedge clk) steps_before <= line[LINE*LAST-1:0];

  // --- operands -------------------------------------------------------------------------------------------------------------
  logic [LANES*OPERAND-1:0] a, b;
  post_operands #(
      .OPERAND(OPERAND), .SLICES(SLICES), .HALVES(HALVES), .XNOR_ROWS(XNOR_ROWS), .MAC_ROWS(MAC_ROWS), .ACCUMULATOR_WIDTH(ACCUMULATORS_WIDTH),
      .ACCUMULATOR_WORDS(ACCUMULATOR_WORDS), .ACCUMULATOR_ADDRESS(ACCUMULATORS_ADDRESS),
      .ACCUMULATOR_LATENCY(ACCUMULATORS_LATENCY), .FIXED_ADDRESS(ACT_FIXED_ADDRESS), .FIXED_LATENCY(ACT_FIXED_LATENCY)
  ) operands (
      .clk(clk), .reset(reset), .step_valid(valid), .step_first(first), .step_last(cell_last), .step_begin(begins), .step_group(group),
      .a_source(stepped.a_source), .b_source(stepped.b_source), .a_first(stepped.a), .b_first(stepped.b), .a_stride(stepped.a_stride),
      .b_stride(stepped.b_stride), .a_bytes_log2(stepped.a_bytes_log2), .b_bytes_log2(stepped.b_bytes_log2),
      .a_signed(stepped.a_signed), .b_signed(stepped.b_signed), .xnor_accumulators_read(xnor_accumulators_read),
      .xnor_accumulators_address(xnor_accumulators_address), .xnor_accumulators_data(xnor_accumulators_data),
      .mac_accumulators_read(mac_accumulators_read), .mac_accumulators_address(mac_accumulators_address),
      .mac_accumulators_data(mac_accumulators_data), .act_fixed_read(act_fixed_read), .act_fixed_address(act_fixed_address),
      .act_fixed_data(act_fixed_data), .a(a), .b(b));

  // --- lanes ----------------------------------------------------------------------------------------------------------------
  localparam int OPERANDS = LATENCY + 3;  // stage of the line at lane stage 0
  // Of q1, q2, q3 and activation: the lane stage of x, words of a record, its first word's bit in `comes`, and the stages in
  // which it compares with its limits. q1 and q2 of one slice have their x a stage later.
  localparam int RECORDS = 3 * Q_WORDS + A_WORDS;
  logic [4*PLACE-1:0] read_place, limits_place;
  logic [RECORDS-1:0] comes;
  logic [3:0] takes, takes_rest, used;
  logic [3:0] clears, clears_rest;
  logic [2:0] even;
  genvar n, w;
  for (n = 0; n < 4; n++) begin : g_step
    localparam int X = OPERANDS + (n == 3 ? 9 : n == 2 ? 17 + LATE : OPERAND <= 18 ? 1 : 0);
    localparam int COMPARES = OPERANDS + (n == 3 ? 14 + LATE : n == 2 ? 22 + 2 * LATE : 6);
    localparam int PLACED = AT_PLACE + (n == 3 ? PLACE : 0);
    localparam int COUNT = n == 3 ? A_WORDS : Q_WORDS;
    logic [COUNT*PLACE-1:0] word_places;
    for (w = 0; w < COUNT; w++) begin : g_word
      localparam int AT = LINE * (X - COUNT + w);
      assign comes[n*Q_WORDS+w] = line[AT+AT_FLAGS+6] && line[AT+AT_CONTROL+n];
      assign word_places[w*PLACE+:PLACE] = comes[n*Q_WORDS+w] ? line[AT+PLACED+:PLACE] + PLACE'(w) : '0;
    end
    always_comb begin
      read_place[n*PLACE+:PLACE] = '0;
      for (int i = 0; i < COUNT; i++) read_place[n*PLACE+:PLACE] = read_place[n*PLACE+:PLACE] | word_places[i*PLACE+:PLACE];
    end
    assign takes[n] = line[LINE*(X-1)+AT_FLAGS+6] && line[LINE*(X-1)+AT_CONTROL+n];
    assign takes_rest[n] = line[LINE*X+AT_FLAGS+6] && line[LINE*X+AT_CONTROL+n];
    assign used[n] = line[LINE*(COMPARES)+AT_CONTROL+n];
    assign limits_place[n*PLACE+:PLACE] = line[LINE*(COMPARES-1)+PLACED+:PLACE];
    if (n < 3) begin : g_quantiser
      assign clears[n] = line[LINE*(X-1)+AT_FLAGS+6] && !line[LINE*(X-1)+AT_CONTROL+n];
      assign clears_rest[n] = line[LINE*X+AT_FLAGS+6] && !line[LINE*X+AT_CONTROL+n];
      assign even[n] = line[LINE*(COMPARES-1)+AT_CONTROL+EVEN];
    end else begin : g_activation
      assign clears[n] = line[LINE*(X-1)+AT_FLAGS+6] && line[LINE*(X-1)+AT_PRODUCT];
      assign clears_rest[n] = line[LINE*X+AT_FLAGS+6] && line[LINE*X+AT_PRODUCT];
    end
  end

  // Comparisons: an element's last one is in stage K, whatever its number, so those of an element with few steps never meet those
  // of one before it with many. `now` counts cycles: the places of the rings in which the lanes keep u and results.
  localparam int PARTS = BANKS / COMPARATORS;
  localparam int SOON = LINE * (OPERANDS + K - 2), NEXT = LINE * (OPERANDS + K - 1), NOW = LINE * (OPERANDS + K);
  logic compare_first, sign_only, bipolar, is_code, by_table;
  logic [3:0] step_soon, step_next, compare_part;
  logic [ROW-1:0] compare_row;
  logic [COMPARATORS-1:0] compares;
  logic [4:0] now, compare_ring, result_ring;
  assign step_soon = line[SOON+AT_STEPS+:4] - 4'd1 - line[SOON+AT_REMAINING+:4];
  always_ff @(posedge clk) begin
    step_next <= step_soon;
    compare_row <= line[SOON+AT_ROW+:ROW] + ROW'({28'b0, step_soon} / PARTS);
    compare_part <= 4'({28'b0, step_soon} % PARTS);
    for (int i = 0; i < COMPARATORS; i++) begin
      compares[i] <= 1'b0;
      for (int s = 0; s < STEPS; s++)
        if (32'(step_next) == s) compares[i] <= line[NEXT+AT_FLAGS+5] && s * COMPARATORS + i < 32'(line[NEXT+AT_LEVELS+:4]);
    end
    compare_first <= step_next == 4'd0;
    sign_only <= !line[NEXT+AT_FLAGS+5];
    bipolar <= line[NOW+AT_FLAGS+4];
    is_code <= line[NOW+AT_FLAGS+3];
    by_table <= line[NOW+AT_TABLE];
    if (reset) now <= 5'd0;
    else now <= now + 5'd1;
    compare_ring <= now + 5'd1 - 5'(STEPS) + {1'b0, line[NEXT+AT_REMAINING+:4]};
  end
  assign result_ring = now - 5'd1 - {3'b0, result_tap};

  // Rows of the table: post_slice has them for another cycle.
  localparam int ROW_WAITS = LEAD + OPERANDS + K + 1 - (PARAMETERS_LATENCY + 2) - 1;
  logic table_write;
  logic [4:0] table_row;
  logic [63:0] table_entries;
  if (TABLE != 0) begin : g_table
    delay_line #(.WIDTH(1), .CYCLES(ROW_WAITS), .RESET(1)) row_writes (
        .clk(clk), .reset(reset), .in(front_table_write), .out(table_write));
    delay_line #(.WIDTH(69), .CYCLES(ROW_WAITS)) rows_wait (
        .clk(clk), .reset(1'b0), .in({front_table_row, front_table_entries}), .out({table_row, table_entries}));
  end else begin : g_no_table
    assign {table_write, table_row, table_entries} = {front_table_write, front_table_row, front_table_entries};
  end

  logic [1:0] result_tap, result_plane;
  logic [LANES*OPERAND-1:0] values;
  logic [LANES-1:0] code_bits;
  localparam int SLICE = LANES / SLICES;  // lanes of a slice
  for (n = 0; n < SLICES; n++) begin : g_slice
    post_slice #(
        .LANES(SLICE), .OPERAND(OPERAND), .VALUE(VALUE), .FACTOR(FACTOR), .STEP(SHIFT_STEP), .COMPARATORS(COMPARATORS), .COLUMN(COLUMN),
        .PLACES(PLACES), .BANKS(BANKS), .ROWS(ROWS), .TABLE(TABLE), .PRODUCT(BY)
    ) slice (
        .clk(clk), .reset(reset), .write(record_write[n*4+:4]), .write_first(record_first[n*4+:4]), .write_place(record_place),
        .write_head(head_write[n]), .head_row(head_row), .word(record_word), .word_limits(record_limits),
        .word_head(record_head), .a(a[n*SLICE*OPERAND+:SLICE*OPERAND]), .b(b[n*SLICE*OPERAND+:SLICE*OPERAND]), .read_place(read_place), .limits_place(limits_place), .comes(comes), .takes(takes),
        .takes_rest(takes_rest), .clears(clears), .clears_rest(clears_rest), .adds(!line[LINE*(OPERANDS+8)+AT_PRODUCT]),
        .multiplies(line[LINE*(OPERANDS+13+LATE)+AT_PRODUCT]), .even(even), .used(used),
        .no_activation(!line[LINE*(OPERANDS+13+LATE)+AT_CONTROL+ACTIVATION] && !line[LINE*(OPERANDS+13+LATE)+AT_PRODUCT]),
        .apart_early(line[LINE*(OPERANDS+7)+AT_CONTROL+APART_EARLY]), .apart_late(line[LINE*(OPERANDS+15+LATE)+AT_CONTROL+APART_LATE]),
        .raw(line[LINE*(OPERANDS+22+2*LATE)+AT_CONTROL+RAW]), .level_write(level_write[n*BANKS+:BANKS]), .level_row(level_row),
        .level_from(level_from), .base_row(line[NOW+AT_ROW+:ROW]), .compare_row(compare_row),
        .compare_part(compare_part), .compare_first(compare_first), .compares(compares), .sign_only(sign_only),
        .bipolar(bipolar), .value_is_code(is_code), .code_by_table(by_table), .table_write(table_write), .table_row(table_row),
        .table_entries(table_entries), .compare_ring(compare_ring), .now(now), .result_ring(result_ring),
        .result_plane(result_plane), .values(values[n*SLICE*OPERAND+:SLICE*OPERAND]), .code_bits(code_bits[n*SLICE+:SLICE]));
  end

  // --- results --------------------------------------------------------------------------------------------------------------
  // Where in act_binary the tile begins: products of fields, ready long before the first result.
  localparam int A = ACT_BINARY_ADDRESS;
  function automatic logic [A-1:0] times(input logic [6:0] factor, input logic [A-1:0] value);
    logic [A-1:0] term0, term1, term2, term3, term4, term5, term6;
    term0 = factor[0] ? value : '0;
    term1 = factor[1] ? value << 1 : '0;
    term2 = factor[2] ? value << 2 : '0;
    term3 = factor[3] ? value << 3 : '0;
    term4 = factor[4] ? value << 4 : '0;
    term5 = factor[5] ? value << 5 : '0;
    term6 = factor[6] ? value << 6 : '0;
    times = ((term0 + term1) + (term2 + term3)) + ((term4 + term5) + term6);
  endfunction
  logic started, blocks_ready;
  logic [7:0] blocks;
  logic [A-1:0] cells;
  logic [8:0] slice_first;
  logic [6:0] rows_of_blocks, rows_of_blocks_later;
  logic [A-1:0] base, base_later, row_step;
  logic [8:0] first_cell, first_cell_later;
  logic [2:0] first_place, first_place_later;
  logic [TAG-1:0] tag1, tag2;
  generate  // slice_first / CELL_SLICES
    if ((CELL_SLICES & (CELL_SLICES - 1)) == 0) begin : power_of_two
      assign first_cell = slice_first >> $clog2(CELL_SLICES);
      assign first_place = slice_first[2:0] & 3'(CELL_SLICES - 1);
    end else begin : digit_by_digit
      always_comb begin
        first_cell = 9'd0;
        first_place = 3'd0;
        for (int i = 8; i >= 0; i--) begin
          if (2 * 32'(first_place) + 32'(slice_first[i]) >= CELL_SLICES) begin
            first_place = 3'(2 * 32'(first_place) + 32'(slice_first[i]) - CELL_SLICES);
            first_cell[i] = 1'b1;
          end else begin
            first_place = 3'(2 * 32'(first_place) + 32'(slice_first[i]));
          end
        end
      end
    end
  endgenerate
  localparam int BEGINNING = 2 * A + 12;
  (* ram_style = "distributed" *) logic [BEGINNING-1:0] beginnings[0:TAGS-1];
  typedef struct packed {
    logic [2:0] code_bits;
    logic write_fixed, write_bits;
    logic [1:0] fixed_bytes_log2;
    logic [16:0] fixed;
    logic [8:0] fixed_slices, slices, bits_cells, bits_plane_cells;
    logic [1:0] bits_row;
  } ending_t;
  ending_t ends_with, written;
  assign ends_with = {instruction.code_bits, instruction.write_fixed, instruction.write_bits, instruction.fixed_bytes_log2,
                      instruction.fixed, instruction.fixed_slices, instruction.slices, instruction.bits_cells,
                      instruction.bits_plane_cells, instruction.bits_row[1:0]};
  (* ram_style = "distributed" *) logic [$bits(ends_with)-1:0] endings[0:TAGS-1];
  always_ff @(posedge clk) if (start) endings[start_tag] <= ends_with;
  always_ff @(posedge clk) begin
    started <= start;
    tag1 <= start_tag;
    blocks <= {1'b0, instruction.width[8:2]} + {7'b0, instruction.width[1:0] != 2'd0};
    cells <= A'(instruction.bits_cells);
    rows_of_blocks <= instruction.bits_row[8:2];
    base <= A'(instruction.bits);
    slice_first <= instruction.bits_slice;

    blocks_ready <= started;
    tag2 <= tag1;
    row_step <= times(blocks[6:0], cells) + (blocks[7] ? cells << 7 : '0);
    rows_of_blocks_later <= rows_of_blocks;
    base_later <= base;
    first_cell_later <= first_cell;
    first_place_later <= first_place;

    if (blocks_ready)
      beginnings[tag2] <= {base_later + times(rows_of_blocks_later, row_step), row_step, first_cell_later, first_place_later};
  end

  logic [LINE-1:0] at_results;
  logic results_valid;
  assign at_results = line[LINE*LAST+:LINE];
  delay_line #(.WIDTH(1), .CYCLES(LAST), .RESET(1)) valid_line (.clk(clk), .reset(reset), .in(valid), .out(results_valid));
  assign written = endings[at_results[TAG-1:0]];
  logic [A-1:0] bits_first, bits_blocks;
  logic [8:0] bits_cell;
  logic [2:0] bits_place;
  assign {bits_first, bits_blocks, bits_cell, bits_place} = beginnings[at_results[TAG-1:0]];
  post_results #(
      .OPERAND(OPERAND), .SLICES(SLICES), .HALVES(HALVES), .CELL_SLICES(CELL_SLICES), .FIXED_ADDRESS(ACT_FIXED_ADDRESS), .BINARY_ADDRESS(A)
  ) results (
      .clk(clk), .reset(reset), .step_valid(results_valid), .step_begin(at_results[AT_FLAGS+2]),
      .step_group(at_results[AT_FLAGS+1]), .step_row(at_results[AT_FLAGS]), .step_remaining(at_results[AT_REMAINING+:4]),
      .code_planes(written.code_bits), .write_fixed(written.write_fixed),
      .write_bits(written.write_bits), .fixed_bytes_log2(written.fixed_bytes_log2), .fixed(written.fixed),
      .fixed_slices(written.fixed_slices), .slices(written.slices), .bits_cells(written.bits_cells),
      .bits_plane_cells(written.bits_plane_cells), .bits_row(written.bits_row), .bits_first(bits_first), .bits_blocks(bits_blocks), .bits_cell(bits_cell),
      .bits_place(bits_place), .result_tap(result_tap), .result_plane(result_plane), .values(values), .code_bits(code_bits),
      .act_fixed_write(act_fixed_write), .act_fixed_write_address(act_fixed_write_address),
      .act_fixed_write_data(act_fixed_write_data), .act_binary_write(act_binary_write),
      .act_binary_write_address(act_binary_write_address), .act_binary_write_data(act_binary_write_data));
endmodule
