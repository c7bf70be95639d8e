// SPDX-License-Identifier: Apache-2.0
// pool_unit's loops, taps and addresses: one step a cycle, for groups of lanes (binary: cells), output rows, output columns,
// kernel rows, kernel columns, words of a tap. A window of 3x3 cells is one step in binary maps without dilation.
//
// Counter cycle c (c = start + 1 for the first step): the loop counters. c+1, behind WAIT cycles more: the taps' places in the
// map, and how many lie inside. c+4: pointers to what is read and written (map_address.sv makes the first ones).
// A result that has more words than its taps begins with steps without effect, so that its last tap ends it always.
// Source: src/units/pool_unit/instruction.h, docs/timing.md.
module pool_control #(
    parameter int LANES = blendsim_pkg::POOL_UNIT_LANES,
    parameter int WAIT = 0,
    parameter int ADDRESS = 17
) (
    input  logic                                 clk,
    input  logic                                 reset,
    input  logic                                 start,
    input  blendsim_pkg::pool_unit_instruction_t instruction,
    output logic                                 front_free,
    // c+1: a result's last step, and its taps inside.
    output logic [5:0]                           rows_inside,
    output logic [5:0]                           columns_inside,
    output logic [13:0]                          divisor,      // 0: none
    // c+4: the step.
    output logic                                 step,
    output logic                                 tap,          // it reads
    output logic                                 first_tap,    // of a result
    output logic                                 last_step,    // of a result
    output logic                                 last_result,  // of the instruction
    output logic [1:0]                           word,         // of the tap
    output logic                                 in_map,       // fixed: the tap
    output logic [2:0]                           in_columns,   // binary: columns and rows of the window that count
    output logic [2:0]                           in_rows,
    output logic [3:0]                           x,            // binary: of the window's first cell, its last bits
    output logic [1:0]                           y,
    output logic [3:0]                           cell_index,
    output blendsim_pkg::pool_unit_instruction_t of,           // the step's instruction
    output logic [4:0]                           slices,       // fixed: of the group
    output logic [ADDRESS-1:0]                   source,
    output logic [ADDRESS-1:0]                   source_pixel, // binary: to the next block of the row
    output logic [ADDRESS-1:0]                   source_pitch, // binary: to the next row of blocks
    output logic [ADDRESS-1:0]                   result,
    output logic [3:0]                           result_bank   // binary
);
  localparam int WORDS = LANES / 16;
  localparam int INSTRUCTION = blendsim_pkg::POOL_UNIT_INSTRUCTION_BITS;
  typedef blendsim_pkg::pool_unit_instruction_t instruction_t;
  typedef logic [ADDRESS-1:0] address_t;

  function automatic logic is_window(logic binary, logic [2:0] dilation_h, logic [2:0] dilation_w);
    is_window = binary && dilation_h == 3'd1 && dilation_w == 3'd1;
  endfunction
  // Steps without effect: words of the result less words of its taps.
  function automatic logic [1:0] idle_steps(logic binary, logic [1:0] in_log2, logic [1:0] out_log2, logic [5:0] kernel_h,
                                            logic [5:0] kernel_w);
    logic one, two, three;
    one = kernel_h == 6'd1 && kernel_w == 6'd1;
    two = (kernel_h == 6'd1 && kernel_w == 6'd2) || (kernel_h == 6'd2 && kernel_w == 6'd1);
    three = (kernel_h == 6'd1 && kernel_w == 6'd3) || (kernel_h == 6'd3 && kernel_w == 6'd1);
    case ({binary, in_log2, out_log2})
      5'b0_00_01: idle_steps = {1'b0, one};
      5'b0_00_10: idle_steps = one ? 2'd3 : two ? 2'd2 : {1'b0, three};
      5'b0_01_10: idle_steps = {one, 1'b0};
      default: idle_steps = 2'd0;
    endcase
  endfunction

  // --- counter cycle c ---
  instruction_t i0;
  logic active, begins, window0, first0;
  logic [1:0] idle_left, word0, across0, down0;
  logic [5:0] kx_left, ky_left, row_left, at_once;
  logic [8:0] x_left, slices_left, group0;
  logic [4:0] slices0;
  logic end_word, end_kx, end_ky, end_x, end_row, end_group;
  always_comb begin
    window0 = is_window(i0.binary, i0.dilation_h, i0.dilation_w);
    at_once = window0 ? 6'd3 : 6'd1;
    across0 = kx_left < at_once ? kx_left[1:0] : at_once[1:0];
    down0 = ky_left < at_once ? ky_left[1:0] : at_once[1:0];
    group0 = i0.binary ? 9'd1 : 9'(WORDS);
    slices0 = slices_left < group0 ? slices_left[4:0] : group0[4:0];
    end_word = idle_left == 2'd0 && (i0.binary || i0.in_bytes_log2 == 2'd0 || word0 == (i0.in_bytes_log2[1] ? 2'd3 : 2'd1));
    end_kx = end_word && kx_left <= at_once;
    end_ky = end_kx && ky_left <= at_once;
    end_x = end_ky && x_left == 9'd1;
    end_row = end_x && row_left == 6'd1;
    end_group = end_row && slices_left <= group0;
  end
  assign front_free = !active || end_group;
  always_ff @(posedge clk) begin
    if (reset) active <= 1'b0;
    else if (start) active <= 1'b1;
    else if (end_group) active <= 1'b0;
    begins <= start;
    if (start) begin
      i0 <= instruction;
      first0 <= 1'b1;
      idle_left <= idle_steps(instruction.binary, instruction.in_bytes_log2, instruction.out_bytes_log2, instruction.kernel_h, instruction.kernel_w);
      word0 <= 2'd0;
      kx_left <= instruction.kernel_w;
      ky_left <= instruction.kernel_h;
      x_left <= instruction.out_width;
      row_left <= instruction.rows;
      slices_left <= instruction.slices;
    end else begin
      if (end_word) first0 <= end_ky;
      if (idle_left != 2'd0) idle_left <= idle_left - 2'd1;
      else if (end_ky) idle_left <= idle_steps(i0.binary, i0.in_bytes_log2, i0.out_bytes_log2, i0.kernel_h, i0.kernel_w);
      if (idle_left == 2'd0) word0 <= end_word ? 2'd0 : word0 + 2'd1;
      if (end_word) kx_left <= end_kx ? i0.kernel_w : kx_left - at_once;
      if (end_kx) ky_left <= end_ky ? i0.kernel_h : ky_left - at_once;
      if (end_ky) x_left <= end_x ? i0.out_width : x_left - 9'd1;
      if (end_x) row_left <= end_row ? i0.rows : row_left - 6'd1;
      if (end_row) slices_left <= slices_left - group0;
    end
  end

  // --- the step and its instruction go down the pipeline together: 1 = c, 2 = c+1, 4 = c+3, 5 = c+4 ---
  localparam int STEP = 20;
  logic [STEP-1:0] step1, step2, step4, step5;
  logic active1, active5, begins1, begins4;
  instruction_t i1, i2, i4;
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(WAIT)) wait_instruction (.clk(clk), .reset(reset), .in(i0), .out(i1));
  delay_line #(.WIDTH(1), .CYCLES(WAIT), .RESET(1)) wait_active (.clk(clk), .reset(reset), .in(active), .out(active1));
  delay_line #(.WIDTH(STEP), .CYCLES(WAIT)) wait_step (
      .clk(clk), .reset(reset),
      .in({begins && active, slices0, idle_left == 2'd0, first0, word0, across0, down0, end_word, end_kx, end_ky, end_x,
           end_row, end_group}),
      .out(step1));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(1)) instruction2 (.clk(clk), .reset(reset), .in(i1), .out(i2));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(2)) instruction4 (.clk(clk), .reset(reset), .in(i2), .out(i4));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(1)) instruction5 (.clk(clk), .reset(reset), .in(i4), .out(of));
  delay_line #(.WIDTH(STEP), .CYCLES(1)) steps2 (.clk(clk), .reset(reset), .in(step1), .out(step2));
  delay_line #(.WIDTH(STEP), .CYCLES(2)) steps4 (.clk(clk), .reset(reset), .in(step2), .out(step4));
  delay_line #(.WIDTH(STEP), .CYCLES(1)) steps5 (.clk(clk), .reset(reset), .in(step4), .out(step5));
  delay_line #(.WIDTH(1), .CYCLES(4), .RESET(1)) active5_line (.clk(clk), .reset(reset), .in(active1), .out(active5));
  assign begins1 = step1[19];
  assign begins4 = step4[19];

  // --- cycles c to c+3: first addresses. Binary maps count in blocks of 4x4 cells ---
  logic [12:0] from_row, row_blocks;
  logic window1;
  logic [2:0] tap_x, tap_y, window_x, window_y;
  address_t source_base, result_base, across, down, tap_across, tap_down, result_pixel, result_pitch;
  always_comb begin
    from_row = 13'd0 - {9'b0, i1.pad_top};
    for (int n = 0; n < 6; n = n + 1) from_row = from_row + (i1.stride_h[n] ? {4'b0, i1.out_row} << n : 13'd0);
    row_blocks = {{2{from_row[12]}}, from_row[12:2]};
    window1 = is_window(i1.binary, i1.dilation_h, i1.dilation_w);
    window_x = window1 ? 3'd3 : i1.dilation_w;
    window_y = window1 ? 3'd3 : i1.dilation_h;
    tap_x = i1.binary ? {2'b0, window_x[2]} : window_x;
    tap_y = i1.binary ? {2'b0, window_y[2]} : window_y;
  end
  map_address #(.ADDRESS(ADDRESS), .STEP(6)) source_address (
      .clk(clk), .first(ADDRESS'(i1.source) + (i1.binary ? ADDRESS'(i1.in_first) : ADDRESS'(0))),
      .columns(i1.binary ? {1'b0, i1.in_width[8:2]} + {8'b0, i1.in_width[1:0] != 2'd0} : i1.in_width),
      .pixel(i1.binary ? {2'b0, i1.in_slices} : {2'b0, i1.in_slices} << i1.in_bytes_log2),
      .row(i1.binary ? row_blocks : from_row),
      .left(i1.binary ? {2'b0, i1.pad_left[3:2]} + {3'b0, i1.pad_left[1:0] != 2'd0} : i1.pad_left),
      .step_x(i1.binary ? {2'b0, i1.stride_w[5:2]} : i1.stride_w), .step_y(i1.binary ? {2'b0, i1.stride_h[5:2]} : i1.stride_h),
      .tap_x(tap_x), .tap_y(tap_y), .base(source_base), .pitch(source_pitch), .pixel_words(source_pixel),
      .step_across(across), .step_down(down), .tap_across(tap_across), .tap_down(tap_down));
  address_t unused_across, unused_down, unused_tap_across, unused_tap_down;
  map_address #(.ADDRESS(ADDRESS), .STEP(3)) result_address (
      .clk(clk), .first(ADDRESS'(i1.destination) + (i1.binary ? ADDRESS'(i1.out_first) : ADDRESS'(0))),
      .columns({1'b0, i1.out_width[8:2]} + {8'b0, i1.out_width[1:0] != 2'd0}),
      .pixel(i1.binary ? {2'b0, i1.out_slices} : {2'b0, i1.out_slices} << i1.out_bytes_log2),
      .row(i1.binary ? {6'b0, i1.out_row[8:2]} : 13'd0), .left(4'd0), .step_x(3'd0), .step_y(3'd0), .tap_x(3'd0), .tap_y(3'd0),
      .base(result_base), .pitch(result_pitch), .pixel_words(result_pixel), .step_across(unused_across),
      .step_down(unused_down), .tap_across(unused_tap_across), .tap_down(unused_tap_down));

  // --- cycle c+1: the tap's (window's) place. Two's complement; below 0 is above every size ---
  logic [12:0] x_tap, x_first, y_tap, y_first, y_begin, next_x, next_y;
  logic [1:0] across2, down2;
  logic [2:0] tap_x2, tap_y2;
  logic word_ends2, kx_ends2, ky_ends2, x_ends2, row_ends2, group_ends2, window2;
  assign {across2, down2, word_ends2, kx_ends2, ky_ends2, x_ends2, row_ends2, group_ends2} = step2[9:0];
  always_comb begin
    window2 = is_window(i2.binary, i2.dilation_h, i2.dilation_w);
    tap_x2 = window2 ? 3'd3 : i2.dilation_w;
    tap_y2 = window2 ? 3'd3 : i2.dilation_h;
    next_x = x_ends2 ? -{9'b0, i2.pad_left} : x_first + {7'b0, i2.stride_w};
    next_y = row_ends2 ? y_begin : y_first + {7'b0, i2.stride_h};
  end
  always_ff @(posedge clk) begin
    if (begins1) begin
      x_tap <= -{9'b0, i1.pad_left};
      x_first <= -{9'b0, i1.pad_left};
      y_tap <= from_row;
      y_first <= from_row;
      y_begin <= from_row;
    end else begin
      if (ky_ends2) x_first <= next_x;
      if (x_ends2) y_first <= next_y;
      if (ky_ends2) x_tap <= next_x;
      else if (kx_ends2) x_tap <= x_first;
      else if (word_ends2) x_tap <= x_tap + {10'b0, tap_x2};
      if (x_ends2) y_tap <= next_y;
      else if (ky_ends2) y_tap <= y_first;
      else if (kx_ends2) y_tap <= y_tap + {10'b0, tap_y2};
    end
  end

  // What of it counts, and whether the pointer's next move crosses a block's border.
  logic [2:0] columns2, rows2, sum;
  logic crosses2;
  always_comb begin
    for (int n = 0; n < 3; n = n + 1) begin
      columns2[n] = across2 > 2'(n) && x_tap + 13'(n) < {4'b0, i2.in_width};
      rows2[n] = down2 > 2'(n) && y_tap + 13'(n) < {4'b0, i2.in_height};
    end
    if (!kx_ends2) sum = {1'b0, x_tap[1:0]} + {1'b0, tap_x2[1:0]};
    else if (!ky_ends2) sum = {1'b0, y_tap[1:0]} + {1'b0, tap_y2[1:0]};
    else if (!x_ends2) sum = {1'b0, x_first[1:0]} + {1'b0, i2.stride_w[1:0]};
    else sum = {1'b0, y_first[1:0]} + {1'b0, i2.stride_h[1:0]};
    crosses2 = i2.binary && sum[2];
  end

  // Taps inside: columns of the kernel row in hand, rows with the one in hand.
  logic [5:0] columns_before, rows_before;
  assign columns_inside = columns_before + {5'b0, columns2[0]};
  assign rows_inside = rows_before + {5'b0, rows2[0]};
  assign divisor = i2.sum ? i2.divisor : 14'd0;
  always_ff @(posedge clk) begin
    if (begins1 || kx_ends2) columns_before <= 6'd0;
    else if (word_ends2) columns_before <= columns_inside;
    if (begins1 || ky_ends2) rows_before <= 6'd0;
    else if (kx_ends2) rows_before <= rows_inside;
  end

  // --- cycle c+4 ---
  logic crosses, unused_begins;
  logic [1:0] unused_across5, unused_down5;
  logic word_ends, kx_ends, ky_ends, x_ends, row_ends, group_ends, is_tap;
  delay_line #(.WIDTH(13), .CYCLES(3)) places (
      .clk(clk), .reset(reset), .in({columns2, rows2, x_tap[3:0], y_tap[1:0], crosses2}),
      .out({in_columns, in_rows, x, y, crosses}));
  assign {unused_begins, slices, is_tap, first_tap, word, unused_across5, unused_down5, word_ends, kx_ends, ky_ends, x_ends,
          row_ends, group_ends} = step5;
  assign step = active5;
  assign tap = active5 && is_tap;
  assign in_map = in_columns[0] && in_rows[0];
  assign last_step = ky_ends;
  assign last_result = group_ends;

  // Pointer to what is read, and where the loops around it began.
  address_t tap_at, line_at, pixel_at, row_at, group_at, from, by, more, next;
  always_comb begin
    more = ADDRESS'(0);
    if (!word_ends) begin
      from = source;
      by = is_tap ? ADDRESS'(WORDS) : ADDRESS'(0);
    end else if (!kx_ends) begin
      from = tap_at;
      by = tap_across;
      more = crosses ? source_pixel : ADDRESS'(0);
    end else if (!ky_ends) begin
      from = line_at;
      by = tap_down;
      more = crosses ? source_pitch : ADDRESS'(0);
    end else if (!x_ends) begin
      from = pixel_at;
      by = across;
      more = crosses ? source_pixel : ADDRESS'(0);
    end else if (!row_ends) begin
      from = row_at;
      by = down;
      more = crosses ? source_pitch : ADDRESS'(0);
    end else begin
      from = group_at;
      by = of.binary ? ADDRESS'(1) : ADDRESS'(WORDS) << of.in_bytes_log2;
    end
    next = from + by + more;
  end
  always_ff @(posedge clk) begin
    if (begins4) begin
      source <= source_base;
      tap_at <= source_base;
      line_at <= source_base;
      pixel_at <= source_base;
      row_at <= source_base;
      group_at <= source_base;
      cell_index <= i4.in_first[3:0];
    end else begin
      source <= next;
      if (word_ends) tap_at <= next;
      if (kx_ends) line_at <= next;
      if (ky_ends) pixel_at <= next;
      if (x_ends) row_at <= next;
      if (row_ends) group_at <= next;
      if (row_ends) cell_index <= cell_index + 4'd1;
    end
  end

  // Pointer to what is written, with each result.
  address_t result_row, result_group, next_result;
  logic [3:0] result_x, result_cell;
  logic [1:0] result_y;
  always_comb begin
    if (row_ends) next_result = result_group + (of.binary ? ADDRESS'(1) : ADDRESS'(WORDS) << of.out_bytes_log2);
    else if (of.binary && x_ends) next_result = result_row + (result_y == 2'd3 ? result_pitch : ADDRESS'(0));
    else next_result = result + (!of.binary || result_x[1:0] == 2'd3 ? result_pixel : ADDRESS'(0));
  end
  assign result_bank = {result_y + result_x[3:2] + result_cell[3:2], result_x[1:0] + result_cell[1:0]};
  always_ff @(posedge clk) begin
    if (begins4) begin
      result <= result_base;
      result_row <= result_base;
      result_group <= result_base;
      result_x <= 4'd0;
      result_y <= i4.out_row[1:0];
      result_cell <= i4.out_first[3:0];
    end else if (ky_ends) begin
      result <= next_result;
      if (x_ends) result_row <= next_result;
      if (row_ends) result_group <= next_result;
      result_x <= x_ends ? 4'd0 : result_x + 4'd1;
      if (x_ends) result_y <= row_ends ? of.out_row[1:0] : result_y + 2'd1;
      if (row_ends) result_cell <= result_cell + 4'd1;
    end
  end

  logic unused;
  assign unused = &{1'b0, i0, i1, i2, i4, unused_begins, unused_across5, unused_down5, unused_across, unused_down,
                    unused_tap_across, unused_tap_down, group_ends2, step2, sum};
endmodule
