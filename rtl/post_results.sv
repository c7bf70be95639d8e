// SPDX-License-Identifier: Apache-2.0
// The results of post_unit: values to act_fixed and planes of codes to act_binary. A cell's W words, of either kind, are
// written in the last W cycles of its time.
//
// Stages (0: the step)   1 addresses, and which result and plane the lanes bring (`values`, `code_bits`, in the same cycle);
//                        2 the write ports' registers.
// act_fixed   SLICES consecutive words a cycle: of the `bytes` x SLICES words that a pixel's lane group takes, write w holds
//             bytes w * 16 * SLICES and up, little-endian lane after lane; an enable a word leaves out what absent slices own.
//             HALVES = 2: a lane group is half of a slice, and there is an enable a half of a word: of values of one byte the
//             group has half of the word, of 2 or 4 bytes half of the words.
// act_binary  cell (x, y, s) is in bank (x + s) mod 4 + 4 * ((y + x/4 + s/4) mod 4) at base + (y/4 * blocks + x/4) * cells + s;
//             the group's slices fill the slices of one cell or several, each in a bank of its own. An enable a slice or half.
module post_results #(
    parameter int OPERAND = 24,
    parameter int SLICES = 1,
    parameter int HALVES = 1,
    parameter int CELL_SLICES = 1,
    parameter int FIXED_ADDRESS = 12,
    parameter int BINARY_ADDRESS = 11
) (
    input  logic clk,
    input  logic reset,
    input  logic step_valid,
    input  logic step_begin,
    input  logic step_group,
    input  logic step_row,
    input  logic [3:0] step_remaining,
    input  logic [2:0] code_planes,  // the instruction's fields
    input  logic write_fixed,
    input  logic write_bits,
    input  logic [1:0] fixed_bytes_log2,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [16:0] fixed,
    input  logic [8:0] fixed_slices,
    input  logic [8:0] slices,
    input  logic [8:0] bits_cells,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [8:0] bits_plane_cells,
    input  logic [1:0] bits_row,
    input  logic [BINARY_ADDRESS-1:0] bits_first,   // address of the tile's first row, without a cell
    input  logic [BINARY_ADDRESS-1:0] bits_blocks,  // from one block of rows to the next
    input  logic [8:0] bits_cell,                   // cell of the tile's first slice
    input  logic [2:0] bits_place,                  // its slice in the cell
    output logic [1:0] result_tap,
    output logic [1:0] result_plane,
    input  logic [SLICES*16/HALVES*OPERAND-1:0] values,
    input  logic [SLICES*16/HALVES-1:0] code_bits,
    output logic [SLICES*HALVES-1:0] act_fixed_write,
    output logic [FIXED_ADDRESS-1:0] act_fixed_write_address,
    output logic [SLICES*128-1:0] act_fixed_write_data,
    output logic [16*CELL_SLICES*HALVES-1:0] act_binary_write,
    output logic [16*BINARY_ADDRESS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data
);
  localparam int CELLS = (SLICES + 2 * CELL_SLICES - 2) / CELL_SLICES;  // that a lane group may touch
  localparam int LANES = 16 * SLICES / HALVES;
  localparam int PARTS = CELL_SLICES * HALVES;  // of a cell, with an enable each

  // --- stage 0 --------------------------------------------------------------------------------------------------------------
  logic [3:0] fixed_words, planes, word, plane;
  logic fixed_fires, bits_fire, fixed_starts, bits_start;
  always_comb begin
    fixed_words = HALVES > 1 && fixed_bytes_log2 != 2'd0 ? 4'd1 << (fixed_bytes_log2 - 2'd1) : 4'd1 << fixed_bytes_log2;
    planes = {1'b0, code_planes};
    fixed_fires = step_valid && write_fixed && step_remaining < fixed_words;
    bits_fire = step_valid && write_bits && step_remaining < planes;
    word = fixed_words - 4'd1 - step_remaining;
    plane = planes - 4'd1 - step_remaining;
    fixed_starts = word == 4'd0;
    bits_start = plane == 4'd0;
  end

  // The group's half of its slice: a new slice begins with the lower one and ends with the upper one.
  logic group_seen;  // the group's first cell is under way: its slices are counted
  logic half, slice_done;
  if (HALVES > 1) begin : g_halves
    logic half_before;
    assign half = step_begin ? 1'b0 : step_group && !group_seen ? !half_before : half_before;
    assign slice_done = half;
    always_ff @(posedge clk) if (step_valid) half_before <= half;
  end else begin : g_whole_slices
    assign half = 1'b0;
    assign slice_done = 1'b1;
  end

  // Slices of the group: those that are left when the group begins.
  logic [8:0] slices_here, slices_left;
  logic [4:0] present;
  always_comb begin
    slices_here = step_begin ? slices : step_group && !group_seen && !half ? slices_left - 9'(SLICES) : slices_left;
    present = slices_here >= 9'(SLICES) ? 5'(SLICES) : slices_here[4:0];
  end
  always_ff @(posedge clk) begin
    if (reset) group_seen <= 1'b0;
    else if (step_valid) group_seen <= step_group && step_remaining != 4'd0;
    if (step_valid) slices_left <= slices_here;
  end

  logic [FIXED_ADDRESS-1:0] fixed_to, fixed_step;
  assign fixed_step = HALVES == 1 ? FIXED_ADDRESS'(SLICES) << fixed_bytes_log2
                    : fixed_bytes_log2 == 2'd0 ? FIXED_ADDRESS'(slice_done) : FIXED_ADDRESS'(fixed_words);
  post_pointer #(.ADDRESS(FIXED_ADDRESS)) fixed_pointer (
      .clk(clk), .fire(fixed_fires), .cell_start(fixed_starts), .begin_tile(step_begin), .begin_group(step_group),
      .base(FIXED_ADDRESS'(fixed)), .word_step(FIXED_ADDRESS'(SLICES)),
      .pixel_step(FIXED_ADDRESS'(fixed_slices) << fixed_bytes_log2),
      .group_step(fixed_step), .address(fixed_to));

  // Column, row and addresses of the cell; its index in the pixel.
  logic [3:0] x, x_now;
  logic [1:0] y, y_now;
  logic [BINARY_ADDRESS-1:0] row, row_now, block, block_now;
  logic [8:0] cell_at, cell_now, group_cell, group_cell_now, next_cell;
  logic [2:0] place, place_now, next_place;
  always_comb begin
    x_now = x;
    y_now = y;
    row_now = row;
    block_now = block;
    if (bits_start) begin
      if (step_group) begin
        x_now = 4'd0;
        y_now = bits_row;
        row_now = bits_first;
        block_now = bits_first;
      end else if (step_row) begin
        x_now = 4'd0;
        y_now = y + 2'd1;
        row_now = y == 2'd3 ? row + bits_blocks : row;
        block_now = row_now;
      end else begin
        x_now = x + 4'd1;
        block_now = x[1:0] == 2'd3 ? block + BINARY_ADDRESS'(bits_cells) : block;
      end
    end
    group_cell_now = !bits_start ? group_cell : step_begin ? bits_cell : step_group ? next_cell : group_cell;
    place_now = !bits_start ? place : step_begin ? bits_place : step_group ? next_place : place;
    cell_now = bits_start ? group_cell_now : cell_at + bits_plane_cells;
  end
  always_ff @(posedge clk) begin
    if (bits_fire) begin
      x <= x_now;
      y <= y_now;
      row <= row_now;
      block <= block_now;
      group_cell <= group_cell_now;
      place <= place_now;
      cell_at <= cell_now;
      if (bits_start && step_group) begin
        if (!slice_done) begin
          next_place <= place_now;
          next_cell <= group_cell_now;
        end else if (32'(place_now) + SLICES % CELL_SLICES >= CELL_SLICES) begin
          next_place <= 3'(32'(place_now) + SLICES % CELL_SLICES - CELL_SLICES);
          next_cell <= group_cell_now + 9'(SLICES / CELL_SLICES + 1);
        end else begin
          next_place <= 3'(32'(place_now) + SLICES % CELL_SLICES);
          next_cell <= group_cell_now + 9'(SLICES / CELL_SLICES);
        end
      end
    end
  end

  // --- stage 1: the results of the lanes --------------------------------------------------------------------------------------
  logic fixed_writes, bits_write;
  logic [1:0] fixed_word, fixed_log2;
  logic [4:0] present_here;
  logic half_here;
  logic [FIXED_ADDRESS-1:0] fixed_address;
  always_ff @(posedge clk) begin
    result_tap <= 2'd3 - step_remaining[1:0];
    result_plane <= plane[1:0];
    fixed_writes <= fixed_fires;
    bits_write <= bits_fire;
    fixed_word <= word[1:0];
    fixed_log2 <= fixed_bytes_log2;
    present_here <= present;
    half_here <= half;
    fixed_address <= fixed_to;
  end

  logic [LANES*32-1:0] whole;  // values of 4 bytes
  for (genvar l = 0; l < LANES; l++) begin : g_whole
    if (OPERAND == 32) begin : g_all
      assign whole[32*l+:32] = values[OPERAND*l+:OPERAND];
    end else begin : g_extended
      assign whole[32*l+:32] = {{(32 - OPERAND) {values[OPERAND*l+OPERAND-1]}}, values[OPERAND*l+:OPERAND]};
    end
  end

  // --- stage 2: write ports -----------------------------------------------------------------------------------------------------
  always_ff @(posedge clk) act_fixed_write_address <= fixed_address;
  if (HALVES > 1) begin : g_half_words
    always_ff @(posedge clk) begin
      act_fixed_write[0] <= fixed_writes && (fixed_log2 != 2'd0 || !half_here);
      act_fixed_write[1] <= fixed_writes && (fixed_log2 != 2'd0 || half_here);
      for (int n = 0; n < 16; n++) begin
        case (fixed_log2)
          2'd0: act_fixed_write_data[8*n+:8] <= whole[32*(n%8)+:8];
          2'd1: act_fixed_write_data[8*n+:8] <= whole[32*(n/2)+8*(n%2)+:8];
          default: act_fixed_write_data[8*n+:8] <= fixed_word[0] ? whole[8*(16+n)+:8] : whole[8*n+:8];
        endcase
      end
    end
    logic unused;
    assign unused = &{1'b0, fixed_word[1]};
  end else begin : g_words
    logic [31:0] fixed_first;  // of the words that the pixel's lane group takes
    always_comb begin
      fixed_first = 32'd0;
      for (int w = 1; w < 4; w++) if (32'(fixed_word) == w) fixed_first = w * SLICES;
    end
    always_ff @(posedge clk) begin
      for (int s = 0; s < SLICES; s++)
        act_fixed_write[s] <= fixed_writes && fixed_first + 32'(s) < (32'(present_here) << fixed_log2);
      for (int n = 0; n < 16 * SLICES; n++) begin  // byte n of the word
        case (fixed_log2)
          2'd0: act_fixed_write_data[8*n+:8] <= whole[32*n+:8];
          2'd1: act_fixed_write_data[8*n+:8] <= fixed_word[0] ? whole[32*((16*SLICES+n)/2)+8*(n%2)+:8]
                                                              : whole[32*(n/2)+8*(n%2)+:8];
          default: begin
            case (fixed_word)
              2'd0: act_fixed_write_data[8*n+:8] <= whole[8*n+:8];
              2'd1: act_fixed_write_data[8*n+:8] <= whole[8*(16*SLICES+n)+:8];
              2'd2: act_fixed_write_data[8*n+:8] <= whole[8*(32*SLICES+n)+:8];
              default: act_fixed_write_data[8*n+:8] <= whole[8*(48*SLICES+n)+:8];
            endcase
          end
        endcase
      end
    end
  end

  // The group's slices, moved up by the first one's place in its cell, and the cells they fill.
  logic [CELLS*CELL_SLICES*16-1:0] moved;
  logic [CELLS*PARTS-1:0] filled;
  always_comb begin
    moved = '0;
    filled = '0;
    for (int p = 0; p < CELL_SLICES; p++)
      if (32'(place) == p)
        for (int s = 0; s < SLICES; s++) begin
          moved[(p+s)*16+:16] = {HALVES{code_bits[s*LANES/SLICES+:LANES/SLICES]}};
          for (int h = 0; h < HALVES; h++)
            filled[(p+s)*HALVES+h] = s < 32'(present_here) && (HALVES == 1 || 32'(half_here) == h);
        end
  end
  logic [8:0] cells_at[0:CELLS-1];
  logic [3:0] banks[0:CELLS-1];
  always_comb begin
    for (int c = 0; c < CELLS; c++) begin
      cells_at[c] = cell_at + 9'(c);
      banks[c][1:0] = x[1:0] + cells_at[c][1:0];
      banks[c][3:2] = y + x[3:2] + cells_at[c][3:2];
    end
  end
  always_ff @(posedge clk) begin
    for (int b = 0; b < 16; b++) begin
      act_binary_write[b*PARTS+:PARTS] <= '0;
      act_binary_write_address[b*BINARY_ADDRESS+:BINARY_ADDRESS] <= block + BINARY_ADDRESS'(cells_at[0]);
      act_binary_write_data[b*16*CELL_SLICES+:16*CELL_SLICES] <= moved[0+:16*CELL_SLICES];
      for (int c = 0; c < CELLS; c++)
        if (32'(banks[c]) == b) begin
          if (bits_write && filled[c*PARTS+:PARTS] != '0) begin
            act_binary_write[b*PARTS+:PARTS] <= filled[c*PARTS+:PARTS];
            act_binary_write_address[b*BINARY_ADDRESS+:BINARY_ADDRESS] <= block + BINARY_ADDRESS'(cells_at[c]);
            act_binary_write_data[b*16*CELL_SLICES+:16*CELL_SLICES] <= moved[c*16*CELL_SLICES+:16*CELL_SLICES];
          end
        end
    end
  end
endmodule
