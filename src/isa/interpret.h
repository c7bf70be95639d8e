// SPDX-License-Identifier: Apache-2.0
// The program run by a plain interpreter in program order, without time: the same `execute` as the machine's units.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/program.h"
#include "isa/written_results.h"
#include "units/actions.h"
#include "units/buffer/storage.h"

namespace blendsim {

// Values of one TensorView as they stand now: integers [channels, height, width]. Not for accumulators, which hold a
// few rows of a tensor at a time (InvariantError): ResultCapture collects those. In DRAM a map's rows follow each other
// without gaps, or plane_cells bytes apart where that is not 0 (rows padded to bus words).
[[nodiscard]] std::vector<std::int32_t> read_view(const TensorView& view, const Buffers& buffers,
                                                  std::span<const std::uint8_t> output_area);
// What an instruction writes, in the terms of its unit.
[[nodiscard]] Written written(const Instruction& i, const MachineParameters& machine);

// Collects every layer result while instructions execute (interpreter and machine): values [channels, height, width].
// Neighbouring results of one name are parts of one tensor, one after the other in its channels, and its patches: they
// come out as one.
// Views in DRAM are not collected.
class ResultCapture {
 public:
  ResultCapture(const Program& program, const MachineParameters& machine);
  // To be called right after `i` executed.
  void after(const Instruction& i, const Buffers& buffers);
  struct Result {
    std::string name;
    TensorView view;
    std::vector<std::int32_t> values;
  };
  [[nodiscard]] std::vector<Result> results()
      const;  // in layer-table order; throws InvariantError where a part is missing
  // One result as it stands: values that nothing wrote yet are 0, `written` of them are not (or were written again).
  struct SoFar {
    const Result& result;
    std::int64_t written = 0;
  };
  [[nodiscard]] SoFar so_far(std::size_t layer, std::size_t result) const {
    return {results_.at(layer).at(result), written_.values(layer, result)};
  }

 private:
  // Of one tensor: ranges of channels, and patches.
  [[nodiscard]] static Result join(std::span<const Result> parts);
  static void read_accumulators(const WrittenAccumulators& tile, const WrittenPart& part, const Buffers& buffers,
                                Result& result);

  const Program& program_;
  const MachineParameters& machine_;
  std::vector<std::vector<Result>> results_;  // [layer][result]
  WrittenResults written_;
};

// Executes one decoded instruction on buffers and DRAM areas. meter: measures the distances of its words
// (units/distances.h).
void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram,
             DistanceMeter* meter = nullptr);
// Actions of one instruction (closed forms; no values needed), bits of buffers included; docs/isa.md says what counts.
// Not in it: dispatch, instructions_read and everything of DRAM, which the machine counts as they happen.
[[nodiscard]] ActionCounts actions(const Instruction& i, const MachineParameters& machine);
// Added to two sums at once: few of all actions are any instruction's.
void add_actions(const Instruction& i, const MachineParameters& machine, ActionCounts& to, ActionCounts& and_to);

// Packs quantised input integers [images, channels, height, width] into the input area's bytes (input_bytes of them).
[[nodiscard]] std::vector<std::uint8_t> pack_input(const Program& program, const MachineParameters& machine,
                                                   std::span<const std::int32_t> values);
// Program area bytes: all segments laid out.
[[nodiscard]] std::vector<std::uint8_t> program_area(const Program& program);

struct Interpretation {
  std::vector<std::vector<std::int32_t>> outputs;  // parallel to Program::outputs
  std::vector<ResultCapture::Result> results;      // when captured
};
// image: quantised input integers. Checks unwritten reads.
[[nodiscard]] Interpretation interpret(const Program& program, const MachineParameters& machine,
                                       std::span<const std::int32_t> image, bool capture);

}  // namespace blendsim
