// SPDX-License-Identifier: Apache-2.0
// Ones among the XNOR, or AND, of BITS pairs of bits, a count every cycle: the gates lie in the tables that count. A LUT of
// five inputs and two outputs gates two pairs and counts them, three tables of three such counts make one of six, as
// popcount's 6:3 counters do in the same cycle; then the same tree.
//
//   parameters  BITS (a multiple of 6)
//   latency     as popcount: 1 + ceil(log2(BITS / 6)) cycles, the gates among them
//   cost        6 LUTs for six pairs, of which 3 are those of popcount's counter (blendsim::xnor_popcount)
module xnor_popcount #(
    parameter int BITS = 144,
    parameter int WIDTH = $clog2(BITS + 1)
) (
    input  logic             clk,
    input  logic [BITS-1:0]  operand,
    input  logic [BITS-1:0]  weights,
    input  logic             use_and,
    output logic [WIDTH-1:0] count
);
  localparam int COUNTERS = BITS / 6;
  // Entry n of a table: one bit of the sum of the three numbers of two bits in n, none of which is 3.
  localparam logic [63:0] TABLE_0 = 64'h0000025205250252;
  localparam logic [63:0] TABLE_1 = 64'h0000041301360364;
  localparam logic [63:0] TABLE_2 = 64'h0000076406400400;

  logic [3*COUNTERS-1:0] counts;
  generate
    for (genvar k = 0; k < COUNTERS; k = k + 1) begin : g_counter
      logic [5:0] pairs;
      for (genvar p = 0; p < 3; p = p + 1) begin : g_pair
        gated_pair pair (
            .operand(operand[6*k+2*p +: 2]), .weights(weights[6*k+2*p +: 2]), .use_and(use_and), .count(pairs[2*p +: 2])
        );
      end
      always_ff @(posedge clk) counts[3*k +: 3] <= {TABLE_2[pairs], TABLE_1[pairs], TABLE_0[pairs]};
    end
  endgenerate
  count_tree #(.COUNTERS(COUNTERS), .WIDTH(WIDTH)) tree (.clk(clk), .counts(counts), .count(count));
endmodule
