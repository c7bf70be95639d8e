// SPDX-License-Identifier: Apache-2.0
#include "trace/waveform.h"

#include <algorithm>

namespace blendsim {
namespace {

constexpr std::int64_t closing_bytes = 16'384;  // the largest step, which is written whole, and a last time

}  // namespace

Waveform::Signal Waveform::declare(State state) {
  signals_.push_back(state);
  return static_cast<Signal>(signals_.size() - 1);
}

Waveform::Signal Waveform::bits(std::string_view name, int width, int owner, std::uint64_t initial) {
  State state;
  state.handle = writer_->declare_bits(name, width);
  state.owner = static_cast<std::int8_t>(owner);
  state.value = state.written = static_cast<std::int64_t>(initial);
  return declare(state);
}

Waveform::Signal Waveform::text(std::string_view name) {
  State state;
  state.handle = writer_->declare_text(name);
  state.kind = State::Kind::text;
  return declare(state);
}

Waveform::Signal Waveform::hidden(int owner) {
  State state;
  state.owner = static_cast<std::int8_t>(owner);
  state.kind = State::Kind::hidden;
  return declare(state);
}

Waveform::Signal Waveform::gate() {
  gates_.push_back(hidden());
  return gates_.back();
}

void Waveform::say(Signal signal, Cycles at, const std::string& words) {
  const auto [entry, is_new] = text_numbers_.try_emplace(words, static_cast<std::int64_t>(texts_.size()));
  if (is_new) texts_.push_back(words);
  set(signal, at, entry->second);
}

bool Waveform::open() const {
  return std::all_of(gates_.begin(), gates_.end(), [this](Signal gate) { return signals_[gate].value > 0; });
}

void Waveform::touch(Signal signal) {
  State& state = signals_[signal];
  if (state.owner >= 0) owners_ |= 1U << state.owner;
  if (state.touched) return;
  state.touched = true;
  touched_.push_back(signal);
}

void Waveform::apply(const Change& change) {
  State& state = signals_[change.signal];
  state.value = change.is_value ? change.difference : state.value + change.difference;
  touch(change.signal);
}

void Waveform::derive(Signal signal, std::uint64_t value) {
  if (this->value(signal) == value) return;
  signals_[signal].value = static_cast<std::int64_t>(value);
  touch(signal);
}

void Waveform::write_signal(State& state) {
  if (state.kind == State::Kind::hidden) return;
  if (state.kind == State::Kind::text) writer_->set_text(state.handle, texts_[static_cast<std::size_t>(state.value)]);
  else writer_->set(state.handle, static_cast<std::uint64_t>(state.value));
  state.written = state.value;
  ++changes_;
}

// What changed in `at`, whole: with the first time within the gates all values, with the first outside a pause.
void Waveform::write_time(Cycles at) {
  const bool is_open = open();
  bool has_time = false;
  const auto time = [&] {
    if (!has_time && at > written_) writer_->time(written_ = at);
    has_time = true;
  };
  if (is_open && !shown_) {
    time();
    writer_->resume();
    for (State& state : signals_) write_signal(state);
  } else if (is_open) {
    for (const Signal signal : touched_) {
      State& state = signals_[signal];
      if (state.value == state.written || state.kind == State::Kind::hidden) continue;
      time();
      write_signal(state);
    }
  } else if (shown_) {
    time();
    writer_->pause();
  }
  shown_ = is_open;
  for (const Signal signal : touched_) signals_[signal].touched = false;
  touched_.clear();
}

void Waveform::settle(Cycles cycle) {
  const auto later = std::stable_partition(pending_.begin(), pending_.end(),
                                           [cycle](const Change& change) { return change.at < cycle; });
  std::stable_sort(pending_.begin(), later, [](const Change& a, const Change& b) { return a.at < b.at; });
  for (auto change = pending_.begin(); change != later && !full_;) {
    const Cycles at = change->at;
    for (; change != later && change->at == at; ++change) apply(*change);
    const std::uint32_t owners = owners_;
    owners_ = 0;
    if (owners != 0) derive_(owners);
    owners_ = 0;
    write_time(at);
    if (bytes() + closing_bytes >= limit_) full_ = at;
  }
  pending_.erase(pending_.begin(), later);
}

void Waveform::close(Cycles cycle) {
  settle(cycle + 1);
  pending_.clear();
  if (shown_ && !full_ && cycle > written_) writer_->time(cycle);
  writer_->close();
}

}  // namespace blendsim
