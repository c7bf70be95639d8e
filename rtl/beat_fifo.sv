// SPDX-License-Identifier: Apache-2.0
// A FIFO of which the front stands at the output: what is pushed into an empty one in cycle c is there in c+1, and one
// entry leaves a cycle. Up to 64 entries lie in LUT RAM, whose read port shows the front. More lie in block RAM, that
// is read a cycle ahead into a register; an entry written where it is just being read is kept beside it for that cycle.
//
// Parameters  WIDTH bits of an entry, DEPTH entries it holds at least. Nothing guards overflow: its owners count.
module beat_fifo #(
    parameter int WIDTH = 128,
    parameter int DEPTH = 16
) (
    input  logic clk,
    input  logic reset,
    input  logic push,
    input  logic [WIDTH-1:0] push_data,
    input  logic pop,        // only when available
    output logic available,
    output logic [WIDTH-1:0] front
);
  localparam int BITS = DEPTH > 2 ? $clog2(DEPTH) : 1;

  logic [BITS-1:0] write_address, read_address;
  logic [BITS:0] count;  // the front included
  logic to_memory, advance;
  assign available = count != 0;
  always_ff @(posedge clk) begin
    if (reset) begin
      count <= '0;
      write_address <= '0;
      read_address <= '0;
    end else begin
      count <= count + (BITS + 1)'(push) - (BITS + 1)'(pop);
      if (advance) read_address <= read_address + 1'b1;
      if (to_memory) write_address <= write_address + 1'b1;
    end
  end

  generate
    if (DEPTH <= 64) begin : lut_ram
      (* ram_style = "distributed" *) logic [WIDTH-1:0] entries[2**BITS];
      assign to_memory = push;
      assign advance = pop;
      assign front = entries[read_address];
      always_ff @(posedge clk) if (push) entries[write_address] <= push_data;
    end else begin : block_ram
      logic behind, to_front, written_there;
      logic [BITS-1:0] next_read_address;
      logic [WIDTH-1:0] read_data, written_data, next_front;
      assign behind = count > 1;
      assign to_front = push && (!available || (pop && !behind));
      assign to_memory = push && !to_front;
      assign advance = pop && behind;
      assign next_read_address = advance ? read_address + 1'b1 : read_address;
      memory #(.WIDTH(WIDTH), .DEPTH(2 ** BITS), .KIND(0), .LATENCY(1)) behind_front (
          .clk, .read(1'b1), .read_address(next_read_address), .read_data, .write(to_memory), .write_address,
          .write_data(push_data));
      multiplexer #(.COUNT(3), .WIDTH(WIDTH)) fronts (
          .select({to_front, written_there && !to_front}), .words({push_data, written_data, read_data}),
          .word(next_front));
      always_ff @(posedge clk) begin
        written_there <= to_memory && write_address == next_read_address;
        written_data <= push_data;
        if (to_front || advance) front <= next_front;
      end
    end
  endgenerate
endmodule
