// SPDX-License-Identifier: Apache-2.0
// One step of post_unit for one lane: y = saturate(round((x * M + B) / 2^s)), or, as ACTIVATION, saturate(x < 0 ?
// round(x * M / 2^s) : x).
//
// Parameters  X           bits of x; SLICES: 1 up to 18 bits, 2 (cascaded) beyond; M takes the wide port, FACTOR bits
//             OUT         bits of y; results beyond saturate
//             STEP        s is a multiple of it (1, 2 or 4): a record brings M and B scaled up to make it so
//             ACTIVATION  no offset; rounds half to even; passes x >= 0 and, where not used, every x: by the entry below
//             PRODUCT     as ACTIVATION, may multiply x by `by` instead: bits of it; 0: never. The slice's pre-adder brings it
//                         in: beside a record's M it is 0, and beside it M is
// Rounding    The record's B holds 2^(s-1) for both roundings to nearest (an activation adds it here). So the shift rounds, and
//             half to even, `even`, only takes the last bit off where all bits shifted out are 0.
// Stages      0 x, M from its memory into the slices; 1 B, s; AFTER = SLICES + 2: the product; +1 shifted by a multiple of 12,
//             +2 by the rest: v; +3 v and which of {v, lo, hi} is the result: `choice`.
//             Inside 48 bits the sum wraps: |x * M + B| < 2^47, so the low 48 bits are the number.
// Shift       each level is one multiplexer of at most 4:1 a bit where STEP is 4, and as narrow as the result allows. Beside it
//             go whether a bit shifted out was 1 (`lost`) and whether the bits above leave OUT bits (`beyond`).
// Record      words of the lane's column (src/units/post_unit/record.h) wait in a LUT RAM of their own, written at `write_place`
//             and read at `read_place`, one a cycle: word n of the next record stands at its output while `comes[n]`. In the cycle
//             before its first x comes, `takes`, M is taken; in the next, `takes_rest`, B and s. `clears` and `clears_rest` take
//             M = 1 (of an activation 0), B = 0, s = 0 instead, for an instruction without the step (of an activation: for one
//             that multiplies).
module requantise #(
    parameter int X = 24,
    parameter int OUT = 16,
    parameter int LIMIT = 16,  // bits of lo and hi
    parameter int SLICES = 2,
    parameter int ACTIVATION = 0,
    parameter int PRODUCT = 0,
    parameter int FACTOR = 27,
    parameter int STEP = 4,
    parameter int COLUMN = 32,
    parameter int PLACES = 32,  // words that wait
    parameter int WORDS = 3     // of a record
) (
    input  logic clk,
    input  logic reset,
    input  logic write,
    input  logic [$clog2(PLACES)-1:0] write_place,
    input  logic [$clog2(PLACES)-1:0] read_place,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [COLUMN-1:0] column,
    input  logic [WORDS-1:0] comes,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic takes,
    input  logic takes_rest,
    input  logic clears,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic clears_rest,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [X-1:0] x,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [(PRODUCT > 0 ? PRODUCT : 1)-1:0] by,  // 0 where the instruction does not multiply
    input  logic multiplies,         // in stage AFTER + 1: nothing passes
    /* verilator lint_on UNUSEDSIGNAL */
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic passes,             // in stage AFTER + 1, an activation's: every x passes
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic even,               // in stage AFTER + 1
    input  logic used,               // in stage AFTER + 2
    input  logic other,              // in stage AFTER + 2: the result is none of this step's
    input  logic [LIMIT-1:0] lo,     // in stage AFTER + 2
    input  logic [LIMIT-1:0] hi,
    output logic [OUT-1:0] v,        // in stage AFTER + 3
    output logic [1:0] choice        // 0 v, 1 lo, 2 hi, 3 the other
);
  localparam int COARSE = 12;
  localparam int FINE = COARSE / STEP;          // places of the second level
  localparam int WINDOW = OUT + COARSE - STEP;  // bits between the levels
  localparam int SKIP = $clog2(STEP);           // bits of s that are 0
  localparam int SHIFT_BIT = ACTIVATION != 0 ? blendsim_pkg::POST_RECORD_ACTIVATION_SHIFT : blendsim_pkg::POST_RECORD_QUANTISER_SHIFT;
  localparam int BITS = SHIFT_BIT + blendsim_pkg::POST_RECORD_QUANTISER_SHIFT_BITS;
  localparam int LOW = blendsim_pkg::POST_RECORD_QUANTISER_OFFSET, LOW_BITS = blendsim_pkg::POST_RECORD_QUANTISER_OFFSET_BITS;
  localparam int HIGH = blendsim_pkg::POST_RECORD_QUANTISER_OFFSET_HIGH, HIGH_BITS = blendsim_pkg::POST_RECORD_QUANTISER_OFFSET_HIGH_BITS;

  // --- the record ---------------------------------------------------------------------------------------------------------
  // Of each word the bits that it needs: M, the parts of B, s.
  function automatic logic [COLUMN*WORDS-1:0] needed();
    needed = '0;
    for (int n = 0; n < FACTOR; n++) needed[n] = 1'b1;
    for (int n = 0; n < LOW_BITS; n++) if (ACTIVATION == 0) needed[LOW+n] = 1'b1;
    for (int n = 0; n < HIGH_BITS; n++) if (ACTIVATION == 0) needed[HIGH+n] = 1'b1;
    for (int n = SHIFT_BIT + SKIP; n < BITS; n++) needed[n] = 1'b1;
  endfunction
  localparam logic [COLUMN*WORDS-1:0] NEEDED = needed();
  function automatic int widest();
    widest = 0;
    for (int n = 0; n < COLUMN * WORDS; n++) if (NEEDED[n] && n % COLUMN >= widest) widest = n % COLUMN + 1;
  endfunction
  localparam int KEPT = widest();
  (* ram_style = "distributed" *) logic [KEPT-1:0] words[0:PLACES-1];
  logic [KEPT-1:0] word;
  always_ff @(posedge clk) if (write) words[write_place] <= column[KEPT-1:0];
  assign word = words[read_place];

  /* verilator lint_off UNUSEDSIGNAL */
  logic [COLUMN*WORDS-1:0] next;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [FACTOR-1:0] factor;
  logic [5:0] place;               // {s / 12, s mod 12} in stage 1
  genvar w;
  for (w = 0; w < WORDS; w++) begin : g_word
    logic [KEPT-1:0] held;
    always_ff @(posedge clk) if (comes[w]) held <= word;
    assign next[w*COLUMN+:COLUMN] = {{(COLUMN - KEPT) {1'b0}}, held};
  end
  logic [FACTOR-1:0] factor_next;
  assign factor_next = WORDS == 1 ? word[FACTOR-1:0] : next[FACTOR-1:0];
  always_ff @(posedge clk) begin
    if (clears) factor <= FACTOR'(ACTIVATION == 0);
    else if (takes) factor <= factor_next;
  end
  logic [47:0] offset;
  if (ACTIVATION == 0) begin : g_offset
    always_ff @(posedge clk) begin
      if (clears_rest) {place, offset} <= '0;
      else if (takes_rest) {place, offset} <= {next[SHIFT_BIT+:6], next[HIGH+:HIGH_BITS], next[LOW+:LOW_BITS]};
    end
  end else begin : g_half
    always_ff @(posedge clk) begin
      if (clears_rest) place <= 6'd0;
      else if (takes_rest) place <= next[SHIFT_BIT+:6];
    end
    always_comb begin
      offset = 48'b0;
      for (int s = STEP; s < 48; s += STEP) offset[s-1] = place == {2'(s / COARSE), 4'(s % COARSE)};
    end
  end

  // --- stages 0 to AFTER: multiply and add ----------------------------------------------------------------------------
  logic [29:0] wide;
  logic [26:0] added;
  assign wide = {{(30 - FACTOR) {factor[FACTOR-1]}}, factor};
  localparam int PREADD = PRODUCT != 0 ? 1 : 0;
  if (PRODUCT != 0) begin : g_by
    assign added = {{(27 - PRODUCT) {by[PRODUCT-1]}}, by};
  end else begin : g_record_only
    assign added = 27'b0;
  end
  logic [47:0] product;
  if (SLICES == 2) begin : g_two
    // x = high * 2^17 + low: the second slice adds the first one's sum, shifted down by 17.
    logic [47:0] low_sum, low_cascade, high_sum, unused_cascade;
    logic [35:0] extended;
    assign extended = {{(36 - X) {x[X-1]}}, x};
    dsp48e2 #(.MULTIPLY(1), .PREADD(PREADD), .ADREG(0)) low (
        .clk(clk), .a(wide), .b({1'b0, extended[16:0]}), .c(offset), .d(added), .opmode(9'b000110101), .alumode(4'b0000),
        .pcin(48'b0), .p(low_sum), .pcout(low_cascade));
    dsp48e2 #(.MULTIPLY(1), .AREG(2 - PREADD), .BREG(2), .PREADD(PREADD), .ADREG(PREADD)) high (
        .clk(clk), .a(wide), .b(extended[34:17]), .c(48'b0), .d(added), .opmode(9'b001010101), .alumode(4'b0000),
        .pcin(low_cascade), .p(high_sum), .pcout(unused_cascade));
    logic [16:0] low_bits;
    always_ff @(posedge clk) low_bits <= low_sum[16:0];
    assign product = {high_sum[30:0], low_bits};
    logic unused;
    assign unused = &{low_sum[47:17], high_sum[47:31], unused_cascade, extended[35]};
  end else begin : g_one
    logic [47:0] unused_cascade;
    dsp48e2 #(.MULTIPLY(1), .PREADD(PREADD), .ADREG(0)) slice (
        .clk(clk), .a(wide), .b({{(18 - X) {x[X-1]}}, x}), .c(offset), .d(added), .opmode(9'b000110101),
        .alumode(4'b0000), .pcin(48'b0), .p(product), .pcout(unused_cascade));
    logic unused;
    assign unused = &unused_cascade;
  end
  localparam int AFTER = SLICES + 2;

  // --- the shift's first level: by 12s ----------------------------------------------------------------------------------
  logic [5:0] shift;
  delay_line #(.WIDTH(6), .CYCLES(AFTER - 1), .RESET(1)) places_in_flight (.clk(clk), .reset(reset), .in(place), .out(shift));

  // Of the bits that a shift by 12 n leaves above the window, whether they are the sign's.
  /* verilator lint_off UNUSEDSIGNAL */
  logic [47+3*COARSE:0] reaching;
  logic [3:0] same, zero;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [WINDOW-1:0] window;
  logic window_lost, window_beyond, window_sign, window_moved;
  logic [3:0] rest_of;
  assign reaching = {{(3 * COARSE) {product[47]}}, product};
  always_comb begin
    for (int n = 0; n < 4; n++) begin
      same[n] = 1'b1;
      for (int bit_ = COARSE * n + WINDOW - 1; bit_ < (n == 3 ? 48 : COARSE * (n + 1) + WINDOW - 1) && bit_ < 48; bit_++)
        same[n] = same[n] && product[bit_] == product[47];
      zero[n] = n == 0 || product[COARSE*(n==0 ? 0 : n-1)+:COARSE] == '0;
    end
  end
  always_ff @(posedge clk) begin
    case (shift[5:4])
      2'd0: window <= reaching[WINDOW-1:0];
      2'd1: window <= reaching[COARSE+:WINDOW];
      2'd2: window <= reaching[2*COARSE+:WINDOW];
      default: window <= reaching[3*COARSE+:WINDOW];
    endcase
    window_lost <= (shift[5:4] >= 2'd1 && !zero[1]) || (shift[5:4] >= 2'd2 && !zero[2]) || (shift[5:4] == 2'd3 && !zero[3]);
    window_beyond <= !((shift[5:4] > 2'd0 || same[0]) && (shift[5:4] > 2'd1 || same[1]) && (shift[5:4] > 2'd2 || same[2]) && same[3]);
    window_sign <= product[47];
    window_moved <= shift != 6'd0;
    rest_of <= shift[3:0];
  end

  // --- its second level, by STEPs; or x passed by -------------------------------------------------------------------------------------------
  logic [OUT-1:0] moved, moved_v;
  logic moved_lost, moved_beyond, beyond, sign;
  logic passes_here;
  logic [OUT-1:0] passed_by;
  if (ACTIVATION != 0) begin : g_passing
    delay_line #(.WIDTH(X), .CYCLES(AFTER + 1), .RESET(1)) passing (.clk(clk), .reset(reset), .in(x), .out(passed_by));
    assign passes_here = passes || (!passed_by[OUT-1] && !(PRODUCT != 0 && multiplies));
  end else begin : g_all_moved
    assign passed_by = window[OUT-1:0];
    assign passes_here = 1'b0;
  end
  logic [3:0] fine, chosen;  // FINE: x as it came
  assign fine = rest_of >> SKIP;
  assign chosen = passes_here ? 4'(FINE) : fine;
  if (FINE <= 3) begin : g_few
    always_comb begin
      moved = passed_by;
      for (int n = 0; n < FINE; n++) if (32'(chosen) == n) moved = window[STEP*n+:OUT];
    end
  end else begin : g_many
    localparam int CHOICES = ACTIVATION != 0 ? FINE + 1 : FINE;
    logic [CHOICES*OUT-1:0] choices;
    for (genvar n = 0; n < FINE; n++) begin : g_place
      assign choices[n*OUT+:OUT] = window[STEP*n+:OUT];
    end
    if (ACTIVATION != 0) begin : g_passed
      assign choices[FINE*OUT+:OUT] = passed_by;
    end
    multiplexer #(.COUNT(CHOICES), .WIDTH(OUT)) moved_by (
        .select(chosen[$clog2(CHOICES)-1:0]), .words(choices), .word(moved));
    logic unused;
    assign unused = &{1'b0, chosen, passed_by};
  end
  always_comb begin
    moved_lost = window_lost;
    moved_beyond = window_beyond || window[WINDOW-1] != window_sign;
    for (int n = 0; n < FINE - 1; n++) begin
      if (32'(fine) > n && window[STEP*n+:STEP] != '0) moved_lost = 1'b1;
      if (32'(fine) <= n && window[OUT-1+STEP*n+:STEP] != {STEP{window_sign}}) moved_beyond = 1'b1;
    end
  end
  always_ff @(posedge clk) begin
    moved_v <= moved;
    moved_v[0] <= moved[0] && (passes_here || !even || moved_lost || !window_moved);
    beyond <= moved_beyond && !passes_here;
    sign <= window_sign;
  end

  // --- which of v and the limits ------------------------------------------------------------------------------------------
  logic below, above;
  always_comb begin
    below = beyond ? sign : $signed(moved_v) < $signed({{(OUT - LIMIT) {lo[LIMIT-1]}}, lo});
    above = beyond ? !sign : $signed(moved_v) > $signed({{(OUT - LIMIT) {hi[LIMIT-1]}}, hi});
  end
  always_ff @(posedge clk) begin
    v <= moved_v;
    choice <= {(used && above) || other, (used && below) || other};
  end
endmodule
