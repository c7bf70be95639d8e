// SPDX-License-Identifier: Apache-2.0
// Sum of COUNTERS counts of 0 to 6: a tree of adders in pairs, a register after every rank.
//
//   latency  ceil(log2(COUNTERS)) cycles
//   cost     a LUT a bit of each adder (blendsim::popcount in src/estimate/formulas.cpp)
module count_tree #(
    parameter int COUNTERS = 24,
    parameter int WIDTH = $clog2(6 * COUNTERS + 1)
) (
    input  logic                  clk,
    input  logic [3*COUNTERS-1:0] counts,
    output logic [WIDTH-1:0]      count
);
  localparam int LEVELS = $clog2(COUNTERS);

  genvar level, k;
  generate
    for (level = 0; level <= LEVELS; level = level + 1) begin : g_rank
      localparam int SUMS = (COUNTERS + (1 << level) - 1) >> level;
      localparam int W = 3 + level;
      logic [SUMS*W-1:0] sums;
      if (level == 0) begin : g_counts
        assign sums = counts;
      end else begin : g_adders
        localparam int BELOW = (COUNTERS + (1 << (level - 1)) - 1) >> (level - 1);
        for (k = 0; k < SUMS; k = k + 1) begin : g_sum
          if (2 * k + 1 < BELOW) begin : g_adder
            always_ff @(posedge clk) begin
              sums[W*k +: W] <= {1'b0, g_rank[level-1].sums[2*k*(W-1) +: W-1]} + {1'b0, g_rank[level-1].sums[(2*k+1)*(W-1) +: W-1]};
            end
          end else begin : g_odd
            always_ff @(posedge clk) sums[W*k +: W] <= {1'b0, g_rank[level-1].sums[2*k*(W-1) +: W-1]};
          end
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
