// SPDX-License-Identifier: Apache-2.0
// LANES lanes of post_unit: a slice or half of one. What a slice's lanes share of a record, limits and base, is kept here, put
// together from each lane's few bits (src/units/post_unit/record.h): 4 bits in the first word of a step, `word_limits`, 1 bit in
// the first of the thresholds, `word_head`.
//
// Table       a row of it comes with `table_write` a cycle before the lanes' stage K+1.
// Limits      of q1, q2, q3 and activation are read by the place of the record's first word, in the stage before the one in
//             which they are compared: `limits_place`, {activation, q3, q2, q1}.
module post_slice #(
    parameter int LANES = 16,
    parameter int OPERAND = 24,
    parameter int VALUE = 16,
    parameter int FACTOR = 27,
    parameter int STEP = 4,
    parameter int COMPARATORS = 3,
    parameter int COLUMN = 32,
    parameter int PLACES = 32,
    parameter int BANKS = COMPARATORS,
    parameter int ROWS = 32,
    parameter int TABLE = 256,
    parameter int PRODUCT = 9
) (
    input  logic clk,
    input  logic reset,
    input  logic [3:0] write,
    input  logic [3:0] write_first,  // a step's first word
    input  logic [$clog2(PLACES)-1:0] write_place,
    input  logic write_head,         // the thresholds' first word
    input  logic [$clog2(ROWS)-1:0] head_row,
    input  logic [LANES*COLUMN-1:0] word,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [63:0] word_limits,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [7:0] word_head,
    input  logic [LANES*OPERAND-1:0] a,
    input  logic [LANES*OPERAND-1:0] b,
    input  logic [4*$clog2(PLACES)-1:0] read_place,
    input  logic [4*$clog2(PLACES)-1:0] limits_place,
    input  logic [3*((blendsim_pkg::POST_RECORD_QUANTISER_BITS+COLUMN-1)/COLUMN)+(blendsim_pkg::POST_RECORD_ACTIVATION_BITS+COLUMN-1)/COLUMN-1:0] comes,
    input  logic [3:0] takes,
    input  logic [3:0] takes_rest,
    input  logic [3:0] clears,
    input  logic [3:0] clears_rest,
    input  logic adds,
    input  logic multiplies,
    input  logic [2:0] even,
    input  logic [3:0] used,
    input  logic no_activation,
    input  logic apart_early,
    input  logic apart_late,
    input  logic raw,
    input  logic [BANKS-1:0] level_write,
    input  logic [BANKS*$clog2(ROWS)-1:0] level_row,
    input  logic [4*BANKS-1:0] level_from,
    input  logic [$clog2(ROWS)-1:0] base_row,
    input  logic [$clog2(ROWS)-1:0] compare_row,
    input  logic [3:0] compare_part,
    input  logic compare_first,
    input  logic [COMPARATORS-1:0] compares,
    input  logic sign_only,
    input  logic bipolar,
    input  logic value_is_code,
    input  logic code_by_table,
    input  logic table_write,
    input  logic [4:0] table_row,
    input  logic [63:0] table_entries,
    input  logic [4:0] compare_ring,
    input  logic [4:0] now,
    input  logic [4:0] result_ring,
    input  logic [1:0] result_plane,
    output logic [LANES*OPERAND-1:0] values,
    output logic [LANES-1:0] code_bits
);
  localparam int PLACE = $clog2(PLACES);
  localparam int JOIN = VALUE + 1;  // an activation's limits have as many bits, a quantiser's one less
  genvar l, q;

  // --- limits: {hi, lo} in the stage that compares, and as many stages later as the step takes them ---------------------------
  logic [8*JOIN-1:0] limits, limits_taken;
  for (q = 0; q < 4; q++) begin : g_limits
    localparam int LATER = q == 1 || q == 2 ? 1 : 2;
    (* ram_style = "distributed" *) logic [2*JOIN-1:0] memory[0:PLACES-1];
    logic [2*JOIN-1:0] compared;
    always_ff @(posedge clk) begin
      if (write_first[q]) memory[write_place] <= {word_limits[32+:JOIN], word_limits[0+:JOIN]};
      compared <= memory[limits_place[q*PLACE+:PLACE]];
    end
    assign limits[q*2*JOIN+:2*JOIN] = compared;
    delay_line #(.WIDTH(2 * JOIN), .CYCLES(LATER)) later (
        .clk(clk), .reset(1'b0), .in(compared), .out(limits_taken[q*2*JOIN+:2*JOIN]));
  end

  // --- base: read in stage K, for the code in the next ------------------------------------------------------------------------
  (* ram_style = "distributed" *) logic [7:0] bases[0:ROWS-1];
  logic [7:0] base;
  always_ff @(posedge clk) begin
    if (write_head) bases[head_row] <= word_head;
    base <= bases[base_row];
  end

  // --- a row of the table on its way to the lanes ---------------------------------------------------------------------------------
  logic row_write;
  logic [4:0] row;
  logic [63:0] row_entries;
  if (TABLE != 0) begin : g_table
    always_ff @(posedge clk) begin
      row_write <= table_write;
      row <= table_row;
      row_entries <= table_entries;
    end
  end else begin : g_no_table
    assign {row_write, row, row_entries} = {table_write, table_row, table_entries};
  end

  for (l = 0; l < LANES; l++) begin : g_lane
    post_lane #(
        .OPERAND(OPERAND), .VALUE(VALUE), .FACTOR(FACTOR), .STEP(STEP), .COMPARATORS(COMPARATORS), .COLUMN(COLUMN),
        .PLACES(PLACES), .BANKS(BANKS), .ROWS(ROWS), .TABLE(TABLE), .PRODUCT(PRODUCT)
    ) lane (
        .clk(clk), .reset(reset), .write(write), .write_place(write_place), .column(word[l*COLUMN+:COLUMN]),
        .a(a[l*OPERAND+:OPERAND]), .b(b[l*OPERAND+:OPERAND]), .read_place(read_place), .comes(comes), .takes(takes),
        .takes_rest(takes_rest), .clears(clears), .clears_rest(clears_rest), .adds(adds), .multiplies(multiplies), .even(even), .used(used),
        .no_activation(no_activation), .apart_early(apart_early), .apart_late(apart_late), .raw(raw), .limits(limits),
        .limits_taken(limits_taken), .level_write(level_write), .level_row(level_row), .level_from(level_from),
        .compare_row(compare_row), .compare_part(compare_part), .compare_first(compare_first),
        .compares(compares), .sign_only(sign_only), .bipolar(bipolar), .value_is_code(value_is_code), .code_by_table(code_by_table),
        .table_write(row_write), .table_row(row), .table_entries(row_entries),
        .base(base | {8{bipolar}}), .compare_ring(compare_ring), .now(now), .result_ring(result_ring),
        .result_plane(result_plane), .value(values[l*OPERAND+:OPERAND]), .code_bit(code_bits[l]));
  end
endmodule
