// SPDX-License-Identifier: Apache-2.0
// Loop counters of xnor_array: one step a cycle, from the cycle after `start` to the one in which front_free is 1.
//
// Loops from the outside: rows, columns, row groups, activation planes, weight planes, then the steps of window or tap
// mode, kernel rows, kernel columns, cells (src/units/xnor_array/instruction.h). `level` is the outermost loop that this
// step began anew: 8 the instruction, 7 a row, 6 a pixel, 5 a group, 4 and 3 planes, 2 kernel row, 1 kernel column, 0 a cell.
module xnor_walk (
    input  logic       clk,
    input  logic       reset,
    input  logic       start,
    input  blendsim_pkg::xnor_array_instruction_t instruction,  // with start
    output logic       front_free,
    output blendsim_pkg::xnor_array_instruction_t held,         // the instruction in hand
    output logic       step,
    output logic [3:0] level,
    output logic       word_last,         // of a row group: its accumulator word is complete
    output logic       instruction_last,
    output logic [8:0] row,               // of the output map
    output logic [8:0] column,
    output logic [3:0] shift,             // weight of the plane pair, and its sign
    output logic       negate,
    output logic [1:0] rows_left,         // of the kernel, at most 3
    output logic [1:0] columns_left,      // of the kernel, at most 3
    output logic [3:0] cells_left         // of the view, at most 10
);
  logic running;
  logic [5:0] row_count, group;
  logic [3:0] plane_a, plane_w;
  logic [4:0] kernel_row, kernel_column;
  logic [8:0] cell_count;

  // What is left of each inner loop, this step included.
  logic [4:0] kernel_rows, kernel_columns;
  logic [8:0] cells;
  logic [7:0] last;   // last[n]: the loop of level n ends with this step, were those inside it at their end
  logic [8:0] carry; // carry[n]: all loops below level n end with this step
  always_comb begin
    kernel_rows = held.kernel_h - kernel_row;
    kernel_columns = held.kernel_w - kernel_column;
    cells = held.cells - cell_count;
    last[0] = cells <= (held.taps ? 9'd9 : 9'd1);
    last[1] = kernel_columns <= (held.taps ? 5'd1 : 5'd3);
    last[2] = kernel_rows <= (held.taps ? 5'd1 : 5'd3);
    last[3] = plane_w + 4'd1 == held.weight_bits;
    last[4] = plane_a + 4'd1 == held.activation_bits;
    last[5] = group + 6'd1 == held.groups;
    last[6] = column + 9'd1 == held.out_width;
    last[7] = row_count + 6'd1 == held.rows;
    for (int n = 0; n < 9; n++) carry[n] = &(last | 8'hff << n);
  end

  always_ff @(posedge clk) begin
    if (start) begin
      held <= instruction;
      level <= 4'd8;
    end else begin
      for (int n = 0; n < 8; n++) begin
        if (carry[n] && !last[n]) level <= 4'(n);
      end
    end
    if (start || carry[1]) cell_count <= '0;
    else cell_count <= cell_count + (held.taps ? 9'd9 : 9'd1);
    if (start || carry[2]) kernel_column <= '0;
    else if (carry[1]) kernel_column <= kernel_column + (held.taps ? 5'd1 : 5'd3);
    if (start || carry[3]) kernel_row <= '0;
    else if (carry[2]) kernel_row <= kernel_row + (held.taps ? 5'd1 : 5'd3);
    if (start || carry[4]) plane_w <= '0;
    else if (carry[3]) plane_w <= plane_w + 4'd1;
    if (start || carry[5]) plane_a <= '0;
    else if (carry[4]) plane_a <= plane_a + 4'd1;
    if (start || carry[6]) group <= '0;
    else if (carry[5]) group <= group + 6'd1;
    if (start || carry[7]) column <= '0;
    else if (carry[6]) column <= column + 9'd1;
    if (start) row <= instruction.out_row;
    else if (carry[7]) row <= row + 9'd1;
    if (start) row_count <= '0;
    else if (carry[7]) row_count <= row_count + 6'd1;
    if (reset) running <= 1'b0;
    else running <= start || (running && !carry[8]);
  end

  assign step = running;
  assign front_free = !running || carry[8];
  assign word_last = carry[5];
  assign instruction_last = carry[8];
  assign rows_left = kernel_rows > 5'd3 ? 2'd3 : kernel_rows[1:0];
  assign columns_left = kernel_columns > 5'd3 ? 2'd3 : kernel_columns[1:0];
  assign cells_left = cells > 9'd10 ? 4'd10 : cells[3:0];

  // XNOR: planes of codes weigh 2^plane, a bipolar pair 2. AND: two's complement on both sides.
  logic sign_a, sign_w;
  assign sign_a = held.activation_signed && last[4];
  assign sign_w = held.weight_signed && last[3];
  always_comb begin
    shift = plane_a + plane_w;
    negate = sign_a != sign_w;
    if (!held.use_and) begin
      shift = held.activation_bits == 4'd1 && held.weight_bits == 4'd1 ? 4'd1 : plane_a;
      negate = 1'b0;
    end
  end
endmodule
