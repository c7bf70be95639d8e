// SPDX-License-Identifier: Apache-2.0
// A file of waves: a tree of scopes with signals, then values in order of time. VCD and FST are written behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "units/unit_id.h"

namespace blendsim {

class WaveWriter {
 public:
  using Signal = std::uint32_t;  // in the order of declaration, from 0

  virtual ~WaveWriter() = default;

  // Declarations come first.
  virtual void open_scope(std::string_view name) = 0;
  virtual void close_scope() = 0;
  virtual Signal declare_bits(std::string_view name, int width) = 0;  // at most 64
  virtual Signal declare_text(std::string_view name) = 0;
  virtual void end_declarations() = 0;

  // Then a time, later than the one before, and what changes there. Until the first resume() and after pause() nothing
  // is asked for: viewers show a gap.
  virtual void time(Cycles at) = 0;
  virtual void set(Signal signal, std::uint64_t value) = 0;
  virtual void set_text(Signal signal, std::string_view text) = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;  // values of all signals follow, in the same time

  // Of the file: exact once closed, before that no less than what closing now would make.
  [[nodiscard]] virtual std::int64_t bytes() const = 0;
  virtual void close() = 0;
};

// `limit`: bytes that the file may have, by which a writer may choose how much it keeps before it is compressed. Throw
// DiagnosticError file-unwritable.
[[nodiscard]] std::unique_ptr<WaveWriter> open_vcd_writer(const std::string& file);
[[nodiscard]] std::unique_ptr<WaveWriter> open_fst_writer(const std::string& file, std::int64_t limit);

}  // namespace blendsim
