// SPDX-License-Identifier: Apache-2.0
#include "debug/values.h"

#include <algorithm>
#include <utility>

#include "isa/patch.h"

namespace blendsim::debug {
namespace {

constexpr std::size_t most_kept = 12;  // states, of some megabytes each

}  // namespace

Values::Values(const Subject& subject, const ProgramMap& map, const Timeline& init, const Timeline& main)
    : subject_(subject), map_(map), init_(init), main_(main), program_area_(program_area(subject.program)) {}

Values::State Values::copy(const State& state) {
  State out{state.buffers, state.output, nullptr, state.phase, state.started, state.image};
  if (state.capture) out.capture = std::make_unique<ResultCapture>(*state.capture);
  return out;
}

Values::State Values::begin() const {
  State state;
  state.buffers.configure(subject_.machine, true);  // what was never written is told from what is 0
  return state;
}

void Values::execute_one(State& state, std::int32_t index) {
  const InstructionRecord& record = timeline(state.phase).record(index);
  const std::int32_t image = state.phase == Phase::init ? 0 : record.image;
  if (input_image_ != image) {
    input_ = pack_input(subject_.program, subject_.machine, subject_.images[static_cast<std::size_t>(image)]);
    input_image_ = image;
  }
  if (state.phase == Phase::main && state.image != image) {
    state.image = image;
    state.output.assign(subject_.program.output_bytes, 0);
    state.capture = std::make_unique<ResultCapture>(subject_.program, subject_.machine);
  }
  const Instruction& i = map_.instructions(state.phase)[static_cast<std::size_t>(record.instruction)];
  execute(i, subject_.machine, state.buffers, {program_area_, input_, state.output});
  if (state.capture) state.capture->after(i, state.buffers);
}

// Executes in order of start until `started` records of `phase` have been; calls before(record, buffers) for each.
template <class Before>
void Values::advance(State& state, Phase phase, std::size_t started, Before&& before) {
  for (;;) {
    const auto& order = timeline(state.phase).by_start();
    const std::size_t until = state.phase == phase ? started : order.size();
    while (state.started < until) {
      const std::int32_t record = order[state.started];
      if (state.phase == Phase::main && timeline(state.phase).record(record).image != state.image) keep(state);
      before(state.phase, record, state.buffers);
      execute_one(state, record);
      ++state.started;
    }
    if (state.phase == phase) return;
    state.phase = Phase::main;
    state.started = 0;
  }
}

// States in which an image begins, so that going back executes one image at most; of a long batch every n-th.
void Values::keep(const State& state) {
  kept_.try_emplace({state.phase, state.started}, copy(state));
  if (kept_.size() <= most_kept) return;
  for (auto it = std::next(kept_.begin()); it != kept_.end();) {
    it = kept_.erase(it);
    if (it != kept_.end()) ++it;
  }
}

const Values::State& Values::travel(const Instant& at) {
  const std::pair target{at.phase, timeline(at.phase).started(at.at)};
  const bool ahead = now_ && std::pair{now_->phase, now_->started} <= target;
  auto nearest = kept_.upper_bound(target);
  const bool is_kept = nearest != kept_.begin();
  if (is_kept) --nearest;
  if (is_kept && (!ahead || nearest->first > std::pair{now_->phase, now_->started})) now_ = copy(nearest->second);
  else if (!ahead) now_ = begin();
  advance(*now_, at.phase, target.second, [](Phase, std::int32_t, const Buffers&) {});
  return *now_;
}

std::int32_t Values::overwriter(const TensorPart& part, const State& state) const {
  const TensorView& view = *part.view;
  if (view.place != TensorView::Place::act_binary && view.place != TensorView::Place::act_fixed) return -1;
  const Access words = map_.access_of(view);
  bool begun = false;
  for (std::size_t n = 0; n < state.started; ++n) {
    const std::int32_t index = main_.by_start()[n];
    const InstructionRecord& record = main_.record(index);
    if (record.image != state.image) continue;
    if (record.layer == part.layer) {
      begun = begun || std::any_of(part.writers.begin(), part.writers.end(),
                                   [&](const PartWriter& writer) { return writer.instruction == record.instruction; });
      continue;
    }
    const auto& list = map_.accesses(Phase::main, static_cast<std::size_t>(record.instruction));
    if (begun && std::any_of(list.begin(), list.end(), [&](const Access& a) { return a.write && overlap(a, words); }))
      return index;
  }
  return -1;
}

// Stamps of the part's writers in an image, and what those that have started have written: `known` of its values.
std::int32_t Values::count_writers(TensorNow& now, std::vector<bool>& known, const TensorPart& part, std::int32_t image,
                                   Cycles at) const {
  const auto per_image = static_cast<std::int32_t>(map_.instructions(Phase::main).size());
  const TensorView& view = *part.view;
  const auto height = static_cast<std::size_t>(view.height), width = static_cast<std::size_t>(view.width);
  known.assign(static_cast<std::size_t>(view.channels) * height * width, false);
  std::int32_t started = 0;
  for (const PartWriter& writer : part.writers) {
    const InstructionRecord& record = main_.record(image * per_image + writer.instruction);
    now.first = now.first < 0 ? record.start : std::min(now.first, record.start);
    now.last = std::max(now.last, record.end);
    if (record.start > at) continue;
    ++started;
    for (auto c = static_cast<std::size_t>(writer.part.channel0); c < static_cast<std::size_t>(writer.part.channel1);
         ++c) {
      const auto rows = known.begin() + static_cast<std::ptrdiff_t>(c * height * width);
      std::fill(rows + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(writer.part.row0) * width),
                rows + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(writer.part.row1) * width), true);
    }
  }
  now.writers += static_cast<std::int32_t>(part.writers.size());
  now.written += started;
  return started;
}

void Values::add_part(TensorNow& now, const Tensor& tensor, const TensorPart& part, const State& state,
                      Cycles at) const {
  const TensorView& view = *part.view;
  std::vector<bool> known;
  const std::int32_t started = count_writers(now, known, part, main_.image(at), at);
  // Bands and patches take each other's places.
  const bool in_parts = view.in_bands() || tensor.is_patch(view) ||
                        view.place == TensorView::Place::xnor_accumulators ||
                        view.place == TensorView::Place::mac_accumulators;
  now.collected = now.collected || in_parts;
  if (started == 0) return;
  const std::int32_t overwritten = in_parts ? -1 : overwriter(part, state);
  if (now.overwritten_by < 0) now.overwritten_by = overwritten;
  const bool complete = started == static_cast<std::int32_t>(part.writers.size());
  const bool is_there = view.place == TensorView::Place::dram || (!in_parts && overwritten < 0 && complete);
  const std::vector<std::int32_t> values =
      is_there ? read_view(view, state.buffers, state.output)
               : state.capture->so_far(static_cast<std::size_t>(part.layer), part.result).result.values;
  copy_patch(view, part.channel0, values, tensor.height, tensor.width, now.values);
  copy_patch(view, part.channel0, known, tensor.height, tensor.width, now.known);
}

Values::TensorNow Values::tensor(const Tensor& tensor, Cycles at) {
  TensorNow out;
  const std::size_t size = static_cast<std::size_t>(tensor.channels) * static_cast<std::size_t>(tensor.height) *
                           static_cast<std::size_t>(tensor.width);
  out.values.resize(size);
  out.known.resize(size);
  for (const TensorPart& part : tensor.parts) {
    if (part.view != &subject_.program.input) {
      add_part(out, tensor, part, travel({Phase::main, at}), at);
      continue;
    }
    const std::vector<std::int32_t>& image = subject_.images[static_cast<std::size_t>(main_.image(at))];
    copy_patch(*part.view, part.channel0, image, tensor.height, tensor.width, out.values);
    copy_patch(*part.view, part.channel0, std::vector<bool>(image.size(), true), tensor.height, tensor.width,
               out.known);
  }
  return out;
}

std::vector<BufferId> Values::input_in(Cycles at) const {
  std::vector<Access> held;
  for (std::size_t n = 0; n < main_.started(at); ++n) {
    const InstructionRecord& record = main_.record(main_.by_start()[n]);
    if (record.image != main_.image(at)) continue;
    const auto instruction = static_cast<std::size_t>(record.instruction);
    const auto* load = std::get_if<LoadInstruction>(&map_.instructions(Phase::main)[instruction]);
    const bool brings = load != nullptr && static_cast<DramBase>(load->dram_base) == DramBase::input;
    for (const Access& a : map_.accesses(Phase::main, instruction)) {
      if (!a.write) continue;
      std::erase_if(held, [&](const Access& earlier) { return overlap(a, earlier); });
      if (brings) held.push_back(a);
    }
  }
  std::vector<BufferId> buffers;
  for (const Access& a : held) {
    if (std::find(buffers.begin(), buffers.end(), a.buffer) == buffers.end()) buffers.push_back(a.buffer);
  }
  return buffers;
}

const std::map<std::int32_t, Saturation>& Values::saturations() {
  if (saturations_) return *saturations_;
  saturations_.emplace();
  State state = begin();
  const auto look = [&](Phase phase, std::int32_t index, const Buffers& buffers) {
    if (phase != Phase::main) return;
    const auto instruction = static_cast<std::size_t>(main_.record(index).instruction);
    const auto* post = std::get_if<PostInstruction>(&map_.instructions(phase)[instruction]);
    if (post == nullptr) return;
    const Saturation seen = saturation(*post, subject_.machine, buffers);
    if (seen.total() != 0) saturations_->emplace(index, seen);
  };
  advance(state, Phase::main, main_.by_start().size(), look);
  return *saturations_;
}

template <class Place>
std::optional<Values::Writer> Values::last_writer(const Place& place, const Instant& at) const {
  for (const Phase phase : {at.phase, Phase::init}) {
    const Timeline& line = timeline(phase);
    for (std::size_t n = phase == at.phase ? line.started(at.at) : line.by_start().size(); n-- > 0;) {
      const std::int32_t record = line.by_start()[n];
      if (map_.writes(phase, static_cast<std::size_t>(line.record(record).instruction), place))
        return Writer{phase, record};
    }
    if (phase == Phase::init) break;
  }
  return std::nullopt;
}

std::optional<Values::Writer> Values::writer(const WordPlace& word, const Instant& at) const {
  return last_writer(word, at);
}
std::optional<Values::Writer> Values::writer(const ElementPlace& element, const Instant& at) const {
  return last_writer(element, at);
}

}  // namespace blendsim::debug
