// SPDX-License-Identifier: Apache-2.0
// One lane of post_unit: u = q3(act?(q1(a)) + q2(b)), q3(act?(q1(a) + q2(b))) or q3(q1(a) * q2(b)), its code, and a choice of the
// last four results for the writer.
//
// Widths      operands OPERAND bits; q1 and q2 VALUE; from the join on one more. u has OPERAND bits again: an instruction without
//             any step and join, `raw`, passes a by all of them.
// Stages (0: the operands stand at a and b). LATE: of each stage after 9, one more where the join has more than 18 bits, because
// the activation takes two slices then, and after 17 another one for q3.
//    0  q1 and q2: 8 stages each, saturation included
//    8  sum in front of the activation: q1(a), with + q2(b) for an activation after the join
//    9  activation, or the product: 7 stages
//   16  the other sum
//   17  q3: 6 stages
//   23  saturated or `raw`: u. It waits in a ring of LUT RAM, because an element's last comparison is in stage K = 24 + most
//       steps - 1 whatever its number: in each step it is read where `compare_ring` says, its levels a cycle before
//    K  compared with up to COMPARATORS levels and counted; K+1 code, or u's entry of the table
//   K+2 value and code stand in a ring for the writer, which takes its words in stages K+2 to K+5 where `result_ring` says
// Adders      saturate their second operand on the way: v, lo and hi, the choice and the other operand are six inputs of a LUT
//             a bit. Where there is no join, the other operand is held at 0.
// Records     of q1, q2, q3 and the activation from bit 0 on: where each step's next word is read, and when it takes its record
//             (requantise.sv).
// Limits      {hi, lo} of q1, q2, q3 and activation: where a step compares with them, and where it takes them.
// Thresholds  level n in bank n mod BANKS, rows of a group one after the other: `level_write`, `level_row` and the 32-bit digit of
//             the word (`level_from`) that holds the level of each bank; bit 31 of a digit is its direction.
module post_lane #(
    parameter int OPERAND = 24,
    parameter int VALUE = 16,
    parameter int FACTOR = 27,
    parameter int STEP = 4,
    parameter int COMPARATORS = 3,
    parameter int COLUMN = 32,
    parameter int PLACES = 32,  // words of a step's records that wait
    parameter int BANKS = COMPARATORS,  // of thresholds
    parameter int ROWS = 32,            // of a bank
    parameter int TABLE = 256,          // entries of the table; 0: none
    parameter int PRODUCT = 9           // bits of a product's second factor; 0: there are none
) (
    input  logic clk,
    input  logic reset,
    input  logic [3:0] write,
    input  logic [$clog2(PLACES)-1:0] write_place,
    input  logic [COLUMN-1:0] column,
    input  logic [OPERAND-1:0] a,
    input  logic [OPERAND-1:0] b,
    input  logic [4*$clog2(PLACES)-1:0] read_place,
    input  logic [3*((blendsim_pkg::POST_RECORD_QUANTISER_BITS+COLUMN-1)/COLUMN)+(blendsim_pkg::POST_RECORD_ACTIVATION_BITS+COLUMN-1)/COLUMN-1:0] comes,
    input  logic [3:0] takes,
    input  logic [3:0] takes_rest,
    input  logic [3:0] clears,
    input  logic [3:0] clears_rest,
    input  logic adds,                  // stage 8: no product
    input  logic multiplies,            // stage 13
    input  logic [2:0] even,            // q1, q2, q3, each in the stage in which it needs it
    input  logic [3:0] used,            // q1, q2, q3, activation, likewise
    input  logic no_activation,         // stage 13
    input  logic apart_early,           // stage 7: q2 does not come in front of the activation
    input  logic apart_late,            // stage 15: nor behind it
    input  logic raw,                   // stage 22
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [8*VALUE+7:0] limits,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [8*VALUE+7:0] limits_taken,
    input  logic [BANKS-1:0] level_write,
    input  logic [BANKS*$clog2(ROWS)-1:0] level_row,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [4*BANKS-1:0] level_from,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [$clog2(ROWS)-1:0] compare_row,  // stage K-1: where the step's levels are
    input  logic [3:0] compare_part,    // likewise: which of the BANKS / COMPARATORS parts of the row
    input  logic [4:0] compare_ring,    // stage K: where the element's u is
    input  logic compare_first,         // stage K: the element's first step
    input  logic [COMPARATORS-1:0] compares,  // stage K: which comparators have a level
    input  logic sign_only,             // stage K: no thresholds
    input  logic bipolar,               // stage K+1
    input  logic value_is_code,         // stage K+1
    input  logic code_by_table,         // stage K+1
    input  logic table_write,           // a row of the table: stage K+1 of no step
    input  logic [4:0] table_row,
    input  logic [63:0] table_entries,
    input  logic [7:0] base,            // stage K+1; all ones where bipolar
    input  logic [4:0] now,             // counts cycles
    input  logic [4:0] result_ring,
    input  logic [1:0] result_plane,
    output logic [OPERAND-1:0] value,
    output logic code_bit
);
  localparam int PLACE = $clog2(PLACES);
  localparam int Q_WORDS = (blendsim_pkg::POST_RECORD_QUANTISER_BITS + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (blendsim_pkg::POST_RECORD_ACTIVATION_BITS + COLUMN - 1) / COLUMN;
  localparam int PER = COLUMN / 32;  // digits in a word
  localparam int ROW = $clog2(ROWS);
  localparam int JOIN = VALUE + 1;
  localparam int WIDE = OPERAND > 18 ? 2 : 1;
  localparam int WIDE_JOIN = JOIN > 18 ? 2 : 1;

  // --- q1, q2 -----------------------------------------------------------------------------------------------------------
  logic [VALUE-1:0] v1, v1_later, v2, q2;
  logic [JOIN-1:0] v_act, v_act_later, v3, lo1, hi1, lo2, hi2, lo3, hi3, lo_act, hi_act;
  logic [1:0] choice1, choice1_later, choice2, choice_act, choice_act_later, choice3;
  assign {hi_act, lo_act, hi3, lo3, hi2, lo2, hi1, lo1} = limits_taken;
  logic [OPERAND-1:0] a_first, b_first;  // one slice is one stage less
  delay_line #(.WIDTH(2 * OPERAND), .CYCLES(2 - WIDE)) operands (.clk(clk), .reset(1'b0), .in({a, b}), .out({a_first, b_first}));
  requantise #(.X(OPERAND), .OUT(VALUE), .LIMIT(VALUE), .SLICES(WIDE), .FACTOR(FACTOR), .STEP(STEP), .COLUMN(COLUMN), .PLACES(PLACES),
                .WORDS(Q_WORDS)) step_q1 (
      .clk(clk), .reset(reset), .write(write[0]), .write_place(write_place), .read_place(read_place[0*PLACE+:PLACE]),
      .column(column), .comes(comes[0+:Q_WORDS]), .takes(takes[0]), .takes_rest(takes_rest[0]), .clears(clears[0]),
      .clears_rest(clears_rest[0]), .x(a_first), .by(1'b0), .multiplies(1'b0), .passes(1'b0), .even(even[0]),
      .used(used[0]), .other(1'b0), .lo(limits[0*JOIN+:VALUE]), .hi(limits[1*JOIN+:VALUE]), .v(v1), .choice(choice1));
  requantise #(.X(OPERAND), .OUT(VALUE), .LIMIT(VALUE), .SLICES(WIDE), .FACTOR(FACTOR), .STEP(STEP), .COLUMN(COLUMN), .PLACES(PLACES),
                .WORDS(Q_WORDS)) step_q2 (
      .clk(clk), .reset(reset), .write(write[1]), .write_place(write_place), .read_place(read_place[1*PLACE+:PLACE]),
      .column(column), .comes(comes[Q_WORDS+:Q_WORDS]), .takes(takes[1]), .takes_rest(takes_rest[1]), .clears(clears[1]),
      .clears_rest(clears_rest[1]), .x(b_first), .by(1'b0), .multiplies(1'b0), .passes(1'b0), .even(even[1]),
      .used(used[1]), .other(1'b0), .lo(limits[2*JOIN+:VALUE]), .hi(limits[3*JOIN+:VALUE]), .v(v2), .choice(choice2));

  // --- the sums around the activation -------------------------------------------------------------------------------------
  function automatic logic [JOIN-1:0] saturated(input logic [JOIN-1:0] v, input logic [1:0] choice, input logic [JOIN-1:0] lo,
                                                input logic [JOIN-1:0] hi);
    saturated = choice[0] ? lo : choice[1] ? hi : v;
  endfunction
  logic [JOIN-1:0] q2_early, q2_late, earlier, earlier_next, joined, joined_next;
  logic [VALUE-1:0] q2_before;
  logic unused_early, unused_late;
  always_comb begin  // less the complement: a sum whose second operand is chosen in the adder's LUTs
    {earlier_next, unused_early} = {q2_early, 1'b0} - {~saturated({v1_later[VALUE-1], v1_later}, choice1_later, lo1, hi1), 1'b1};
    {joined_next, unused_late} = {q2_late, 1'b0} - {~saturated(v_act_later, choice_act_later, lo_act, hi_act), 1'b1};
  end
  logic [JOIN-1:0] q2_next;
  assign q2_next = saturated({v2[VALUE-1], v2}, choice2, lo2, hi2);
  always_ff @(posedge clk) begin
    v1_later <= v1;
    choice1_later <= choice1;
    q2 <= q2_next[VALUE-1:0];
    if (apart_early) q2_early <= '0;
    else q2_early <= q2_next;
    earlier <= earlier_next;
    v_act_later <= v_act;
    choice_act_later <= choice_act;
    if (apart_late) q2_late <= '0;
    else q2_late <= {q2_before[VALUE-1], q2_before};
    joined <= joined_next;
  end
  // The second factor: q2(b) where the instruction multiplies.
  localparam int BY = PRODUCT > 0 ? PRODUCT : 1;
  logic [BY-1:0] by;
  if (PRODUCT != 0) begin : g_product
    always_ff @(posedge clk) begin
      if (adds) by <= '0;
      else by <= q2[BY-1:0];
    end
  end else begin : g_no_product
    logic unused_adds;
    assign unused_adds = adds;
    assign by = 1'b0;
  end
  delay_line #(.WIDTH(VALUE), .CYCLES(6 + WIDE_JOIN), .RESET(1)) q2_line (.clk(clk), .reset(reset), .in(q2), .out(q2_before));
  requantise #(.X(JOIN), .OUT(JOIN), .LIMIT(JOIN), .SLICES(WIDE_JOIN), .ACTIVATION(1), .PRODUCT(PRODUCT), .FACTOR(FACTOR), .STEP(STEP), .COLUMN(COLUMN), .PLACES(PLACES),
                .WORDS(A_WORDS)) step_act (
      .clk(clk), .reset(reset), .write(write[3]), .write_place(write_place), .read_place(read_place[3*PLACE+:PLACE]),
      .column(column), .comes(comes[3*Q_WORDS+:A_WORDS]), .takes(takes[3]), .takes_rest(takes_rest[3]), .clears(clears[3]),
      .clears_rest(clears_rest[3]), .x(earlier), .by(by), .multiplies(multiplies), .passes(no_activation), .even(1'b1),
      .used(used[3]), .other(1'b0), .lo(limits[6*JOIN+:JOIN]), .hi(limits[7*JOIN+:JOIN]), .v(v_act), .choice(choice_act));

  // --- q3, or a as it came --------------------------------------------------------------------------------------------------
  requantise #(.X(JOIN), .OUT(JOIN), .LIMIT(VALUE), .SLICES(WIDE_JOIN), .FACTOR(FACTOR), .STEP(STEP), .COLUMN(COLUMN), .PLACES(PLACES),
                .WORDS(Q_WORDS)) step_q3 (
      .clk(clk), .reset(reset), .write(write[2]), .write_place(write_place), .read_place(read_place[2*PLACE+:PLACE]),
      .column(column), .comes(comes[2*Q_WORDS+:Q_WORDS]), .takes(takes[2]), .takes_rest(takes_rest[2]), .clears(clears[2]),
      .clears_rest(clears_rest[2]), .x(joined), .by(1'b0), .multiplies(1'b0), .passes(1'b0), .even(even[2]),
      .used(used[2]), .other(raw), .lo(limits[4*JOIN+:VALUE]), .hi(limits[5*JOIN+:VALUE]), .v(v3), .choice(choice3));
  logic [OPERAND-1:0] a_later, u;
  logic [OPERAND-1:0] passing[0:31];
  always_ff @(posedge clk) passing[now] <= a;
  assign a_later = passing[now-5'(21+2*WIDE_JOIN)];
  always_comb begin
    case (choice3)
      2'd0: u = {{(OPERAND - JOIN) {v3[JOIN-1]}}, v3};
      2'd1: u = {{(OPERAND - JOIN) {lo3[JOIN-1]}}, lo3};
      2'd2: u = {{(OPERAND - JOIN) {hi3[JOIN-1]}}, hi3};
      default: u = a_later;
    endcase
  end

  // --- thresholds: level n is compared in step n / COMPARATORS ------------------------------------------------------------
  logic [OPERAND-1:0] us[0:31];
  logic [OPERAND-1:0] held;
  always_ff @(posedge clk) us[now] <= u;
  assign held = us[compare_ring];

  localparam int LEVEL_BITS = OPERAND < 32 ? OPERAND : 31;  // what a digit has beside the direction
  localparam int LEVEL = LEVEL_BITS + 1;  // {direction, level}
  logic [LEVEL*BANKS-1:0] levels_read;
  genvar n;
  for (n = 0; n < BANKS; n++) begin : g_bank
    (* ram_style = "distributed" *) logic [LEVEL-1:0] bank[0:ROWS-1];
    /* verilator lint_off UNUSEDSIGNAL */
    logic [31:0] digit;
    /* verilator lint_on UNUSEDSIGNAL */
    always_comb begin
      digit = column[31:0];
      for (int j = 1; j < PER; j++) if (32'(level_from[4*n+:4]) == j) digit = column[32*j+:32];
    end
    always_ff @(posedge clk) if (level_write[n]) bank[level_row[ROW*n+:ROW]] <= {digit[31], digit[LEVEL_BITS-1:0]};
    assign levels_read[LEVEL*n+:LEVEL] = bank[compare_row];
  end

  logic [LEVEL*COMPARATORS-1:0] chosen;
  always_ff @(posedge clk) begin
    chosen <= levels_read[LEVEL*COMPARATORS-1:0];
    for (int s = 1; s < BANKS / COMPARATORS; s++)
      if (32'(compare_part) == s) chosen <= levels_read[LEVEL*COMPARATORS*s+:LEVEL*COMPARATORS];
  end

  logic [3:0] hits, count;
  always_comb begin
    hits = 4'd0;
    for (int i = 0; i < COMPARATORS; i++)
      if (compares[i] && ($signed(held) >= $signed({{(OPERAND - LEVEL_BITS) {chosen[LEVEL*i+LEVEL_BITS-1]}}, chosen[LEVEL*i+:LEVEL_BITS]})) == chosen[LEVEL*i+LEVEL_BITS]) hits = hits + 4'd1;
    if (sign_only && !held[OPERAND-1]) hits = 4'd1;
  end
  logic [OPERAND-1:0] u_counted;  // beside count
  always_ff @(posedge clk) begin
    count <= compare_first ? hits : count + hits;
    u_counted <= held;
  end

  // --- results: in a ring, {code, value}. A code's value has 8 bits and is written as a byte ---------------------------------
  logic [3:0] code, code_chosen;
  logic [7:0] code_value;
  logic [OPERAND+3:0] results[0:31];
  logic [7:0] entry;
  if (TABLE != 0) begin : g_table
    post_table table_of (
        .clk(clk), .write(table_write), .write_row(table_row), .write_entries(table_entries), .code(u_counted[7:0]), .entry(entry));
  end else begin : g_no_table
    logic unused;
    assign unused = &{1'b0, table_write, table_row, table_entries};
    assign entry = 8'd0;
  end
  always_comb begin
    code_value = TABLE != 0 && code_by_table ? entry : base + (bipolar ? {6'b0, count != 4'd0, 1'b0} : {4'b0, count});
    code = bipolar ? {3'b0, count != 4'd0} : code_value[3:0];
  end
  always_ff @(posedge clk) results[now] <= {code, u_counted[OPERAND-1:8], value_is_code ? code_value : u_counted[7:0]};
  assign {code_chosen, value} = results[result_ring];
  assign code_bit = code_chosen[result_plane];
endmodule
