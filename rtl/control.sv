// SPDX-License-Identifier: Apache-2.0
// control: the registers that the host sees, the doorbell and the completion.
//
// Registers (32 bit, byte addresses; low word first):
//   0x00 doorbell         write 1: run the stream once; accepted while nothing runs, else ignored
//   0x04 status           bit 0: the last run has completed
//   0x08 stream_words     128-bit words of the stream, END included
//   0x0c resident         bit 0: the stream is in the instructions buffer, else at stream_address
//   0x10 stream_address   in DRAM, 16-byte aligned       0x18 program_base   area of DRAM, 4 KiB aligned
//   0x20 input_base       likewise                       0x28 output_base    likewise
// The host may write the next run's values while one runs: the accepted doorbell takes them all.
//
// Times       the doorbell is accepted in the cycle of its write, `go` is 1 in the next. Completion (END): the flag reads 1 one
//             cycle after the first cycle in which END has been written and no instruction is entered and not yet done.
module control #(
    parameter int ADDRESS = 40,
    parameter int WORDS = 24,
    parameter int COUNT = 16  // bits of the count of instructions between entry and end
) (
    input  logic clk,
    input  logic reset,
    // host
    input  logic register_write,
    input  logic [5:0] register_address,
    input  logic [31:0] register_write_data,
    output logic [31:0] register_read_data,  // of register_address, in the same cycle
    output logic complete,
    // dispatcher
    output logic go,
    output logic resident,
    output logic [ADDRESS-1:0] stream_address,
    output logic [WORDS-1:0] stream_words,
    input  logic end_written,
    // load, store
    output logic [ADDRESS-1:0] program_base,
    output logic [ADDRESS-1:0] input_base,
    output logic [ADDRESS-1:0] output_base,
    // queue units
    input  logic [blendsim_pkg::UNITS-1:0] enter,
    input  logic [blendsim_pkg::UNITS-1:0] done
);
  // --- registers ------------------------------------------------------------------------------------------------------
  logic running, accepted;
  logic [WORDS-1:0] next_words;
  logic next_resident;
  logic [ADDRESS-1:0] next_stream, next_program, next_input, next_output;
  assign accepted = register_write && register_address == 6'h00 && register_write_data[0] && !running;
  always_ff @(posedge clk) begin
    if (register_write) begin
      case (register_address)
        6'h08: next_words <= WORDS'(register_write_data);
        6'h0c: next_resident <= register_write_data[0];
        6'h10: next_stream[31:0] <= register_write_data;
        6'h14: next_stream[ADDRESS-1:32] <= register_write_data[ADDRESS-33:0];
        6'h18: next_program[31:0] <= register_write_data;
        6'h1c: next_program[ADDRESS-1:32] <= register_write_data[ADDRESS-33:0];
        6'h20: next_input[31:0] <= register_write_data;
        6'h24: next_input[ADDRESS-1:32] <= register_write_data[ADDRESS-33:0];
        6'h28: next_output[31:0] <= register_write_data;
        6'h2c: next_output[ADDRESS-1:32] <= register_write_data[ADDRESS-33:0];
        default: ;
      endcase
    end
    if (accepted) begin
      stream_words <= next_words;
      resident <= next_resident;
      stream_address <= next_stream;
      program_base <= next_program;
      input_base <= next_input;
      output_base <= next_output;
    end
  end
  assign register_read_data = register_address == 6'h04 ? {31'd0, complete} : 32'd0;

  // --- the run: instructions entered and not yet done ---------------------------------------------------------------------
  logic [COUNT-1:0] outstanding;
  logic ended, end_seen, retires;
  logic [2:0] dones;
  always_comb begin
    dones = '0;
    for (int u = 0; u < blendsim_pkg::UNITS; u++) dones = dones + 3'(done[u]);
  end
  assign end_seen = ended || end_written;
  assign retires = running && end_seen && outstanding == '0;
  always_ff @(posedge clk) begin
    if (reset) begin
      running <= 1'b0;
      complete <= 1'b0;
      go <= 1'b0;
      ended <= 1'b0;
      outstanding <= '0;
    end else begin
      go <= accepted;
      running <= accepted || (running && !retires);
      complete <= !accepted && (complete || retires);
      ended <= end_seen && !retires;
      outstanding <= outstanding + COUNT'(|enter) - COUNT'(dones);
    end
  end
endmodule
