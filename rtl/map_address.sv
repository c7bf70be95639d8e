// SPDX-License-Identifier: Apache-2.0
// Where a walk over a map begins and how far its pointers move: everything that takes a product, so that the walk itself
// only adds. Products are shift-and-add in LUTs: no DSP slice.
//
// A map is `columns` x `pixel` words a row (`pixel` words a column). All results are modulo 2^ADDRESS.
//   base        first + row * pitch - left * pixel       row is two's complement, the row that the walk begins in
//   pitch       columns * pixel
//   step_down   step_y * pitch      tap_down   tap_y * pitch
//   step_across step_x * pixel      tap_across tap_x * pixel
// Pipeline: inputs in cycle c; c+1 partial sums of the pitch, c+2 pitch, c+3 partial sums of row * pitch.
// base comes out in c+3, the rest in c+4, beside the pointer register that base was loaded into.
module map_address #(
    parameter int ADDRESS = 17,
    parameter int STEP = 3
) (
    input  logic               clk,
    input  logic [ADDRESS-1:0] first,
    input  logic [8:0]         columns,
    input  logic [10:0]        pixel,
    input  logic [12:0]        row,
    input  logic [3:0]         left,
    input  logic [STEP-1:0]    step_x,
    input  logic [STEP-1:0]    step_y,
    input  logic [2:0]         tap_x,
    input  logic [2:0]         tap_y,
    output logic [ADDRESS-1:0] base,
    output logic [ADDRESS-1:0] pitch,
    output logic [ADDRESS-1:0] pixel_words,
    output logic [ADDRESS-1:0] step_across,
    output logic [ADDRESS-1:0] step_down,
    output logic [ADDRESS-1:0] tap_across,
    output logic [ADDRESS-1:0] tap_down
);
  typedef logic [ADDRESS-1:0] address_t;
  logic unused;
  assign unused = &{1'b0, pixel};

  // Three partial products of value * factor.
  function automatic address_t three(address_t value, logic [2:0] factor);
    three = (factor[0] ? value : '0) + (factor[1] ? value << 1 : '0) + (factor[2] ? value << 2 : '0);
  endfunction

  // Cycle c+1.
  address_t pixel1, low1, middle1, high1, first1, left1, tap_across1;
  logic [12:0] row1;
  logic [STEP-1:0] step_x1, step_y1;
  logic [2:0] tap_y1;
  address_t wide;
  assign wide = ADDRESS'(pixel);
  always_ff @(posedge clk) begin
    pixel1 <= wide;
    low1 <= three(wide, columns[2:0]);
    middle1 <= three(wide << 3, columns[5:3]);
    high1 <= three(wide << 6, columns[8:6]);
    first1 <= first - (left[3] ? wide << 3 : '0);
    left1 <= three(wide, left[2:0]);
    tap_across1 <= three(wide, tap_x);
    row1 <= row;
    step_x1 <= step_x;
    step_y1 <= step_y;
    tap_y1 <= tap_y;
  end

  // Cycle c+2.
  address_t pixel2, pitch2, first2, step_across2, tap_across2;
  logic [12:0] row2;
  logic [STEP-1:0] step_y2;
  logic [2:0] tap_y2;
  function automatic address_t steps(address_t value, logic [STEP-1:0] factor);
    address_t sum;
    sum = '0;
    for (int n = 0; n < STEP; n = n + 3) sum = sum + three(value << n, factor[n+:3]);
    steps = sum;
  endfunction
  always_ff @(posedge clk) begin
    pixel2 <= pixel1;
    pitch2 <= low1 + middle1 + high1;
    first2 <= first1 - left1;
    step_across2 <= steps(pixel1, step_x1);
    tap_across2 <= tap_across1;
    row2 <= row1;
    step_y2 <= step_y1;
    tap_y2 <= tap_y1;
  end

  // Cycle c+3. The row's bit 12 counts -4096.
  address_t pixel3, pitch3, first3, part0, part1, part2, part3, step_across3, step_down3, tap_across3, tap_down3;
  always_ff @(posedge clk) begin
    pixel3 <= pixel2;
    pitch3 <= pitch2;
    first3 <= first2;
    part0 <= three(pitch2, row2[2:0]);
    part1 <= three(pitch2 << 3, row2[5:3]);
    part2 <= three(pitch2 << 6, row2[8:6]);
    part3 <= three(pitch2 << 9, row2[11:9]) - (row2[12] ? pitch2 << 12 : '0);
    step_across3 <= step_across2;
    step_down3 <= steps(pitch2, step_y2);
    tap_across3 <= tap_across2;
    tap_down3 <= three(pitch2, tap_y2);
  end
  assign base = (first3 + part0 + part1) + (part2 + part3);

  // Cycle c+4.
  always_ff @(posedge clk) begin
    pitch <= pitch3;
    pixel_words <= pixel3;
    step_across <= step_across3;
    step_down <= step_down3;
    tap_across <= tap_across3;
    tap_down <= tap_down3;
  end
endmodule
