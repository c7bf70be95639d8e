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
endmodule
