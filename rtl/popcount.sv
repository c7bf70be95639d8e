// SPDX-License-Identifier: Apache-2.0
// Ones among BITS bits, a count every cycle: a rank of 6:3 counters, each three 64-entry tables, and a tree of adders, a
// register after every rank.
//
//   latency  1 + ceil(log2(ceil(BITS / 6))) cycles (popcount_stages in src/units/pipeline.h)
//   cost     3 LUT6 a counter, and the tree (blendsim::popcount in src/estimate/formulas.cpp)
// Source of the counter: J. Gray, fpga.org 2014.
module popcount #(
    parameter int BITS = 144,
    parameter int WIDTH = $clog2(BITS + 1)
) (
    input  logic             clk,
    input  logic [BITS-1:0]  bits,
    output logic [WIDTH-1:0] count
);
  localparam int COUNTERS = (BITS + 5) / 6;
  // Entry n of a table: one bit of the number of ones in n.
  localparam logic [63:0] TABLE_0 = 64'h6996966996696996;
  localparam logic [63:0] TABLE_1 = 64'h8117177e177e7ee8;
  localparam logic [63:0] TABLE_2 = 64'hfee8e880e8808000;

  logic [6*COUNTERS-1:0] padded;
  assign padded = {{(6 * COUNTERS - BITS) {1'b0}}, bits};

  logic [3*COUNTERS-1:0] counts;
  generate
    for (genvar k = 0; k < COUNTERS; k = k + 1) begin : g_counter
      logic [5:0] six;
      assign six = padded[6*k +: 6];
      always_ff @(posedge clk) counts[3*k +: 3] <= {TABLE_2[six], TABLE_1[six], TABLE_0[six]};
    end
  endgenerate
  count_tree #(.COUNTERS(COUNTERS), .WIDTH(WIDTH)) tree (.clk(clk), .counts(counts), .count(count));
endmodule
