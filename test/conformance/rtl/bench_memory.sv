// SPDX-License-Identifier: Apache-2.0
// A buffer for benches: WORDS consecutive words, LATENCY cycles after the address of the first; ones for what was not read, so
// that a unit which uses more than it reads shows. Writes WORDS consecutive words too, with an enable each.
module bench_memory #(
    parameter int WIDTH = 128,
    parameter int DEPTH = 512,
    parameter int ADDRESS = 9,
    parameter int LATENCY = 2,
    parameter int WORDS = 1
) (
    input  logic                   clk,
    input  logic [WORDS-1:0]       write,
    input  logic [ADDRESS-1:0]     write_address,
    input  logic [WIDTH*WORDS-1:0] write_data,
    input  logic                   read,
    input  logic [ADDRESS-1:0]     address,
    output logic [WIDTH*WORDS-1:0] data
);
  logic [WIDTH-1:0] words[DEPTH];
  logic [WIDTH*WORDS-1:0] answer;
  always_ff @(posedge clk) begin
    for (int n = 0; n < WORDS; n = n + 1) begin
      if (write[n] && 32'(write_address) + n < DEPTH) words[write_address+ADDRESS'(n)] <= write_data[WIDTH*n+:WIDTH];
      answer[WIDTH*n+:WIDTH] <= read && 32'(address) + n < DEPTH ? words[address+ADDRESS'(n)] : {WIDTH{1'b1}};
    end
  end
  delay_line #(.WIDTH(WIDTH * WORDS), .CYCLES(LATENCY - 1)) latency (.clk(clk), .reset(1'b0), .in(answer), .out(data));
endmodule
