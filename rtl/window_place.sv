// SPDX-License-Identifier: Apache-2.0
// Whether the `by`-th of a window's columns or rows counts, and lies in the next block of four.
module window_place (
    input  logic [1:0] from,
    input  logic [1:0] by,
    input  logic [2:0] counted,
    output logic       here,
    output logic       crosses
);
  logic [2:0] place;
  assign place = {1'b0, from} + {1'b0, by};
  assign crosses = place[2];
  assign here = by == 2'd0 ? counted[0] : by == 2'd1 ? counted[1] : by == 2'd2 && counted[2];
  logic unused;
  assign unused = &{1'b0, place};
endmodule
