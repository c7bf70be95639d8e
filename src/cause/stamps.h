// SPDX-License-Identifier: Apache-2.0
// When each instruction of a run started and ended: of ours, or of whoever else wrote it down.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cause/recorded_run.h"

namespace blendsim {

struct Stamp {
  std::int32_t instruction = 0;  // index in main's program order, as `blendsim inspect` counts
  std::int32_t image = 0;
  UnitId unit = UnitId::load;
  Cycles start = 0, end = 0;  // cycles since the first accepted doorbell
  bool operator==(const Stamp&) const = default;
};

// Main's, in program order, image after image.
[[nodiscard]] std::vector<Stamp> stamps_of(const std::vector<InstructionRecord>& records);

// A file of them, known by its content:
//   text   a line an instruction, values between commas; the first line names the columns: unit, instruction, start and
//          end, in any order and case, image where there are several; others are passed over; lines that begin with #
//          too
//   .npy   NumPy's structured array with fields of these names, the unit as a number; a field `phase` keeps main's (1)
// In program order, image after image, whatever the order in the file.
// Throws DiagnosticError: file-unreadable; file-unrecognised where a column is missing; file-damaged with the line.
[[nodiscard]] std::vector<Stamp> read_stamps(const std::string& path);

}  // namespace blendsim
