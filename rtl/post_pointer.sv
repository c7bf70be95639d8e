// SPDX-License-Identifier: Apache-2.0
// An address that walks lane group by lane group, pixel by pixel, word by word, by additions alone.
//
// `fire`: a word is addressed in this cycle; `cell_start`: it is its cell's first; `begin_tile`, `begin_group`: in the first
// cell of the instruction, of a lane group. Steps in words: to the next word of a cell, pixel, lane group.
module post_pointer #(
    parameter int ADDRESS = 17
) (
    input  logic clk,
    input  logic fire,
    input  logic cell_start,
    input  logic begin_tile,
    input  logic begin_group,
    input  logic [ADDRESS-1:0] base,
    input  logic [ADDRESS-1:0] word_step,
    input  logic [ADDRESS-1:0] pixel_step,
    input  logic [ADDRESS-1:0] group_step,
    output logic [ADDRESS-1:0] address
);
  logic [ADDRESS-1:0] next_word, next_pixel, next_group;
  logic [1:0] from;  // the choice in a module of its own: yosys would build it anew for each adder
  assign from = !cell_start ? 2'd0 : begin_tile ? 2'd1 : begin_group ? 2'd2 : 2'd3;
  multiplexer #(.COUNT(4), .WIDTH(ADDRESS)) choice (
      .select(from), .words({next_pixel, next_group, base, next_word}), .word(address));
  always_ff @(posedge clk) begin
    if (fire) next_word <= address + word_step;
    if (fire && cell_start) next_pixel <= address + pixel_step;
    if (fire && cell_start && begin_group) next_group <= address + group_step;
  end
endmodule
