// SPDX-License-Identifier: Apache-2.0
// control and dispatcher with a plain memory for the instructions buffer, for conformance. The queues and units behind them
// are the bench's: `full`, and `done` in an instruction's end cycle.
module bench_dispatcher #(
    parameter int BUS = blendsim_pkg::MEMORY_PORT_WIDTH
) (
    input  logic clk,
    input  logic reset,
    input  logic register_write,
    input  logic [5:0] register_address,
    input  logic [31:0] register_write_data,
    output logic [31:0] register_read_data,
    output logic complete,
    output logic [39:0] program_base,
    output logic [39:0] input_base,
    output logic [39:0] output_base,
    output logic [blendsim_pkg::UNITS-1:0] enter,
    output logic [blendsim_pkg::ENTRY_BITS-1:0] entry,
    input  logic [blendsim_pkg::UNITS-1:0] full,
    input  logic [blendsim_pkg::UNITS-1:0] done,
    input  logic preload_write,
    input  logic [blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS-1:0] preload_address,
    input  logic [127:0] preload_data,
    output logic arvalid,
    input  logic arready,
    output logic [39:0] araddr,
    output logic [7:0] arlen,
    input  logic rvalid,
    output logic rready,
    input  logic [BUS-1:0] rdata,
    input  logic rlast
);
  localparam int BITS = blendsim_pkg::BUFFER_INSTRUCTIONS_ADDRESS_BITS;

  logic go, resident, end_written, instructions_read;
  logic [39:0] stream_address;
  logic [23:0] stream_words;
  logic [BITS-1:0] instructions_address;
  logic [127:0] instructions_data;
  control registers (.*);
  dispatcher unit (.*);

  // A word that is not asked for comes as ones.
  logic [127:0] words[2**BITS];
  logic [127:0] word;
  always_ff @(posedge clk) begin
    if (preload_write) words[preload_address] <= preload_data;
    word <= instructions_read ? words[instructions_address] : '1;
  end
  delay_line #(.WIDTH(128), .CYCLES(blendsim_pkg::BUFFER_INSTRUCTIONS_LATENCY - 1)) latency (
      .clk, .reset, .in(word), .out(instructions_data));
endmodule
