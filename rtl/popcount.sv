// SPDX-License-Identifier: Apache-2.0
// Ones among BITS bits, a count every cycle: a rank of 6:3 counters, each three 64-entry tables, then a tree of adders
// in pairs, a register after every rank.
//
//   latency  1 + ceil(log2(ceil(BITS / 6))) cycles (popcount_stages in src/units/pipeline.h)
//   cost     3 LUT6 a counter, a LUT a bit of each adder (blendsim::popcount in src/estimate/formulas.cpp)
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
  localparam int LEVELS = $clog2(COUNTERS);
  // Entry n of a table: one bit of the number of ones in n.
  localparam logic [63:0] TABLE_0 = 64'h6996966996696996;
  localparam logic [63:0] TABLE_1 = 64'h8117177e177e7ee8;
  localparam logic [63:0] TABLE_2 = 64'hfee8e880e8808000;

  logic [6*COUNTERS-1:0] padded;
  assign padded = {{(6 * COUNTERS - BITS) {1'b0}}, bits};

  genvar level, k;
  generate
    for (level = 0; level <= LEVELS; level = level + 1) begin : g_rank
      localparam int SUMS = (COUNTERS + (1 << level) - 1) >> level;
      localparam int W = 3 + level;
      logic [SUMS*W-1:0] sums;
      for (k = 0; k < SUMS; k = k + 1) begin : g_sum
        if (level == 0) begin : g_counter
          logic [5:0] six;
          assign six = padded[6*k +: 6];
          always_ff @(posedge clk) sums[W*k +: W] <= {TABLE_2[six], TABLE_1[six], TABLE_0[six]};
        end else if (2 * k + 1 < ((COUNTERS + (1 << (level - 1)) - 1) >> (level - 1))) begin : g_adder
          always_ff @(posedge clk) begin
            sums[W*k +: W] <= {1'b0, g_rank[level-1].sums[2*k*(W-1) +: W-1]} + {1'b0, g_rank[level-1].sums[(2*k+1)*(W-1) +: W-1]};
          end
        end else begin : g_odd
          always_ff @(posedge clk) sums[W*k +: W] <= {1'b0, g_rank[level-1].sums[2*k*(W-1) +: W-1]};
        end
      end
    end
  endgenerate
  // The tree's width may exceed the count's by a bit that is always 0.
  generate
    if (3 + LEVELS > WIDTH) begin : g_narrow
      logic unused;
      assign unused = |g_rank[LEVELS].sums[2+LEVELS:WIDTH];
    end
  endgenerate
  assign count = g_rank[LEVELS].sums[WIDTH-1:0];
endmodule
