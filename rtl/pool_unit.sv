// SPDX-License-Identifier: Apache-2.0
// pool_unit: maximum, average and global pooling; an instruction is a tile of output rows.
//
// parameters  as in src/units/pool_unit/parameters.h; *_LATENCY of the buffers read, *_ADDRESS bits of their addresses,
//             CELL bits of a cell of act_binary
// ports       start and instruction: the queue's; front_free: the next may start; done: the last word is being written
//             act_fixed: LANES / 16 consecutive words, read and written; act_binary: a window of nine cells read, one
//             written
// DSP slices  LANES: each adds up a lane's sum, times divisor / taps; none for addresses.
// Pipeline, start in cycle s: s+1 instruction and loop counters, s+2 to s+4 places and addresses, s+5 pointers
//   (pool_control.sv), buffer read (L cycles), value less zero point 2, factor, sum (pool_lane.sv), words of the result
//   4 (pool_results.sv); beside them the maximum (pool_maximum.sv), which leaves through the slices too. DEPTH beyond
//   STAGES waits before the addresses.
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
  localparam int QUARTER = LANES / 4;
  localparam int LATENCY = ACT_FIXED_LATENCY > ACT_BINARY_LATENCY ? ACT_FIXED_LATENCY : ACT_BINARY_LATENCY;
  localparam int STAGES = 5 + LATENCY + 1 + 1 + 2 + 4;
  localparam int ADDRESS = ACT_FIXED_ADDRESS > ACT_BINARY_ADDRESS ? ACT_FIXED_ADDRESS : ACT_BINARY_ADDRESS;
  localparam int WRITE = LATENCY + 8;  // cycles from the pointers to the last word written

  // --- cycle A: pointers ---
  logic binary, is_sum, signed_values, step, tap, first_tap, last_tap, last_step, last_result, in_map;
  logic [1:0] in_bytes_log2, out_bytes_log2, word, y;
  logic [2:0] in_columns, in_rows;
  logic [3:0] x, cell_index, result_bank;
  logic [4:0] slices;
  logic [8:0] zero_point;
  logic [13:0] quotient;
  logic [ADDRESS-1:0] source, result;
  logic [ACT_BINARY_ADDRESS-1:0] next_block, next_row;
  pool_control #(.LANES(LANES), .WAIT(DEPTH - STAGES), .ADDRESS(ADDRESS), .BINARY_ADDRESS(ACT_BINARY_ADDRESS)) control (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .front_free(front_free), .binary(binary),
      .sum(is_sum), .is_signed(signed_values), .in_bytes_log2(in_bytes_log2), .out_bytes_log2(out_bytes_log2),
      .zero_point(zero_point), .step(step), .tap(tap), .first_tap(first_tap), .last_tap(last_tap),
      .last_step(last_step),
      .last_result(last_result), .word(word), .in_map(in_map), .in_columns(in_columns), .in_rows(in_rows), .x(x), .y(y),
      .cell_index(cell_index), .slices(slices), .source(source), .next_block(next_block), .next_row(next_row),
      .result(result), .result_bank(result_bank), .factor(quotient));
  delay_line #(.WIDTH(1), .CYCLES(WRITE), .RESET(1)) done_line (
      .clk(clk), .reset(reset), .in(step && last_result), .out(done));

  // --- fixed: read, cycle A + LATENCY - ACT_FIXED_LATENCY ---
  delay_line #(.WIDTH(1 + ACT_FIXED_ADDRESS), .CYCLES(LATENCY - ACT_FIXED_LATENCY)) source_line (
      .clk(clk), .reset(reset), .in({tap && in_map && !binary, source[ACT_FIXED_ADDRESS-1:0]}),
      .out({act_fixed_read, act_fixed_address}));

  // --- lanes, cycle t = A + LATENCY ---
  logic take, first, sum, is_signed;
  logic [1:0] take_word, bytes_log2;
  logic [8:0] zero;
  logic [3:0] holds;  // a word of the cycle's WORDS holds this quarter of the lanes
  delay_line #(.WIDTH(17), .CYCLES(LATENCY)) lane_line (
      .clk(clk), .reset(reset),
      .in({tap && in_map && !binary, tap && first_tap && !binary, is_sum, signed_values, word, in_bytes_log2,
           zero_point}),
      .out({take, first, sum, is_signed, take_word, bytes_log2, zero}));
  always_comb begin
    case (bytes_log2)
      2'd0: holds = 4'b1111;
      2'd1: holds = {{2{take_word[0]}}, {2{!take_word[0]}}};
      default: holds = 4'd1 << take_word;
    endcase
  end
  // Cycle t + 1 and t + 2: what the slices do, and which steps' maxima are held against which.
  logic [3:0] multiply, fresh, signs, signs1, signs2;
  logic wide, pass, take1, sum1;
  logic [1:0] held_place, bytes_log2_1;
  delay_line #(.WIDTH(10), .CYCLES(2)) slice_line (
      .clk(clk), .reset(reset),
      .in({holds & {4{take && sum}}, holds & {4{first}}, bytes_log2[1], !sum}), .out({multiply, fresh, wide, pass}));
  assign signs = {4{is_signed && !sum}} & {1'b1, bytes_log2 == 2'd0, !bytes_log2[1], bytes_log2 == 2'd0};
  always_ff @(posedge clk) begin
    take1 <= take;
    sum1 <= sum;
    held_place <= bytes_log2 | {2{first}};
    bytes_log2_1 <= bytes_log2;
    signs1 <= signs;
    signs2 <= signs1;
  end

  // Factor: t + 1.
  logic [13:0] factor;
  delay_line #(.WIDTH(14), .CYCLES(LATENCY - 1)) quotient_line (.clk(clk), .reset(reset), .in(quotient), .out(factor));

  // A word of 32 bits: four bytes of a maximum, or a value of four bytes for one of four lanes.
  logic [10:0] minus_zero;  // two's complement
  logic [27*QUARTER-1:0] less;
  logic [7*QUARTER-1:0] shares;
  logic [8*LANES-1:0] maxima;
  assign minus_zero = 11'd0 - {{2{zero[8]}}, zero};
  generate
    for (genvar n = 0; n < QUARTER; n = n + 1) begin : quarter
      pool_maximum of_bytes (
          .clk(clk), .data(act_fixed_data[32*n+:32]), .signs(signs), .bytes_log2(bytes_log2_1), .held_place(held_place),
          .take(take1), .clear(sum1), .signs2(signs2), .maximum(maxima[32*n+:32]));
      logic [6:0] upper, share;
      product #(.WIDTH(7), .A(7), .B(7)) of_upper (.a(upper), .b(factor[6:0]), .result(share));
      always_ff @(posedge clk) begin
        upper <= act_fixed_data[32*n+25+:7];
        shares[7*n+:7] <= share;
      end
      assign less[27*n+:16] = {{5{minus_zero[10]}}, minus_zero};
      assign less[27*n+16+:11] = {11{minus_zero[10]}} + (bytes_log2[1] ? {2'b0, act_fixed_data[32*n+16+:9]} : 11'd0);
    end
  endgenerate
  logic [32*LANES-1:0] products;
  generate
    for (genvar n = 0; n < LANES; n = n + 1) begin : lane
      localparam int Q = n % QUARTER;
      pool_lane adds (
          .clk(clk), .one(act_fixed_data[8*n+:8]), .two(act_fixed_data[16*(n%(LANES/2))+:16]),
          .four(act_fixed_data[32*Q+:16]), .bytes_log2(bytes_log2), .is_signed(is_signed), .less(less[27*Q+:27]),
          .factor(factor), .addend({16'b0, shares[7*Q+:7], 17'b0, maxima[8*n+:8]}), .multiply(multiply[n/QUARTER]),
          .wide(wide), .fresh(fresh[n/QUARTER]), .pass(pass), .result(products[32*n+:32]));
    end
  endgenerate

  // --- words of a result, cycle A + LATENCY + 4: of a sum after its last step, of a maximum with its last tap's ---
  logic ready, same;
  logic [1:0] ready_log2;
  logic [6:0] words;
  logic [ACT_FIXED_ADDRESS-1:0] at;
  delay_line #(.WIDTH(1), .CYCLES(LATENCY + 4), .RESET(1)) ready_line (
      .clk(clk), .reset(reset), .in(step && !binary && (is_sum ? last_step : last_tap)), .out(ready));
  delay_line #(.WIDTH(10 + ACT_FIXED_ADDRESS), .CYCLES(LATENCY + 4)) result_line (
      .clk(clk), .reset(reset),
      .in({is_sum ? out_bytes_log2 : 2'd0, !is_sum && word != 2'd0, {2'b0, slices} << out_bytes_log2,
           result[ACT_FIXED_ADDRESS-1:0]}),
      .out({ready_log2, same, words, at}));
  pool_results #(.LANES(LANES), .ADDRESS(ACT_FIXED_ADDRESS)) results (
      .clk(clk), .reset(reset), .ready(ready), .bytes_log2(ready_log2), .same(same), .words(words), .at(at),
      .products(products), .write(act_fixed_write), .write_address(act_fixed_write_address),
      .write_data(act_fixed_write_data));

  // --- binary ---
  logic [CELL-1:0] cells, cell_written;
  logic cell_writes;
  logic [3:0] cell_bank;
  logic [ACT_BINARY_ADDRESS-1:0] cell_at;
  pool_cells #(.CELL(CELL), .ADDRESS(ACT_BINARY_ADDRESS), .LATENCY(ACT_BINARY_LATENCY)) binary_window (
      .clk(clk), .reset(reset), .step(tap && binary), .first(first_tap), .columns(in_columns), .rows(in_rows),
      .x(x), .y(y), .cell_index(cell_index), .source(source[ACT_BINARY_ADDRESS-1:0]), .next_block(next_block),
      .next_row(next_row), .read(act_binary_read), .address(act_binary_address),
      .data(act_binary_data), .cells(cells));
  delay_line #(.WIDTH(CELL), .CYCLES(WRITE - 2 - ACT_BINARY_LATENCY)) cell_line (
      .clk(clk), .reset(reset), .in(cells), .out(cell_written));
  delay_line #(.WIDTH(1), .CYCLES(WRITE), .RESET(1)) cell_write_line (
      .clk(clk), .reset(reset), .in(step && last_step && binary), .out(cell_writes));
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
  assign unused = &{1'b0, source, result};

`ifndef SYNTHESIS
  initial begin
    if (DEPTH < STAGES) $error("pool_unit: a depth of %0d is below its %0d stages", DEPTH, STAGES);
    if (LANES % 16 != 0) $error("pool_unit: lanes come in 16s");
  end
`endif
endmodule
