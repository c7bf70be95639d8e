// SPDX-License-Identifier: Apache-2.0
// xnor_array with its queue and the buffers it reads (ports: test/conformance/README.md).
// A memory that is not asked answers with wrong bits: what a unit uses without reading it shows.
module bench_xnor_array #(
    parameter int ROWS = blendsim_pkg::XNOR_ARRAY_ROWS,
    parameter int WORDS = blendsim_pkg::XNOR_ARRAY_WORDS,
    parameter int ACT_BITS = blendsim_pkg::BUFFER_ACT_BINARY_ADDRESS_BITS,
    parameter int WEIGHT_BITS = blendsim_pkg::BUFFER_WEIGHTS_BINARY_ADDRESS_BITS,
    parameter int START_BITS = blendsim_pkg::BUFFER_PARAMETERS_ADDRESS_BITS,
    parameter int SUM_BITS = blendsim_pkg::BUFFER_ACCUMULATORS_ADDRESS_BITS,
    parameter int CELL = 16 * (WORDS / 3),
    parameter int WIDEST = ROWS * WORDS * 48 > blendsim_pkg::BUFFER_PARAMETERS_WIDTH ? ROWS * WORDS * 48
                                                                                      : blendsim_pkg::BUFFER_PARAMETERS_WIDTH
) (
    input  logic         clk,
    input  logic         reset,
    input  logic         enter,
    input  logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    output logic         full,
    input  logic [blendsim_pkg::UNITS-1:0]   data_posted,
    input  logic [blendsim_pkg::UNITS-1:0]   space_posted,
    output logic [blendsim_pkg::UNITS-1:0]   post_data,
    output logic [blendsim_pkg::UNITS-1:0]   post_space,
    output logic         start,
    output logic         done,
    output logic         overflow,
    output logic [31:0]  busy,
    output logic [31:0]  stall_dependency,
    output logic [31:0]  stall_memory,
    output logic [31:0]  stall_downstream,
    output logic [31:0]  stall_fence,
    output logic [31:0]  stall_dispatch,
    input  logic         preload_write,
    input  logic [2:0]   preload_buffer,
    /* verilator lint_off UNUSEDSIGNAL */
    input  logic [19:0]  preload_address,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [WIDEST-1:0] preload_data,
    output logic         accumulators_write,
    output logic [SUM_BITS-1:0]  accumulators_write_address,
    output logic [ROWS*32-1:0]   accumulators_write_data
);
  logic front_free;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [blendsim_pkg::ENTRY_BITS-1:0] instruction;
  /* verilator lint_on UNUSEDSIGNAL */
  /* verilator lint_off PINCONNECTEMPTY */
  queue_unit #(.UNIT(blendsim_pkg::UNIT_XNOR_ARRAY)) queue (
      .clk(clk), .reset(reset), .enter(enter), .entry(entry), .full(full), .data_posted(data_posted),
      .space_posted(space_posted), .post_data(post_data), .post_space(post_space), .start(start), .instruction(instruction),
      .front_free(front_free), .done(done), .in_flight(), .overflow(overflow), .busy(busy),
      .stall_dependency(stall_dependency), .stall_memory(stall_memory), .stall_downstream(stall_downstream),
      .stall_fence(stall_fence), .stall_dispatch(stall_dispatch)
  );
  /* verilator lint_on PINCONNECTEMPTY */

  logic [15:0] act_binary_read;
  logic [16*ACT_BITS-1:0] act_binary_address;
  logic [16*CELL-1:0] act_binary_data;
  logic weights_binary_read, parameters_read;
  logic [WEIGHT_BITS-1:0] weights_binary_address;
  logic [ROWS*WORDS*48-1:0] weights_binary_data;
  logic [START_BITS-1:0] parameters_address;
  logic [ROWS*32-1:0] parameters_data;
  xnor_array unit (
      .clk(clk), .reset(reset), .start(start),
      .instruction(instruction[blendsim_pkg::XNOR_ARRAY_INSTRUCTION_BITS-1:0]), .front_free(front_free), .done(done),
      .act_binary_read(act_binary_read), .act_binary_address(act_binary_address), .act_binary_data(act_binary_data),
      .weights_binary_read(weights_binary_read), .weights_binary_address(weights_binary_address),
      .weights_binary_data(weights_binary_data), .parameters_read(parameters_read),
      .parameters_address(parameters_address), .parameters_data(parameters_data),
      .accumulators_write(accumulators_write), .accumulators_write_address(accumulators_write_address),
      .accumulators_write_data(accumulators_write_data)
  );

  generate
    for (genvar b = 0; b < 16; b = b + 1) begin : g_bank
      bench_xnor_memory #(
          .WIDTH(CELL), .WORDS(blendsim_pkg::BUFFER_ACT_BINARY_REGIONS * blendsim_pkg::BUFFER_ACT_BINARY_DEPTH),
          .ADDRESS_BITS(ACT_BITS), .LATENCY(blendsim_pkg::BUFFER_ACT_BINARY_LATENCY)
      ) bank (
          .clk(clk), .write(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_ACT_BINARY)),
          .write_address(preload_address[ACT_BITS-1:0]), .write_data(preload_data[b*CELL +: CELL]),
          .read(act_binary_read[b]), .address(act_binary_address[b*ACT_BITS +: ACT_BITS]), .data(act_binary_data[b*CELL +: CELL])
      );
    end
  endgenerate
  bench_xnor_memory #(
      .WIDTH(ROWS * WORDS * 48), .WORDS(blendsim_pkg::BUFFER_WEIGHTS_BINARY_DEPTH), .ADDRESS_BITS(WEIGHT_BITS),
      .LATENCY(blendsim_pkg::BUFFER_WEIGHTS_BINARY_LATENCY)
  ) weights (
      .clk(clk), .write(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_WEIGHTS_BINARY)),
      .write_address(preload_address[WEIGHT_BITS-1:0]), .write_data(preload_data[ROWS*WORDS*48-1:0]),
      .read(weights_binary_read), .address(weights_binary_address), .data(weights_binary_data)
  );
  bench_xnor_memory #(
      .WIDTH(ROWS * 32), .WORDS(blendsim_pkg::BUFFER_PARAMETERS_REGIONS * blendsim_pkg::BUFFER_PARAMETERS_DEPTH),
      .ADDRESS_BITS(START_BITS), .LATENCY(blendsim_pkg::BUFFER_PARAMETERS_LATENCY)
  ) parameters (
      .clk(clk), .write(preload_write && preload_buffer == 3'(blendsim_pkg::BUFFER_ID_PARAMETERS)),
      .write_address(preload_address[START_BITS-1:0]), .write_data(preload_data[ROWS*32-1:0]),
      .read(parameters_read), .address(parameters_address), .data(parameters_data)
  );
endmodule

// Answers LATENCY cycles after the address, with the complement where nothing was read.
/* verilator lint_off DECLFILENAME */
module bench_xnor_memory #(
    parameter int WIDTH = 16,
    parameter int WORDS = 512,
    parameter int ADDRESS_BITS = $clog2(WORDS),
    parameter int LATENCY = 1
) (
    input  logic                    clk,
    input  logic                    write,
    input  logic [ADDRESS_BITS-1:0] write_address,
    input  logic [WIDTH-1:0]        write_data,
    input  logic                    read,
    input  logic [ADDRESS_BITS-1:0] address,
    output logic [WIDTH-1:0]        data
);
  logic [WIDTH-1:0] words [0:WORDS-1];
  logic [WIDTH-1:0] answer;
  always_ff @(posedge clk) begin
    if (write) words[write_address] <= write_data;
    answer <= read ? words[address] : ~words[address];
  end
  delay_line #(.WIDTH(WIDTH), .CYCLES(LATENCY - 1)) registers (.clk(clk), .reset(1'b0), .in(answer), .out(data));
endmodule
