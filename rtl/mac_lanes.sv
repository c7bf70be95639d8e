// SPDX-License-Identifier: Apache-2.0
// One row of mac_array, or two that share their operands (RESULTS = 2): multipliers in cascades of at most 4 DSP slices, a
// tree of three-input adders over the cascades and the accumulator.
//
// operands: a column's activation, 9 bits two's complement; weights: [result][column] 8 bits, in the same cycle c.
// Two results: a slice multiplies (weight1 << 18) + weight0, summed in its pre-adder. The lower 18 bits of a cascade's sum are
// result 0 (4 products of 8 bits unsigned by 8 bits signed fit); its sign has been taken from the upper part, which gets it back.
// Pipeline: c operand at the slice; +1 a and b registers (+1 pre-adder), +1 product, +1 sum, + cascade less 1 (+1 unpacking),
// + tree levels: the accumulator, which takes start words with `load`, LATENCY cycles after c; `load` and `starts` come in
// cycle c + LATENCY - 1.
// Source: src/units/pipeline.h (mac_cascade, adder_stages), UG579, WP486.
module mac_lanes #(
    parameter int RESULTS = 1,
    parameter int COLUMNS = 8,
    parameter int ACCUMULATOR = 32
) (
    input  logic                             clk,
    input  logic [9*COLUMNS-1:0]             operands,
    input  logic [8*COLUMNS*RESULTS-1:0]     weights,
    input  logic                             load,
    input  logic [ACCUMULATOR*RESULTS-1:0]   starts,
    output logic [ACCUMULATOR*RESULTS-1:0]   sums
);
  localparam int CASCADES = (COLUMNS + 3) / 4;
  localparam int LONGEST = COLUMNS < 4 ? COLUMNS : 4;
  localparam int PACKED = RESULTS - 1;
  localparam int SUM = 20;  // bits of a cascade's sum
  localparam logic [8:0] FIRST = 9'b000000101, NEXT = 9'b000010101;  // M; PCIN + M

  logic [SUM*CASCADES*RESULTS-1:0] cascade_sums;  // [result][cascade]
  generate
    for (genvar k = 0; k < CASCADES; k = k + 1) begin : cascade
      localparam int LENGTH = COLUMNS - 4 * k < 4 ? COLUMNS - 4 * k : 4;
      logic [48*(LENGTH+1)-1:0] chain;
      logic [48*LENGTH-1:0] p_all;
      assign chain[47:0] = 48'b0;
      for (genvar n = 0; n < LENGTH; n = n + 1) begin : slice
        localparam int COLUMN = 4 * k + n;
        localparam int WAIT = n < 2 ? 0 : n - 1;  // what the second input register does not hold
        localparam int WAIT_PACKED = PACKED != 0 ? n : WAIT;
        localparam int REGISTERS = n == 0 ? 1 : 2;
        logic [8:0] operand;
        logic [7:0] lower, upper;
        logic [29:0] a;
        logic [26:0] d;
        delay_line #(.WIDTH(9), .CYCLES(WAIT_PACKED)) operand_wait (
            .clk(clk), .reset(1'b0), .in(operands[9*COLUMN+:9]), .out(operand));
        delay_line #(.WIDTH(8), .CYCLES(WAIT_PACKED)) lower_wait (
            .clk(clk), .reset(1'b0), .in(weights[8*COLUMN+:8]), .out(lower));
        if (PACKED != 0) begin : two
          delay_line #(.WIDTH(8), .CYCLES(WAIT)) upper_wait (
              .clk(clk), .reset(1'b0), .in(weights[8*(COLUMNS+COLUMN)+:8]), .out(upper));
          assign a = {{4{upper[7]}}, upper, 18'b0};
          assign d = {{19{lower[7]}}, lower};
        end else begin : one
          assign upper = 8'b0;
          assign a = {{22{lower[7]}}, lower};
          assign d = {19'b0, upper};
        end
        dsp48e2 #(.AREG(REGISTERS), .BREG(PACKED != 0 ? 2 : REGISTERS), .CREG(1), .DREG(1), .ADREG(1), .MREG(1), .PREG(1),
                  .CONTROLREG(1), .MULTIPLY(1), .PREADD(PACKED)) multiply (
            .clk(clk), .a(a), .b({{9{operand[8]}}, operand}), .c(48'b0), .d(d), .opmode(n == 0 ? FIRST : NEXT),
            .alumode(4'b0000), .pcin(chain[48*n+:48]), .p(p_all[48*n+:48]), .pcout(chain[48*(n+1)+:48]));
      end

      // The last slice's sum; a shorter cascade waits for the longest.
      logic [47:0] p;
      logic [SUM*RESULTS-1:0] sum;
      assign p = p_all[48*(LENGTH-1)+:48];
      if (PACKED != 0) begin : unpack
        logic [SUM*2-1:0] parts;
        always_ff @(posedge clk) begin
          parts[SUM-1:0] <= {{SUM - 18{p[17]}}, p[17:0]};
          parts[SUM+:SUM] <= p[18+:SUM] + {{SUM - 1{1'b0}}, p[17]};
        end
        assign sum = parts;
      end else begin : plain
        assign sum = p[SUM-1:0];
      end
      logic [SUM*RESULTS-1:0] aligned;
      delay_line #(.WIDTH(SUM * RESULTS), .CYCLES(LONGEST - LENGTH)) align (
          .clk(clk), .reset(1'b0), .in(sum), .out(aligned));
      for (genvar r = 0; r < RESULTS; r = r + 1) begin : result
        assign cascade_sums[SUM*(r*CASCADES+k)+:SUM] = aligned[SUM*r+:SUM];
      end
      logic unused;
      assign unused = &{1'b0, p_all, p, chain[48*LENGTH+:48]};
    end

    // Two operands beside the accumulator: with more cascades, the first three are added before.
    for (genvar r = 0; r < RESULTS; r = r + 1) begin : row
      logic signed [SUM+1:0] one, other;
      logic [ACCUMULATOR-1:0] accumulator;
      if (CASCADES > 2) begin : tree
        logic [SUM+1:0] first_three;
        add3 #(.WIDTH(SUM + 2)) three (
            .a((SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES)+:SUM]))),
            .b((SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES+1)+:SUM]))),
            .c((SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES+2)+:SUM]))), .sum(first_three));
        always_ff @(posedge clk) begin
          one <= first_three;
          other <= CASCADES > 3 ? (SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES+CASCADES-1)+:SUM])) : '0;
        end
      end else begin : leaf
        assign one = (SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES)+:SUM]));
        assign other = CASCADES > 1 ? (SUM + 2)'($signed(cascade_sums[SUM*(r*CASCADES+CASCADES-1)+:SUM])) : '0;
      end
      logic [ACCUMULATOR-1:0] base, next;
      assign base = load ? starts[ACCUMULATOR*r+:ACCUMULATOR] : accumulator;
      if (CASCADES > 1) begin : two
        add3 #(.WIDTH(ACCUMULATOR)) total (.a(base), .b(ACCUMULATOR'(one)), .c(ACCUMULATOR'(other)), .sum(next));
      end else begin : single
        assign next = base + ACCUMULATOR'(one);
      end
      logic unused;
      assign unused = &{1'b0, one, other};
      always_ff @(posedge clk) accumulator <= next;
      assign sums[ACCUMULATOR*r+:ACCUMULATOR] = accumulator;
    end
  endgenerate
endmodule
