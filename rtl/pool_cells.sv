// SPDX-License-Identifier: Apache-2.0
// pool_unit's binary maps: 16 banks asked for the cells of a window (BinaryMap in src/units/buffer/layout.h), and their OR.
// Which of the nine places a bank's cell has does not matter to an OR, so nothing is put in order.
//
// Cycle c: the step; c+1 bank addresses; c+1+LATENCY cells; c+2+LATENCY the OR so far, with a result's `last` step: the result.
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
  logic [15:0] wanted;
  logic [16*ADDRESS-1:0] at;
  logic [4*ADDRESS-1:0] blocks;  // [row][column] of the up to four blocks that a window lies in
  assign blocks = {source + next_row + next_block, source + next_row, source + next_block, source};
  generate
    for (genvar b = 0; b < 16; b = b + 1) begin : bank
      logic [1:0] dx, dy;
      logic [2:0] sum_x, sum_y;
      assign dx = 2'(b % 4) - cell_index[1:0] - x[1:0];
      assign sum_x = {1'b0, x[1:0]} + {1'b0, dx};
      assign dy = 2'(b / 4) - (x[3:2] + {1'b0, sum_x[2]}) - cell_index[3:2] - y;
      assign sum_y = {1'b0, y} + {1'b0, dy};
      assign wanted[b] = step && dx != 2'd3 && dy != 2'd3 && |(columns & (3'd1 << dx)) && |(rows & (3'd1 << dy));
      assign at[ADDRESS*b+:ADDRESS] = blocks[ADDRESS*{sum_y[2], sum_x[2]}+:ADDRESS];
      logic unused;
      assign unused = &{1'b0, sum_x, sum_y};
    end
  endgenerate
  always_ff @(posedge clk) begin
    read <= reset ? 16'd0 : wanted;
    address <= at;
  end

  logic [15:0] counts;
  logic step_data, first_data;
  delay_line #(.WIDTH(16), .CYCLES(LATENCY)) counts_line (.clk(clk), .reset(reset), .in(read), .out(counts));
  delay_line #(.WIDTH(2), .CYCLES(LATENCY + 1)) flags (.clk(clk), .reset(reset), .in({step, first}), .out({step_data, first_data}));
  logic [CELL-1:0] window;
  always_comb begin
    window = {CELL{1'b0}};
    for (int b = 0; b < 16; b = b + 1) window = window | (data[CELL*b+:CELL] & {CELL{counts[b]}});
  end
  always_ff @(posedge clk) begin
    if (step_data) cells <= window | (first_data ? {CELL{1'b0}} : cells);
  end
endmodule
