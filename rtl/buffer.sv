// SPDX-License-Identifier: Apache-2.0
// buffer: a set of regions, each with one read and one write port (rule 6), shared by the units that read and write it.
//
// Parameters  REGIONS, DEPTH words a region, WIDTH bits a word, KIND, LATENCY as the platform's; READERS and WRITERS ports of
//             units; WORDS consecutive words that a port moves in one cycle; SLICES parts of a word with a write enable each.
// Addresses   run through all regions: region = address / DEPTH, below REGIONS. The WORDS words of an access lie in one region.
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
    localparam int REGION = REGIONS > 1 ? $clog2(REGIONS) : 1;
    localparam int PLACE = $clog2(DEPTH);  // bits of a word's place in its region
    localparam int WAY_BITS = $clog2(WORDS);
    localparam int WAYS = 1 << WAY_BITS;
    localparam int ROWS = (DEPTH + WAYS - 1) / WAYS;
    localparam int ROW = ROWS > 1 ? $clog2(ROWS) : 1;

    // A comparison with a constant in LUTs: written as `>=`, yosys makes it a carry chain.
    function automatic logic reaches(input logic [ADDRESS-1:0] address, input int bound);
        reaches = 1'b1;
        for (int i = 0; i < ADDRESS; i++) reaches = bound[i] ? address[i] && reaches : address[i] || reaches;
    endfunction

    // With a DEPTH that is a power of two these are the high bits.
    function automatic logic [REGION-1:0] region_of(input logic [ADDRESS-1:0] address);
        region_of = '0;
        for (int r = 1; r < REGIONS; r++) if (reaches(address, r * DEPTH)) region_of = REGION'(r);
    endfunction

    logic [REGIONS*WAYS*WIDTH-1:0] region_data;

    generate
        // Each writer's words turned to the ways that they lie in.
        logic [WRITERS*WAYS*SLICES-1:0] turned_write;
        logic [WRITERS*WAYS*WIDTH-1:0] turned_data;
        if (WAYS == 1) begin : straight
            assign turned_write = write;
            assign turned_data = write_data;
        end else begin : turned
            for (genvar u = 0; u < WRITERS; u++) begin : writer
                logic [WAY_BITS-1:0] first;  // way of the first word
                always_comb begin
                    first = write_address[u*ADDRESS +: WAY_BITS];
                    for (int r = 1; r < REGIONS; r++)
                        if (region_of(write_address[u*ADDRESS +: ADDRESS]) == REGION'(r))
                            first = write_address[u*ADDRESS +: WAY_BITS] - WAY_BITS'(r * DEPTH);
                end
                for (genvar w = 0; w < WAYS; w++) begin : way
                    logic [WAY_BITS-1:0] word;  // which of the access's lies in this way; there are WORDS
                    assign word = WAY_BITS'(w) - first;
                    multiplexer #(.COUNT(WAYS), .WIDTH(SLICES)) enables (
                        .select(word), .words((WAYS * SLICES)'(write[u*WORDS*SLICES +: WORDS*SLICES])),
                        .word(turned_write[(u*WAYS+w)*SLICES +: SLICES]));
                    multiplexer #(.COUNT(WORDS), .WIDTH(WIDTH)) data (
                        .select(word), .words(write_data[u*WORDS*WIDTH +: WORDS*WIDTH]),
                        .word(turned_data[(u*WAYS+w)*WIDTH +: WIDTH]));
                end
            end
        end

        for (genvar r = 0; r < REGIONS; r++) begin : region
            // Who addresses this region, and where: at most one of each.
            logic [READERS-1:0] reads;
            logic [WRITERS-1:0] writes;
            always_comb begin
                for (int u = 0; u < READERS; u++)
                    reads[u] = read[u] && region_of(read_address[u*ADDRESS +: ADDRESS]) == REGION'(r);
                for (int u = 0; u < WRITERS; u++)
                    writes[u] = |write[u*WORDS*SLICES +: WORDS*SLICES]
                                && region_of(write_address[u*ADDRESS +: ADDRESS]) == REGION'(r);
            end

            logic any_read;
            logic [PLACE-1:0] read_at, read_place;
            assign read_place = read_at - PLACE'(r * DEPTH);
            if (READERS == 1) begin : one_reader
                assign any_read = reads;
                assign read_at = read_address[PLACE-1:0];
            end else begin : any_reader
                logic [READERS*(1+PLACE)-1:0] requests;
                for (genvar u = 0; u < READERS; u++) begin : request
                    assign requests[u*(1+PLACE) +: 1+PLACE] = {read[u], read_address[u*ADDRESS +: PLACE]};
                end
                one_hot_multiplexer #(.PORTS(READERS), .WIDTH(1 + PLACE)) request_of (
                    .chosen(reads), .words(requests), .word({any_read, read_at}));
            end

            logic [PLACE-1:0] write_at, write_place;
            assign write_place = write_at - PLACE'(r * DEPTH);
            logic [WAYS*SLICES-1:0] enable;
            logic [WAYS*WIDTH-1:0] data;
            if (WRITERS == 1) begin : one_writer
                assign write_at = write_address[PLACE-1:0];
                assign enable = writes ? turned_write : '0;
                assign data = turned_data;
            end else begin : any_writer
                localparam int REQUEST = PLACE + WAYS * (SLICES + WIDTH);
                logic [WRITERS*REQUEST-1:0] requests;
                for (genvar u = 0; u < WRITERS; u++) begin : request
                    assign requests[u*REQUEST +: REQUEST] = {write_address[u*ADDRESS +: PLACE],
                        turned_write[u*WAYS*SLICES +: WAYS*SLICES], turned_data[u*WAYS*WIDTH +: WAYS*WIDTH]};
                end
                one_hot_multiplexer #(.PORTS(WRITERS), .WIDTH(REQUEST)) request_of (
                    .chosen(writes), .words(requests), .word({write_at, enable, data}));
            end

            for (genvar w = 0; w < WAYS; w++) begin : way
                logic [ROW-1:0] read_row, write_row;
                // A way below the first word's holds words of the next row.
                if (w == WAYS - 1) begin : last
                    assign read_row = ROW'(read_place >> WAY_BITS);
                    assign write_row = ROW'(write_place >> WAY_BITS);
                end else begin : lower
                    assign read_row = ROW'(read_place >> WAY_BITS) + ROW'(read_place[WAY_BITS-1:0] > WAY_BITS'(w));
                    assign write_row = ROW'(write_place >> WAY_BITS) + ROW'(write_place[WAY_BITS-1:0] > WAY_BITS'(w));
                end
                memory #(.WIDTH(WIDTH), .DEPTH(ROWS), .SLICES(SLICES), .KIND(KIND), .LATENCY(LATENCY)) store (
                    .clk, .read(any_read), .read_address(read_row),
                    .read_data(region_data[(r*WAYS+w)*WIDTH +: WIDTH]),
                    .write(enable[w*SLICES +: SLICES]), .write_address(write_row), .write_data(data[w*WIDTH +: WIDTH]));
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
            if (REGIONS == 1) begin : one_region
                assign row = region_data;
            end else begin : any_region
                logic [REGION-1:0] from [LATENCY];
                always_ff @(posedge clk) begin
                    from[0] <= region_of(read_address[u*ADDRESS +: ADDRESS]);
                    for (int n = 1; n < LATENCY; n++) from[n] <= from[n-1];
                end
                multiplexer #(.COUNT(REGIONS), .WIDTH(WAYS * WIDTH)) row_of (.select(from[LATENCY-1]), .words(region_data), .word(row));
            end

            if (WAYS == 1) begin : plain
                assign read_data[u*WIDTH +: WIDTH] = row;
            end else begin : rotated
                logic [WAY_BITS-1:0] place, first [LATENCY];  // way of the first word
                always_comb begin
                    place = read_address[u*ADDRESS +: WAY_BITS];
                    for (int r = 1; r < REGIONS; r++)
                        if (region_of(read_address[u*ADDRESS +: ADDRESS]) == REGION'(r))
                            place = read_address[u*ADDRESS +: WAY_BITS] - WAY_BITS'(r * DEPTH);
                end
                always_ff @(posedge clk) begin
                    first[0] <= place;
                    for (int n = 1; n < LATENCY; n++) first[n] <= first[n-1];
                end
                for (genvar n = 0; n < WORDS; n++) begin : word
                    logic [WAY_BITS-1:0] way;
                    assign way = first[LATENCY-1] + WAY_BITS'(n);
                    multiplexer #(.COUNT(WAYS), .WIDTH(WIDTH)) word_of (
                        .select(way), .words(row), .word(read_data[(u*WORDS+n)*WIDTH +: WIDTH]));
                end
            end
        end
    endgenerate
endmodule
