// SPDX-License-Identifier: Apache-2.0
// buffer: a set of regions, each with one read and one write port (rule 6), shared by the units that read and write it.
//
// Parameters  REGIONS, DEPTH words a region, WIDTH bits a word, KIND, LATENCY as the platform's; READERS and WRITERS ports of
//             units; WORDS consecutive words that a port moves in one cycle; SLICES parts of a word with a write enable each.
// Addresses   run through all regions: region = address / DEPTH. The WORDS words of an access lie in one region.
// Read        `read[u]` with an address in cycle c; its words, lowest address at the LSB, in c + LATENCY.
// Write       an enable a word and slice, address of the first word, data; taken at the end of the cycle.
// Built as    a memory a region and way: word w of a region in way w mod WAYS, row w / WAYS, WAYS = WORDS rounded up to a power of
//             two. No arbiter: a unit reaches every region, and the program sees to it that no two meet on one port; in
//             simulation that is an error which names the region.
module buffer #(
    parameter int REGIONS = 1,
    parameter int DEPTH = 512,
    parameter int WIDTH = 128,
    parameter int KIND = 0,
    parameter int LATENCY = 2,
    parameter int READERS = 1,
    parameter int WRITERS = 1,
    parameter int WORDS = 1,
    parameter int SLICES = 1,
    parameter int ADDRESS = $clog2(REGIONS * DEPTH)
) (
    input  logic clk,
    input  logic [READERS-1:0] read,
    input  logic [READERS*ADDRESS-1:0] read_address,
    output logic [READERS*WORDS*WIDTH-1:0] read_data,
    input  logic [WRITERS*WORDS*SLICES-1:0] write,
    input  logic [WRITERS*ADDRESS-1:0] write_address,
    input  logic [WRITERS*WORDS*WIDTH-1:0] write_data
);
    localparam int WAY_BITS = $clog2(WORDS);
    localparam int WAYS = 1 << WAY_BITS;
    localparam int ROWS = (DEPTH + WAYS - 1) / WAYS;
    localparam int ROW = ROWS > 1 ? $clog2(ROWS) : 1;

    logic [WAYS*WIDTH-1:0] region_data [REGIONS];

    generate
        for (genvar r = 0; r < REGIONS; r++) begin : region
            localparam int FIRST = r * DEPTH;

            // Who addresses this region, and where: at most one of each.
            logic [READERS-1:0] reads;
            logic [WRITERS-1:0] writes;
            logic [ADDRESS-1:0] read_word, write_word;
            always_comb begin
                read_word = '0;
                for (int u = 0; u < READERS; u++) begin
                    reads[u] = read[u] && 32'(read_address[u*ADDRESS +: ADDRESS]) - 32'(FIRST) < 32'(DEPTH);
                    if (reads[u]) read_word = read_word | (read_address[u*ADDRESS +: ADDRESS] - ADDRESS'(FIRST));
                end
                write_word = '0;
                for (int u = 0; u < WRITERS; u++) begin
                    writes[u] = |write[u*WORDS*SLICES +: WORDS*SLICES]
                                && 32'(write_address[u*ADDRESS +: ADDRESS]) - 32'(FIRST) < 32'(DEPTH);
                    if (writes[u]) write_word = write_word | (write_address[u*ADDRESS +: ADDRESS] - ADDRESS'(FIRST));
                end
            end

            logic [WORDS*SLICES-1:0] enable;
            logic [WORDS*WIDTH-1:0] data;
            if (WRITERS == 1) begin : one_writer
                assign enable = writes ? write : '0;
                assign data = write_data;
            end else begin : any_writer
                always_comb begin
                    enable = '0;
                    data = '0;
                    for (int u = 0; u < WRITERS; u++) begin
                        if (writes[u]) enable = enable | write[u*WORDS*SLICES +: WORDS*SLICES];
                        if (writes[u]) data = data | write_data[u*WORDS*WIDTH +: WORDS*WIDTH];
                    end
                end
            end

            if (WAYS == 1) begin : plain
                memory #(.WIDTH(WIDTH), .DEPTH(DEPTH), .SLICES(SLICES), .KIND(KIND), .LATENCY(LATENCY)) store (
                    .clk, .read(|reads), .read_address(read_word[ROW-1:0]), .read_data(region_data[r]),
                    .write(enable), .write_address(write_word[ROW-1:0]), .write_data(data));
            end else begin : interleaved
                for (genvar w = 0; w < WAYS; w++) begin : way
                    logic [WAY_BITS-1:0] write_place;  // which of the access's words lies in this way
                    logic [SLICES-1:0] way_enable;
                    logic [WIDTH-1:0] way_data;
                    logic [ROW-1:0] read_row, write_row;
                    // A way below the first word's holds words of the next row.
                    always_comb begin
                        read_row = ROW'(read_word >> WAY_BITS);
                        if (32'(read_word[WAY_BITS-1:0]) > w) read_row = read_row + 1'b1;
                        write_row = ROW'(write_word >> WAY_BITS);
                        if (32'(write_word[WAY_BITS-1:0]) > w) write_row = write_row + 1'b1;
                        write_place = WAY_BITS'(w) - write_word[WAY_BITS-1:0];
                        way_enable = '0;
                        way_data = '0;
                        for (int n = 0; n < WORDS; n++) begin
                            if (32'(write_place) == n) begin
                                way_enable = enable[n*SLICES +: SLICES];
                                way_data = data[n*WIDTH +: WIDTH];
                            end
                        end
                    end
                    memory #(.WIDTH(WIDTH), .DEPTH(ROWS), .SLICES(SLICES), .KIND(KIND), .LATENCY(LATENCY)) store (
                        .clk, .read(|reads), .read_address(read_row), .read_data(region_data[r][w*WIDTH +: WIDTH]),
                        .write(way_enable), .write_address(write_row), .write_data(way_data));
                end
            end

`ifndef SYNTHESIS
            always_ff @(posedge clk) begin
                if (!$onehot0(reads)) $error("two units read region %0d in one cycle: %b", r, reads);
                if (!$onehot0(writes)) $error("two units write region %0d in one cycle: %b", r, writes);
            end
`endif
        end

        // Each unit's words: from the region and way that it addressed LATENCY cycles before.
        for (genvar u = 0; u < READERS; u++) begin : reader
            logic [WAYS*WIDTH-1:0] row;
            /* verilator lint_off UNUSEDSIGNAL */
            logic [REGIONS-1:0] from [LATENCY];  // with one region there is nothing to choose
            /* verilator lint_on UNUSEDSIGNAL */
            always_ff @(posedge clk) begin
                for (int r = 0; r < REGIONS; r++)
                    from[0][r] <= 32'(read_address[u*ADDRESS +: ADDRESS]) - 32'(r * DEPTH) < 32'(DEPTH);
                for (int n = 1; n < LATENCY; n++) from[n] <= from[n-1];
            end
            if (REGIONS == 1) begin : one_region
                assign row = region_data[0];
            end else begin : any_region
                always_comb begin
                    row = '0;
                    for (int r = 0; r < REGIONS; r++) if (from[LATENCY-1][r]) row = row | region_data[r];
                end
            end

            if (WAYS == 1) begin : plain
                assign read_data[u*WIDTH +: WIDTH] = row;
            end else begin : rotated
                logic [WAY_BITS-1:0] place, first [LATENCY];  // way of the first word
                always_comb begin
                    place = '0;
                    for (int r = 0; r < REGIONS; r++)
                        if (32'(read_address[u*ADDRESS +: ADDRESS]) - 32'(r * DEPTH) < 32'(DEPTH))
                            place = read_address[u*ADDRESS +: WAY_BITS] - WAY_BITS'(r * DEPTH);
                end
                always_ff @(posedge clk) begin
                    first[0] <= place;
                    for (int n = 1; n < LATENCY; n++) first[n] <= first[n-1];
                end
                for (genvar n = 0; n < WORDS; n++) begin : word
                    logic [WAY_BITS-1:0] way;
                    assign way = first[LATENCY-1] + WAY_BITS'(n);
                    assign read_data[(u*WORDS+n)*WIDTH +: WIDTH] = row[32'(way)*WIDTH +: WIDTH];
                end
            end
        end
    endgenerate
endmodule
