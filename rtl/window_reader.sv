// SPDX-License-Identifier: Apache-2.0
// Nine cells of a binary map in one cycle: the banks' addresses, and the crossbar behind them (layout.h, BinaryMap).
//
// Window (taps = 0): cell `first_cell` of the pixels (x + dx, y + dy), dx, dy = 0..2, is cell 3*dy + dx of the operand.
// Tap (taps = 1): cells first_cell.. first_cell+8 of the pixel (x, y) are cells 0..8 of the operand; cells_left = 1
// reads one alone. Zero are cells outside the map, behind rows_left or columns_left (window) or cells_left (tap), and
// the channels above last_channels of the view's last cell: cells_left says how far that is (1: this one, a window's
// cells all; 10: beyond).
//
//   parameters  SLICES (of 16 channels a cell), ADDRESS_BITS (of a bank address), LATENCY (act_binary's)
//   cycle t     read with its request; address is that of cell (x, y, first_cell), also where it lies outside the map.
//               column_pitch, row_pitch: addresses from a block of 4 columns, or 4 rows, to the next
//   t+1         act_binary_read, act_binary_address
//   t+1+LATENCY act_binary_data: two levels of 4:1 multiplexers, first by column of banks, then by row, and the mask
//   t+2+LATENCY operand; it holds while nothing is read, however the data move for other units: rows of gates hang on it
// A window's columns touch at most two blocks of columns and its rows two of rows, so a bank needs one of four
// addresses.
module window_reader #(
    parameter int SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int ADDRESS_BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int LATENCY = blendsim_pkg::BUFFER_ACT_BINARY_LATENCY
) (
    input  logic                        clk,
    input  logic                        read,
    input  logic                        taps,
    input  logic signed [12:0]          x,
    input  logic signed [12:0]          y,
    input  logic [3:0]                  first_cell,   // modulo 16
    input  logic [ADDRESS_BITS-1:0]     address,
    input  logic [ADDRESS_BITS-1:0]     column_pitch,
    input  logic [ADDRESS_BITS-1:0]     row_pitch,
    input  logic [8:0]                  width,
    input  logic [8:0]                  height,
    input  logic [1:0]                  columns_left,   // 1..3
    input  logic [1:0]                  rows_left,      // 1..3
    input  logic [3:0]                  cells_left,     // 1..10
    input  logic [6:0]                  last_channels,  // minus 1
    output logic [15:0]                 act_binary_read,
    output logic [16*ADDRESS_BITS-1:0]  act_binary_address,
    input  logic [256*SLICES-1:0]       act_binary_data,
    output logic [144*SLICES-1:0]       operand
);
  localparam int CELL = 16 * SLICES;

  // Rows and columns that are inside the map and the kernel; a tap looks at the first of each alone. Of the three next
  // to one another, those before and behind a border are told by the first's distance to it: -1 and -2 are all ones but
  // the last bit.
  function automatic logic [2:0] in_range(input logic signed [12:0] first, input logic [8:0] size,
                                          input logic [1:0] left);
    logic [12:0] beyond;
    logic [2:0] low, high;
    beyond = first - {4'b0, size};
    low = {!first[12] || &first[12:1], !first[12] || &first, !first[12]};
    high = {beyond[12] && !(&beyond[12:1]), beyond[12] && !(&beyond), beyond[12]};
    in_range = low & high & {left == 2'd3, left[1], left != 2'd0};
  endfunction
  logic [2:0] columns, rows;
  assign columns = in_range(x, width, columns_left);
  assign rows = in_range(y, height, rows_left);

  // Bank (bx, by) holds (x, y, s) with bx = (x + s) mod 4 and by = (y + x/4 + s/4) mod 4: the cell `along` and `down`
  // behind the first. A window's lie in this block or the next one; a tap's are 4 * down + along cells on.
  logic [15:0] enable;
  logic [16*ADDRESS_BITS-1:0] next_address;
  logic [1:0] first_column, first_row;
  assign first_column = x[1:0] + first_cell[1:0];
  assign first_row = y[1:0] + x[3:2] + first_cell[3:2];
  generate
    for (genvar bx = 0; bx < 4; bx++) begin : column
      logic [1:0] along, place;
      logic next_block, borrow, here;
      logic [2:0] counted;
      logic [ADDRESS_BITS-1:0] at, at_next, at_third;
      assign along = 2'(bx) - first_column;
      assign place = 2'(bx) - x[1:0];
      assign borrow = place < first_cell[1:0];
      window_place of_columns (.from(x[1:0]), .by(along), .counted(columns), .here, .crosses(next_block));
      always_comb begin
        if (taps) begin
          counted = {along == 2'd0 && cells_left > 4'd8, {2'd1, along} < cells_left, {2'd0, along} < cells_left};
          if (!columns[0] || !rows[0]) counted = 3'd0;
        end else counted = here ? rows : 3'd0;
      end
      assign at = address + (taps ? ADDRESS_BITS'(along) : next_block ? column_pitch : '0);
      assign at_next = at + (taps ? ADDRESS_BITS'(4) : row_pitch);
      assign at_third = at + ADDRESS_BITS'(8);
      for (genvar by = 0; by < 4; by++) begin : bank
        logic [1:0] down;
        logic crosses;
        assign down = 2'(by) - first_row - {1'b0, taps ? borrow : next_block};
        window_place of_rows (.from(y[1:0]), .by(down), .counted, .here(enable[4*by+bx]), .crosses);
        multiplexer #(.COUNT(3), .WIDTH(ADDRESS_BITS)) addresses (
            .select(taps ? down : {1'b0, crosses}), .words({at_third, at_next, at}),
            .word(next_address[(4*by+bx)*ADDRESS_BITS+:ADDRESS_BITS]));
      end
    end
  endgenerate
  always_ff @(posedge clk) begin
    act_binary_read <= read ? enable : 16'd0;
    act_binary_address <= next_address;
  end

  // What the crossbar needs: the bank column of the operand's first column, and each column's first bank row.
  logic [1:0] turn;
  logic [7:0] turns;
  logic [8:0] valid, last;
  always_comb begin
    turn = x[1:0] + first_cell[1:0];
    for (int i = 0; i < 4; i++) begin
      logic [1:0] from;
      from = taps ? first_cell[1:0] : x[1:0];
      turns[2*i +: 2] = y[1:0] + x[3:2] + first_cell[3:2] + {1'b0, {1'b0, from} + 3'(i) > 3'd3};
    end
    for (int t = 0; t < 9; t++) begin
      valid[t] = taps ? columns[0] && rows[0] && 4'(t) < cells_left : columns[t%3] && rows[t/3];
      last[t] = taps ? 4'(t + 1) == cells_left : cells_left == 4'd1;
    end
  end

  localparam int CONTROL = 1 + 1 + 2 + 8 + 9 + 9 + 7;
  logic is_read, is_taps;
  logic [1:0] column_turn;
  logic [7:0] row_turns;
  logic [8:0] is_valid, is_last;
  logic [6:0] top_channel;
  delay_line #(.WIDTH(CONTROL), .CYCLES(1 + LATENCY)) control (
      .clk(clk), .reset(1'b0), .in({read, taps, turn, turns, valid, last, last_channels}),
      .out({is_read, is_taps, column_turn, row_turns, is_valid, is_last, top_channel})
  );

  // One of four cells. A choice by index times width would become a shifter where the width is no power of two.
  function automatic logic [CELL-1:0] cell_of(input logic [4*CELL-1:0] cells, input logic [1:0] place);
    case (place)
      2'd0: cell_of = cells[0 +: CELL];
      2'd1: cell_of = cells[CELL +: CELL];
      2'd2: cell_of = cells[2*CELL +: CELL];
      default: cell_of = cells[3*CELL +: CELL];
    endcase
  endfunction

  logic [256*SLICES-1:0] turned;  // [row of banks, column of the operand]
  logic [256*SLICES-1:0] sorted;  // [row of the operand, column of the operand]
  logic [CELL-1:0] channels;      // of the view's last cell
  logic [144*SLICES-1:0] next_operand;
  always_comb begin
    for (int i = 0; i < 4; i++) begin
      for (int j = 0; j < 4; j++) begin
        logic [1:0] bx;
        bx = column_turn + 2'(i);
        turned[(4*j+i)*CELL +: CELL] = cell_of(act_binary_data[4*j*CELL +: 4*CELL], bx);
      end
    end
    for (int i = 0; i < 4; i++) begin
      for (int j = 0; j < 4; j++) begin
        logic [1:0] by;
        by = row_turns[2*i +: 2] + 2'(j);
        sorted[(4*j+i)*CELL +: CELL] = cell_of({turned[(12+i)*CELL +: CELL], turned[(8+i)*CELL +: CELL],
                                                turned[(4+i)*CELL +: CELL], turned[i*CELL +: CELL]}, by);
      end
    end
    for (int b = 0; b < CELL; b++) channels[b] = 7'(b) <= top_channel;
    for (int t = 0; t < 9; t++) begin
      next_operand[t*CELL +: CELL] = (is_taps ? sorted[t*CELL +: CELL] : sorted[(4*(t/3)+t%3)*CELL +: CELL])
          & {CELL{is_valid[t]}} & (is_last[t] ? channels : '1);
    end
  end
  always_ff @(posedge clk) if (is_read) operand <= next_operand;
endmodule
