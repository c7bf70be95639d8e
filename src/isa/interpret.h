// SPDX-License-Identifier: Apache-2.0
// The program run by a plain interpreter in program order, without time: the same `execute` as the machine's units.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "isa/program.h"
#include "units/actions.h"
#include "units/buffer/storage.h"

namespace blendsim {

// Values of one TensorView as they stand now: integers [channels, height, width].
[[nodiscard]] std::vector<std::int32_t> read_view(const TensorView& view, const Buffers& buffers,
                                                  std::span<const std::uint8_t> output_area);
// The part of a view that one instruction wrote: rows [row0, row1), channels [channel0, channel1).
struct WrittenPart {
  std::size_t result = 0;  // index into ProgramLayer::results
  std::int32_t row0 = 0, row1 = 0, channel0 = 0, channel1 = 0;
};
// Which parts of its layer's results a compute instruction writes (accumulator tiles included).
[[nodiscard]] std::vector<WrittenPart> written_parts(const Instruction& i, const ProgramLayer& layer, const MachineParameters& machine);

// Collects every layer result while instructions execute (interpreter and machine): values [channels, height, width].
class ResultCapture {
 public:
  explicit ResultCapture(const Program& program);
  // To be called right after `i` executed.
  void after(const Instruction& i, const MachineParameters& machine, const Buffers& buffers);
  struct Result {
    std::string name;
    TensorView view;
    std::vector<std::int32_t> values;
  };
  [[nodiscard]] std::vector<Result> results() const;  // in layer-table order; throws InvariantError where a part is missing

 private:
  const Program& program_;
  std::vector<std::vector<Result>> results_;           // [layer][result]
  std::vector<std::vector<std::int64_t>> written_;     // values seen
};

// Executes one decoded instruction on buffers and DRAM areas.
struct DramAreas {
  std::span<const std::uint8_t> program, input;
  std::span<std::uint8_t> output;
};
void execute(const Instruction& i, const MachineParameters& machine, Buffers& buffers, const DramAreas& dram);
// Actions of one compute instruction (closed forms; no values needed).
[[nodiscard]] ActionCounts actions(const Instruction& i, const MachineParameters& machine);

// Packs quantised input integers [channels, height, width] into the input area's bytes (input_bytes of them).
[[nodiscard]] std::vector<std::uint8_t> pack_input(const Program& program, const MachineParameters& machine,
                                                   std::span<const std::int32_t> values);
// Program area bytes: all segments laid out.
[[nodiscard]] std::vector<std::uint8_t> program_area(const Program& program);

struct Interpretation {
  std::vector<std::vector<std::int32_t>> outputs;      // parallel to Program::outputs
  std::vector<ResultCapture::Result> results;          // when captured
};
// image: quantised input integers. Checks unwritten reads.
[[nodiscard]] Interpretation interpret(const Program& program, const MachineParameters& machine,
                                       std::span<const std::int32_t> image, bool capture);

}  // namespace blendsim
