// SPDX-License-Identifier: Apache-2.0
// What the buffers hold in an instant: what the instructions that have started until then have written.
//
// An instruction's values are computed whole at its start, as the machine does it: whoever depends on them starts
// later (rules 3, 4 and 6), so that they stand there from `start` on, while the hardware writes them until `end`.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "debug/program_map.h"
#include "debug/timeline.h"
#include "isa/interpret.h"
#include "units/post_unit/plain.h"

namespace blendsim::debug {

class Values {
 public:
  Values(const Subject& subject, const ProgramMap& map, const Timeline& init, const Timeline& main);

  [[nodiscard]] const Buffers& buffers(const Instant& at) { return travel(at).buffers; }

  // A tensor as it stands in an instant of main, [channels, height, width].
  struct TensorNow {
    std::vector<std::int32_t> values;
    std::vector<bool> known;                // false: nothing has been written there in this image
    std::int32_t writers = 0, written = 0;  // instructions that write it; that have started
    Cycles first = -1, last = -1;           // start of the first writer, end of the last one, of this image
    // Of a tensor that was complete, the record of another layer that wrote its words: `values` are those that it had.
    std::int32_t overwritten_by = -1;
    bool collected = false;  // accumulators: a few rows at a time are in the buffer, these are all that were
  };
  [[nodiscard]] TensorNow tensor(const Tensor& tensor, Cycles at);

  // What each record of post_unit saturates, of all images: [record of main], others 0. Computed once.
  [[nodiscard]] const std::map<std::int32_t, Saturation>& saturations();
  // Buffers with words of the image's input that load has brought and nothing has overwritten.
  [[nodiscard]] std::vector<BufferId> input_in(Cycles at) const;

  // The last record that wrote a word, or a value, until an instant (its phase may be the one before); nullopt: none.
  struct Writer {
    Phase phase;
    std::int32_t record;
  };
  [[nodiscard]] std::optional<Writer> writer(const WordPlace& word, const Instant& at) const;
  [[nodiscard]] std::optional<Writer> writer(const ElementPlace& element, const Instant& at) const;

 private:
  struct State {
    Buffers buffers;
    std::vector<std::uint8_t> output;
    std::unique_ptr<ResultCapture> capture;
    Phase phase = Phase::init;
    std::size_t started = 0;  // of the phase's records by start
    std::int32_t image = -1;
  };
  [[nodiscard]] static State copy(const State& state);
  template <class Place>
  [[nodiscard]] std::optional<Writer> last_writer(const Place& place, const Instant& at) const;
  [[nodiscard]] const Timeline& timeline(Phase phase) const { return phase == Phase::init ? init_ : main_; }
  [[nodiscard]] State begin() const;
  const State& travel(const Instant& at);
  template <class Before>
  void advance(State& state, Phase phase, std::size_t started, Before&& before);
  void execute_one(State& state, std::int32_t record);
  void keep(const State& state);
  void add_part(TensorNow& now, const Tensor& tensor, const TensorPart& part, const State& state, Cycles at) const;
  std::int32_t count_writers(TensorNow& now, std::vector<bool>& known, const TensorPart& part, std::int32_t image,
                             Cycles at) const;
  [[nodiscard]] std::int32_t overwriter(const TensorPart& part, const State& state) const;

  const Subject& subject_;
  const ProgramMap& map_;
  const Timeline &init_, &main_;
  std::vector<std::uint8_t> program_area_;
  std::vector<std::uint8_t> input_;  // of the image that `input_image_` says
  std::int32_t input_image_ = -1;
  std::optional<State> now_;
  std::map<std::pair<Phase, std::size_t>, State> kept_;  // by how far they are
  std::optional<std::map<std::int32_t, Saturation>> saturations_;
};

}  // namespace blendsim::debug
