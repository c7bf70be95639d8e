// SPDX-License-Identifier: Apache-2.0
// One step of post_unit for one lane: y = saturate(round((x * M + B) / 2^s)), or, as ACTIVATION, saturate(x < 0 ?
// round(x * M / 2^s) : x); y = x where the instruction does not use the step.
//
// Parameters  SLICES      2: x of 34 bits times M of up to 27, in two cascaded DSP slices
//                         1: one slice; M takes the narrow port where it fits 18 bits, and x the wide one of 27, else x, of
//                            18 bits then, the narrow one (rule 8 of a legal program)
//             ACTIVATION  no offset; rounds half to even; passes x >= 0
// Stages      0 x, M from its memory into the slices; 1 B; PRODUCT = SLICES + 2: the product; +1 shifted by 8 * s[5:3],
//             +2 by s[2:0], +3 rounded, +4 = STAGES saturated: y.
//             Inside 48 bits the sum wraps: |x * M + B| < 2^47, so the low 48 bits are the number.
// Record      the lane's column in a group of the record and the strobe of each of its words; `entry_*` name the element's
//             record in stages 0, 1, PRODUCT - 1 and PRODUCT + 2. The limits belong to all 16 lanes of a slice: each
//             brings 4 bits of them out and gets all 64 back (hi, lo) in stage PRODUCT + 3.
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
    input  logic [$clog2(ENTRIES)-1:0] entry_offset,
    input  logic [$clog2(ENTRIES)-1:0] entry_shift,
    input  logic [$clog2(ENTRIES)-1:0] entry_limits,
    input  logic [33:0] x,
    input  logic [1:0] rounding,  // in stage PRODUCT + 2: 0 half to even, 1 floor, 2 half up
    input  logic used,            // in stage PRODUCT + 3
    output logic [3:0] limits_part,
    input  logic [63:0] limits,
    output logic [33:0] y
);
  localparam int PRODUCT = SLICES + 2;
  localparam int SHIFT_BIT = ACTIVATION != 0 ? 32 : 80;

  // --- stages 0 to PRODUCT: multiply and add --------------------------------------------------------------------------
  logic [MULTIPLIER-1:0] factor;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(0), .WIDTH(MULTIPLIER)) factors (
      .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_factor), .value(factor));
  logic [29:0] wide;
  assign wide = {{(30 - MULTIPLIER) {factor[MULTIPLIER-1]}}, factor};

  logic [47:0] offset;
  if (ACTIVATION == 0) begin : g_offset
    record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(32), .WIDTH(48)) offsets (
        .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_offset), .value(offset));
  end else begin : g_no_offset
    logic unused;
    assign unused = &entry_offset;
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

  // --- shift: below the 48 bits a bit that was shifted out last, below it the OR of all before --------------------------
  logic [5:0] shift_read, shift;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(SHIFT_BIT), .WIDTH(6)) shifts (
      .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_shift), .value(shift_read));
  always_ff @(posedge clk) shift <= shift_read;

  logic [2:0] fine;
  logic [49:0] coarse, shifted, coarse_next, shifted_next;
  logic [7:0] fine_lost;
  always_comb begin
    coarse_next = {product, 2'b0};
    case (shift[5:3])
      3'd0: coarse_next = {product, 2'b0};
      3'd1: coarse_next = {{8{product[47]}}, product[47:7], |product[6:0]};
      3'd2: coarse_next = {{16{product[47]}}, product[47:15], |product[14:0]};
      3'd3: coarse_next = {{24{product[47]}}, product[47:23], |product[22:0]};
      3'd4: coarse_next = {{32{product[47]}}, product[47:31], |product[30:0]};
      default: coarse_next = {{40{product[47]}}, product[47:39], |product[38:0]};
    endcase
    shifted_next = $signed(coarse) >>> fine;
    fine_lost = ~(8'hFF << fine) & coarse[7:0];
    shifted_next[0] = shifted_next[0] | (|fine_lost);
  end
  always_ff @(posedge clk) begin
    coarse <= coarse_next;
    fine <= shift[2:0];
    shifted <= shifted_next;
  end

  // --- round ------------------------------------------------------------------------------------------------------------
  logic [47:0] rounded;
  logic up;
  always_comb begin
    case (ACTIVATION != 0 ? 2'd0 : rounding)
      2'd0: up = shifted[1] && (shifted[0] || shifted[2]);
      2'd1: up = 1'b0;
      default: up = shifted[1];
    endcase
  end
  always_ff @(posedge clk) rounded <= shifted[49:2] + {47'b0, up};

  // --- saturate ---------------------------------------------------------------------------------------------------------
  logic [3:0] part;
  record_field #(.COLUMN(COLUMN), .ENTRIES(ENTRIES), .WORDS(WORDS), .FIRST(SHIFT_BIT + 6), .WIDTH(4)) parts (
      .clk(clk), .write(write), .column(column), .write_entry(write_entry), .read_entry(entry_limits), .value(part));
  always_ff @(posedge clk) limits_part <= part;

  logic [33:0] passed_by;
  delay_line #(.WIDTH(34), .CYCLES(PRODUCT + 3)) passed (.clk(clk), .reset(1'b0), .in(x), .out(passed_by));
  logic [47:0] low_limit, high_limit, value;
  assign low_limit = {{16{limits[31]}}, limits[31:0]};
  assign high_limit = {{16{limits[63]}}, limits[63:32]};
  assign value = ACTIVATION != 0 && !passed_by[33] ? {{14{passed_by[33]}}, passed_by} : rounded;
  always_ff @(posedge clk) begin
    if (!used) y <= passed_by;
    else if ($signed(value) < $signed(low_limit)) y <= low_limit[33:0];
    else if ($signed(value) > $signed(high_limit)) y <= high_limit[33:0];
    else y <= value[33:0];
  end
endmodule
