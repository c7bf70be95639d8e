// SPDX-License-Identifier: Apache-2.0
// The border class that a tile's start words begin with (BorderClasses in src/units/buffer/layout.h): positions
// 0 .. leading-1 and the last `trailing` ones have a class each, all between them share one.
//
//   first    start + class of (out_row, column 0), rows of classes `across` apart; cycle c+3
//   across   classes of a row, classes: all classes of a row group; cycle c+4
module border_class #(
    parameter int STARTS = 14
) (
    input  logic              clk,
    input  logic [STARTS-1:0] start,
    input  logic [8:0]        out_row,
    input  logic [8:0]        out_height,
    input  logic [8:0]        out_width,
    input  logic [3:0]        class_top,
    input  logic [3:0]        class_bottom,
    input  logic [3:0]        class_left,
    input  logic [3:0]        class_right,
    output logic [STARTS-1:0] first,
    output logic [4:0]        across,
    output logic [9:0]        classes
);
  // value * factor of 5 bits each.
  function automatic logic [9:0] product(logic [4:0] value, logic [4:0] factor);
    logic [9:0] sum;
    sum = 10'd0;
    for (int n = 0; n < 5; n = n + 1) sum = sum + (factor[n] ? {5'b0, value} << n : 10'd0);
    product = sum;
  endfunction

  logic [8:0] trailing_from, behind;
  logic [4:0] row_class, row_class1, across1, across2, across3, down1;
  logic [9:0] classes2, classes3;
  logic [STARTS-1:0] start1, first2;
  logic at_right;
  always_comb begin
    trailing_from = out_height - {5'b0, class_bottom};
    behind = out_row - trailing_from;
    if (out_row < {5'b0, class_top}) row_class = out_row[4:0];
    else if (out_row >= trailing_from) row_class = {1'b0, class_top} + 5'd1 + behind[4:0];
    else row_class = {1'b0, class_top};
    at_right = class_left == 4'd0 && out_width == {5'b0, class_right};
  end
  always_ff @(posedge clk) begin
    row_class1 <= row_class;
    across1 <= {1'b0, class_left} + {1'b0, class_right} + 5'd1;
    down1 <= {1'b0, class_top} + {1'b0, class_bottom} + 5'd1;
    start1 <= at_right ? start + STARTS'(1) : start;

    first2 <= start1 + STARTS'(product(row_class1, across1));
    classes2 <= product(down1, across1);
    across2 <= across1;

    first <= first2;
    classes3 <= classes2;
    across3 <= across2;

    classes <= classes3;
    across <= across3;
  end
  logic unused;
  assign unused = &{1'b0, behind};
endmodule
