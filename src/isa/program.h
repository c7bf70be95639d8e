// SPDX-License-Identifier: Apache-2.0
// A compiled program: everything a machine and a report need, and nothing of the network it came from.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isa/instruction.h"
#include "numerics/host_op.h"
#include "tensor/format.h"

namespace blendsim {

// Where a tensor's values can be read back: what was written by which layer, for captures and outputs.
struct TensorView {
  enum class Place : std::uint8_t { dram, act_binary, act_fixed, xnor_accumulators, mac_accumulators };
  std::string name;
  Place place = Place::act_fixed;
  Format format;
  std::int32_t channels = 0, height = 0, width = 0;
  std::uint32_t base = 0;    // map base (binary: BinaryMap::base); dram: byte address relative to the output base;
                             // 0 where the map lies in bands
  std::uint32_t slices = 0;  // slices (binary: cells) a pixel of the whole map
  std::uint32_t first = 0;   // first slice (binary: 16-channel slice within a plane) of the view
  std::uint32_t bytes = 1;   // of a fixed value
  std::uint32_t planes = 1;  // binary: planes of an n-bit code, plane_cells apart
  std::uint32_t plane_cells = 0;
  // A map that is never there as a whole: rows [k * band_rows, (k + 1) * band_rows) are found, for a while, where they
  // lie in a map at bands[k]. No bands: the map lies whole at `base`.
  std::int32_t band_rows = 0;
  std::vector<std::uint32_t> bands = {};
  // A result that is computed in patches, which follow each other in the layer's results and may overlap: the number of
  // this one, and where in its tensor its first pixel lies.
  std::int32_t patch = 0, top = 0, left = 0;
  bool operator==(const TensorView&) const = default;

  [[nodiscard]] bool in_bands() const { return !bands.empty(); }
  // Rows from this one on that lie in the map at one base.
  [[nodiscard]] std::int64_t rows_from(std::uint32_t row) const {
    return bands.empty() ? std::int64_t{height} - row : band_rows - row % static_cast<std::uint32_t>(band_rows);
  }
  // The map's base for a row of it.
  [[nodiscard]] std::uint32_t base_of(std::uint32_t row) const {
    return bands.empty() ? base : bands[row / static_cast<std::uint32_t>(band_rows)];
  }
};

// Row of the layer table. Instructions name their layer by index.
struct ProgramLayer {
  std::string name;  // as in the lowered network; "input", "output" for the transfers
  std::string op;
  std::vector<std::string> nodes;
  std::string unit;                 // unit that does the layer's main work
  std::int64_t macs = 0;            // useful multiply-accumulates
  bool binary = false;              // both operands bipolar
  std::vector<TensorView> results;  // tensors this layer's instructions write (accumulators included)
  bool operator==(const ProgramLayer&) const = default;
};

struct DramSegment {
  std::uint64_t address = 0;  // relative to DramBase::program
  std::vector<std::uint8_t> bytes;
  bool operator==(const DramSegment&) const = default;
};

struct BufferUse {
  std::int64_t peak_bits = 0;  // most bits allocated at once
  bool operator==(const BufferUse&) const = default;
};

struct Program {
  std::string network;         // name
  std::string network_digest;  // IntegerNetwork::digest
  std::string platform_yaml;   // resolved platform, canonical text
  std::string platform_digest;
  std::vector<Word> init;             // run once: brings program, resident weights and parameters on chip
  std::vector<Word> main;             // run for each group of `images`
  bool resident = true;               // main stays in the instructions buffer
  std::vector<DramSegment> segments;  // weights, parameters, the instruction words themselves
  std::uint64_t program_bytes = 0;    // size of the program area in DRAM (read-only while running)
  std::int32_t images = 1;           // that one run of main computes, each with rows of `layers` and outputs of its own
  std::uint64_t input_bytes = 0;     // of these images, one after the other, multiple of the bus word
  std::uint64_t output_bytes = 0;    // likewise: the outputs, and behind them
  std::uint64_t scratch_bytes = 0;   // ... of these, maps that wait in DRAM until they are loaded again
  std::uint64_t main_address = 0;    // of `main` in the program area, words of 16 bytes
  std::uint64_t init_address = 0;    // of `init`, which is always fetched from there
  std::vector<ProgramLayer> layers;  // of each image as many (image_name.h)
  TensorView input;                  // place dram; see transfer/instruction.h for the byte order of each form
  TransferForm input_form = TransferForm::fixed;
  std::uint32_t input_row_bytes = 0;  // DRAM bytes of one row of the input map
  HostInput host_input;
  std::vector<TensorView> outputs;       // place dram, form fixed (bytes per value in the view), row_bytes as computed
  std::vector<HostOutput> host_outputs;  // parallel to outputs
  std::vector<BufferUse> buffers;        // buffer_count of them
  std::vector<std::string> notes;        // exactness notes and decisions that a report should repeat
  bool assumed = false;                  // quantised on an assumption: runs compute no values

  [[nodiscard]] std::size_t layers_an_image() const { return layers.size() / static_cast<std::size_t>(images); }
  [[nodiscard]] std::size_t outputs_an_image() const { return outputs.size() / static_cast<std::size_t>(images); }
  [[nodiscard]] std::string digest() const;
  bool operator==(const Program&) const = default;
};

// The program file: the FlatBuffers container and its checksum. Reading a program checks both and the stored digest,
// and says nothing of what it holds: verify() does. Throws file-unreadable, file-unrecognised, program-damaged,
// program-version (written by another BlendSim, whose instructions are others).
void write_program(const Program& program, const std::string& path);
[[nodiscard]] Program read_program(const std::string& path);
[[nodiscard]] bool is_program(const std::string& path);  // by its file identifier
// The same from and to a file's bytes; `path` names them in diagnostics.
[[nodiscard]] Program parse_program(std::span<const std::uint8_t> bytes, const std::string& path);
[[nodiscard]] std::vector<std::uint8_t> program_bytes(const Program& program);

// Proves a program, which may be anybody's, against a machine (docs/isa.md, "Rules of a legal program"): first every
// field of the container, so that all sizes are bounded before one is used; then that DRAM holds init's words, and
// main's where they are fetched or loaded from; every instruction field legal, addresses inside regions and DRAM areas,
// tokens balanced, each post before its wait in program order, counters within token_bits, and the happens-before proof
// of rule 6 (no two units on one port of a region or the same data unordered; reads only of written words); that each
// layer's results are written. Throws DiagnosticError program-invalid naming the field's path, or instruction index and
// rule.
void verify(const Program& program, const MachineParameters& machine);

}  // namespace blendsim
