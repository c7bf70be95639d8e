// SPDX-License-Identifier: Apache-2.0
// The loops of post_unit: for every lane group, pixels x cycles of a cell beside the words of the group's records; the group
// ends when both have. Reads the records, and says for each cycle what its step is. A lane group is SLICES slices, or one of
// the HALVES of a slice, which reads its slice's record for itself.
//
// Cycles      `start` in s; the loops walk in s+1 to s+occupancy; `front_free` in the last of them and while nothing runs.
// Step        combinational from the loop registers: `step_valid` while pixels are walked; `step_remaining` cycles of the
//             cell follow; first and last cycle of a cell; `step_begin`, `step_group`, `step_row`: in the first cell of the
//             instruction, of a lane group, of a row; `step_place`, `step_levels`: where the lanes hold the group's quantisers
//             {activation's, q's}, its thresholds; `step_tag` tells instructions apart. `last` in the last cycle of the
//             instruction.
// Records     each word is read from `parameters` as soon as its group begins, and goes to the lanes WAIT + LATENCY + 2
//             cycles after its loop cycle: `record_word` with a strobe for each slice and step (q1, q2, q3, activation, each from a
//             word of its own on), another for a step's first word, and the place where it waits. A group takes the time of
//             SLICES records whether or not it has as many slices, so places come round only when what they held is taken. A
//             threshold that a word brings: a strobe, row and digit of the word for each bank (`level_*`). `record_word` has
//             the group's lanes of the word; `record_limits` and `record_head` what a slice's lanes share, 4 bits and 1 of each.
// Table       where the instruction uses one, the loops stand in s+1 to s+32, and a row of 8 entries is read in each of them,
//             its word again for each; it goes to the lanes as a record's word would: `table_write`, `table_row`, `table_entries`.
module post_front #(
    parameter int SLICES = 1,  // of a lane group
    parameter int HALVES = 1,  // lane groups of a slice
    parameter int COMPARATORS = 3,
    parameter int WIDTH = 512,  // of a word of parameters
    parameter int ADDRESS = 11,
    parameter int LATENCY = 2,
    parameter int WAIT = 0,  // cycles that reads wait, where the platform's depth is above the stages
    parameter int PLACES = 32,  // words of a step's records that wait
    parameter int TAGS = 64,
    parameter int BANKS = 3,  // of thresholds, in a lane
    parameter int ROWS = 32,  // of a bank
    parameter int TABLE = 256 // entries of the lanes' table; 0: none
) (
    input  logic clk,
    input  logic reset,
    input  logic start,
    /* verilator lint_off UNUSEDSIGNAL */
    input  blendsim_pkg::post_unit_instruction_t instruction,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [$clog2(TAGS)-1:0] start_tag,
    output logic front_free,
    output logic last,
    output logic step_valid,
    output logic step_first,
    output logic step_last,
    output logic step_begin,
    output logic step_group,
    output logic step_row,
    output logic [3:0] step_remaining,
    output logic [2*$clog2(PLACES)-1:0] step_place,
    output logic [$clog2(ROWS)-1:0] step_levels,
    output logic [$clog2(TAGS)-1:0] step_tag,
    output logic parameters_read,
    output logic [ADDRESS-1:0] parameters_address,
    input  logic [WIDTH-1:0] parameters_data,
    output logic [WIDTH/HALVES-1:0] record_word,
    output logic [63:0] record_limits,
    output logic [7:0] record_head,
    output logic [SLICES*4-1:0] record_write,
    output logic [SLICES*4-1:0] record_first,
    output logic [$clog2(PLACES)-1:0] record_place,
    output logic [SLICES-1:0] head_write,
    output logic [$clog2(ROWS)-1:0] head_row,
    output logic [SLICES*BANKS-1:0] level_write,
    output logic [BANKS*$clog2(ROWS)-1:0] level_row,
    output logic [4*BANKS-1:0] level_from,
    output logic table_write,
    output logic [4:0] table_row,
    output logic [63:0] table_entries
);
  localparam int PLACE = $clog2(PLACES);
  localparam int COLUMN = WIDTH / 16;
  localparam int Q_WORDS = (blendsim_pkg::POST_RECORD_QUANTISER_BITS + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (blendsim_pkg::POST_RECORD_ACTIVATION_BITS + COLUMN - 1) / COLUMN;
  localparam int PER = COLUMN / 32;  // digits in a word
  localparam int ROW = $clog2(ROWS);
  localparam int T_WORDS = (32 + 15 * 32 + COLUMN - 1) / COLUMN;

  // Words of a slice and pixel that hold values of the group: a half of values of one byte shares its word.
  function automatic logic [3:0] group_words(input logic [1:0] log2);
    group_words = HALVES > 1 && log2 != 2'd0 ? 4'd1 << (log2 - 2'd1) : 4'd1 << log2;
  endfunction

  // Cycles of a cell, less 1: words read, thresholds compared, words and planes written.
  function automatic logic [3:0] cell_end(input logic [1:0] a_source, input logic [1:0] b_source, input logic [1:0] a_log2,
                                          input logic [1:0] b_log2, input logic use_thresholds, input logic [3:0] levels,
                                          input logic write_fixed, input logic [1:0] fixed_log2, input logic write_bits,
                                          input logic [2:0] planes);
    logic [3:0] reads, writes, steps, most;
    reads = (a_source == 2'd3 ? group_words(a_log2) : 4'd0) + (b_source == 2'd3 ? group_words(b_log2) : 4'd0);
    if (b_source == a_source && reads < 4'd2) reads = 4'd2;
    writes = write_fixed ? group_words(fixed_log2) : 4'd1;
    if (write_bits && {1'b0, planes} > writes) writes = {1'b0, planes};
    steps = 4'd1;
    for (int s = 1; s < 15; s++) if (use_thresholds && 32'(levels) > s * COMPARATORS) steps = 4'(s + 1);
    most = reads > writes ? reads : writes;
    if (steps > most) most = steps;
    cell_end = most - 4'd1;
  endfunction

  function automatic logic [2:0] lowest(input logic [3:0] mask);  // of the first four; else the fifth
    lowest = mask[0] ? 3'd0 : mask[1] ? 3'd1 : mask[2] ? 3'd2 : mask[3] ? 3'd3 : 3'd4;
  endfunction

  // --- the instruction that runs ------------------------------------------------------------------------------------------
  logic running;
  logic [8:0] width_end;
  logic [5:0] rows_end;
  logic [3:0] cycles_end;
  logic [4:0] groups_used;            // of a record: q1, q2, q3, activation, thresholds
  logic [4:0] threshold_end;          // words of its thresholds, less 1
  logic [PLACE-1:0] q_place, activation_place;
  logic [ROW-1:0] levels_at, rows_used;  // first row of the group's thresholds, and how many
  logic [$clog2(TAGS)-1:0] tag;

  // --- loop registers -----------------------------------------------------------------------------------------------------
  logic pixels_left, first_cell, first_of_group, first_of_row;
  logic [3:0] remaining;
  logic [8:0] x_left;
  logic [5:0] y_left;
  logic records_left;
  logic [3:0] slice;
  logic [2:0] group;   // of the record
  logic [4:0] word;    // of that group
  logic [8:0] slices_left;

  logic half, slice_done;  // the group's half of its slice; the slice ends with the group
  logic pixels_done, records_done, group_done, cell_done, row_done, word_done, record_done, has_record;
  logic [4:0] groups_after, words_end;
  always_comb begin
    cell_done = remaining == 4'd0;
    row_done = cell_done && x_left == 9'd0;
    pixels_done = !pixels_left || (row_done && y_left == 6'd0);
    groups_after = groups_used & (5'b11110 << group);
    words_end = group < 3'd3 ? 5'(Q_WORDS - 1) : group == 3'd3 ? 5'(A_WORDS - 1) : threshold_end;
    has_record = groups_used != 5'd0;
    word_done = word == words_end || !has_record;
    record_done = word_done && groups_after == 5'd0;
    records_done = !records_left || (record_done && 32'(slice) == SLICES - 1);
    group_done = !loads && pixels_done && records_done;
    last = running && group_done && slice_done && slices_left <= 9'(SLICES);
    front_free = !running || last;
  end

  logic [3:0] cycles_start;
  assign cycles_start = cell_end(instruction.a_source, instruction.b_source, instruction.a_bytes_log2, instruction.b_bytes_log2,
                                 instruction.use_thresholds, instruction.levels, instruction.write_fixed,
                                 instruction.fixed_bytes_log2, instruction.write_bits, instruction.code_bits);
  logic [4:0] groups_start, threshold_start;
  logic [ROW-1:0] rows_start;
  assign groups_start = {instruction.use_thresholds, instruction.activation != 2'd0, instruction.use_q3, instruction.use_q2,
                         instruction.use_q1};
  always_comb begin
    threshold_start = 5'd0;
    for (int w = 1; w < T_WORDS; w++) if (32 + 32 * 32'(instruction.levels) > w * COLUMN) threshold_start = 5'(w);
    rows_start = ROW'(1);
    for (int r = 1; r * BANKS < 15; r++) if (32'(instruction.levels) > r * BANKS) rows_start = ROW'(r + 1);
  end

  // --- the table ------------------------------------------------------------------------------------------------------------
  localparam int PIECES = WIDTH / 64 < 32 ? WIDTH / 64 : 32;  // rows of a word
  localparam int PIECE = $clog2(PIECES);
  logic loads;         // its rows are read
  logic [4:0] row;
  logic [PIECE-1:0] piece;
  if (TABLE != 0) begin : g_table
    always_ff @(posedge clk) begin
      if (reset) loads <= 1'b0;
      else if (start) loads <= instruction.use_table;
      else if (row == 5'd31) loads <= 1'b0;
      row <= start ? 5'd0 : row + 5'd1;
      piece <= start || 32'(piece) == PIECES - 1 ? '0 : piece + 1'b1;
    end
  end else begin : g_no_table
    assign {loads, row, piece} = '0;
  end

  if (HALVES > 1) begin : g_halves
    always_ff @(posedge clk) begin
      if (start) half <= 1'b0;
      else if (running && group_done) half <= !half;
    end
    assign slice_done = half;
  end else begin : g_whole
    assign half = 1'b0;
    assign slice_done = 1'b1;
  end

  always_ff @(posedge clk) begin
    if (reset) running <= 1'b0;
    else if (start) running <= 1'b1;
    else if (last) running <= 1'b0;
  end

  always_ff @(posedge clk) begin
    if (reset) q_place <= '0;
    else if (running && group_done && groups_used[2:0] != 3'd0) q_place <= q_place + PLACE'(Q_WORDS);
    if (reset) activation_place <= '0;
    else if (running && group_done && groups_used[3]) activation_place <= activation_place + PLACE'(A_WORDS);
    if (reset) levels_at <= '0;
    else if (running && group_done && groups_used[4]) levels_at <= levels_at + rows_used;
  end

  always_ff @(posedge clk) begin
    if (start) begin
      width_end <= instruction.width - 9'd1;
      rows_end <= instruction.rows - 6'd1;
      cycles_end <= cycles_start;
      groups_used <= groups_start;
      threshold_end <= threshold_start;
      rows_used <= rows_start;
      tag <= start_tag;
    end
    if (start || (running && group_done)) begin
      pixels_left <= 1'b1;
      first_cell <= start;
      first_of_group <= 1'b1;
      first_of_row <= 1'b1;
      remaining <= start ? cycles_start : cycles_end;
      x_left <= start ? instruction.width - 9'd1 : width_end;
      y_left <= start ? instruction.rows - 6'd1 : rows_end;
      records_left <= 1'b1;
      slice <= 4'd0;
      group <= lowest(start ? groups_start[3:0] : groups_used[3:0]);
      word <= 5'd0;
      slices_left <= start ? instruction.slices : slice_done ? slices_left - 9'(SLICES) : slices_left;
    end else if (!loads) begin
      if (pixels_left) begin
        remaining <= cell_done ? cycles_end : remaining - 4'd1;
        if (cell_done) begin
          first_cell <= 1'b0;
          first_of_group <= 1'b0;
          first_of_row <= row_done;
          x_left <= row_done ? width_end : x_left - 9'd1;
          if (row_done) y_left <= y_left - 6'd1;
          pixels_left <= !pixels_done;
        end
      end
      if (records_left) begin
        word <= word_done ? 5'd0 : word + 5'd1;
        if (word_done) group <= record_done ? lowest(groups_used[3:0]) : lowest(groups_after[3:0]);
        if (record_done) slice <= slice + 4'd1;
        records_left <= !records_done;
      end
    end
  end

  assign step_valid = running && !loads && pixels_left;
  assign step_first = remaining == cycles_end;
  assign step_last = cell_done;
  assign step_begin = first_cell;
  assign step_group = first_of_group;
  assign step_row = first_of_row;
  assign step_remaining = remaining;
  assign step_place = {activation_place, q_place};
  assign step_levels = levels_at;
  assign step_tag = tag;

  // --- records: address register, memory, word register -------------------------------------------------------------------
  logic read, advances;  // to the next word
  logic [ADDRESS-1:0] next_address, slice_address;  // of the record that the slice's second half reads again
  assign read = running && !loads && records_left && has_record && {5'b0, slice} < slices_left;
  assign advances = read || (loads && (32'(piece) == PIECES - 1 || row == 5'd31));
  always_ff @(posedge clk) begin
    if (start) next_address <= ADDRESS'(instruction.parameters);
    else if (running && group_done && !slice_done) next_address <= slice_address;
    else if (advances) next_address <= next_address + 1'b1;
    if (start) slice_address <= ADDRESS'(instruction.parameters);
    else if (loads) slice_address <= next_address + ADDRESS'(advances);
    else if (running && group_done && slice_done) slice_address <= next_address + ADDRESS'(read);
  end

  delay_line #(.WIDTH(1 + ADDRESS), .CYCLES(WAIT + 1), .RESET(1)) addresses (
      .clk(clk), .reset(reset), .in({read || loads, next_address}), .out({parameters_read, parameters_address}));

  localparam int BESIDE = 1 + 4 + 3 + 5 + PLACE + ROW;
  logic [BESIDE-1:0] beside, beside_word;
  logic word_comes;
  logic [3:0] word_slice;
  logic [2:0] word_group;
  logic [4:0] word_number;
  logic [PLACE-1:0] word_place;
  logic [ROW-1:0] word_levels;
  assign beside = {read, slice, group, word, (group == 3'd3 ? activation_place : q_place) + PLACE'(word), levels_at};
  delay_line #(.WIDTH(BESIDE), .CYCLES(WAIT + LATENCY + 1), .RESET(1)) words_in_flight (.clk(clk), .reset(reset), .in(beside), .out(beside_word));
  assign {word_comes, word_slice, word_group, word_number, word_place, word_levels} = beside_word;

  if (HALVES > 1) begin : g_half_words
    logic word_half;
    delay_line #(.WIDTH(1), .CYCLES(WAIT + LATENCY + 1)) halves_in_flight (.clk(clk), .reset(1'b0), .in(half), .out(word_half));
    always_ff @(posedge clk) begin
      record_word <= word_half ? parameters_data[WIDTH-1:WIDTH/2] : parameters_data[WIDTH/2-1:0];
      for (int l = 0; l < 16; l++)
        record_limits[4*l+:4] <= parameters_data[l*COLUMN+blendsim_pkg::POST_RECORD_QUANTISER_LIMITS+:4];
      for (int l = 0; l < 8; l++) record_head[l] <= parameters_data[l*COLUMN+blendsim_pkg::POST_RECORD_THRESHOLD_BASE];
    end
  end else begin : g_whole_words
    logic unused;
    assign unused = &{1'b0, half};
    always_ff @(posedge clk) record_word <= parameters_data;
    for (genvar l = 0; l < 16; l++) begin : g_limits
      assign record_limits[4*l+:4] = record_word[l*COLUMN+blendsim_pkg::POST_RECORD_QUANTISER_LIMITS+:4];
    end
    for (genvar l = 0; l < 8; l++) begin : g_head
      assign record_head[l] = record_word[l*COLUMN+blendsim_pkg::POST_RECORD_THRESHOLD_BASE];
    end
  end
  always_ff @(posedge clk) begin
    for (int s = 0; s < SLICES; s++) begin
      for (int g = 0; g < 4; g++) begin
        record_write[s*4+g] <= word_comes && 32'(word_slice) == s && 32'(word_group) == g;
        record_first[s*4+g] <= word_comes && 32'(word_slice) == s && 32'(word_group) == g && word_number == 5'd0;
      end
      head_write[s] <= word_comes && 32'(word_slice) == s && word_group == 3'd4 && word_number == 5'd0;
    end
    record_place <= word_place;
    head_row <= word_levels;
  end

  if (TABLE != 0) begin : g_rows
    logic row_comes;
    logic [4:0] row_number;
    logic [PIECE-1:0] row_piece;
    logic [63:0] entries;
    delay_line #(.WIDTH(6 + PIECE), .CYCLES(WAIT + LATENCY + 1), .RESET(1)) rows_in_flight (
        .clk(clk), .reset(reset), .in({loads, row, piece}), .out({row_comes, row_number, row_piece}));
    multiplexer #(.COUNT(PIECES), .WIDTH(64)) row_of_word (
        .select(row_piece), .words(parameters_data[64*PIECES-1:0]), .word(entries));
    always_ff @(posedge clk) begin
      table_write <= row_comes;
      table_row <= row_number;
      table_entries <= entries;
    end
  end else begin : g_no_rows
    assign {table_write, table_row, table_entries} = '0;
  end

  // Digit 0 of the thresholds' words is their head, digit n + 1 level n: it goes to row n / BANKS of bank n mod BANKS.
  logic [BANKS-1:0] brings_level;
  always_comb begin
    brings_level = '0;
    for (int w = 0; w < T_WORDS; w++)
      for (int j = 0; j < PER; j++)
        if (word_group == 3'd4 && 32'(word_number) == w && w * PER + j >= 1 && w * PER + j <= 15)
          brings_level[(w*PER+j+BANKS-1)%BANKS] = 1'b1;
  end
  always_ff @(posedge clk) begin
    for (int s = 0; s < SLICES; s++)
      level_write[s*BANKS+:BANKS] <= brings_level & {BANKS{word_comes && 32'(word_slice) == s}};
    level_row <= {BANKS{word_levels}};
    level_from <= '0;
    for (int w = 0; w < T_WORDS; w++)
      for (int j = 0; j < PER; j++)
        if (32'(word_number) == w && w * PER + j >= 1 && w * PER + j <= 15) begin
          level_row[ROW*((w*PER+j+BANKS-1)%BANKS)+:ROW] <= word_levels + ROW'((w * PER + j - 1) / BANKS);
          level_from[4*((w*PER+j+BANKS-1)%BANKS)+:4] <= 4'(j);
        end
  end
endmodule
