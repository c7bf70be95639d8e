// SPDX-License-Identifier: Apache-2.0
// Steps of transpose_unit: slices one after the other, blocks of 16 pixels of a slice, the block's words.
//
// parameters  WAIT cycles between a step and its ports; ADDRESS bits of an address
// ports       start, instruction, front_free: as in transpose_unit.sv. From the cycle after the start and WAIT cycles on, step
//             by step: read, write: the word is one of the maps' and no filler; last: of the instruction; number: in its block;
//             half: of the RAMs, the other one from block to block
module transpose_control #(
    parameter int WAIT = 0,
    parameter int ADDRESS = 13
) (
    input  logic clk,
    input  logic reset,
    input  logic start,
    /* verilator lint_off UNUSEDSIGNAL */
    input  blendsim_pkg::transpose_unit_instruction_t instruction,  // header and posts are the queue's
    /* verilator lint_on UNUSEDSIGNAL */
    output logic front_free,
    output logic step,
    output logic read,
    output logic write,
    output logic last,
    output logic half,
    output logic [3:0] number,
    output logic [ADDRESS-1:0] source,
    output logic [ADDRESS-1:0] destination
);
  logic running, odd, block_ends, last_block, last_slice, ends, is_pixel, is_channel;
  logic [3:0] word, last_pixel, last_channel;  // numbers of the words that a slice's last block has
  logic [8:0] blocks, blocks_left, slices_left;  // less 1
  logic [8:0] in_slices, out_slices;
  logic [ADDRESS-1:0] in_at, in_slice, out_at, out_block, out_row;  // out_row: of the next slice's first pixel
  assign block_ends = word == 4'd15;
  assign last_block = blocks_left == 9'd0;
  assign last_slice = slices_left == 9'd0;
  assign ends = block_ends && last_block && last_slice;
  assign front_free = !running || ends;
  assign is_pixel = !last_block || word <= last_pixel;
  assign is_channel = !last_slice || word <= last_channel;

  logic [12:0] pixels_but_one, channels_but_one;
  assign pixels_but_one = instruction.pixels - 13'd1;
  assign channels_but_one = instruction.channels - 13'd1;
  logic [ADDRESS-1:0] next_block;
  assign next_block = last_block ? out_row : out_block + 1'b1;

  always_ff @(posedge clk) begin
    running <= !reset && (start || (running && !ends));
    if (reset) odd <= 1'b0;
    else if (running && block_ends) odd <= !odd;
    if (start) begin
      word <= 4'd0;
      last_pixel <= pixels_but_one[3:0];
      last_channel <= channels_but_one[3:0];
      blocks <= pixels_but_one[12:4];
      blocks_left <= pixels_but_one[12:4];
      slices_left <= channels_but_one[12:4];
      in_slices <= instruction.in_slices;
      out_slices <= instruction.out_slices;
      in_at <= ADDRESS'(instruction.source);
      in_slice <= ADDRESS'(instruction.source) + 1'b1;
      out_at <= ADDRESS'(instruction.destination);
      out_block <= ADDRESS'(instruction.destination);
      out_row <= ADDRESS'(instruction.destination) + ADDRESS'({instruction.out_slices, 4'b0});
    end else if (running) begin
      word <= word + 4'd1;
      if (block_ends && last_block) begin
        in_at <= in_slice;
        in_slice <= in_slice + 1'b1;
        blocks_left <= blocks;
        slices_left <= slices_left - 9'd1;
        out_row <= out_row + ADDRESS'({out_slices, 4'b0});
      end else begin
        in_at <= in_at + ADDRESS'(in_slices);
        if (block_ends) blocks_left <= blocks_left - 9'd1;
      end
      if (block_ends) begin
        out_at <= next_block;
        out_block <= next_block;
      end else begin
        out_at <= out_at + ADDRESS'(out_slices);
      end
    end
  end

  delay_line #(.WIDTH(4), .CYCLES(WAIT), .RESET(1)) to_step (
      .clk, .reset, .in({running, running && is_pixel, running && is_channel, running && ends}), .out({step, read, write, last}));
  delay_line #(.WIDTH(5 + 2 * ADDRESS), .CYCLES(WAIT)) to_address (
      .clk, .reset, .in({odd, word, in_at, out_at}), .out({half, number, source, destination}));
endmodule
