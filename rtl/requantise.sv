// SPDX-License-Identifier: Apache-2.0
// One step of post_unit for one lane: y = saturate(round((x * M + B) / 2^s)), or, as ACTIVATION, saturate(x < 0 ?
// round(x * M / 2^s) : x); y = x where the instruction does not use the step. s is at most 47.
//
// Parameters  SLICES      2: x of 34 bits times M of up to 27, in two cascaded DSP slices
//                         1: one slice; M takes the narrow port where it fits 18 bits, and x the wide one of 27, else x, of
//                            18 bits then, the narrow one (rule 8 of a legal program)
//             ACTIVATION  no offset; rounds half to even; passes x >= 0
// Stages      0 x, M from its memory into the slices; 1 B; PRODUCT = SLICES + 2: the product; +1 shifted by 16 * s[5:4],
//             +2 by s[3:0], +3 rounded, less lo: t; in +3 y, combinational: lo plus t or, where t is beyond 0 to hi - lo, the
//             nearer of these two. The caller registers it.
//             Inside 48 bits the sum wraps: |x * M + B| < 2^47, so the low 48 bits are the number.
// Shift       three levels of one 4:1 multiplexer a bit; beside the number the last bit shifted out (guard), the OR of all before
//             (sticky), and whether it leaves 34 bits: beyond every limit then.
// Record      the lane's column in a group of the record and the strobe of each of its words; `entry_*` name the element's
//             record in stages 0 and 1. The limits belong to all 16 lanes of a slice: each brings 4 bits of them out in stage
//             PRODUCT + 1 and gets -lo in the next, lo and hi - lo in the one after (0 where the step is not used).
module requantise #(
    parameter int SLICES = 2,
    parameter int ACTIVATION = 0,
    parameter int MULTIPLIER = 24,
    parameter int COLUMN = 32,
    parameter int ENTRIES = 32,
    parameter int WORDS = 3
) (
    input  logic clk,
    input  logic [WORDS-1:0] write,
    input  logic [$clog2(ENTRIES)-1:0] write_entry,
    input  logic [COLUMN-1:0] column,
    input  logic [$clog2(ENTRIES)-1:0] entry_factor,
    input  logic [$clog2(ENTRIES)-1:0] entry_rest,
    input  logic [33:0] x,
    input  logic [1:0] rounding,  // in stage PRODUCT + 2: 0 half to even, 1 floor, 2 half up
    input  logic used,            // in stage PRODUCT + 2
    output logic [3:0] limits_part,
    input  logic [32:0] minus_lo,
    input  logic [31:0] lo,
    input  logic [31:0] span,
    output logic [33:0] y
);
  localparam int PRODUCT = SLICES + 2;
  localparam int SHIFT_BIT = ACTIVATION != 0 ? 32 : 80;
  localparam int END = SHIFT_BIT + 10;

  // --- the record: word 0 is read in stage 0, the others in stage 1 ------------------------------------------------------
  logic [MULTIPLIER-1:0] factor;
  logic [END-1:32] rest;  // in stage 1
  genvar w;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(0), .WIDTH(MULTIPLIER)) factors (
      .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_factor), .value(factor));
  for (w = 32 / COLUMN; w < WORDS; w++) begin : g_rest
    localparam int LOW = w * COLUMN > 32 ? w * COLUMN : 32;
    localparam int HIGH = (w + 1) * COLUMN < END ? (w + 1) * COLUMN : END;
    record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(LOW), .WIDTH(HIGH - LOW)) fields (
        .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_rest),
        .value(rest[HIGH-1:LOW]));
  end

  // --- stages 0 to PRODUCT: multiply and add --------------------------------------------------------------------------
  logic [29:0] wide;
  assign wide = {{(30 - MULTIPLIER) {factor[MULTIPLIER-1]}}, factor};
  logic [47:0] offset;
  if (ACTIVATION == 0) begin : g_offset
    assign offset = rest[79:32];
  end else begin : g_no_offset
    assign offset = 48'b0;
  end

  logic [47:0] product;
  if (SLICES == 2) begin : g_two
    // x = high * 2^17 + low: the second slice adds the first one's sum, shifted down by 17.
    logic [47:0] low_sum, low_cascade, high_sum, unused_cascade;
    dsp48e2 #(.MULTIPLY(1)) low (
        .clk(clk), .a(wide), .b({1'b0, x[16:0]}), .c(offset), .d(27'b0), .opmode(9'b000110101), .alumode(4'b0000),
        .pcin(48'b0), .p(low_sum), .pcout(low_cascade));
    dsp48e2 #(.MULTIPLY(1), .AREG(2), .BREG(2)) high (
        .clk(clk), .a(wide), .b({x[33], x[33:17]}), .c(48'b0), .d(27'b0), .opmode(9'b001010101), .alumode(4'b0000),
        .pcin(low_cascade), .p(high_sum), .pcout(unused_cascade));
    logic [16:0] low_bits;
    always_ff @(posedge clk) low_bits <= low_sum[16:0];
    assign product = {high_sum[30:0], low_bits};
    logic unused;
    assign unused = &{low_sum[47:17], high_sum[47:31], unused_cascade};
  end else begin : g_one
    logic narrow;
    assign narrow = wide[26:17] == {10{wide[26]}};
    logic [47:0] unused_cascade;
    dsp48e2 #(.MULTIPLY(1)) slice (
        .clk(clk), .a(narrow ? {{3{x[26]}}, x[26:0]} : wide), .b(narrow ? wide[17:0] : x[17:0]), .c(offset), .d(27'b0),
        .opmode(9'b000110101), .alumode(4'b0000), .pcin(48'b0), .p(product), .pcout(unused_cascade));
    logic unused;
    assign unused = &unused_cascade;
  end

  // --- shift --------------------------------------------------------------------------------------------------------------
  logic [5:0] shift;
  delay_line #(.WIDTH(6), .CYCLES(PRODUCT - 1)) shifts (
      .clk(clk), .reset(1'b0), .in(rest[SHIFT_BIT+:6]), .out(shift));
  delay_line #(.WIDTH(4), .CYCLES(PRODUCT)) parts (
      .clk(clk), .reset(1'b0), .in(rest[SHIFT_BIT+6+:4]), .out(limits_part));

  // By 16s. Bit 0 of a number with its guard is the guard.
  logic [48:0] coarse;
  logic coarse_sticky, lost_15, lost_31;
  logic [3:0] fine;
  assign lost_15 = |product[14:0];
  assign lost_31 = |product[30:15];
  always_ff @(posedge clk) begin
    coarse <= shift[5] ? {{32{product[47]}}, product[47:31]} : shift[4] ? {{16{product[47]}}, product[47:15]} : {product, 1'b0};
    coarse_sticky <= (lost_15 && (shift[5] || shift[4])) || (lost_31 && shift[5]);
    fine <= shift[3:0];
  end

  // By 4s, to the 37 bits and a guard that the last level takes.
  logic [49:0] coarse_signed;
  logic [37:0] middle;
  logic middle_sticky, middle_beyond;
  always_comb begin
    coarse_signed = {coarse[48], coarse};
    middle = fine[3] ? (fine[2] ? coarse_signed[49:12] : coarse_signed[45:8]) : (fine[2] ? coarse_signed[41:4] : coarse_signed[37:0]);
    middle_sticky = coarse_sticky || (fine[3:2] != 2'd0 && coarse[3:0] != 4'd0) || (fine[3] && coarse[7:4] != 4'd0) ||
                    (fine[3:2] == 2'd3 && coarse[11:8] != 4'd0);
    middle_beyond = (fine[3:2] == 2'd0 && coarse[41:38] != {4{coarse[48]}}) || (!fine[3] && coarse[45:42] != {4{coarse[48]}}) ||
                    (fine[3:2] != 2'd3 && coarse[47:46] != {2{coarse[48]}});
  end

  // By 1s.
  logic [34:0] shifted;
  logic sticky, beyond, sign;
  always_ff @(posedge clk) begin
    shifted <= fine[1] ? (fine[0] ? middle[37:3] : middle[36:2]) : (fine[0] ? middle[35:1] : middle[34:0]);
    sticky <= middle_sticky || (fine[1:0] != 2'd0 && middle[0]) || (fine[1] && middle[1]) || (fine[1:0] == 2'd3 && middle[2]);
    beyond <= middle_beyond || middle[37] != coarse[48] || (fine[1:0] != 2'd3 && middle[36] != coarse[48]) ||
              (!fine[1] && middle[35] != coarse[48]) || (fine[1:0] == 2'd0 && middle[34] != coarse[48]);
    sign <= coarse[48];
  end

  // --- round, less lo; or x passed by ---------------------------------------------------------------------------------------
  logic [33:0] passed_by, chosen;
  logic passes, up, unused_carry;
  logic [34:0] t, t_next;
  delay_line #(.WIDTH(34), .CYCLES(PRODUCT + 2)) passed (.clk(clk), .reset(1'b0), .in(x), .out(passed_by));
  always_comb begin
    passes = !used || (ACTIVATION != 0 && !passed_by[33]);
    case (ACTIVATION != 0 ? 2'd0 : rounding)
      2'd0: up = !passes && shifted[0] && (sticky || shifted[1]);
      2'd1: up = 1'b0;
      default: up = !passes && shifted[0];
    endcase
    chosen = passes ? passed_by : shifted[34:1];
    // The last bit borrows where `up` is 0. Less the complement: a sum whose second operand is chosen in the adder's LUTs.
    {t_next, unused_carry} = {{2{minus_lo[32]}}, minus_lo, 1'b0} - {~chosen[33], ~chosen, ~up};
  end
  logic t_used, t_beyond, t_sign;
  always_ff @(posedge clk) begin
    t <= t_next;
    t_used <= used;
    t_beyond <= beyond && !passes;
    t_sign <= sign;
  end

  // --- saturate -------------------------------------------------------------------------------------------------------------
  logic below, above, unused_last;
  logic [33:0] kept;
  always_comb begin
    below = t_used && (t_beyond ? t_sign : t[34]);
    above = t_used && (t_beyond ? !t_sign : !t[34] && t[33:0] > {2'b0, span});
    kept = below ? 34'b0 : above ? {2'b0, span} : t[33:0];
    {y, unused_last} = {{2{lo[31]}}, lo, 1'b0} - {~kept, 1'b1};
  end
endmodule
