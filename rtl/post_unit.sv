// SPDX-License-Identifier: Apache-2.0
// post_unit: batch normalisation, join, activation, requantisation, thresholds, packing: a pixel's 16 * SLICES values at a
// time (src/units/post_unit/instruction.h says what it computes). The datapath behind queue_unit #(.UNIT(UNIT_POST_UNIT)).
//
// Parameters  LANES, MULTIPLIER bits of a factor, COMPARATORS a lane, DEPTH; rows of both arrays; CELL_SLICES slices of a cell
//             of act_binary; widths, address bits and latencies of the buffers.
// Queue       `start` with `instruction` in cycle s; the loops walk in s+1 to s+occupancy, `front_free` in the last of them;
//             `done` in s+occupancy-1+DEPTH, the cycle in which the write ports carry the last word.
// Buffers     parameters, act_fixed and one region of the accumulators each a read port; act_fixed: LANES/16 consecutive words;
//             accumulators: ACCUMULATOR_WORDS (2 where rows are no multiple of LANES). Writes as post_results.sv says.
// Pipeline    front (post_front)   the loops; each record's words are read as soon as its group begins
//             LEAD                 steps wait until the first element finds its record in the lanes (below)
//             operands             address, LATENCY, word, a and b (post_operands)
//             lanes                24 stages to u, STEPS - 1 for its comparisons, 3 to the code (post_lane)
//             results              up to 3 cycles between a cell's first and last word, choice, write (post_results)
//             STAGES = LEAD + 34 + LATENCY + STEPS in all; with DEPTH above STAGES records and steps wait behind the front.
// DSP         6 slices a lane: two each for q1 and q2, whose operands have 32 bits and more, one each for activation and q3.
module post_unit #(
    parameter int LANES = blendsim_pkg::POST_UNIT_LANES,
    parameter int MULTIPLIER = blendsim_pkg::POST_UNIT_MULTIPLIER,
    parameter int COMPARATORS = blendsim_pkg::POST_UNIT_COMPARATORS,
    parameter int DEPTH = blendsim_pkg::POST_UNIT_DEPTH,
    parameter int XNOR_ROWS = blendsim_pkg::XNOR_ARRAY_ROWS,
    parameter int MAC_ROWS = blendsim_pkg::MAC_ARRAY_ROWS,
    parameter int CELL_SLICES = blendsim_pkg::XNOR_ARRAY_WORDS / 3,
    parameter int PARAMETERS_WIDTH = blendsim_pkg::BUFFER_PARAMETERS_WIDTH,
    parameter int PARAMETERS_ADDRESS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int PARAMETERS_LATENCY = blendsim_pkg::BUFFER_PARAMETERS_LATENCY,
    parameter int ACCUMULATORS_WIDTH = blendsim_pkg::BUFFER_ACCUMULATORS_WIDTH,
    parameter int ACCUMULATORS_ADDRESS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int ACCUMULATORS_LATENCY = blendsim_pkg::BUFFER_ACCUMULATORS_LATENCY,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY,
    parameter int ACT_BINARY_ADDRESS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int ACCUMULATOR_WORDS = XNOR_ROWS % LANES != 0 || MAC_ROWS % LANES != 0 ? 2 : 1
) (
    input  logic clk,
    input  logic reset,
    // queue_unit
    input  logic start,
    input  blendsim_pkg::post_unit_instruction_t instruction,
    output logic front_free,
    output logic done,
    // buffers
    output logic parameters_read,
    output logic [PARAMETERS_ADDRESS-1:0] parameters_address,
    input  logic [PARAMETERS_WIDTH-1:0] parameters_data,
    output logic xnor_accumulators_read,
    output logic [ACCUMULATORS_ADDRESS-1:0] xnor_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATORS_WIDTH-1:0] xnor_accumulators_data,
    output logic mac_accumulators_read,
    output logic [ACCUMULATORS_ADDRESS-1:0] mac_accumulators_address,
    input  logic [ACCUMULATOR_WORDS*ACCUMULATORS_WIDTH-1:0] mac_accumulators_data,
    output logic act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_address,
    input  logic [8*LANES-1:0] act_fixed_data,
    output logic [LANES/16-1:0] act_fixed_write,
    output logic [ACT_FIXED_ADDRESS-1:0] act_fixed_write_address,
    output logic [8*LANES-1:0] act_fixed_write_data,
    output logic [16*CELL_SLICES-1:0] act_binary_write,
    output logic [16*ACT_BINARY_ADDRESS-1:0] act_binary_write_address,
    output logic [256*CELL_SLICES-1:0] act_binary_write_data
);
  localparam int SLICES = LANES / 16;
  localparam int LATENCY = ACCUMULATORS_LATENCY > ACT_FIXED_LATENCY ? ACCUMULATORS_LATENCY : ACT_FIXED_LATENCY;
  localparam int STEPS = (15 + COMPARATORS - 1) / COMPARATORS;
  localparam int K = 24 + STEPS - 1;  // lane stage of the comparisons

  // Words of the longest record, of its groups and of the shortest.
  localparam int COLUMN = PARAMETERS_WIDTH / 16;
  localparam int Q_WORDS = (90 + COLUMN - 1) / COLUMN;
  localparam int A_WORDS = (42 + COLUMN - 1) / COLUMN;
  localparam int T_WORDS = (3 + 15 * 32 + COLUMN - 1) / COLUMN;
  localparam int WORDS = 3 * Q_WORDS + A_WORDS + T_WORDS;
  localparam int SHORTEST = COLUMN < 35 ? 2 : 1;

  // The last word of a lane group's records, counted from 0, less the lane stage that first needs it: of q2 (stage 0), of the
  // activation (9), of the thresholds (24). The rest of the way is equal but for the latencies.
  localparam int BEFORE = (SLICES - 1) * WORDS - 1;
  localparam int WAIT_A = Q_WORDS + A_WORDS - 9 > 0 ? Q_WORDS + A_WORDS - 9 : 0;
  localparam int WAIT_T = Q_WORDS + A_WORDS + T_WORDS - 24;
  localparam int LATEST = BEFORE + 2 * Q_WORDS + (WAIT_A > WAIT_T ? WAIT_A : WAIT_T > 0 ? WAIT_T : 0);
  localparam int LEAD = LATEST + PARAMETERS_LATENCY > LATENCY ? LATEST + PARAMETERS_LATENCY - LATENCY : 0;
  localparam int STAGES = LEAD + 34 + LATENCY + STEPS;
  localparam int WAIT = DEPTH > STAGES ? DEPTH - STAGES : 0;

  // Records that the lanes hold: from the first word written to the last threshold compared, groups may take as few cycles
  // as the shortest record has words.
  localparam int HELD = 1 + (LEAD + LATENCY - PARAMETERS_LATENCY + K + 1 + SHORTEST - 1) / SHORTEST;
  localparam int ENTRY = HELD > 1 ? $clog2(HELD) : 1;
  localparam int ENTRIES = 2 ** ENTRY;

  // Thresholds of a lane: BANKS of them side by side, so that a step's are read and a word's are written at once; rows are
  // taken one after the other, by L levels in no fewer cycles than their words.
  localparam int PER = COLUMN / 32;
  localparam int BANKS = COMPARATORS * ((PER + COMPARATORS - 1) / COMPARATORS);
  function automatic int rows_held(input int cycles);
    int rows, words;
    rows_held = 0;
    for (int levels = 1; levels <= 15; levels++) begin
      rows = (levels + BANKS - 1) / BANKS;
      words = (3 + 32 * levels + COLUMN - 1) / COLUMN;
      if ((cycles * rows + words - 1) / words > rows_held) rows_held = (cycles * rows + words - 1) / words;
    end
    rows_held = rows_held + (15 + BANKS - 1) / BANKS;
  endfunction
  localparam int ROW = $clog2(rows_held(LEAD + LATENCY - PARAMETERS_LATENCY + K + 1 + SHORTEST));
  localparam int ROWS = 2 ** ROW;
  localparam int TAG = $clog2(DEPTH + 8);
  localparam int TAGS = 2 ** TAG;

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("post_unit: DEPTH %0d is below the pipeline's %0d stages", DEPTH, STAGES);
    if (PARAMETERS_WIDTH % 512 != 0) $error("post_unit: a word of parameters is whole 32-bit levels of 16 lanes");
    if (LANES % 16 != 0 || LANES > XNOR_ROWS || LANES > MAC_ROWS) $error("post_unit: LANES are slices of both arrays' rows");
  end
`endif

  // --- front --------------------------------------------------------------------------------------------------------------
  logic [TAG-1:0] start_tag, front_tag;
  logic last, front_valid, front_first, front_last, front_begin, front_group, front_row;
  logic [3:0] front_remaining;
  logic [ENTRY-1:0] front_entry, record_entry;
  logic [PARAMETERS_WIDTH-1:0] record_word;
  logic [SLICES*WORDS-1:0] record_write;
  logic [ROW-1:0] front_levels;
  logic [SLICES*BANKS-1:0] level_write;
  logic [BANKS*ROW-1:0] level_row;
  logic [4*BANKS-1:0] level_from;
  post_front #(
      .SLICES(SLICES), .COMPARATORS(COMPARATORS), .WIDTH(PARAMETERS_WIDTH), .ADDRESS(PARAMETERS_ADDRESS),
      .LATENCY(PARAMETERS_LATENCY), .WAIT(WAIT), .ENTRIES(ENTRIES), .TAGS(TAGS), .WORDS(WORDS), .BANKS(BANKS), .ROWS(ROWS)
  ) front (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .start_tag(start_tag), .front_free(front_free),
      .last(last), .step_valid(front_valid), .step_first(front_first), .step_last(front_last), .step_begin(front_begin),
      .step_group(front_group), .step_row(front_row), .step_remaining(front_remaining), .step_entry(front_entry),
      .step_tag(front_tag), .parameters_read(parameters_read), .parameters_address(parameters_address),
      .parameters_data(parameters_data), .record_word(record_word), .record_write(record_write), .record_entry(record_entry),
      .step_levels(front_levels), .level_write(level_write), .level_row(level_row), .level_from(level_from));
  delay_line #(.WIDTH(1), .CYCLES(DEPTH - 1), .RESET(1)) ends (.clk(clk), .reset(reset), .in(last), .out(done));

  // Instructions under way, by tag.
  (* ram_style = "distributed" *) logic [blendsim_pkg::POST_UNIT_INSTRUCTION_BITS-1:0] instructions[0:TAGS-1];
  always_ff @(posedge clk) begin
    if (reset) start_tag <= '0;
    else if (start) start_tag <= start_tag + 1'b1;
    if (start) instructions[start_tag] <= instruction;
  end

  // --- steps, from LEAD and WAIT on -----------------------------------------------------------------------------------------
  localparam int FRONT = 10 + ENTRY + ROW + TAG;
  logic valid, first, cell_last, begins, group, row;
  logic [3:0] remaining;
  logic [ENTRY-1:0] entry;
  logic [ROW-1:0] levels_at;
  logic [TAG-1:0] tag;
  delay_line #(.WIDTH(FRONT), .CYCLES(LEAD + WAIT), .RESET(1)) lead (
      .clk(clk), .reset(reset),
      .in({front_valid, front_first, front_last, front_begin, front_group, front_row, front_remaining, front_entry, front_levels,
           front_tag}),
      .out({valid, first, cell_last, begins, group, row, remaining, entry, levels_at, tag}));
  blendsim_pkg::post_unit_instruction_t stepped;
  assign stepped = instructions[tag];

  logic [3:0] steps_end;  // comparing steps, less 1
  always_comb begin
    steps_end = 4'd0;
    for (int s = 1; s < STEPS; s++)
      if (stepped.use_thresholds && 32'(stepped.levels) > s * COMPARATORS) steps_end = 4'(s);
  end

  // What goes along with a step: stage n of the line is n cycles behind the address stage's step.
  localparam int LAST = LATENCY + 3 + K + 5;
  localparam int LINE = TAG + ENTRY + 8 + 4 + 4 + 4 + 6 + ROW;
  localparam int AT_ENTRY = TAG, AT_CONTROL = TAG + ENTRY, AT_REMAINING = AT_CONTROL + 8, AT_STEPS = AT_REMAINING + 4,
                 AT_LEVELS = AT_STEPS + 4, AT_FLAGS = AT_LEVELS + 4, AT_ROW = AT_FLAGS + 6;
  logic [LINE-1:0] step_now;
  logic [LINE*LAST-1:0] steps_before;
  logic [LINE*(LAST+1)-1:0] line;
  assign step_now = {levels_at, stepped.use_thresholds, stepped.code_bipolar, stepped.fixed_is_code, begins, group, row, stepped.levels, steps_end,
                     remaining, stepped.b_source != 2'd0, stepped.rounding, stepped.activation, stepped.use_q3,
                     stepped.use_q2, stepped.use_q1, entry, tag};
  assign line = {steps_before, step_now};
  always_ff @(posedge clk) steps_before <= line[LINE*LAST-1:0];

  // --- operands -------------------------------------------------------------------------------------------------------------
  logic [LANES*33-1:0] a, b;
  post_operands #(
      .SLICES(SLICES), .XNOR_ROWS(XNOR_ROWS), .MAC_ROWS(MAC_ROWS), .ACCUMULATOR_WIDTH(ACCUMULATORS_WIDTH),
      .ACCUMULATOR_WORDS(ACCUMULATOR_WORDS), .ACCUMULATOR_ADDRESS(ACCUMULATORS_ADDRESS),
      .ACCUMULATOR_LATENCY(ACCUMULATORS_LATENCY), .FIXED_ADDRESS(ACT_FIXED_ADDRESS), .FIXED_LATENCY(ACT_FIXED_LATENCY)
  ) operands (
      .clk(clk), .reset(reset), .step_valid(valid), .step_first(first), .step_last(cell_last), .step_begin(begins), .step_group(group),
      .instruction(stepped), .xnor_accumulators_read(xnor_accumulators_read),
      .xnor_accumulators_address(xnor_accumulators_address), .xnor_accumulators_data(xnor_accumulators_data),
      .mac_accumulators_read(mac_accumulators_read), .mac_accumulators_address(mac_accumulators_address),
      .mac_accumulators_data(mac_accumulators_data), .act_fixed_read(act_fixed_read), .act_fixed_address(act_fixed_address),
      .act_fixed_data(act_fixed_data), .a(a), .b(b));

  // --- lanes ----------------------------------------------------------------------------------------------------------------
  localparam int OPERANDS = LATENCY + 3;  // stage of the line at lane stage 0
  logic [ENTRY*(K+2)-1:0] entries;
  logic [8*(K+2)-1:0] controls;
  genvar n;
  for (n = 0; n < K + 2; n++) begin : g_line
    assign entries[ENTRY*n+:ENTRY] = line[LINE*(OPERANDS+n)+AT_ENTRY+:ENTRY];
    assign controls[8*n+:8] = line[LINE*(OPERANDS+n)+AT_CONTROL+:8];
  end
  // Rings of the lanes' u and results: written every cycle at `ring_write`. What was written n + 1 cycles ago is at
  // ring_write - 1 - n; the element of a comparison came STEPS - 1 - remaining cycles before its last one.
  logic [3:0] ring_write, compare_remaining, compare_steps, compare_ring, compare_now, compare_step, result_ring;
  logic [ROW-1:0] compare_row;
  logic compare_first;
  assign compare_remaining = line[LINE*(OPERANDS+K-1)+AT_REMAINING+:4];
  assign compare_steps = line[LINE*(OPERANDS+K-1)+AT_STEPS+:4];
  assign compare_now = compare_steps - compare_remaining;
  always_ff @(posedge clk) begin
    if (reset) ring_write <= 4'd0;
    else ring_write <= ring_write + 4'd1;
    compare_ring <= ring_write - 4'(STEPS - 1) + compare_remaining;
    compare_step <= compare_now;
    compare_row <= line[LINE*(OPERANDS+K-1)+AT_ROW+:ROW] + ROW'({28'b0, compare_now} / (BANKS / COMPARATORS));
    compare_first <= compare_step == 4'd0;
  end
  assign result_ring = ring_write - 4'd1 - {2'b0, result_tap};

  logic [1:0] result_tap, result_plane;
  logic [LANES*32-1:0] values;
  logic [LANES-1:0] code_bits;
  for (n = 0; n < SLICES; n++) begin : g_slice
    post_slice #(
        .MULTIPLIER(MULTIPLIER), .COMPARATORS(COMPARATORS), .COLUMN(COLUMN), .ENTRIES(ENTRIES), .STAGES(K + 2), .WORDS(WORDS),
        .BANKS(BANKS), .ROWS(ROWS)
    ) slice (
        .clk(clk), .write(record_write[n*WORDS+:WORDS]), .write_entry(record_entry), .word(record_word),
        .a(a[n*16*33+:16*33]), .b(b[n*16*33+:16*33]), .entries(entries), .controls(controls), .level_write(level_write[n*BANKS+:BANKS]),
        .level_row(level_row), .level_from(level_from), .ring_write(ring_write), .compare_ring(compare_ring),
        .compare_row(compare_row), .compare_step(compare_step), .compare_first(compare_first),
        .use_thresholds(line[LINE*(OPERANDS+K+1)+AT_FLAGS+5]), .levels(line[LINE*(OPERANDS+K+1)+AT_LEVELS+:4]),
        .bipolar(line[LINE*(OPERANDS+K+2)+AT_FLAGS+4]), .value_is_code(line[LINE*(OPERANDS+K+2)+AT_FLAGS+3]),
        .result_ring(result_ring), .result_plane(result_plane), .values(values[n*512+:512]),
        .code_bits(code_bits[n*16+:16]));
  end

  // --- results --------------------------------------------------------------------------------------------------------------
  // Where in act_binary the tile begins: products of fields, ready long before the first result.
  localparam int A = ACT_BINARY_ADDRESS;
  function automatic logic [A-1:0] times(input logic [6:0] factor, input logic [A-1:0] value);
    logic [A-1:0] term0, term1, term2, term3, term4, term5, term6;
    term0 = factor[0] ? value : '0;
    term1 = factor[1] ? value << 1 : '0;
    term2 = factor[2] ? value << 2 : '0;
    term3 = factor[3] ? value << 3 : '0;
    term4 = factor[4] ? value << 4 : '0;
    term5 = factor[5] ? value << 5 : '0;
    term6 = factor[6] ? value << 6 : '0;
    times = ((term0 + term1) + (term2 + term3)) + ((term4 + term5) + term6);
  endfunction
  logic started, blocks_ready;
  logic [7:0] blocks;
  logic [A-1:0] cells;
  logic [8:0] slice_first;
  logic [6:0] rows_of_blocks, rows_of_blocks_later;
  logic [A-1:0] base, base_later, row_step;
  logic [8:0] first_cell, first_cell_later;
  logic [2:0] first_place, first_place_later;
  logic [TAG-1:0] tag1, tag2;
  always_comb begin  // slice_first / CELL_SLICES, digit by digit
    first_cell = 9'd0;
    first_place = 3'd0;
    for (int i = 8; i >= 0; i--) begin
      if (2 * 32'(first_place) + 32'(slice_first[i]) >= CELL_SLICES) begin
        first_place = 3'(2 * 32'(first_place) + 32'(slice_first[i]) - CELL_SLICES);
        first_cell[i] = 1'b1;
      end else begin
        first_place = 3'(2 * 32'(first_place) + 32'(slice_first[i]));
      end
    end
  end
  localparam int BEGINNING = 2 * A + 12;
  (* ram_style = "distributed" *) logic [BEGINNING-1:0] beginnings[0:TAGS-1];
  always_ff @(posedge clk) begin
    started <= start;
    tag1 <= start_tag;
    blocks <= {1'b0, instruction.width[8:2]} + {7'b0, instruction.width[1:0] != 2'd0};
    cells <= A'(instruction.bits_cells);
    rows_of_blocks <= instruction.bits_row[8:2];
    base <= A'(instruction.bits);
    slice_first <= instruction.bits_slice;

    blocks_ready <= started;
    tag2 <= tag1;
    row_step <= times(blocks[6:0], cells) + (blocks[7] ? cells << 7 : '0);
    rows_of_blocks_later <= rows_of_blocks;
    base_later <= base;
    first_cell_later <= first_cell;
    first_place_later <= first_place;

    if (blocks_ready)
      beginnings[tag2] <= {base_later + times(rows_of_blocks_later, row_step), row_step, first_cell_later, first_place_later};
  end

  logic [LINE-1:0] at_results;
  logic results_valid;
  assign at_results = line[LINE*LAST+:LINE];
  delay_line #(.WIDTH(1), .CYCLES(LAST), .RESET(1)) valid_line (.clk(clk), .reset(reset), .in(valid), .out(results_valid));
  blendsim_pkg::post_unit_instruction_t written;
  assign written = instructions[at_results[TAG-1:0]];
  logic [A-1:0] bits_first, bits_blocks;
  logic [8:0] bits_cell;
  logic [2:0] bits_place;
  assign {bits_first, bits_blocks, bits_cell, bits_place} = beginnings[at_results[TAG-1:0]];
  post_results #(
      .SLICES(SLICES), .CELL_SLICES(CELL_SLICES), .FIXED_ADDRESS(ACT_FIXED_ADDRESS), .BINARY_ADDRESS(A)
  ) results (
      .clk(clk), .reset(reset), .step_valid(results_valid), .step_begin(at_results[AT_FLAGS+2]),
      .step_group(at_results[AT_FLAGS+1]), .step_row(at_results[AT_FLAGS]), .step_remaining(at_results[AT_REMAINING+:4]),
      .instruction(written), .bits_first(bits_first), .bits_blocks(bits_blocks), .bits_cell(bits_cell),
      .bits_place(bits_place), .result_tap(result_tap), .result_plane(result_plane), .values(values), .code_bits(code_bits),
      .act_fixed_write(act_fixed_write), .act_fixed_write_address(act_fixed_write_address),
      .act_fixed_write_data(act_fixed_write_data), .act_binary_write(act_binary_write),
      .act_binary_write_address(act_binary_write_address), .act_binary_write_data(act_binary_write_data));
endmodule
