// SPDX-License-Identifier: Apache-2.0
#include "first_divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace blendsim::conformance {
namespace {

std::string text_of(const WordWrite& word) {
  std::string data;
  for (auto piece = word.data.rbegin(); piece != word.data.rend(); ++piece) data += fmt::format("{:08x}", *piece);
  return fmt::format("{}[{}] = {}", place_names[static_cast<std::size_t>(word.place)], word.address, data);
}

// Where two words of the same place differ: the lowest piece of 32 bits.
std::string difference_of(const WordWrite& model, const WordWrite& rtl) {
  for (std::size_t n = 0; n < std::min(model.data.size(), rtl.data.size()); ++n) {
    if (model.data[n] == rtl.data[n]) continue;
    return fmt::format("{}[{}] differs first in bits {} to {}: model {:08x}, rtl {:08x}",
                       place_names[static_cast<std::size_t>(model.place)], model.address, 32 * n, 32 * n + 31,
                       model.data[n], rtl.data[n]);
  }
  return fmt::format("words of different length: model {}, rtl {}", text_of(model), text_of(rtl));
}

class Search {
 public:
  Search(const MachineEvents& model, const MachineEvents& rtl, const std::vector<InstructionRecord>& records)
      : model_(model), rtl_(rtl) {
    for (std::size_t r = 0; r < records.size(); ++r) {
      of_unit_[static_cast<std::size_t>(records[r].unit)].push_back(static_cast<std::int32_t>(r));
    }
  }

  std::optional<Divergence> result() {
    for (std::size_t u = 0; u < unit_count; ++u) {
      instructions(u);
      writes(u);
    }
    completions();
    if (!found_) accounts();
    if (!found_) outputs();
    for (const std::string& error : rtl_.errors) {
      if (found_) found_->what += "\n  rtl: " + error;
      else take(0, 9, std::nullopt, -1, "rtl: " + error);
    }
    return found_;
  }

 private:
  void take(Cycles cycle, int rank, std::optional<UnitId> unit, std::int32_t record, const std::string& what) {
    if (found_ && std::pair(found_->cycle, rank_) <= std::pair(cycle, rank)) return;
    found_ = Divergence{cycle, unit, record, what};
    rank_ = rank;
  }
  [[nodiscard]] std::int32_t record_of(std::size_t unit, std::size_t nth) const {
    return nth < of_unit_[unit].size() ? of_unit_[unit][nth] : -1;
  }
  // -1: did not come.
  void time(std::size_t u, std::size_t nth, int rank, const char* what, Cycles model, Cycles rtl) {
    if (model == rtl) return;
    const Cycles cycle = model < 0 ? rtl : rtl < 0 ? model : std::min(model, rtl);
    const auto text = [](Cycles at) { return at < 0 ? std::string("never") : fmt::format("cycle {}", at); };
    take(cycle, rank, static_cast<UnitId>(u), record_of(u, nth),
         fmt::format("{}: model {}, rtl {}", what, text(model), text(rtl)));
  }

  void instructions(std::size_t u) {
    const auto &model = model_.instructions[u], &rtl = rtl_.instructions[u];
    for (std::size_t n = 0; n < std::max(model.size(), rtl.size()); ++n) {
      const InstructionTimes none{-1, -1, -1};
      const InstructionTimes a = n < model.size() ? model[n] : none, b = n < rtl.size() ? rtl[n] : none;
      if (a == b) continue;
      time(u, n, 0, "visible in the queue", a.visible, b.visible);
      time(u, n, 1, "starts", a.start, b.start);
      time(u, n, 3, "ends", a.end, b.end);
      return;  // units keep order: what follows is no earlier
    }
  }

  void writes(std::size_t u) {
    const auto &model = model_.writes[u], &rtl = rtl_.writes[u];
    const auto unit = static_cast<UnitId>(u);
    for (std::size_t n = 0; n < std::max(model.size(), rtl.size()); ++n) {
      const WordWrite* a = n < model.size() ? &model[n].word : nullptr;
      const WordWrite* b = n < rtl.size() ? &rtl[n].word : nullptr;
      if (a != nullptr && b != nullptr && *a == *b) continue;
      const std::int32_t record =
          a == nullptr ? at(u, b->cycle) : record_of(u, static_cast<std::size_t>(model[n].instruction));
      if (a == nullptr || (b != nullptr && b->cycle < a->cycle)) {
        take(b->cycle, 2, unit, at(u, b->cycle), "rtl writes a word that the model does not: " + text_of(*b));
      } else if (b == nullptr || a->cycle < b->cycle) {
        take(a->cycle, 2, unit, record, "rtl does not write a word that the model does: " + text_of(*a));
      } else if (a->place != b->place || a->address != b->address) {
        take(a->cycle, 2, unit, record, fmt::format("writes: model {}, rtl {}", text_of(*a), text_of(*b)));
      } else {
        take(a->cycle, 2, unit, record, difference_of(*a, *b));
      }
      return;
    }
  }
  // The record that a unit runs in a cycle, by the model: the oldest that has not ended.
  [[nodiscard]] std::int32_t at(std::size_t u, Cycles cycle) const {
    const auto& times = model_.instructions[u];
    for (std::size_t n = 0; n < times.size(); ++n) {
      if (times[n].end >= cycle) return record_of(u, n);
    }
    return times.empty() ? -1 : record_of(u, times.size() - 1);
  }

  void completions() {
    for (std::size_t n = 0; n < std::max(model_.completions.size(), rtl_.completions.size()); ++n) {
      const Cycles a = n < model_.completions.size() ? model_.completions[n] : -1;
      const Cycles b = n < rtl_.completions.size() ? rtl_.completions[n] : -1;
      if (a == b) continue;
      take(a < 0   ? b
           : b < 0 ? a
                   : std::min(a, b),
           4, std::nullopt, -1, fmt::format("completion of image {}: model {}, rtl {} (-1: never)", n, a, b));
      return;
    }
  }
  void accounts() {
    static constexpr std::array<std::pair<const char*, Cycles UnitCycles::*>, 7> rows = {
        {{"busy", &UnitCycles::busy},
         {"stall_dependency", &UnitCycles::stall_dependency},
         {"stall_memory", &UnitCycles::stall_memory},
         {"stall_downstream", &UnitCycles::stall_downstream},
         {"stall_fence", &UnitCycles::stall_fence},
         {"stall_dispatch", &UnitCycles::stall_dispatch},
         {"idle", &UnitCycles::idle}}};
    for (std::size_t u = 0; u < unit_count; ++u) {
      for (const auto& [name, member] : rows) {
        const Cycles a = model_.accounts[u].*member, b = rtl_.accounts[u].*member;
        if (a == b) continue;
        take(model_.cycles, 5, static_cast<UnitId>(u), -1, fmt::format("account {}: model {}, rtl {}", name, a, b));
      }
    }
  }
  void outputs() {
    for (std::size_t i = 0; i < std::min(model_.outputs.size(), rtl_.outputs.size()); ++i) {
      const auto &a = model_.outputs[i], &b = rtl_.outputs[i];
      const auto place = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
      if (place.first == a.end() && place.second == b.end()) continue;
      take(model_.completions[i], 6, UnitId::store, -1,
           fmt::format("output of image {} differs first in byte {} of its area", i, place.first - a.begin()));
      return;
    }
  }

  const MachineEvents &model_, &rtl_;
  std::array<std::vector<std::int32_t>, unit_count> of_unit_;  // records in the unit's order
  std::optional<Divergence> found_;
  int rank_ = 0;
};

// Both in the order of sort_writes: a word that only one side writes in a cycle, or that differs in value.
std::size_t differing_writes(const std::vector<UnitWrite>& model, const std::vector<UnitWrite>& rtl) {
  const auto key = [](const UnitWrite& w) { return std::tie(w.word.cycle, w.word.place, w.word.address); };
  std::size_t differ = 0, a = 0, b = 0;
  while (a < model.size() && b < rtl.size()) {
    if (key(model[a]) == key(rtl[b])) {
      differ += model[a++].word == rtl[b++].word ? 0 : 1;
    } else {
      ++differ;
      key(model[a]) < key(rtl[b]) ? ++a : ++b;
    }
  }
  return differ + (model.size() - a) + (rtl.size() - b);
}

}  // namespace

std::optional<Divergence> first_divergence(const MachineEvents& model, const MachineEvents& rtl,
                                           const std::vector<InstructionRecord>& records) {
  return Search(model, rtl, records).result();
}

void count_differences(const MachineEvents& model, const MachineEvents& rtl, Compared& compared) {
  std::size_t& cycles = compared.cycle_differences;
  cycles += rtl.errors.size() + (model.completions != rtl.completions ? 1 : 0);
  for (std::size_t u = 0; u < unit_count; ++u) {
    const auto &a = model.instructions[u], &b = rtl.instructions[u];
    const std::size_t both = std::min(a.size(), b.size());
    cycles += 3 * (std::max(a.size(), b.size()) - both) + (model.accounts[u] == rtl.accounts[u] ? 0 : 1);
    for (std::size_t n = 0; n < both; ++n) {
      cycles += static_cast<std::size_t>((a[n].visible != b[n].visible) + (a[n].start != b[n].start) +
                                         (a[n].end != b[n].end));
    }
    compared.words += model.writes[u].size();
    compared.word_differences += differing_writes(model.writes[u], rtl.writes[u]);
  }
  for (std::size_t i = 0; i < std::min(model.outputs.size(), rtl.outputs.size()); ++i) {
    compared.word_differences += model.outputs[i] == rtl.outputs[i] ? 0 : 1;
  }
}

std::string describe(const Divergence& d, const Program& program, const std::vector<Instruction>& instructions,
                     const std::vector<InstructionRecord>& records) {
  std::string text = fmt::format("first divergence in cycle {}", d.cycle);
  if (d.unit) text += fmt::format(", unit {}", name(*d.unit));
  text += "\n  " + d.what;
  if (d.record < 0) return text;
  const InstructionRecord& record = records[static_cast<std::size_t>(d.record)];
  const auto layer = static_cast<std::size_t>(record.layer);
  text += fmt::format("\n  layer {} ({}), image {}", layer,
                      layer < program.layers.size() ? program.layers[layer].name : "not in the table", record.image);
  text += fmt::format("\n  instruction {}: {}", record.instruction,
                      disassemble(instructions[static_cast<std::size_t>(record.instruction)]));
  text += fmt::format("\n  the model: visible {}, starts {}, front free {}, ends {}", record.visible, record.start,
                      record.front_free, record.end);
  return text;
}

}  // namespace blendsim::conformance
