// SPDX-License-Identifier: Apache-2.0
// A FIFO whose front is a register: what is pushed into an empty one in cycle c is at the front in c+1, and one entry leaves
// a cycle. Behind the front lies a memory that is read a cycle ahead, block RAM from 65 entries on and LUT RAM below; an
// entry written where it is just being read is kept beside it for that cycle.
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

  localparam int KIND = DEPTH > 64 ? 0 : 2;  // of memory.sv

  logic [BITS-1:0] write_address, read_address, next_read_address;
  logic [BITS:0] count;  // the front included

  logic behind, to_front, to_memory, advance;
  assign available = count != 0;
  assign behind = count > 1;
  assign to_front = push && (!available || (pop && !behind));
  assign to_memory = push && !to_front;
  assign advance = pop && behind;
  assign next_read_address = advance ? read_address + 1'b1 : read_address;

  logic [WIDTH-1:0] read_data, written_data;
  memory #(.WIDTH(WIDTH), .DEPTH(2 ** BITS), .KIND(KIND), .LATENCY(1)) behind_front (
      .clk, .read(1'b1), .read_address(next_read_address), .read_data, .write(to_memory), .write_address,
      .write_data(push_data));
  logic written_there;
  always_ff @(posedge clk) begin
    written_there <= to_memory && write_address == next_read_address;
    written_data <= push_data;
    if (to_front) front <= push_data;
    else if (advance) front <= written_there ? written_data : read_data;
  end

  always_ff @(posedge clk) begin
    if (reset) begin
      count <= '0;
      write_address <= '0;
      read_address <= '0;
    end else begin
      count <= count + (BITS + 1)'(push) - (BITS + 1)'(pop);
      read_address <= next_read_address;
      if (to_memory) write_address <= write_address + 1'b1;
    end
  end
endmodule
