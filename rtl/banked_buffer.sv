// SPDX-License-Identifier: Apache-2.0
// banked_buffer: a buffer in BANKS parts, each with addresses of its own: act_binary's 16 banks (a 3x3 window of a map in one
// cycle) and act_fixed's 4 parts of 32 bits (load's stem form writes a pixel into four words).
//
// Parameters  as buffer's; WIDTH and SLICES are a bank's.
// Ports       an enable and an address a unit and bank; data is word after word, in a word bank after bank; write enables
//             likewise, each SLICES wide.
module banked_buffer #(
    parameter int BANKS = 16,
    parameter int REGIONS = 1,
    parameter int DEPTH = 512,
    parameter int WIDTH = 16,
    parameter int KIND = 0,
    parameter int LATENCY = 2,
    parameter int READERS = 1,
    parameter int WRITERS = 1,
    parameter int WORDS = 1,
    parameter int SLICES = 1,
    parameter int ADDRESS = $clog2(REGIONS * DEPTH)
) (
    input  logic clk,
    input  logic [READERS*BANKS-1:0] read,
    input  logic [READERS*BANKS*ADDRESS-1:0] read_address,
    output logic [READERS*WORDS*BANKS*WIDTH-1:0] read_data,
    input  logic [WRITERS*WORDS*BANKS*SLICES-1:0] write,
    input  logic [WRITERS*BANKS*ADDRESS-1:0] write_address,
    input  logic [WRITERS*WORDS*BANKS*WIDTH-1:0] write_data
);
    generate
        for (genvar b = 0; b < BANKS; b++) begin : bank
            logic [READERS-1:0] bank_read;
            logic [READERS*ADDRESS-1:0] bank_read_address;
            logic [READERS*WORDS*WIDTH-1:0] bank_read_data;
            logic [WRITERS*WORDS*SLICES-1:0] bank_write;
            logic [WRITERS*ADDRESS-1:0] bank_write_address;
            logic [WRITERS*WORDS*WIDTH-1:0] bank_write_data;

            for (genvar u = 0; u < READERS; u++) begin : reader
                assign bank_read[u] = read[u*BANKS+b];
                assign bank_read_address[u*ADDRESS +: ADDRESS] = read_address[(u*BANKS+b)*ADDRESS +: ADDRESS];
                for (genvar n = 0; n < WORDS; n++) begin : word
                    assign read_data[((u*WORDS+n)*BANKS+b)*WIDTH +: WIDTH] = bank_read_data[(u*WORDS+n)*WIDTH +: WIDTH];
                end
            end
            for (genvar u = 0; u < WRITERS; u++) begin : writer
                assign bank_write_address[u*ADDRESS +: ADDRESS] = write_address[(u*BANKS+b)*ADDRESS +: ADDRESS];
                for (genvar n = 0; n < WORDS; n++) begin : word
                    assign bank_write[(u*WORDS+n)*SLICES +: SLICES] = write[((u*WORDS+n)*BANKS+b)*SLICES +: SLICES];
                    assign bank_write_data[(u*WORDS+n)*WIDTH +: WIDTH] = write_data[((u*WORDS+n)*BANKS+b)*WIDTH +: WIDTH];
                end
            end

            buffer #(.REGIONS(REGIONS), .DEPTH(DEPTH), .WIDTH(WIDTH), .KIND(KIND), .LATENCY(LATENCY), .READERS(READERS),
                     .WRITERS(WRITERS), .WORDS(WORDS), .SLICES(SLICES), .ADDRESS(ADDRESS)) regions (
                .clk, .read(bank_read), .read_address(bank_read_address), .read_data(bank_read_data),
                .write(bank_write), .write_address(bank_write_address), .write_data(bank_write_data));
        end
    endgenerate
endmodule
