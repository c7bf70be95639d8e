// SPDX-License-Identifier: Apache-2.0
// Addresses of xnor_array's steps, by increments from step to step; products are formed once an instruction.
//
//   cycle s     start: the instruction's first products are formed from the queue's entry
//   s+1+k       the walk's counters show step k (xnor_walk.sv)
//   s+2+k       micro-operation: what the step does to the pointers
//   s+3+k       pointers of the step: coordinates and address of its first cell, weight, start and accumulator words
// With A(x, y, s) = source + (y/4 * ceil(width/4) + x/4) * map_cells + s (layout.h), a move by 1..7 columns or rows
// crosses at most two blocks of four. Coordinates left of and above the map are negative, and so is their block.
module xnor_pointers #(
    parameter int ACT_BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int WEIGHT_BITS = blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS,
    parameter int START_BITS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int SUM_BITS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS
) (
    input  logic                    clk,
    input  logic                    start,
    // Their other fields are the queue's and the walk's.
    /* verilator lint_off UNUSEDSIGNAL */
    input  blendsim_pkg::xnor_array_instruction_t instruction,  // with start
    input  blendsim_pkg::xnor_array_instruction_t held,         // from here on in cycle s+1+k
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [3:0]              level,
    input  logic [8:0]              row,
    input  logic [8:0]              column,
    output logic signed [12:0]      x,                          // from here on in cycle s+3+k
    output logic signed [12:0]      y,
    output logic [3:0]              first_cell,                 // modulo 16
    output logic [ACT_BITS-1:0]     address,
    output logic [ACT_BITS-1:0]     column_pitch,
    output logic [ACT_BITS-1:0]     row_pitch,
    output logic [8:0]              width,
    output logic [8:0]              height,
    output logic [6:0]              last_channels,
    output logic [WEIGHT_BITS-1:0]  weight_address,
    output logic [START_BITS-1:0]   start_address,
    output logic [SUM_BITS-1:0]     sum_address
);
  // Blocks of four that a move by `by` from `from` crosses, as addresses.
  function automatic logic [ACT_BITS-1:0] crossed(input logic [1:0] from, input logic [2:0] by, input logic [ACT_BITS-1:0] pitch);
    logic [1:0] blocks_of_four;
    blocks_of_four = 2'(({2'b0, from} + {1'b0, by}) >> 2);
    crossed = blocks_of_four == 2'd2 ? pitch << 1 : blocks_of_four == 2'd1 ? pitch : '0;
  endfunction
  // Border class of an output position (layout.h, BorderClasses).
  function automatic logic [4:0] border(input logic [8:0] position, input logic [8:0] size, input logic [3:0] leading, input logic [3:0] trailing);
    logic [8:0] first_trailing;
    first_trailing = size - {5'b0, trailing};
    border = position < {5'b0, leading} ? position[4:0]
        : position >= first_trailing ? {1'b0, leading} + 5'd1 + position[4:0] - first_trailing[4:0] : {1'b0, leading};
  endfunction

  // Cycle s: products of the entry's own fields.
  logic [ACT_BITS-1:0] pitch1;
  logic signed [12:0] y_first1;
  logic [4:0] classes_x1;
  logic [7:0] blocks;
  assign blocks = {1'b0, instruction.in_width[8:2]} + {7'b0, instruction.in_width[1:0] != 2'b0};
  logic [ACT_BITS-1:0] of_blocks;
  logic [12:0] rows_down;
  product #(.WIDTH(ACT_BITS), .A(9), .B(8)) of_pitch (.a(instruction.map_cells), .b(blocks), .result(of_blocks));
  product #(.WIDTH(13), .A(9), .B(3)) of_rows (.a(instruction.out_row), .b(instruction.stride_h), .result(rows_down));
  always_ff @(posedge clk) begin
    if (start) begin
      pitch1 <= of_blocks;
      y_first1 <= rows_down - {9'b0, instruction.pad_top};
      classes_x1 <= {1'b0, instruction.class_left} + {1'b0, instruction.class_right} + 5'd1;
    end
  end

  // Cycle s+1+k: what depends on the counters, and the blocks of the first row and column.
  logic [4:0] classes_y1;
  logic [9:0] all_classes;
  logic [2:0] blocks_left;
  logic [ACT_BITS-1:0] of_first_row, of_blocks_left;
  product #(.WIDTH(ACT_BITS), .A(ACT_BITS), .B(11), .SIGNED(1)) of_row (
      .a(pitch1), .b(y_first1[12:2]), .result(of_first_row));
  product #(.WIDTH(ACT_BITS), .A(9), .B(3)) of_left (.a(held.map_cells), .b(blocks_left), .result(of_blocks_left));
  product #(.WIDTH(10), .A(5), .B(5)) of_classes (.a(classes_x1), .b(classes_y1), .result(all_classes));
  assign blocks_left = {1'b0, held.pad_left[3:2]} + {2'b0, held.pad_left[1:0] != 2'd0};
  logic signed [12:0] x_first1;
  assign classes_y1 = {1'b0, held.class_top} + {1'b0, held.class_bottom} + 5'd1;
  assign x_first1 = -$signed({9'b0, held.pad_left});

  /* verilator lint_off UNUSEDSIGNAL */
  blendsim_pkg::xnor_array_instruction_t i;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [3:0] begins;
  logic [ACT_BITS-1:0] pitch, first_row, first_column;
  logic signed [12:0] y_first, x_first;
  logic [4:0] classes_x, class_y;
  /* verilator lint_off UNUSEDSIGNAL */  // a buffer of few start words leaves the upper bits
  logic [4:0] class_x;
  logic [9:0] classes;
  /* verilator lint_on UNUSEDSIGNAL */
  always_ff @(posedge clk) begin
    begins <= level;
    class_y <= border(row, held.out_height, held.class_top, held.class_bottom);
    class_x <= border(column, held.out_width, held.class_left, held.class_right);
    if (level == 4'd8) begin
      i <= held;
      pitch <= pitch1;
      first_row <= ACT_BITS'(held.source) + of_first_row;
      first_column <= -of_blocks_left;
      y_first <= y_first1;
      x_first <= x_first1;
      classes_x <= classes_x1;
      classes <= all_classes;
    end
  end

  // Cycle s+2+k: the pointers' next values. Of the walk, and of the places it returns to at inner loops' ends.
  logic signed [12:0] row_y, pixel_x, from_y, from_x, next_y, next_x;
  logic [ACT_BITS-1:0] row_base, pixel_base, row_now, column_now;             // addresses of blocks
  logic [ACT_BITS-1:0] from_row, from_column, next_row_now, next_column_now;
  logic [ACT_BITS-1:0] plane_cell, cell_now, next_plane_cell, next_cell;
  logic [WEIGHT_BITS-1:0] group_weights, next_group_weights, next_weights, weights_after;
  logic [START_BITS-1:0] next_start;
  logic [SUM_BITS-1:0] next_sum;
  logic [ACT_BITS-1:0] cells_pitch;
  logic [2:0] move_y, move_x, by_y, by_x;
  logic [9:0] of_class;
  logic unused_class;  // what lies beyond the start words' addresses
  assign unused_class = &{1'b0, of_class};
  product #(.WIDTH(10), .A(5), .B(5)) of_class_rows (.a(classes_x), .b(class_y), .result(of_class));
  always_comb begin
    cells_pitch = ACT_BITS'(i.map_cells);
    move_y = i.taps ? i.dilation_h : 3'd3;
    move_x = i.taps ? i.dilation_w : 3'd3;
    weights_after = weight_address + 1'b1;

    // The walk goes on from where it stands, or from the place that the loop began at.
    from_y = begins >= 4'd3 ? row_y : y;
    from_row = begins >= 4'd3 ? row_base : row_now;
    by_y = begins == 4'd7 ? i.stride_h : begins == 4'd2 ? move_y : 3'd0;
    next_y = begins[3] ? y_first : from_y + $signed({10'b0, by_y});
    next_row_now = begins[3] ? first_row : from_row + crossed(from_y[1:0], by_y, pitch);
    from_x = begins >= 4'd2 ? pixel_x : x;
    from_column = begins >= 4'd2 ? pixel_base : column_now;
    by_x = begins == 4'd6 ? i.stride_w : begins == 4'd1 ? move_x : 3'd0;
    next_x = begins >= 4'd7 ? x_first : from_x + $signed({10'b0, by_x});
    next_column_now = begins >= 4'd7 ? first_column : from_column + crossed(from_x[1:0], by_x, cells_pitch);

    next_plane_cell = plane_cell;
    if (begins >= 4'd5) next_plane_cell = ACT_BITS'(i.first_cell);
    else if (begins == 4'd4) next_plane_cell = plane_cell + ACT_BITS'(i.plane_cells);
    next_cell = begins >= 4'd1 ? next_plane_cell : cell_now + (i.taps ? ACT_BITS'(9) : ACT_BITS'(1));

    next_weights = begins >= 4'd6 ? WEIGHT_BITS'(i.weights) : begins == 4'd4 ? group_weights : weights_after;
    next_group_weights = begins >= 4'd5 ? next_weights : group_weights;
    next_start = start_address;
    if (begins >= 4'd6) next_start = START_BITS'(i.start) + START_BITS'(of_class) + START_BITS'(class_x);
    else if (begins == 4'd5) next_start = start_address + START_BITS'(classes);
    next_sum = begins == 4'd8 ? SUM_BITS'(i.destination) : begins >= 4'd5 ? sum_address + 1'b1 : sum_address;
  end

  always_ff @(posedge clk) begin
    if (begins >= 4'd7) begin
      row_y <= next_y;
      row_base <= next_row_now;
    end
    if (begins >= 4'd6) begin
      pixel_x <= next_x;
      pixel_base <= next_column_now;
    end
    y <= next_y;
    row_now <= next_row_now;
    x <= next_x;
    column_now <= next_column_now;
    plane_cell <= next_plane_cell;
    cell_now <= next_cell;
    address <= next_row_now + next_column_now + next_cell;
    column_pitch <= cells_pitch;
    row_pitch <= pitch;
    width <= i.in_width;
    height <= i.in_height;
    last_channels <= i.last_cell_channels;
    group_weights <= next_group_weights;
    weight_address <= next_weights;
    start_address <= next_start;
    sum_address <= next_sum;
  end
  assign first_cell = 4'(cell_now);
endmodule
