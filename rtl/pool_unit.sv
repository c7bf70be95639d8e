// SPDX-License-Identifier: Apache-2.0
// pool_unit: maximum, average and global pooling; an instruction is a tile of output rows.
//
// parameters  as in src/units/pool_unit/parameters.h; *_LATENCY of the buffers read, *_ADDRESS bits of their addresses,
//             CELL bits of a cell of act_binary
// ports       start and instruction: the queue's; front_free: the next may start; done: the last word is being written
//             act_fixed: LANES / 16 consecutive words, read and written; act_binary: a window of nine cells read, one written
// DSP slices  LANES (times divisor / taps); none for addresses.
// Pipeline, start in cycle s: s+1 instruction and loop counters, s+2 to s+4 first addresses, s+5 pointers (pool_control.sv),
//   buffer read (L cycles), value less zero point, maximum or sum, multiply 2, words of the result 4. DEPTH beyond STAGES waits
//   before the addresses.
//   A result's W words are written in the last W cycles of its steps, DEPTH later: they enter a chain of four registers at once,
//   the last of them in front, each at the place of its time.
// Source: src/units/pool_unit/instruction.h, src/platform/pipeline.h, docs/timing.md.
module pool_unit #(
    parameter int LANES = blendsim_pkg::POOL_UNIT_LANES,
    parameter int DEPTH = blendsim_pkg::POOL_UNIT_DEPTH,
    parameter int CELL = blendsim_pkg::BUFFER_ACT_BINARY_WIDTH / 16,
    parameter int ACT_FIXED_LATENCY = blendsim_pkg::BUFFER_ACT_FIXED_LATENCY,
    parameter int ACT_BINARY_LATENCY = blendsim_pkg::BUFFER_ACT_BINARY_LATENCY,
    parameter int ACT_FIXED_ADDRESS = blendsim_pkg::BUFFER_ACT_FIXED_ADDRESS_BITS,
    parameter int ACT_BINARY_ADDRESS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS
) (
    input  logic                                 clk,
    input  logic                                 reset,
    input  logic                                 start,
    input  blendsim_pkg::pool_unit_instruction_t instruction,
    output logic                                 front_free,
    output logic                                 done,
    output logic                                 act_fixed_read,
    output logic [ACT_FIXED_ADDRESS-1:0]         act_fixed_address,
    input  logic [8*LANES-1:0]                   act_fixed_data,
    output logic [LANES/16-1:0]                  act_fixed_write,
    output logic [ACT_FIXED_ADDRESS-1:0]         act_fixed_write_address,
    output logic [8*LANES-1:0]                   act_fixed_write_data,
    output logic [15:0]                          act_binary_read,
    output logic [16*ACT_BINARY_ADDRESS-1:0]     act_binary_address,
    input  logic [16*CELL-1:0]                   act_binary_data,
    output logic [CELL-1:0]                      act_binary_write,
    output logic [16*ACT_BINARY_ADDRESS-1:0]     act_binary_write_address,
    output logic [16*CELL-1:0]                   act_binary_write_data
);
  localparam int WORDS = LANES / 16;
  localparam int LATENCY = ACT_FIXED_LATENCY > ACT_BINARY_LATENCY ? ACT_FIXED_LATENCY : ACT_BINARY_LATENCY;
  localparam int STAGES = 5 + LATENCY + 1 + 1 + 2 + 4;
  localparam int ADDRESS = ACT_FIXED_ADDRESS > ACT_BINARY_ADDRESS ? ACT_FIXED_ADDRESS : ACT_BINARY_ADDRESS;
  localparam int WRITE = LATENCY + 8;  // cycles from the pointers to the last word written

  // --- cycle A: pointers ---
  blendsim_pkg::pool_unit_instruction_t of;
  logic [5:0] rows_inside, columns_inside;
  logic [13:0] divisor, quotient;
  logic step, tap, first_tap, last_step, last_result, in_map;
  logic [1:0] word, y;
  logic [2:0] in_columns, in_rows;
  logic [3:0] x, cell_index, result_bank;
  logic [4:0] slices;
  logic [ADDRESS-1:0] source, source_pixel, source_pitch, result;
  pool_control #(.LANES(LANES), .WAIT(DEPTH - STAGES), .ADDRESS(ADDRESS)) control (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .front_free(front_free), .rows_inside(rows_inside),
      .columns_inside(columns_inside), .divisor(divisor), .step(step), .tap(tap), .first_tap(first_tap),
      .last_step(last_step), .last_result(last_result), .word(word), .in_map(in_map), .in_columns(in_columns),
      .in_rows(in_rows), .x(x), .y(y), .cell_index(cell_index), .of(of), .slices(slices), .source(source),
      .source_pixel(source_pixel), .source_pitch(source_pitch), .result(result), .result_bank(result_bank));
  delay_line #(.WIDTH(1), .CYCLES(WRITE), .RESET(1)) done_line (.clk(clk), .reset(reset), .in(step && last_result), .out(done));

  // --- fixed: read, cycle A + LATENCY - ACT_FIXED_LATENCY ---
  delay_line #(.WIDTH(1 + ACT_FIXED_ADDRESS), .CYCLES(LATENCY - ACT_FIXED_LATENCY)) source_line (
      .clk(clk), .reset(reset), .in({tap && in_map && !of.binary, source[ACT_FIXED_ADDRESS-1:0]}),
      .out({act_fixed_read, act_fixed_address}));

  // --- lanes, cycle A + LATENCY ---
  logic take, take_first, take_in_map, is_signed, sum;
  logic [1:0] take_word, bytes_log2;
  logic [8:0] zero_point;
  delay_line #(.WIDTH(18), .CYCLES(LATENCY)) lane_line (
      .clk(clk), .reset(reset),
      .in({tap && !of.binary, first_tap, in_map, of.in_signed, of.sum, word, of.in_bytes_log2, of.zero_point}),
      .out({take, take_first, take_in_map, is_signed, sum, take_word, bytes_log2, zero_point}));

  // --- factor: counts come in A - 3, the quotient in A + 2; wanted in A + LATENCY + 1, with the sum in front of its register ---
  logic [13:0] factor;
  pool_factor exact (.clk(clk), .rows(rows_inside), .columns(columns_inside), .divisor(divisor), .quotient(quotient));
  delay_line #(.WIDTH(14), .CYCLES(LATENCY - 1)) quotient_line (.clk(clk), .reset(reset), .in(quotient), .out(factor));

  logic [32*LANES-1:0] products;
  generate
    for (genvar n = 0; n < LANES; n = n + 1) begin : lane
      // A word of the cycle's WORDS holds this lane's value: the only one, or the one of its half or quarter of the lanes.
      logic [31:0] bits;
      logic touch;
      always_comb begin
        case (bytes_log2)
          2'd0: begin
            bits = {24'b0, act_fixed_data[8*n+:8]};
            touch = 1'b1;
          end
          2'd1: begin
            bits = {16'b0, act_fixed_data[16*(n%(LANES/2))+:16]};
            touch = take_word == 2'(n / (LANES / 2));
          end
          default: begin
            bits = act_fixed_data[32*(n%(LANES/4))+:32];
            touch = take_word == 2'(n / (LANES / 4));
          end
        endcase
      end
      pool_lane one (
          .clk(clk), .bits(bits), .bytes_log2(bytes_log2), .is_signed(is_signed), .sum(sum), .zero_point(zero_point),
          .touch(touch && take), .in_map(take_in_map), .first(take_first), .factor(factor),
          .product(products[32*n+:32]));
    end
  endgenerate

  // --- words of a result: with its product, cycle A + LATENCY + 4 ---
  logic ready;
  logic [1:0] words_log2;
  logic [4:0] words_slices;
  logic [ACT_FIXED_ADDRESS-1:0] words_at;
  delay_line #(.WIDTH(1), .CYCLES(LATENCY + 4), .RESET(1)) ready_line (
      .clk(clk), .reset(reset), .in(step && last_step && !of.binary), .out(ready));
  delay_line #(.WIDTH(7 + ACT_FIXED_ADDRESS), .CYCLES(LATENCY + 4)) result_line (
      .clk(clk), .reset(reset), .in({of.out_bytes_log2, slices, result[ACT_FIXED_ADDRESS-1:0]}),
      .out({words_log2, words_slices, words_at}));

  // All lanes' values in 1, 2 and 4 bytes; a word time's words are the next 8 * LANES bits of them.
  localparam int TIME = 8 * LANES;
  logic [TIME-1:0] bytes1;
  logic [2*TIME-1:0] bytes2;
  logic [4*TIME-1:0] bytes4;
  assign bytes4 = products;
  generate
    for (genvar n = 0; n < LANES; n = n + 1) begin : narrow
      assign bytes1[8*n+:8] = products[32*n+:8];
      assign bytes2[16*n+:16] = products[32*n+:16];
    end
  endgenerate

  // Place k of the chain is written k cycles after the next. What of a word time's words belongs to the tile.
  localparam int PLACE = WORDS + ACT_FIXED_ADDRESS + TIME;
  function automatic logic [WORDS-1:0] of_tile(logic [4:0] slices_written, logic [1:0] bytes_log2_written, int before_these);
    logic [WORDS-1:0] enables;
    for (int n = 0; n < WORDS; n = n + 1) enables[n] = before_these + n < (32'(slices_written) << bytes_log2_written);
    of_tile = enables;
  endfunction
  logic [PLACE-1:0] time0, time1, time2, time3;  // a result's words, first to last time
  logic [PLACE-1:0] place0, place1, place2, place3;
  logic writes1, writes2, writes4;
  always_comb begin
    writes1 = ready && words_log2 == 2'd0;
    writes2 = ready && words_log2 == 2'd1;
    writes4 = ready && words_log2[1];
    time0 = {of_tile(words_slices, words_log2, 0), words_at,
             words_log2[1] ? bytes4[TIME-1:0] : words_log2[0] ? bytes2[TIME-1:0] : bytes1};
    time1 = {of_tile(words_slices, words_log2, WORDS), words_at + ACT_FIXED_ADDRESS'(WORDS),
             words_log2[1] ? bytes4[TIME+:TIME] : bytes2[TIME+:TIME]};
    time2 = {of_tile(words_slices, words_log2, 2 * WORDS), words_at + ACT_FIXED_ADDRESS'(2 * WORDS), bytes4[2*TIME+:TIME]};
    time3 = {of_tile(words_slices, words_log2, 3 * WORDS), words_at + ACT_FIXED_ADDRESS'(3 * WORDS), bytes4[3*TIME+:TIME]};
  end
  always_ff @(posedge clk) begin
    place3 <= writes4 ? time3 : writes2 ? time1 : writes1 ? time0 : {PLACE{1'b0}};
    place2 <= writes4 ? time2 : writes2 ? time0 : place3;
    place1 <= writes4 ? time1 : place2;
    place0 <= writes4 ? time0 : place1;
    if (reset) begin
      place0[PLACE-1-:WORDS] <= {WORDS{1'b0}};
      place1[PLACE-1-:WORDS] <= {WORDS{1'b0}};
      place2[PLACE-1-:WORDS] <= {WORDS{1'b0}};
      place3[PLACE-1-:WORDS] <= {WORDS{1'b0}};
    end
  end
  assign {act_fixed_write, act_fixed_write_address, act_fixed_write_data} = place0;

  // --- binary ---
  logic [CELL-1:0] cells, cell_written;
  logic cell_writes;
  logic [3:0] cell_bank;
  logic [ACT_BINARY_ADDRESS-1:0] cell_at;
  pool_cells #(.CELL(CELL), .ADDRESS(ACT_BINARY_ADDRESS), .LATENCY(ACT_BINARY_LATENCY)) binary_window (
      .clk(clk), .reset(reset), .step(tap && of.binary), .first(first_tap), .columns(in_columns), .rows(in_rows), .x(x), .y(y),
      .cell_index(cell_index), .source(source[ACT_BINARY_ADDRESS-1:0]), .next_block(source_pixel[ACT_BINARY_ADDRESS-1:0]),
      .next_row(source_pitch[ACT_BINARY_ADDRESS-1:0]), .read(act_binary_read), .address(act_binary_address),
      .data(act_binary_data), .cells(cells));
  delay_line #(.WIDTH(CELL), .CYCLES(WRITE - 2 - ACT_BINARY_LATENCY)) cell_line (
      .clk(clk), .reset(reset), .in(cells), .out(cell_written));
  delay_line #(.WIDTH(1), .CYCLES(WRITE), .RESET(1)) cell_write_line (
      .clk(clk), .reset(reset), .in(step && last_step && of.binary), .out(cell_writes));
  delay_line #(.WIDTH(4 + ACT_BINARY_ADDRESS), .CYCLES(WRITE)) cell_place (
      .clk(clk), .reset(reset), .in({result_bank, result[ACT_BINARY_ADDRESS-1:0]}), .out({cell_bank, cell_at}));
  generate
    for (genvar b = 0; b < 16; b = b + 1) begin : bank
      assign act_binary_write[CELL/16*b+:CELL/16] = {CELL / 16{cell_writes && cell_bank == 4'(b)}};
    end
  endgenerate
  assign act_binary_write_address = {16{cell_at}};
  assign act_binary_write_data = {16{cell_written}};

  logic unused;
  assign unused = &{1'b0, of, source, source_pixel, source_pitch, result, products};

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("pool_unit: a depth of %0d is below its %0d stages", DEPTH, STAGES);
    if (LANES % 16 != 0) $error("pool_unit: lanes come in 16s");
  end
`endif
endmodule
