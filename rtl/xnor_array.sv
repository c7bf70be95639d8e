// SPDX-License-Identifier: Apache-2.0
// xnor_array: a tile of rows of a binary or bit-plane convolution (src/units/xnor_array/instruction.h), an operand step a
// cycle: 9 cells against ROWS weight rows.
//
//   parameters  ROWS, WORDS (48-bit words a row, 3m), IMPLEMENTATION (where the gates live, xnor_row), ACCUMULATOR (bits), DEPTH (cycles)
//   ports       start, instruction in the start cycle s; front_free in the last step's cycle s+occ and while idle; done in
//               the end cycle. Reads act_binary, weights_binary, parameters; writes accumulators (ROWS words of 32 bit).
//
// Step k of an instruction that starts in s, N = 1 + ceil(log2(WORDS * 8)) popcount ranks (pipeline.h, least_depth):
//   s+1+k  counters                   xnor_walk
//   s+2+k  micro-operation            xnor_pointers
//   s+3+k  pointers                   + DEPTH - STAGES cycles in a delay line, + LEAD where weights take longer to read
//   t      addresses of act_binary    window_reader
//   t+L    nine cells                 L = latency of act_binary
//   +1     operand, weights           the weights' address comes as much later as they are faster
//   +G     XNOR or AND                xnor_row: 2 in slices, 1 in LUTs, 0 in the tables that count
//   +N     popcount
//   +1     plane weight and sign, start word
//   +1     accumulator; the word's last step: write
module xnor_array #(
    parameter int ROWS = blendsim_pkg::XNOR_ARRAY_ROWS,
    parameter int WORDS = blendsim_pkg::XNOR_ARRAY_WORDS,
    parameter int IMPLEMENTATION = blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION,
    parameter int DEPTH = blendsim_pkg::XNOR_ARRAY_DEPTH,
    parameter int ACCUMULATOR = blendsim_pkg::XNOR_ARRAY_ACCUMULATOR,
    parameter int ACT_BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int WEIGHT_BITS = blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS,
    parameter int START_BITS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int SUM_BITS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int ACT_LATENCY = blendsim_pkg::BUFFER_ACT_BINARY_LATENCY,
    parameter int WEIGHT_LATENCY = blendsim_pkg::BUFFER_WEIGHTS_BINARY_LATENCY,
    parameter int START_LATENCY = blendsim_pkg::BUFFER_PARAMETERS_LATENCY
) (
    input  logic                      clk,
    input  logic                      reset,
    input  logic                      start,
    input  blendsim_pkg::xnor_array_instruction_t instruction,
    output logic                      front_free,
    output logic                      done,

    output logic [15:0]               act_binary_read,
    output logic [16*ACT_BITS-1:0]    act_binary_address,
    input  logic [16*16*(WORDS/3)-1:0] act_binary_data,
    output logic                      weights_binary_read,
    output logic [WEIGHT_BITS-1:0]    weights_binary_address,
    input  logic [ROWS*WORDS*48-1:0]  weights_binary_data,
    output logic                      parameters_read,
    output logic [START_BITS-1:0]     parameters_address,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [ROWS*32-1:0]        parameters_data,  // of each row's 32 bits the accumulator's
    /* verilator lint_on UNUSEDSIGNAL */
    output logic                      accumulators_write,
    output logic [SUM_BITS-1:0]       accumulators_write_address,
    output logic [ROWS*32-1:0]        accumulators_write_data
);
  localparam int POPCOUNT = 1 + $clog2(WORDS * 8);
  localparam int LEAD = WEIGHT_LATENCY > ACT_LATENCY + 1 ? WEIGHT_LATENCY - ACT_LATENCY - 1 : 0;
  localparam int GATES = IMPLEMENTATION == blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION_DSP ? 2 :
                         IMPLEMENTATION == blendsim_pkg::XNOR_ARRAY_IMPLEMENTATION_LUT ? 1 : 0;
  localparam int STAGES = 4 + LEAD + ACT_LATENCY + 1 + GATES + POPCOUNT + 2;
  localparam int SLACK = DEPTH - STAGES;
`ifndef SYNTHESIS
  initial if (DEPTH < STAGES) $error("xnor_array: DEPTH %0d is below the %0d stages of the pipeline", DEPTH, STAGES);
`endif

  blendsim_pkg::xnor_array_instruction_t held;
  logic walk_step, walk_word_last, walk_instruction_last, walk_negate;
  logic [3:0] walk_level, walk_shift, walk_cells_left;
  logic [1:0] walk_rows_left, walk_columns_left;
  logic [8:0] walk_row, walk_column;
  xnor_walk walk (
      .clk(clk), .reset(reset), .start(start), .instruction(instruction), .front_free(front_free),
      .held(held), .step(walk_step), .level(walk_level), .word_last(walk_word_last),
      .instruction_last(walk_instruction_last), .row(walk_row), .column(walk_column), .shift(walk_shift),
      .negate(walk_negate), .rows_left(walk_rows_left), .columns_left(walk_columns_left), .cells_left(walk_cells_left)
  );

  logic signed [12:0] x0, y0;
  logic [3:0] cell0;
  logic [ACT_BITS-1:0] address0, column_pitch0, row_pitch0;
  logic [8:0] width0, height0;
  logic [6:0] last_channels0;
  logic [WEIGHT_BITS-1:0] weight0;
  logic [START_BITS-1:0] start0;
  logic [SUM_BITS-1:0] sum0;
  xnor_pointers #(.ACT_BITS(ACT_BITS), .WEIGHT_BITS(WEIGHT_BITS), .START_BITS(START_BITS), .SUM_BITS(SUM_BITS)) pointers (
      .clk(clk), .start(start), .instruction(instruction), .held(held), .level(walk_level),
      .row(walk_row), .column(walk_column), .x(x0), .y(y0), .first_cell(cell0), .address(address0),
      .column_pitch(column_pitch0), .row_pitch(row_pitch0), .width(width0), .height(height0),
      .last_channels(last_channels0), .weight_address(weight0), .start_address(start0), .sum_address(sum0)
  );

  // The walk's flags wait for the pointers; without a step in hand nothing is read, begun or written.
  logic begin0, step0, word_last0, instruction_last0, negate0, use_and0, taps0;
  logic [3:0] shift0, cells_left0;
  logic [1:0] rows_left0, columns_left0;
  delay_line #(.WIDTH(1), .CYCLES(2), .RESET(1)) walked (.clk(clk), .reset(reset), .in(walk_step), .out(step0));
  delay_line #(.WIDTH(18), .CYCLES(2)) flags (
      .clk(clk), .reset(1'b0),
      .in({walk_level >= 4'd5, walk_word_last, walk_instruction_last, walk_shift, walk_negate, held.use_and, held.taps,
           walk_rows_left, walk_columns_left, walk_cells_left}),
      .out({begin0, word_last0, instruction_last0, shift0, negate0, use_and0, taps0, rows_left0, columns_left0, cells_left0})
  );

  // A deeper pipeline waits here, where a step is addresses alone.
  localparam int REQUEST = 1 + 1 + 13 + 13 + 4 + 3 * ACT_BITS + 9 + 9 + 2 + 2 + 4 + 7;
  logic read, taps;
  logic signed [12:0] x, y;
  logic [3:0] first_cell, cells_left;
  logic [ACT_BITS-1:0] address, column_pitch, row_pitch;
  logic [8:0] width, height;
  logic [1:0] rows_left, columns_left;
  logic [6:0] last_channels;
  delay_line #(.WIDTH(REQUEST), .CYCLES(SLACK + LEAD)) slack (
      .clk(clk), .reset(1'b0),
      .in({step0, taps0, x0, y0, cell0, address0, column_pitch0, row_pitch0, width0, height0, rows_left0, columns_left0,
           cells_left0, last_channels0}),
      .out({read, taps, x, y, first_cell, address, column_pitch, row_pitch, width, height, rows_left, columns_left, cells_left,
            last_channels})
  );

  logic [48*WORDS-1:0] operand;
  window_reader #(.SLICES(WORDS / 3), .ADDRESS_BITS(ACT_BITS), .LATENCY(ACT_LATENCY)) reader (
      .clk(clk), .read(read), .taps(taps), .x(x), .y(y), .first_cell(first_cell), .address(address),
      .column_pitch(column_pitch), .row_pitch(row_pitch), .width(width), .height(height), .columns_left(columns_left),
      .rows_left(rows_left), .cells_left(cells_left), .last_channels(last_channels), .act_binary_read(act_binary_read),
      .act_binary_address(act_binary_address), .act_binary_data(act_binary_data), .operand(operand)
  );

  // From the pointers to the operand register, and on to the accumulator's input.
  localparam int TO_OPERAND = SLACK + LEAD + 2 + ACT_LATENCY;
  localparam int TO_WEIGHT = TO_OPERAND + GATES + POPCOUNT;
  localparam int TO_SUM = TO_WEIGHT + 1;

  delay_line #(.WIDTH(1 + WEIGHT_BITS), .CYCLES(TO_OPERAND - WEIGHT_LATENCY)) weights (
      .clk(clk), .reset(1'b0), .in({step0, weight0}), .out({weights_binary_read, weights_binary_address})
  );
  delay_line #(.WIDTH(1 + START_BITS), .CYCLES(TO_SUM - START_LATENCY)) starts (
      .clk(clk), .reset(1'b0), .in({step0 && begin0, start0}), .out({parameters_read, parameters_address})
  );
  logic use_and, negate, begin_word, step, word_last, instruction_last;
  logic [3:0] shift;
  delay_line #(.WIDTH(1), .CYCLES(TO_OPERAND)) operations (.clk(clk), .reset(1'b0), .in(use_and0), .out(use_and));
  delay_line #(.WIDTH(5), .CYCLES(TO_WEIGHT)) plane_weights (.clk(clk), .reset(1'b0), .in({shift0, negate0}), .out({shift, negate}));
  delay_line #(.WIDTH(4), .CYCLES(TO_SUM), .RESET(1)) steps (
      .clk(clk), .reset(reset), .in({step0, begin0, word_last0, instruction_last0}),
      .out({step, begin_word, word_last, instruction_last})
  );
  delay_line #(.WIDTH(SUM_BITS), .CYCLES(TO_SUM + 1)) sums (.clk(clk), .reset(1'b0), .in(sum0), .out(accumulators_write_address));
  always_ff @(posedge clk) begin
    accumulators_write <= step && word_last && !reset;
    done <= step && instruction_last && !reset;
  end

  generate
    for (genvar r = 0; r < ROWS; r = r + 1) begin : g_row
      logic [ACCUMULATOR-1:0] sum;
      xnor_row #(.WORDS(WORDS), .IMPLEMENTATION(IMPLEMENTATION), .ACCUMULATOR(ACCUMULATOR)) row (
          .clk(clk), .operand(operand), .weights(weights_binary_data[48*WORDS*r +: 48*WORDS]), .use_and(use_and),
          .shift(shift), .negate(negate), .begin_word(begin_word), .step(step),
          .start(parameters_data[32*r +: ACCUMULATOR]), .sum(sum)
      );
      if (ACCUMULATOR < 32) begin : g_extend
        assign accumulators_write_data[32*r +: 32] = {{(32 - ACCUMULATOR) {sum[ACCUMULATOR-1]}}, sum};
      end else begin : g_whole
        assign accumulators_write_data[32*r +: 32] = sum;
      end
    end
  endgenerate
endmodule
