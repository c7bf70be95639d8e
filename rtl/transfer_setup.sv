// SPDX-License-Identifier: Apache-2.0
// Address of a transfer's first row: buffer_address of the linear form, base + row * width * slices * bytes of the maps
// (binary: in blocks of four rows and four columns).
//
// Pipeline    s    the fields at the unit's start, into a register
//             s+1  rows before * columns
//             s+2  * map_slices
//             s+3  shifted and added to the base: `row_address`, to be taken at the end of this cycle
// The products are formed in LUTs: for one address an instruction no DSP slice is spent.
module transfer_setup (
    input  logic clk,
    input  logic [1:0] form,
    input  logic [17:0] buffer_address,
    input  logic [8:0] map_slices,
    input  logic [1:0] bytes_log2,
    input  logic [8:0] map_row,
    input  logic [8:0] width,
    output logic [17:0] row_address
);
  logic binary, linear, stem;
  assign linear = form == 2'd0;
  assign binary = form == 2'd2;
  assign stem = form == 2'd3;

  logic [8:0] rows_1, columns_1, slices_1, slices_2;
  logic [17:0] base_1, base_2, base_3, pixels_1, pixels_2, words_2, words_3;
  logic [1:0] bytes_log2_1, bytes_log2_2, bytes_log2_3;
  product #(.WIDTH(18), .A(9), .B(9)) of_pixels (.a(columns_1), .b(rows_1), .result(pixels_1));
  product #(.WIDTH(18), .A(18), .B(9)) of_words (.a(pixels_2), .b(slices_2), .result(words_2));
  always_ff @(posedge clk) begin
    rows_1 <= linear ? '0 : binary ? map_row >> 2 : map_row;
    columns_1 <= binary ? 9'((10'(width) + 10'd3) >> 2) : width;
    slices_1 <= stem ? 9'd1 : map_slices;
    bytes_log2_1 <= binary || stem ? '0 : bytes_log2;
    base_1 <= buffer_address;

    pixels_2 <= pixels_1;
    slices_2 <= slices_1;
    bytes_log2_2 <= bytes_log2_1;
    base_2 <= base_1;

    words_3 <= words_2;
    bytes_log2_3 <= bytes_log2_2;
    base_3 <= base_2;
  end
  assign row_address = base_3 + (words_3 << bytes_log2_3);
endmodule
