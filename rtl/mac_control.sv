// SPDX-License-Identifier: Apache-2.0
// mac_array's loops and addresses: one step a cycle, for rows, out_width, groups, kernel rows, kernel columns, column groups.
//
// Counter cycle c (c = start + 1 for the first step): the loop counters. c+1 to c+3, behind WAIT cycles more: what takes a
// product (map_address.sv) and the first border class. c+4 (all outputs): pointers, taps' places in the map, and addresses.
// Source: src/units/mac_array/instruction.h, docs/timing.md.
module mac_control #(
    parameter int ROWS = blendsim_pkg::MAC_ARRAY_ROWS,
    parameter int COLUMNS = blendsim_pkg::MAC_ARRAY_COLUMNS,
    parameter int WAIT = 0,
    parameter int SOURCE = 17,  // bits of the buffers' addresses
    parameter int WEIGHTS = 16,
    parameter int STARTS = 14,
    parameter int RESULTS = 13
) (
    input  logic                                clk,
    input  logic                                reset,
    input  logic                                start,
    input  blendsim_pkg::mac_array_instruction_t instruction,
    output logic                                front_free,
    // The step.
    output logic                                step,         // there is one
    output logic                                first_step,   // the first of an accumulator
    output logic                                last_step,    // its last
    output logic                                last_result,  // the instruction's last step
    // Its operand: the word and what of it counts.
    output logic                                in_map,       // the tap lies in the map
    output logic [SOURCE-1:0]                   source,
    output logic                                depthwise,
    output logic                                is_signed,
    output logic [3:0]                          lane,         // dense: of the group's first channel
    output logic [4:0]                          lanes,        // dense: the group's channels
    output logic [ROWS/16-1:0]                  slices,       // depthwise: words that belong to the view
    output logic [WEIGHTS-1:0]                  weights,
    output logic [STARTS-1:0]                   start_word,
    output logic [RESULTS-1:0]                  result
);
  localparam int SLICES = ROWS / 16;
  localparam int WHOLE = (16 % COLUMNS) == 0 ? 1 : 0;
  typedef blendsim_pkg::mac_array_instruction_t instruction_t;

  // --- counter cycle c ---
  instruction_t i0;
  logic active, begins;
  logic [12:0] channels_left;
  logic [3:0] lane0;
  logic [4:0] kx_left, ky_left;
  logic [5:0] group_left, row_left;
  logic [8:0] x_left;
  logic [4:0] room, taken, count0;
  logic end_k, end_kx, end_ky, end_group, end_x, end_row, word_end;

  always_comb begin
    room = 5'd16 - {1'b0, lane0};
    taken = WHOLE != 0 || room > 5'(COLUMNS) ? 5'(COLUMNS) : room;
    count0 = channels_left < {8'b0, taken} ? channels_left[4:0] : taken;
    end_k = i0.depthwise || channels_left <= {8'b0, taken};
    word_end = room == taken;
    end_kx = end_k && kx_left == 5'd1;
    end_ky = end_kx && ky_left == 5'd1;
    end_group = end_ky && group_left == 6'd1;
    end_x = end_group && x_left == 9'd1;
    end_row = end_x && row_left == 6'd1;
  end
  assign front_free = !active || end_row;

  always_ff @(posedge clk) begin
    if (reset) active <= 1'b0;
    else if (start) active <= 1'b1;
    else if (end_row) active <= 1'b0;
    begins <= start;
    if (start) i0 <= instruction;
    if (start) begin
      channels_left <= instruction.channels;
      lane0 <= 4'd0;
      kx_left <= instruction.kernel_w;
      ky_left <= instruction.kernel_h;
      group_left <= instruction.groups;
      x_left <= instruction.out_width;
      row_left <= instruction.rows;
    end else begin
      channels_left <= end_k ? i0.channels : channels_left - {8'b0, taken};
      lane0 <= end_k ? 4'd0 : lane0 + taken[3:0];
      if (end_k) kx_left <= end_kx ? i0.kernel_w : kx_left - 5'd1;
      if (end_kx) ky_left <= end_ky ? i0.kernel_h : ky_left - 5'd1;
      if (end_ky) group_left <= end_group ? i0.groups : group_left - 6'd1;
      if (end_group) x_left <= end_x ? i0.out_width : x_left - 9'd1;
      if (end_x) row_left <= row_left - 6'd1;
    end
  end

  // --- cycle c: the step and its instruction go down the pipeline together ---
  localparam int STEP = 17;
  localparam int INSTRUCTION = blendsim_pkg::MAC_ARRAY_INSTRUCTION_BITS;
  logic [STEP-1:0] step1, step3, step4;
  logic active1, active4, begins3;
  instruction_t i1, i3, i4;
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(WAIT)) wait_instruction (.clk(clk), .reset(reset), .in(i0), .out(i1));
  delay_line #(.WIDTH(1), .CYCLES(WAIT), .RESET(1)) wait_active (.clk(clk), .reset(reset), .in(active), .out(active1));
  delay_line #(.WIDTH(STEP), .CYCLES(WAIT)) wait_step (
      .clk(clk), .reset(reset),
      .in({begins && active, word_end, lane0, count0, end_k, end_kx, end_ky, end_group, end_x, end_row}), .out(step1));

  delay_line #(.WIDTH(STEP), .CYCLES(3)) steps_before (.clk(clk), .reset(reset), .in(step1), .out(step3));
  delay_line #(.WIDTH(STEP), .CYCLES(1)) steps (.clk(clk), .reset(reset), .in(step3), .out(step4));
  delay_line #(.WIDTH(1), .CYCLES(4), .RESET(1)) active_line (.clk(clk), .reset(reset), .in(active1), .out(active4));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(3)) instructions_before (.clk(clk), .reset(reset), .in(i1), .out(i3));
  delay_line #(.WIDTH(INSTRUCTION), .CYCLES(1)) instructions (.clk(clk), .reset(reset), .in(i3), .out(i4));
  assign begins3 = step3[16];

  // --- cycles c to c+3: what the first step begins with ---
  logic [12:0] from_row, first_row;
  logic [SOURCE-1:0] base, pitch, pixel, step_across, step_down, tap_across, tap_down;
  always_comb begin
    from_row = (i1.stride_h[0] ? {4'b0, i1.out_row} : 13'd0) + (i1.stride_h[1] ? {3'b0, i1.out_row, 1'b0} : 13'd0)
             + (i1.stride_h[2] ? {2'b0, i1.out_row, 2'b0} : 13'd0) - {9'b0, i1.pad_top};
  end
  map_address #(.ADDRESS(SOURCE), .STEP(3)) addresses (
      .clk(clk), .first(i1.source[SOURCE-1:0]), .columns(i1.in_width), .pixel({2'b0, i1.map_slices}), .row(from_row),
      .left(i1.pad_left), .step_x(i1.stride_w), .step_y(i1.stride_h), .tap_x(i1.dilation_w), .tap_y(i1.dilation_h),
      .base(base), .pitch(pitch), .pixel_words(pixel), .step_across(step_across), .step_down(step_down),
      .tap_across(tap_across), .tap_down(tap_down));
  delay_line #(.WIDTH(13), .CYCLES(3)) first_rows (.clk(clk), .reset(reset), .in(from_row), .out(first_row));

  logic [STARTS-1:0] first_class;
  /* verilator lint_off UNUSEDSIGNAL */  // a buffer of few start words leaves the upper bits
  logic [9:0] classes;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [4:0] classes_across;
  border_class #(.STARTS(STARTS)) first_border (
      .clk(clk), .start(i1.start[STARTS-1:0]), .out_row(i1.out_row), .out_height(i1.out_height), .out_width(i1.out_width),
      .class_top(i1.class_top), .class_bottom(i1.class_bottom), .class_left(i1.class_left), .class_right(i1.class_right),
      .first(first_class), .classes(classes), .across(classes_across));

  // --- cycle c+4: the step ---
  logic k_ends, kx_ends, ky_ends, group_ends, x_ends, row_ends, word_ends, unused_begins;
  assign {unused_begins, word_ends, lane, lanes, k_ends, kx_ends, ky_ends, group_ends, x_ends, row_ends} = step4;
  assign step = active4;
  always_ff @(posedge clk) first_step <= begins3 || ky_ends;
  assign last_step = ky_ends;
  assign last_result = row_ends;
  assign depthwise = i4.depthwise;
  assign is_signed = i4.activation_signed;

  // Pointers: the word in hand, and where the loops around it began.
  logic [SOURCE-1:0] tap_at, line_at, group_at, pixel_at, row_at, from, by, next;
  assign next = from + by;
  always_comb begin
    if (!k_ends) begin
      from = source;
      by = word_ends ? SOURCE'(1) : SOURCE'(0);
    end else if (!kx_ends) begin
      from = tap_at;
      by = tap_across;
    end else if (!ky_ends) begin
      from = line_at;
      by = tap_down;
    end else if (!group_ends) begin
      from = group_at;
      by = i4.depthwise ? SOURCE'(SLICES) : SOURCE'(0);
    end else if (!x_ends) begin
      from = pixel_at;
      by = step_across;
    end else begin
      from = row_at;
      by = step_down;
    end
  end
  always_ff @(posedge clk) begin
    if (begins3) begin
      source <= base;
      tap_at <= base;
      line_at <= base;
      group_at <= base;
      pixel_at <= base;
      row_at <= base;
    end else begin
      source <= next;
      if (k_ends) tap_at <= next;
      if (kx_ends) line_at <= next;
      if (ky_ends) group_at <= next;
      if (group_ends) pixel_at <= next;
      if (x_ends) row_at <= next;
    end
  end

  // The tap's place. Rows and columns are two's complement; below 0 is above every size.
  logic [12:0] x_tap, x_first, y_tap, y_first;
  assign in_map = step && x_tap < {4'b0, i4.in_width} && y_tap < {4'b0, i4.in_height};
  always_ff @(posedge clk) begin
    if (begins3 || x_ends) x_first <= -{9'b0, begins3 ? i3.pad_left : i4.pad_left};
    else if (group_ends) x_first <= x_first + {10'b0, i4.stride_w};
    if (begins3) y_first <= first_row;
    else if (x_ends) y_first <= y_first + {10'b0, i4.stride_h};
  end
  always_ff @(posedge clk) begin
    if (begins3 || x_ends) x_tap <= -{9'b0, begins3 ? i3.pad_left : i4.pad_left};
    else if (group_ends) x_tap <= x_first + {10'b0, i4.stride_w};
    else if (kx_ends) x_tap <= x_first;
    else if (k_ends) x_tap <= x_tap + {10'b0, i4.dilation_w};
    if (begins3) y_tap <= first_row;
    else if (x_ends) y_tap <= y_first + {10'b0, i4.stride_h};
    else if (ky_ends) y_tap <= y_first;
    else if (kx_ends) y_tap <= y_tap + {10'b0, i4.dilation_h};
  end

  // Depthwise: words of the view from this group's first on.
  logic [9:0] slices_left, view_slices3, view_slices4;
  assign view_slices3 = {1'b0, i3.channels[12:4]} + {9'b0, i3.channels[3:0] != 4'd0};
  assign view_slices4 = {1'b0, i4.channels[12:4]} + {9'b0, i4.channels[3:0] != 4'd0};
  always_ff @(posedge clk) begin
    if (begins3) slices_left <= view_slices3;
    else if (group_ends) slices_left <= view_slices4;
    else if (ky_ends) slices_left <= slices_left - 10'(SLICES);
  end
  generate
    for (genvar s = 0; s < SLICES; s = s + 1) begin : view
      assign slices[s] = slices_left > 10'(s);
    end
  endgenerate

  // Weight words follow on one another and begin anew with each pixel; accumulator words follow on one another.
  always_ff @(posedge clk) begin
    if (begins3) weights <= i3.weights[WEIGHTS-1:0];
    else weights <= group_ends ? i4.weights[WEIGHTS-1:0] : weights + WEIGHTS'(1);
    if (begins3) result <= i3.destination[RESULTS-1:0];
    else if (ky_ends) result <= result + RESULTS'(1);
  end

  // Start word: row of classes + class across + group * classes.
  logic [STARTS-1:0] class_row, class_at, next_row, next_at;
  logic [8:0] x, y;
  logic [1:0] across_by, down_by;
  class_step across_step (.position(x), .output_size(i4.out_width), .leading(i4.class_left), .trailing(i4.class_right),
                          .by(across_by));
  class_step down_step (.position(y), .output_size(i4.out_height), .leading(i4.class_top), .trailing(i4.class_bottom),
                        .by(down_by));
  always_comb begin
    next_row = class_row + (down_by[0] ? STARTS'(classes_across) : STARTS'(0))
             + (down_by[1] ? STARTS'({classes_across, 1'b0}) : STARTS'(0));
    next_at = x_ends ? next_row : class_at + STARTS'(across_by);
  end
  always_ff @(posedge clk) begin
    if (begins3) begin
      x <= 9'd1;
      y <= i3.out_row + 9'd1;
      class_row <= first_class;
      class_at <= first_class;
      start_word <= first_class;
    end else begin
      if (group_ends) begin
        x <= x_ends ? 9'd1 : x + 9'd1;
        class_at <= next_at;
        start_word <= next_at;
      end else if (ky_ends) start_word <= start_word + STARTS'(classes);
      if (x_ends) begin
        y <= y + 9'd1;
        class_row <= next_row;
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, unused_begins, i0, i1, i3, i4, pitch, pixel};
endmodule
