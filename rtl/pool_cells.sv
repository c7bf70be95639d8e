// SPDX-License-Identifier: Apache-2.0
// pool_unit's binary maps: 16 banks asked for the cells of a window (BinaryMap in src/units/buffer/layout.h), and their
// OR. Which of the nine places a bank's cell has does not matter to an OR, so nothing is put in order.
//
// Cycle c: the step; c+1 bank addresses; c+1+LATENCY cells; c+2+LATENCY the OR so far, with a result's `last` step: the
// result.
module pool_cells #(
    parameter int CELL = 16,
    parameter int ADDRESS = 12,
    parameter int LATENCY = 2
) (
    input  logic                  clk,
    input  logic                  reset,
    input  logic                  step,
    input  logic                  first,
    input  logic [2:0]            columns,    // of the window that count
    input  logic [2:0]            rows,
    input  logic [3:0]            x,          // of its first cell
    input  logic [1:0]            y,
    input  logic [3:0]            cell_index,
    input  logic [ADDRESS-1:0]    source,     // of its first cell's block
    input  logic [ADDRESS-1:0]    next_block,
    input  logic [ADDRESS-1:0]    next_row,
    output logic [15:0]           read,
    output logic [16*ADDRESS-1:0] address,
    input  logic [16*CELL-1:0]    data,
    output logic [CELL-1:0]       cells
);
  // Bank b + 4 j has the cell dx columns and dy rows behind the first, b = x + dx + c mod 4, j = y + dy + (x + dx) / 4
  // + c / 4 mod 4 (c: cell_index).
  logic [15:0] wanted;
  logic [16*ADDRESS-1:0] at;
  logic [4*ADDRESS-1:0] blocks;  // [row][column] of the up to four blocks that a window lies in
  logic [1:0] first_column, first_row;
  assign blocks = {source + next_row + next_block, source + next_row, source + next_block, source};
  assign first_column = x[1:0] + cell_index[1:0];
  assign first_row = y + x[3:2] + cell_index[3:2];
  generate
    for (genvar b = 0; b < 4; b = b + 1) begin : column
      logic [1:0] dx;
      logic here, next;
      assign dx = 2'(b) - first_column;
      window_place of_columns (.from(x[1:0]), .by(dx), .counted(columns), .here(here), .crosses(next));
      for (genvar j = 0; j < 4; j = j + 1) begin : bank
        localparam int B = 4 * j + b;
        logic [1:0] dy;
        logic also, below;
        assign dy = 2'(j) - first_row - {1'b0, next};
        window_place of_rows (.from(y), .by(dy), .counted(rows), .here(also), .crosses(below));
        assign wanted[B] = here && also;
        multiplexer #(.COUNT(4), .WIDTH(ADDRESS)) block (
            .select({below, next}), .words(blocks), .word(at[ADDRESS*B+:ADDRESS]));
      end
    end
  endgenerate
  always_ff @(posedge clk) begin
    read <= reset || !step ? 16'd0 : wanted;
    address <= at;
  end

  logic [15:0] counts;
  logic step_data, first_data;
  delay_line #(.WIDTH(16), .CYCLES(LATENCY)) counts_line (.clk(clk), .reset(reset), .in(read), .out(counts));
  delay_line #(.WIDTH(2), .CYCLES(LATENCY + 1)) flags (
      .clk(clk), .reset(reset), .in({step, first}), .out({step_data, first_data}));
  logic [CELL-1:0] window;
  always_comb begin
    window = {CELL{1'b0}};
    for (int b = 0; b < 16; b = b + 1) window = window | (data[CELL*b+:CELL] & {CELL{counts[b]}});
  end
  always_ff @(posedge clk) begin
    if (step_data) cells <= window | (first_data ? {CELL{1'b0}} : cells);
  end
endmodule
