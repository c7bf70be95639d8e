// SPDX-License-Identifier: Apache-2.0
// One row of xnor_array: an output channel's XNOR words, popcount, plane weight and accumulator.
//
//   parameters  WORDS (operand words of 48 bits), IMPLEMENTATION (0: a DSP48E2 a word, 1: LUTs), ACCUMULATOR (bits)
//   cycle o     operand, weights, use_and
//   o+1         input registers of the slices (or of the LUTs in front of the gates)
//   o+2         the words' XNOR or AND bits
//   o+2+N       popcount, N = 1 + ceil(log2(WORDS * 8)); shift and negate are those of its step
//   o+3+N       shifted; begin (the word's first step), start and step are those of its step
//   o+4+N       the accumulator holds the sum up to this step
// Shifts and sums are modulo 2^ACCUMULATOR: what fits in the end is exact whatever the way there.
module xnor_row #(
    parameter int WORDS = blendsim_pkg::XNOR_ARRAY_WORDS,
    parameter int IMPLEMENTATION = blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION,
    parameter int ACCUMULATOR = blendsim_pkg::XNOR_ARRAY_ACCUMULATOR
) (
    input  logic                    clk,
    input  logic [WORDS*48-1:0]     operand,
    input  logic [WORDS*48-1:0]     weights,
    input  logic                    use_and,
    input  logic [3:0]              shift,
    input  logic                    negate,
    input  logic                    begin_word,
    input  logic                    step,
    input  logic [ACCUMULATOR-1:0]  start,
    output logic [ACCUMULATOR-1:0]  sum
);
  localparam int BITS = WORDS * 48;
  localparam int COUNT = $clog2(BITS + 1);

  logic [BITS-1:0] agree;
  generate
    if (IMPLEMENTATION == 0) begin : g_dsp
      // X = A:B, Z = C, Y = W = 0: ALUMODE 0101 is XNOR, 1100 AND (dsp48e2.sv).
      for (genvar w = 0; w < WORDS; w = w + 1) begin : g_word
        logic [47:0] unused;
        dsp48e2 slice (
            .clk(clk), .a(operand[48*w+18 +: 30]), .b(operand[48*w +: 18]), .c(weights[48*w +: 48]), .d(27'b0),
            .opmode(9'b00_011_00_11), .alumode(use_and ? 4'b1100 : 4'b0101), .pcin(48'b0), .p(agree[48*w +: 48]),
            .pcout(unused)
        );
      end
    end else begin : g_lut
      logic [BITS-1:0] operand1, weights1, gates;
      logic use_and1;
      always_ff @(posedge clk) begin
        operand1 <= operand;
        weights1 <= weights;
        use_and1 <= use_and;
        gates <= use_and1 ? operand1 & weights1 : operand1 ~^ weights1;
      end
      assign agree = gates;
    end
  endgenerate

  logic [COUNT-1:0] count;
  popcount #(.BITS(BITS)) counter (.clk(clk), .bits(agree), .count(count));

  logic [ACCUMULATOR-1:0] term;
  logic minus;
  always_ff @(posedge clk) begin
    term <= ({{(ACCUMULATOR - COUNT) {1'b0}}, count} << shift) ^ {ACCUMULATOR{negate}};
    minus <= negate;
    if (step) sum <= (begin_word ? start : sum) + term + {{(ACCUMULATOR - 1) {1'b0}}, minus};
  end
endmodule
