// SPDX-License-Identifier: Apache-2.0
#include "upset/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "isa/instruction.h"
#include "report/format_text.h"
#include "upset/place.h"

namespace blendsim {
namespace {

std::optional<TensorDifference> first_difference(const std::vector<std::int32_t>& sound,
                                                 const std::vector<std::int32_t>& upset,
                                                 const std::vector<std::int64_t>& shape) {
  TensorDifference out;
  out.of = static_cast<std::int64_t>(sound.size());
  for (std::size_t n = 0; n < sound.size(); ++n) {
    if (sound[n] == upset[n] || out.values++ > 0) continue;
    out.sound = sound[n];
    out.upset = upset[n];
    auto rest = static_cast<std::int64_t>(n);
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      out.index.insert(out.index.begin(), rest % shape[axis]);
  }
  if (out.values == 0) return std::nullopt;
  return out;
}

void find_layers(const Run& sound, const Run& upset, UpsetVerdict& verdict) {
  for (std::size_t i = 0; i < sound.tensors.size(); ++i) {
    for (std::size_t t = 0; t < sound.tensors[i].size(); ++t) {
      const LayerResult& before = sound.tensors[i][t];
      auto found = first_difference(before.values, upset.tensors[i][t].values, before.shape);
      if (!found) continue;
      found->image = static_cast<std::int32_t>(i);
      found->name = before.name;
      verdict.layers.push_back(std::move(*found));
    }
  }
}

std::int64_t top_one(const HostOutput& output, const std::vector<std::int32_t>& values) {
  const std::vector<float> finished = finish_output(output, values).values;
  return std::max_element(finished.begin(), finished.end()) - finished.begin();
}

void find_outputs(const Program& program, const Run& sound, const Run& upset, UpsetVerdict& verdict) {
  for (std::size_t i = 0; i < sound.outputs.size(); ++i) {
    for (std::size_t o = 0; o < sound.outputs[i].size(); ++o) {
      const TensorView& view = program.outputs[o];
      auto found = first_difference(sound.outputs[i][o], upset.outputs[i][o], {view.channels, view.height, view.width});
      if (!found) continue;
      found->image = static_cast<std::int32_t>(i);
      found->name = view.name;
      found->output = program.host_outputs[o].name;
      if (view.channels > 1 && view.height * view.width == 1) {
        const auto largest = [&](const Run& run) { return top_one(program.host_outputs[o], run.outputs[i][o]); };
        verdict.top.push_back({found->output, found->image, largest(sound), largest(upset)});
      }
      verdict.outputs.push_back(std::move(*found));
    }
  }
}

UpsetFate fate_of(const UpsetVerdict& verdict, const UpsetTracker& tracker) {
  if (!verdict.outputs.empty()) return UpsetFate::reached;
  if (tracker.happened() == 0) return UpsetFate::after_all;
  const bool read = verdict.first_reader.has_value(), left = !tracker.different().empty();
  if (!read) return left ? UpsetFate::unread : UpsetFate::overwritten;
  return left ? UpsetFate::resting : UpsetFate::masked;
}

// Why an instruction that read words which differ wrote the same.
std::string why_masked(const Program& program, const UpsetStep& step) {
  const Instruction instruction = decode(program.main)[static_cast<std::size_t>(step.instruction)];
  if (const auto* post = std::get_if<PostInstruction>(&instruction)) {
    return post->use_thresholds != 0 ? "no threshold was crossed" : "it rounds and clips to the same values";
  }
  if (const auto* pool = std::get_if<PoolInstruction>(&instruction); pool != nullptr) {
    return "the pooled values are the same";
  }
  if (std::holds_alternative<TransposeInstruction>(instruction)) return "its padding alone differs";
  if (std::holds_alternative<StoreInstruction>(instruction)) return "what it stores is the same";
  return "its sums are the same";
}

std::string step_text(const Program& program, const UpsetStep& step) {
  std::string out = fmt::format("#{} {} ({}), cycle {}", step.instruction, name(step.unit),
                                program.layers[static_cast<std::size_t>(step.layer)].name, grouped(step.at));
  if (step.image > 0) out += fmt::format(", image {}", step.image);
  return out;
}

std::string difference_text(const TensorDifference& d) {
  return fmt::format("{}[{}]: {} became {}; {} of {} values differ{}", d.name, fmt::join(d.index, ", "),
                     grouped(d.sound), grouped(d.upset), grouped(d.values), grouped(d.of),
                     d.image > 0 ? fmt::format(" (image {})", d.image) : "");
}

std::string fate_text(const Program& program, const UpsetVerdict& verdict) {
  switch (verdict.fate) {
    case UpsetFate::after_all: return "masked: no instruction starts after it";
    case UpsetFate::unread: return "masked: nothing reads the word until the run's end";
    case UpsetFate::overwritten:
      return fmt::format("masked: overwritten before anything read it, by {}", step_text(program, *verdict.last_step));
    case UpsetFate::masked:
      return fmt::format("masked: nothing differs any more after {}", step_text(program, *verdict.last_step));
    case UpsetFate::resting:
      return "masked: the outputs are the same; words that differ are left, which nothing reads any more";
    case UpsetFate::reached: break;
  }
  const TensorDifference& first = verdict.outputs.front();
  return fmt::format("reached output {}; the machine's integers {}", first.output, difference_text(first));
}

// What a classifier says, which a value that differs may leave as it is.
std::string top_text(const std::vector<TopOne>& top) {
  if (top.empty()) return {};
  const auto changes = [](const TopOne& t) { return t.sound != t.upset; };
  const auto first = std::find_if(top.begin(), top.end(), changes);
  if (first == top.end()) return fmt::format("top-1        {}, as without it\n", top.front().sound);
  std::string out = fmt::format("top-1        {} became {}", first->sound, first->upset);
  if (first->image > 0) out += fmt::format(" (image {})", first->image);
  const auto changed = std::count_if(top.begin(), top.end(), changes);
  if (top.size() > 1) out += fmt::format("; it changes in {} of {} outputs that differ", changed, top.size());
  return out + '\n';
}

}  // namespace

UpsetVerdict judge_upset(const Program& program, const Run& sound, const Run& upset, const UpsetTracker& tracker) {
  if (sound.cycles != upset.cycles || sound.units != upset.units)
    throw InvariantError("upset", "the run with it takes other cycles, and values decide none");
  UpsetVerdict verdict;
  find_layers(sound, upset, verdict);
  find_outputs(program, sound, upset, verdict);
  const std::vector<UpsetStep>& steps = tracker.steps();
  const auto reader = std::find_if(steps.begin(), steps.end(), [](const UpsetStep& step) { return step.read; });
  if (reader != steps.end()) verdict.first_reader = *reader;
  if (!steps.empty()) verdict.last_step = steps.back();
  verdict.fate = fate_of(verdict, tracker);
  return verdict;
}

std::string verdict_text(const Program& program, const MachineParameters& machine, const std::vector<Upset>& upsets,
                         const UpsetVerdict& verdict) {
  std::string out;
  for (const Upset& upset : upsets) {
    out += fmt::format("upset        {}, after the starts of cycle {}\n", place_text(upset, machine),
                       grouped(upset.cycle));
  }
  if (verdict.first_reader) {
    const UpsetStep& step = *verdict.first_reader;
    out += fmt::format("read by      {}", step_text(program, step));
    if (step.spread == 0 && !step.stored) out += fmt::format(": {}", why_masked(program, step));
    out += '\n';
  }
  if (!verdict.layers.empty()) {
    out += fmt::format("first tensor {}\n", difference_text(verdict.layers.front()));
    if (verdict.layers.size() > 1) {
      out += fmt::format("last tensor  {}\n", difference_text(verdict.layers.back()));
      out += fmt::format("tensors      {} differ\n", verdict.layers.size());
    }
  } else if (verdict.first_reader) {
    out += "first tensor none: every layer's values are the same\n";
  }
  out += fmt::format("outcome      {}\n", fate_text(program, verdict));
  out += top_text(verdict.top);
  if (verdict.fate == UpsetFate::masked && verdict.last_step && verdict.last_step->read &&
      verdict.last_step->spread == 0)
    out += fmt::format("             {}\n", why_masked(program, *verdict.last_step));
  return out + "cycles       the same as without it\n";
}

}  // namespace blendsim
