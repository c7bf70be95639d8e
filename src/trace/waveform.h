// SPDX-License-Identifier: Apache-2.0
// Signals whose changes may be told out of order, up to a time that the caller declares settled.
//
// A value is the sum of the differences up to its time, so that a pulse is +1 and, a cycle later, -1, whoever else
// changes the signal. What follows from other signals is worked out time by time (Derive).
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "trace/wave_writer.h"

namespace blendsim {

class Waveform {
 public:
  using Signal = WaveWriter::Signal;
  // Called for each time in which a signal of `owners` (a bit each) changed, before the time is written.
  using Derive = std::function<void(std::uint32_t owners)>;

  // `limit`: bytes of the file.
  Waveform(std::unique_ptr<WaveWriter> writer, Derive derive,
           std::int64_t limit = std::numeric_limits<std::int64_t>::max())
      : writer_(std::move(writer)), derive_(std::move(derive)), limit_(limit) {}

  // Declarations. `owner`: 0 to 31, or -1.
  void open_scope(std::string_view name) { writer_->open_scope(name); }
  void close_scope() { writer_->close_scope(); }
  Signal bits(std::string_view name, int width, int owner = -1, std::uint64_t initial = 0);
  Signal text(std::string_view name);
  Signal hidden(int owner = -1);  // takes part, but is not written
  void end_declarations() { writer_->end_declarations(); }

  // Changes; times may be any that are not settled.
  void add(Signal signal, Cycles at, std::int64_t difference) { pending_.push_back({at, signal, difference, false}); }
  void pulse(Signal signal, Cycles at, std::int64_t value = 1) {
    add(signal, at, value);
    add(signal, at + 1, -value);
  }
  void set(Signal signal, Cycles at, std::int64_t value) { pending_.push_back({at, signal, value, true}); }
  void say(Signal signal, Cycles at, const std::string& words);

  // A gate: time is written while each gate's value is positive. None: always.
  Signal gate();

  // In derive(): the value in the time being written; sets one.
  [[nodiscard]] std::uint64_t value(Signal signal) const { return static_cast<std::uint64_t>(signals_[signal].value); }
  void derive(Signal signal, std::uint64_t value);

  // No change before `cycle` is to come: writes them, until the file is full.
  void settle(Cycles cycle);
  // The time that was written last because the file was full then.
  [[nodiscard]] std::optional<Cycles> full() const { return full_; }
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  // Writes nothing after `cycle`, shows the waves up to there, and closes the file.
  void close(Cycles cycle);
  [[nodiscard]] std::int64_t bytes() const { return writer_->bytes(); }
  [[nodiscard]] std::int64_t changes() const { return changes_; }

 private:
  struct Change {
    Cycles at = 0;
    Signal signal = 0;
    std::int64_t difference = 0;
    bool is_value = false;  // rather than a difference; of a text its number
  };
  struct State {
    std::int64_t value = 0, written = 0;
    WaveWriter::Signal handle = 0;
    std::int8_t owner = -1;
    enum class Kind : std::uint8_t { bits, text, hidden } kind = Kind::bits;
    bool touched = false;
  };
  Signal declare(State state);
  void apply(const Change& change);
  void write_time(Cycles at);
  void write_signal(State& state);
  [[nodiscard]] bool open() const;
  void touch(Signal signal);

  std::unique_ptr<WaveWriter> writer_;
  Derive derive_;
  std::int64_t limit_;
  std::optional<Cycles> full_;
  std::vector<State> signals_;
  std::vector<Signal> gates_, touched_;
  std::uint32_t owners_ = 0;  // touched
  std::vector<Change> pending_;
  std::vector<std::string> texts_{""};
  std::unordered_map<std::string, std::int64_t> text_numbers_{{"", 0}};
  bool shown_ = false;   // the time written last was within the gates
  Cycles written_ = -1;  // the last time that stands in the file
  std::int64_t changes_ = 0;
};

}  // namespace blendsim
