// SPDX-License-Identifier: Apache-2.0
// Goes through the words of a fixed map or the cells of a binary map in the order of DRAM: rows, x, slices, bytes. One a
// cycle, addresses by addition alone.
//
// Layout (docs/machine.md): fixed word ((y * width + x) * map_slices + s) * bytes + b behind the base; cell (x, y, s) of a
// binary map in bank (x + s) mod 4 + 4 * ((y + x/4 + s/4) mod 4) at ((y/4) * ceil(width/4) + x/4) * map_slices + s.
//
// Use         `row_address` is the base plus what lies before the first row; it is read while `fresh`, from reset or `finish`
//             to the first step. `step` goes on to the next element; after a row's last one `row_done` stands until
//             `next_row`, which may come with the step.
module map_walker (
    input  logic clk,
    input  logic reset,
    input  logic binary,
    input  logic [17:0] row_address,
    input  logic [8:0] map_slices,
    input  logic [8:0] first_slice,  // 0 of a fixed map
    input  logic [8:0] slices,
    input  logic [1:0] bytes_log2,   // 0 of a binary map
    input  logic [1:0] row,          // mod 4
    input  logic [8:0] width,
    input  logic step,
    input  logic next_row,
    input  logic finish,
    output logic [17:0] address,
    output logic [3:0] bank,
    output logic row_done
);
  logic fresh, row_done_register;
  logic [17:0] origin_register, row_origin_register;  // of the pixel or block of four, and of the row's first
  logic [8:0] x_register;
  logic [11:0] slice_register;  // from first_slice on
  logic [1:0] y_register;

  logic [17:0] origin, row_origin, pitch, next_origin;
  logic [8:0] x;
  logic [11:0] slice, offset, slice_words;
  logic [1:0] y, x_block, slice_block;
  logic pixel_ends, row_ends, block_ends;
  assign origin = fresh ? row_address : origin_register;
  assign row_origin = fresh ? row_address : row_origin_register;
  assign x = fresh ? '0 : x_register;
  assign slice = fresh ? '0 : slice_register;
  assign y = fresh ? row : y_register;
  assign row_done = !fresh && row_done_register;

  assign pitch = 18'(map_slices) << bytes_log2;
  assign slice_words = 12'(slices) << bytes_log2;
  assign offset = slice + 12'(first_slice);
  assign address = origin + 18'(offset);
  assign bank[1:0] = x[1:0] + offset[1:0];
  assign x_block = x[3:2];
  assign slice_block = offset[3:2];
  assign bank[3:2] = y + x_block + slice_block;

  assign pixel_ends = slice + 1'b1 == slice_words;
  assign row_ends = pixel_ends && x + 1'b1 == width;
  assign block_ends = !binary || x[1:0] == 2'd3;
  assign next_origin = origin + pitch;

  always_ff @(posedge clk) begin
    if (step) begin
      slice_register <= pixel_ends ? '0 : slice + 1'b1;
      x_register <= row_ends ? '0 : pixel_ends ? x + 1'b1 : x;
      y_register <= row_ends ? y + 1'b1 : y;
      // Four rows of a binary map lie in the same blocks.
      if (row_ends) begin
        origin_register <= binary && y != 2'd3 ? row_origin : next_origin;
        row_origin_register <= binary && y != 2'd3 ? row_origin : next_origin;
      end else begin
        origin_register <= pixel_ends && block_ends ? next_origin : origin;
        row_origin_register <= row_origin;
      end
    end
    if (next_row) row_done_register <= 1'b0;
    else if (step) row_done_register <= row_ends;
  end
  always_ff @(posedge clk) begin
    if (reset || finish) fresh <= 1'b1;
    else if (step) fresh <= 1'b0;
  end
endmodule
