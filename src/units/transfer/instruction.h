// SPDX-License-Identifier: Apache-2.0
// load, store: `runs` runs of `run_bytes` at dram_address + i * dram_stride, copied to or from a buffer.
//
// Forms (byte order little-endian; runs start and end on bus words; a run may carry filler bytes at its end):
//   linear  run i fills consecutive whole buffer words from `buffer_address` on, all runs back to back (weights,
//           parameters, instructions; the word is width/8 bytes rounded up to bus words in DRAM)
//   fixed   run i is row `row` + i of a map: for x, for s in slices: bytes * 16 bytes to FixedMap word
//           buffer_address + ((row+i) * width + x) * map_slices + s) * bytes; DRAM order is the same
//   binary  run i is row `row` + i: for x, for cell s in slices: a cell of 2m bytes to BinaryMap cell (x, row+i, first
//   + s) stem    run i is row `row` + i of a map with 4 bytes a pixel (4 channels): word x of the row holds pixels
//           x - pad_left .. x - pad_left + 3 (4 lanes each), pixels outside [0, in_width) are `fill`;
//           `width` words a row are written. Pixel slot j of a run (4 bytes, filler included) goes to lanes k of words
//           j + pad_left - k, one slot a cycle; lanes that no slot reaches so get `fill` in the cycles of the slots
//           that reach no word, so a run holds at least `width` slots, 4, and more than pad_left (load only)
#pragma once

#include <array>
#include <cstdint>

#include "units/synchronisation.h"

namespace blendsim {

enum class TransferForm : std::uint8_t { linear, fixed, binary, stem };
// What a DRAM address is relative to; image i of a batch adds i strides of the base. Behind the outputs, the output
// area holds maps for which there is no room on chip: load reads back what store has written there.
enum class DramBase : std::uint8_t { program, input, output };

struct TransferInstruction {
  Synchronisation sync;
  std::uint32_t form = 0;          // TransferForm
  std::uint32_t dram_base = 0;     // DramBase
  std::uint32_t dram_address = 0;  // bytes, multiple of the bus word
  std::uint32_t dram_stride = 0;   // bytes from one run to the next
  std::uint32_t run_bytes = 0;
  std::uint32_t runs = 0;
  std::uint32_t buffer = 0;             // BufferId
  std::uint32_t buffer_address = 0;     // linear: first word; maps: base
  std::uint32_t map_slices = 0;         // slices or cells a pixel of the whole map
  std::uint32_t first = 0;              // binary: first cell
  std::uint32_t slices = 0;             // slices or cells moved a pixel
  std::uint32_t bytes_log2 = 0;         // fixed: bytes of a value
  std::uint32_t row = 0;                // first map row
  std::uint32_t height = 0, width = 0;  // of the map; stem: words a row
  std::uint32_t in_width = 0;           // stem: pixels a row
  std::uint32_t pad_left = 0;           // stem
  std::uint32_t fill = 0;               // stem: byte for pixels outside
  bool operator==(const TransferInstruction&) const = default;
};

// The linear form of one run needs the first seven alone: a word.
inline constexpr std::array transfer_fields = {
    Field<TransferInstruction>{"form", &TransferInstruction::form, 2, "0 linear, 1 fixed map, 2 binary map, 3 stem"},
    Field<TransferInstruction>{"dram_base", &TransferInstruction::dram_base, 2, "0 program, 1 input, 2 output"},
    Field<TransferInstruction>{"dram_address", &TransferInstruction::dram_address, 32, "byte address"},
    Field<TransferInstruction>{"run_bytes", &TransferInstruction::run_bytes, 24, "bytes of a run"},
    Field<TransferInstruction>{"runs", &TransferInstruction::runs, 10, "runs"},
    Field<TransferInstruction>{"buffer", &TransferInstruction::buffer, 3, "buffer"},
    Field<TransferInstruction>{"buffer_address", &TransferInstruction::buffer_address, 18,
                               "first word, or the map's base"},
    Field<TransferInstruction>{"dram_stride", &TransferInstruction::dram_stride, 24, "bytes from one run to the next"},
    Field<TransferInstruction>{"map_slices", &TransferInstruction::map_slices, 9, "slices or cells a pixel of the map"},
    Field<TransferInstruction>{"first", &TransferInstruction::first, 9, "first cell"},
    Field<TransferInstruction>{"slices", &TransferInstruction::slices, 9, "slices or cells moved a pixel"},
    Field<TransferInstruction>{"bytes_log2", &TransferInstruction::bytes_log2, 2, "bytes of a value"},
    Field<TransferInstruction>{"row", &TransferInstruction::row, 9, "first map row"},
    Field<TransferInstruction>{"height", &TransferInstruction::height, 9, "map rows"},
    Field<TransferInstruction>{"width", &TransferInstruction::width, 9, "map columns"},
    Field<TransferInstruction>{"in_width", &TransferInstruction::in_width, 9, "stem: pixels a row"},
    Field<TransferInstruction>{"pad_left", &TransferInstruction::pad_left, 4, "stem: padding left"},
    Field<TransferInstruction>{"fill", &TransferInstruction::fill, 8, "stem: byte outside the map"},
};

}  // namespace blendsim
