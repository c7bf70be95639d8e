// SPDX-License-Identifier: Apache-2.0
// One row of xnor_array: an output channel's XNOR words, popcount, plane weight and accumulator.
//
//   parameters  WORDS (operand words of 48 bits), IMPLEMENTATION (where the gates live), ACCUMULATOR (bits)
//   cycle o     operand, weights, use_and
//   o+G         the words' XNOR or AND bits. DSP, a DSP48E2 a word: G = 2, its inputs and its result; LUT, a LUT a bit with a
//               register behind it: G = 1; FUSED, in the tables that count: G = 0
//   o+G+N       popcount, N = 1 + ceil(log2(WORDS * 8)); shift and negate are those of its step
//   o+G+1+N     shifted; begin (the word's first step), start and step are those of its step
//   o+G+2+N     the accumulator holds the sum up to this step
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

  logic [COUNT-1:0] count;
  generate
    if (IMPLEMENTATION == blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION_DSP) begin : g_dsp
      logic [BITS-1:0] agree;
      // X = A:B, Z = C, Y = W = 0: ALUMODE 0101 is XNOR, 1100 AND (dsp48e2.sv).
      for (genvar w = 0; w < WORDS; w = w + 1) begin : g_word
        logic [47:0] unused;
        dsp48e2 slice (
            .clk(clk), .a(operand[48*w+18 +: 30]), .b(operand[48*w +: 18]), .c(weights[48*w +: 48]), .d(27'b0),
            .opmode(9'b00_011_00_11), .alumode(use_and ? 4'b1100 : 4'b0101), .pcin(48'b0), .p(agree[48*w +: 48]),
            .pcout(unused)
        );
      end
      popcount #(.BITS(BITS)) counter (.clk(clk), .bits(agree), .count(count));
    end else if (IMPLEMENTATION == blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION_LUT) begin : g_lut
      logic [BITS-1:0] agree;
      always_ff @(posedge clk) agree <= use_and ? operand & weights : operand ~^ weights;
      popcount #(.BITS(BITS)) counter (.clk(clk), .bits(agree), .count(count));
    end else begin : g_fused
      xnor_popcount #(.BITS(BITS)) counter (.clk(clk), .operand(operand), .weights(weights), .use_and(use_and), .count(count));
    end
  endgenerate

  logic [ACCUMULATOR-1:0] term;
  logic minus;
  always_ff @(posedge clk) begin
    term <= ({{(ACCUMULATOR - COUNT) {1'b0}}, count} << shift) ^ {ACCUMULATOR{negate}};
    minus <= negate;
    if (step) sum <= (begin_word ? start : sum) + term + {{(ACCUMULATOR - 1) {1'b0}}, minus};
  end
endmodule
