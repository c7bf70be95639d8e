// SPDX-License-Identifier: Apache-2.0
// pool_unit's loops, taps and addresses: one step a cycle, for groups of lanes (binary: cells), output rows, output
// columns, kernel rows, kernel columns, words of a tap. A window of 3x3 cells is one step in binary maps without
// dilation.
//
// Counter cycle c (c = start + 1 for the first step): the loop counters. c+1, behind WAIT cycles more: the tap's place
// in the map, which of it lies inside, and how many taps of its result do. c+4: pointers to what is read and written,
// the former base + x * pixel + y * pitch. c+6: divisor / taps of the result.
// A result that has more words than its taps begins with steps without effect, so that its last tap ends it always.
// Source: src/units/pool_unit/instruction.h, docs/timing.md.
module pool_control #(
    parameter int LANES = blendsim_pkg::POOL_UNIT_LANES,
    parameter int WAIT = 0,
    parameter int ADDRESS = 17,
    parameter int BINARY_ADDRESS = 12
) (
    input  logic                                 clk,
    input  logic                                 reset,
    input  logic                                 start,
    input  blendsim_pkg::pool_unit_instruction_t instruction,
    output logic                                 front_free,
    // c+4: the step's instruction.
    output logic                                 binary,
    output logic                                 sum,
    output logic                                 is_signed,
    output logic [1:0]                           in_bytes_log2,
    output logic [1:0]                           out_bytes_log2,
    output logic [8:0]                           zero_point,
    // c+4: the step.
    output logic                                 step,
    output logic                                 tap,          // it reads
    output logic                                 first_tap,    // of a result
    output logic                                 last_tap,     // of a result
    output logic                                 last_step,    // of a result
    output logic                                 last_result,  // of the instruction
    output logic [1:0]                           word,         // of the tap
    output logic                                 in_map,       // fixed: the tap
    output logic [2:0]                           in_columns,   // binary: columns and rows of the window that count
    output logic [2:0]                           in_rows,
    output logic [3:0]                           x,            // binary: of the window's first cell, its last bits
    output logic [1:0]                           y,
    output logic [3:0]                           cell_index,
    output logic [4:0]                           slices,       // fixed: of the group
    output logic [ADDRESS-1:0]                   source,
    output logic [BINARY_ADDRESS-1:0]            next_block,   // binary: to the next block of the row
    output logic [BINARY_ADDRESS-1:0]            next_row,     // binary: to the next row of blocks
    output logic [ADDRESS-1:0]                   result,
    output logic [3:0]                           result_bank,  // binary
    // c+6
    output logic [13:0]                          factor
);
  localparam int WORDS = LANES / 16;
  localparam int INSTRUCTION = blendsim_pkg::POOL_UNIT_INSTRUCTION_BITS;
  typedef blendsim_pkg::pool_unit_instruction_t instruction_t;
  typedef logic [ADDRESS-1:0] address_t;
  typedef logic [BINARY_ADDRESS-1:0] binary_address_t;

  function automatic logic is_window(logic bits, logic [2:0] dilation_h, logic [2:0] dilation_w);
    is_window = bits && dilation_h == 3'd1 && dilation_w == 3'd1;
  endfunction
  // Steps without effect: words of the result less words of its taps.
  function automatic logic [1:0] idle_steps(logic bits, logic [1:0] in_log2, logic [1:0] out_log2, logic [5:0] kernel_h,
                                            logic [5:0] kernel_w);
    logic one, two, three;
    one = kernel_h == 6'd1 && kernel_w == 6'd1;
    two = (kernel_h == 6'd1 && kernel_w == 6'd2) || (kernel_h == 6'd2 && kernel_w == 6'd1);
    three = (kernel_h == 6'd1 && kernel_w == 6'd3) || (kernel_h == 6'd3 && kernel_w == 6'd1);
    case ({bits, in_log2, out_log2})
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
  logic end_word, end_kx, end_ky, end_x, end_row, end_group, last_tap0;
  always_comb begin
    window0 = is_window(i0.binary, i0.dilation_h, i0.dilation_w);
    at_once = window0 ? 6'd3 : 6'd1;
    across0 = kx_left < at_once ? kx_left[1:0] : at_once[1:0];
    down0 = ky_left < at_once ? ky_left[1:0] : at_once[1:0];
    group0 = i0.binary ? 9'd1 : 9'(WORDS);
    slices0 = slices_left < group0 ? slices_left[4:0] : group0[4:0];
    end_word = idle_left == 2'd0 &&
               (i0.binary || i0.in_bytes_log2 == 2'd0 || word0 == (i0.in_bytes_log2[1] ? 2'd3 : 2'd1));
    last_tap0 = idle_left == 2'd0 && kx_left <= at_once && ky_left <= at_once;
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
      idle_left <= idle_steps(instruction.binary, instruction.in_bytes_log2, instruction.out_bytes_log2,
                              instruction.kernel_h, instruction.kernel_w);
      word0 <= 2'd0;
      kx_left <= instruction.kernel_w;
      ky_left <= instruction.kernel_h;
      x_left <= instruction.out_width;
      row_left <= instruction.rows;
      slices_left <= instruction.slices;
    end else begin
      if (end_word) first0 <= end_ky;
      if (idle_left != 2'd0) idle_left <= idle_left - 2'd1;
      else if (end_ky)
        idle_left <= idle_steps(i0.binary, i0.in_bytes_log2, i0.out_bytes_log2, i0.kernel_h, i0.kernel_w);
      if (idle_left == 2'd0) word0 <= end_word ? 2'd0 : word0 + 2'd1;
      if (end_word) kx_left <= end_kx ? i0.kernel_w : kx_left - at_once;
      if (end_kx) ky_left <= end_ky ? i0.kernel_h : ky_left - at_once;
      if (end_ky) x_left <= end_x ? i0.out_width : x_left - 9'd1;
      if (end_x) row_left <= end_row ? i0.rows : row_left - 6'd1;
      if (end_row) slices_left <= slices_left - group0;
    end
  end

  // --- the step and its instruction go down the pipeline together: 1 = c, 2 = c+1, 3 = c+2, 4 = c+3, 5 = c+4 ---
  localparam int STEP = 21;
  logic [STEP-1:0] step1, step2, step4, step5;
  logic active1, active5, begins1, begins4;
  instruction_t i1, i2;
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(WAIT)) wait_instruction (.clk(clk), .reset(reset), .in(i0), .out(i1));
  delay_line #(.WIDTH(1), .CYCLES(WAIT), .RESET(1)) wait_active (.clk(clk), .reset(reset), .in(active), .out(active1));
  delay_line #(.WIDTH(STEP), .CYCLES(WAIT)) wait_step (
      .clk(clk), .reset(reset),
      .in({begins && active, slices0, idle_left == 2'd0, first0, last_tap0, word0, across0, down0, end_word,
           end_kx, end_ky, end_x, end_row, end_group}),
      .out(step1));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(1)) instruction2 (.clk(clk), .reset(reset), .in(i1), .out(i2));
  delay_line #(.WIDTH(STEP), .CYCLES(1)) steps2 (.clk(clk), .reset(reset), .in(step1), .out(step2));
  delay_line #(.WIDTH(STEP), .CYCLES(2)) steps4 (.clk(clk), .reset(reset), .in(step2), .out(step4));
  delay_line #(.WIDTH(STEP), .CYCLES(1)) steps5 (.clk(clk), .reset(reset), .in(step4), .out(step5));
  delay_line #(.WIDTH(1), .CYCLES(4), .RESET(1)) active5_line (.clk(clk), .reset(reset), .in(active1), .out(active5));
  assign begins1 = step1[STEP-1];
  assign begins4 = step4[STEP-1];

  // What the last cycles need of the instruction.
  localparam int LATE = 1 + 1 + 1 + 2 + 2 + 9 + 14 + 4 + 4 + 2 + 9;
  logic [LATE-1:0] late4, late5;
  logic [13:0] divisor;
  logic [3:0] in_first4, out_first4, in_first5, out_first5;
  logic [1:0] out_row4, out_row5;
  logic [8:0] out_slices;
  delay_line #(.WIDTH(LATE), .CYCLES(2)) instruction4 (
      .clk(clk), .reset(reset),
      .in({i2.binary, i2.sum, i2.in_signed, i2.in_bytes_log2, i2.out_bytes_log2, i2.zero_point, i2.divisor,
           i2.out_slices, i2.in_first[3:0], i2.out_first[3:0], i2.out_row[1:0]}),
      .out(late4));
  delay_line #(.WIDTH(LATE), .CYCLES(1)) instruction5 (.clk(clk), .reset(reset), .in(late4), .out(late5));
  assign {in_first4, out_first4, out_row4} = late4[9:0];
  assign {binary, sum, is_signed, in_bytes_log2, out_bytes_log2, zero_point, divisor, out_slices, in_first5, out_first5,
          out_row5} = late5;

  // --- cycle c+1: the tap's (window's) place, and the result's first one. Two's complement; below 0 is above every
  // size ---
  logic [10:0] rows_down, from_row, from_left, x_tap, x_first, y_tap, y_first, y_begin, next_x, next_y;
  logic [1:0] across2, down2, word2;
  logic [2:0] tap_x2, tap_y2;
  logic word_ends2, kx_ends2, ky_ends2, x_ends2, row_ends2, window2;
  product #(.WIDTH(11), .A(9), .B(6)) of_rows (.a(i1.out_row), .b(i1.stride_h), .result(rows_down));
  assign from_row = rows_down - {7'b0, i1.pad_top};
  assign from_left = -{7'b0, begins1 ? i1.pad_left : i2.pad_left};
  assign {word2, across2, down2, word_ends2, kx_ends2, ky_ends2, x_ends2, row_ends2} = step2[11:1];
  always_comb begin
    window2 = is_window(i2.binary, i2.dilation_h, i2.dilation_w);
    tap_x2 = window2 ? 3'd3 : i2.dilation_w;
    tap_y2 = window2 ? 3'd3 : i2.dilation_h;
    next_x = begins1 || x_ends2 ? from_left : x_first + {5'b0, i2.stride_w};
    next_y = begins1 ? from_row : row_ends2 ? y_begin : y_first + {5'b0, i2.stride_h};
  end
  always_ff @(posedge clk) begin
    if (begins1) y_begin <= from_row;
    if (begins1 || ky_ends2) x_first <= next_x;
    if (begins1 || x_ends2) y_first <= next_y;
    if (begins1 || ky_ends2) x_tap <= next_x;
    else if (kx_ends2) x_tap <= x_first;
    else if (word_ends2) x_tap <= x_tap + {8'b0, tap_x2};
    if (begins1 || x_ends2) y_tap <= next_y;
    else if (ky_ends2) y_tap <= y_first;
    else if (kx_ends2) y_tap <= y_tap + {8'b0, tap_y2};
  end

  // What of it counts: from 0 on and below the size.
  function automatic logic [2:0] counted(logic [10:0] place, logic [8:0] size, logic [1:0] cells);
    logic [10:0] beyond;
    logic [2:0] low, high;
    beyond = place - {2'b0, size};
    low = {&place[10:1] || !place[10], &place || !place[10], !place[10]};
    high = {beyond[10] && !(&beyond[10:1]), beyond[10] && !(&beyond), beyond[10]};
    counted = low & high & {cells == 2'd3, cells[1], cells != 2'd0};
  endfunction
  logic [2:0] columns2, rows2;
  assign columns2 = counted(x_tap, i2.in_width, across2);
  assign rows2 = counted(y_tap, i2.in_height, down2);

  // The factor of the result's sum.
  logic [5:0] columns_inside, rows_inside;
  pool_taps columns (
      .clk(clk), .first(x_first), .size(i2.in_width), .kernel(i2.kernel_w), .dilation(i2.dilation_w),
      .count(columns_inside));
  pool_taps rows (
      .clk(clk), .first(y_first), .size(i2.in_height), .kernel(i2.kernel_h), .dilation(i2.dilation_h),
      .count(rows_inside));
  pool_factor exact (.clk(clk), .rows(rows_inside), .columns(columns_inside), .divisor(divisor), .quotient(factor));

  // --- cycles c+1 to c+4: pointer to what is read. Binary maps count in blocks of 4x4 cells ---
  logic [10:0] pixel;
  logic [8:0] columns1;
  logic [9:0] across_map, down_map, down_map3;
  address_t pitch, pitch2, pitch3, pixel2, pixel3, of_x, of_x3, of_y, of_y4, group2, word_at3, of_row4;
  assign pixel = i1.binary ? {2'b0, i1.in_slices} : {2'b0, i1.in_slices} << i1.in_bytes_log2;
  assign columns1 = i1.binary ? {2'b0, i1.in_width[8:2]} + {8'b0, i1.in_width[1:0] != 2'd0} : i1.in_width;
  assign across_map = i2.binary ? {x_tap[10], x_tap[10:2]} : x_tap[9:0];
  assign down_map = i2.binary ? {y_tap[10], y_tap[10:2]} : y_tap[9:0];
  product #(.WIDTH(ADDRESS), .A(11), .B(9)) of_pitch (.a(pixel), .b(columns1), .result(pitch));
  product #(.WIDTH(ADDRESS), .A(ADDRESS), .B(10), .SIGNED(1)) of_columns (.a(pixel2), .b(across_map), .result(of_x));
  product #(.WIDTH(ADDRESS), .A(ADDRESS), .B(10), .SIGNED(1)) of_lines (.a(pitch3), .b(down_map3), .result(of_y));
  always_ff @(posedge clk) begin
    pixel2 <= ADDRESS'(pixel);
    pitch2 <= pitch;
    if (begins1) group2 <= ADDRESS'(i1.source) + (i1.binary ? ADDRESS'(i1.in_first) : ADDRESS'(0));
    else if (row_ends2) group2 <= group2 + (i2.binary ? ADDRESS'(1) : ADDRESS'(WORDS) << i2.in_bytes_log2);

    pixel3 <= pixel2;
    pitch3 <= pitch2;
    down_map3 <= down_map;
    of_x3 <= of_x;
    word_at3 <= group2 + ADDRESS'(word2) * ADDRESS'(WORDS);

    of_y4 <= of_y;
    of_row4 <= of_x3 + word_at3;

    source <= of_row4 + of_y4;
  end
  delay_line #(.WIDTH(2 * BINARY_ADDRESS), .CYCLES(2)) blocks (
      .clk(clk), .reset(reset), .in({pixel3[BINARY_ADDRESS-1:0], pitch3[BINARY_ADDRESS-1:0]}),
      .out({next_block, next_row}));

  // --- cycle c+4 ---
  logic [11:0] place4;
  logic unused_begins;
  logic [1:0] unused_across5, unused_down5;
  logic unused_word_ends, unused_kx_ends, ky_ends, x_ends, row_ends, group_ends, is_tap;
  delay_line #(.WIDTH(12), .CYCLES(2)) places4 (
      .clk(clk), .reset(reset), .in({columns2, rows2, x_tap[3:0], y_tap[1:0]}), .out(place4));
  delay_line #(.WIDTH(12), .CYCLES(1)) places5 (
      .clk(clk), .reset(reset), .in(place4), .out({in_columns, in_rows, x, y}));
  assign {unused_begins, slices, is_tap, first_tap, last_tap, word, unused_across5, unused_down5, unused_word_ends,
          unused_kx_ends, ky_ends, x_ends, row_ends, group_ends} = step5;
  assign step = active5;
  assign tap = active5 && is_tap;
  assign in_map = in_columns[0] && in_rows[0];
  assign last_step = ky_ends;
  assign last_result = group_ends;
  always_ff @(posedge clk) begin
    if (begins4) cell_index <= in_first4;
    else if (row_ends) cell_index <= cell_index + 4'd1;
  end

  // --- pointer to what is written, with each result; products of a binary map alone ---
  logic [8:0] result_blocks;
  binary_address_t result_pitch1, result_pitch2, result_pitch4, result_pitch, result_rows, result_rows3;
  address_t result_base, result_first3, result_pixel;
  assign result_blocks = {2'b0, i1.out_width[8:2]} + {8'b0, i1.out_width[1:0] != 2'd0};
  product #(.WIDTH(BINARY_ADDRESS), .A(9), .B(8)) of_result_pitch (
      .a(i1.out_slices), .b(result_blocks[7:0]), .result(result_pitch1));
  product #(.WIDTH(BINARY_ADDRESS), .A(BINARY_ADDRESS), .B(7)) of_result_rows (
      .a(result_pitch2), .b(i2.out_row[8:2]), .result(result_rows));
  delay_line #(.WIDTH(BINARY_ADDRESS), .CYCLES(2)) result_pitches (
      .clk(clk), .reset(reset), .in(result_pitch2), .out(result_pitch4));
  always_ff @(posedge clk) begin
    result_pitch2 <= result_pitch1;
    result_rows3 <= i2.binary ? result_rows : '0;
    result_first3 <= ADDRESS'(i2.destination) + (i2.binary ? ADDRESS'(i2.out_first) : ADDRESS'(0));
    result_base <= result_first3 + ADDRESS'(result_rows3);
    result_pitch <= result_pitch4;
  end
  assign result_pixel = binary ? ADDRESS'(out_slices) : ADDRESS'(out_slices) << out_bytes_log2;

  address_t result_row, result_group, next_result;
  logic [3:0] result_x, result_cell;
  logic [1:0] result_y;
  always_comb begin
    if (row_ends) next_result = result_group + (binary ? ADDRESS'(1) : ADDRESS'(WORDS) << out_bytes_log2);
    else if (binary && x_ends) next_result = result_row + (result_y == 2'd3 ? ADDRESS'(result_pitch) : ADDRESS'(0));
    else next_result = result + (!binary || result_x[1:0] == 2'd3 ? result_pixel : ADDRESS'(0));
  end
  assign result_bank = {result_y + result_x[3:2] + result_cell[3:2], result_x[1:0] + result_cell[1:0]};
  always_ff @(posedge clk) begin
    if (begins4) begin
      result <= result_base;
      result_row <= result_base;
      result_group <= result_base;
      result_x <= 4'd0;
      result_y <= out_row4;
      result_cell <= out_first4;
    end else if (ky_ends) begin
      result <= next_result;
      if (x_ends) result_row <= next_result;
      if (row_ends) result_group <= next_result;
      result_x <= x_ends ? 4'd0 : result_x + 4'd1;
      if (x_ends) result_y <= row_ends ? out_row5 : result_y + 2'd1;
      if (row_ends) result_cell <= result_cell + 4'd1;
    end
  end

  logic unused;
  assign unused = &{1'b0, out_slices, i0, pixel3, i1, i2, step2, result_blocks, unused_begins, unused_across5, unused_down5,
                    unused_word_ends, unused_kx_ends, in_first5, out_first5};
endmodule
