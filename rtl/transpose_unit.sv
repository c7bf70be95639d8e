// SPDX-License-Identifier: Apache-2.0
// transpose_unit: pixels become channels and channels pixels; an instruction is some slices of a map.
//
// parameters  as in src/units/transpose_unit/parameters.h; LATENCY of act_fixed, ADDRESS bits of its addresses
// ports       start and instruction: the queue's; front_free: the next may start; done: the last word is being written
//             act_fixed: a word read and a word written a cycle
// Built as    16 RAMs of LUTs, two blocks of 16 pixels x 16 channels deep. Channel c of pixel n lies in RAM (n + c) mod 16, row
//             n: a word read, which is a pixel, and a word written, which is a channel, have a value in every RAM each. So a
//             word is turned by its number on its way in and turned back on its way out, and while it is written a block fills
//             the other half.
// Pipeline, start in cycle s: s+1 pointers (transpose_control.sv), s+2 address, buffer read (LATENCY cycles), two registers of
//   the turn, the RAMs; 16 cycles behind, when the block's last pixel is there: a RAM and half of the turn back, its other half,
//   the word written. DEPTH beyond STAGES waits before the address.
// Source: src/units/transpose_unit/instruction.h, law.h, docs/timing.md.
module transpose_unit #(
    parameter int DEPTH = blendsim_pkg::TRANSPOSE_UNIT_DEPTH,
    parameter int LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY,
    parameter int ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS
) (
    input  logic clk,
    input  logic reset,
    input  logic start,
    input  blendsim_pkg::transpose_unit_instruction_t instruction,
    output logic front_free,
    output logic done,
    output logic act_fixed_read,
    output logic [ADDRESS-1:0] act_fixed_address,
    input  logic [127:0] act_fixed_data,
    output logic act_fixed_write,
    output logic [ADDRESS-1:0] act_fixed_write_address,
    output logic [127:0] act_fixed_write_data
);
  localparam int STAGES = 2 + LATENCY + 2 + 16 + 2;

  // --- cycle A: a step reads word `number` of its block and, later, writes the word of that number ---
  logic step, read, write, last, half;
  logic [3:0] number;
  logic [ADDRESS-1:0] source, destination;
  transpose_control #(.WAIT(DEPTH - STAGES), .ADDRESS(ADDRESS)) control (
      .clk, .reset, .start, .instruction, .front_free, .step, .read, .write, .last, .half, .number, .source, .destination);
  always_ff @(posedge clk) begin
    act_fixed_read <= read && !reset;
    act_fixed_address <= source;
  end

  // --- in, cycle A + 1 + LATENCY: the word is there; a pixel beyond the map's is zeros ---
  logic filler, fills;
  logic [4:0] fill_row;
  logic [3:0] turn_in;
  logic [1:0] turn_on;  // by fours, a cycle later
  logic [127:0] turning, turned, filling, filled;
  delay_line #(.WIDTH(5), .CYCLES(LATENCY + 1)) with_word (
      .clk, .reset, .in({!read, 4'd0 - number}), .out({filler, turn_in}));
  delay_line #(.WIDTH(5), .CYCLES(LATENCY + 3)) to_row (.clk, .reset, .in({half, number}), .out(fill_row));
  delay_line #(.WIDTH(1), .CYCLES(LATENCY + 3), .RESET(1)) to_fill (.clk, .reset, .in(step), .out(fills));
  lane_turn #(.BY(1)) by_ones_in (.select(turn_in[1:0]), .in(act_fixed_data), .out(turning));
  lane_turn #(.BY(4)) by_fours_in (.select(turn_on), .in(turned), .out(filling));
  always_ff @(posedge clk) begin
    if (filler) turned <= '0;
    else turned <= turning;
    turn_on <= turn_in[3:2];
    filled <= filling;
  end

  // --- out, cycle A + LATENCY + 19: all pixels of the block are there ---
  logic begins, out_half;
  logic [3:0] turn_out;
  logic [1:0] turn_back;
  delay_line #(.WIDTH(1), .CYCLES(LATENCY + 18)) to_begin (.clk, .reset, .in(number == 4'd0), .out(begins));
  delay_line #(.WIDTH(5), .CYCLES(LATENCY + 19)) to_turn (.clk, .reset, .in({half, number}), .out({out_half, turn_out}));
  logic [63:0] rows;  // of RAM b: b less the word's number
  logic [127:0] row, returning, returned, written;
  always_ff @(posedge clk) rows <= begins ? 64'hFEDCBA9876543210 : {rows[59:0], rows[63:60]};
  generate
    for (genvar b = 0; b < 16; b = b + 1) begin : bank
      transpose_bank memory (
          .clk, .write(fills), .write_row(fill_row), .in(filled[8*b+:8]), .row({out_half, rows[4*b+:4]}), .out(row[8*b+:8]));
    end
  endgenerate
  lane_turn #(.BY(1)) by_ones_out (.select(turn_out[1:0]), .in(row), .out(returning));
  lane_turn #(.BY(4)) by_fours_out (.select(turn_back), .in(returned), .out(written));
  always_ff @(posedge clk) begin
    returned <= returning;
    turn_back <= turn_out[3:2];
    act_fixed_write_data <= written;
  end
  delay_line #(.WIDTH(2), .CYCLES(LATENCY + 21), .RESET(1)) to_write (
      .clk, .reset, .in({write, last}), .out({act_fixed_write, done}));
  delay_line #(.WIDTH(ADDRESS), .CYCLES(LATENCY + 21)) to_destination (
      .clk, .reset, .in(destination), .out(act_fixed_write_address));

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("transpose_unit: a depth of %0d is below its %0d stages", DEPTH, STAGES);
  end
`endif
endmodule
