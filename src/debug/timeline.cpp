// SPDX-License-Identifier: Apache-2.0
#include "debug/timeline.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace blendsim::debug {
namespace {

// The stretch of `list` from the first element for which `begins` is true to the first for which `behind` is.
template <class T, class Begins, class Behind>
std::span<const T> stretch(const std::vector<T>& list, Begins&& begins, Behind&& behind) {
  const auto first = std::partition_point(list.begin(), list.end(), [&](const T& item) { return !begins(item); });
  const auto last = std::partition_point(first, list.end(), [&](const T& item) { return !behind(item); });
  return std::span<const T>(list).subspan(static_cast<std::size_t>(first - list.begin()),
                                          static_cast<std::size_t>(last - first));
}

// Sorted, each once.
void ascend(std::vector<Cycles>& cycles) {
  std::sort(cycles.begin(), cycles.end());
  cycles.erase(std::unique(cycles.begin(), cycles.end()), cycles.end());
}

}  // namespace

Timeline::Timeline(const PhaseRecording& recording) : recording_(recording) {
  for (const IntervalEvent& interval : recording.intervals) {
    units_[static_cast<std::size_t>(index(interval.unit))].intervals.push_back(interval);
  }
  for (OfUnit& unit : units_) {
    std::stable_sort(unit.intervals.begin(), unit.intervals.end(),
                     [](const IntervalEvent& a, const IntervalEvent& b) { return a.from < b.from; });
  }
  for (std::size_t r = 0; r < recording.records.size(); ++r) {
    units_[static_cast<std::size_t>(index(recording.records[r].unit))].records.push_back(static_cast<std::int32_t>(r));
  }
  by_start_.resize(recording.records.size());
  std::iota(by_start_.begin(), by_start_.end(), 0);
  std::stable_sort(by_start_.begin(), by_start_.end(),
                   [&](std::int32_t a, std::int32_t b) { return record(a).start < record(b).start; });
  for (const BurstEvent& burst : recording.bursts) ports_[static_cast<std::size_t>(burst.port)].push_back(burst);
  for (auto& port : ports_) {
    std::stable_sort(port.begin(), port.end(),
                     [](const BurstEvent& a, const BurstEvent& b) { return a.request < b.request; });
  }
  sort_tokens();
  sort_rows();
  find_moments();
}

// A link's tokens are taken in the order in which they were posted.
void Timeline::sort_tokens() {
  constexpr auto units = static_cast<std::size_t>(unit_count);
  links_.resize(2 * units * units);
  for (const TokenEvent& token : recording_.tokens) {
    const std::size_t kind = token.kind == TokenKind::data ? 0 : 1;
    const auto producer = static_cast<std::size_t>(index(token.producer));
    links_[(kind * units + producer) * units + static_cast<std::size_t>(index(token.consumer))].push_back(token);
  }
  for (auto& link : links_) {
    std::stable_sort(link.begin(), link.end(),
                     [](const TokenEvent& a, const TokenEvent& b) { return a.taken < b.taken; });
  }
}

void Timeline::sort_rows() {
  std::vector<RowEvent> events = recording_.rows;
  std::stable_sort(events.begin(), events.end(), [](const RowEvent& a, const RowEvent& b) { return a.at < b.at; });
  for (const RowEvent& event : events) {
    const auto channel = static_cast<std::size_t>(event.channel);
    if (rows_.size() <= channel) rows_.resize(channel + 1);
    auto& banks = rows_[channel];
    if (event.bank < 0) {
      for (auto& bank : banks) bank.push_back({-1, event.at});
      continue;
    }
    const auto bank = static_cast<std::size_t>(event.bank);
    if (banks.size() <= bank) banks.resize(bank + 1);
    banks[bank].push_back({event.row, event.at});
  }
}

void Timeline::find_moments() {
  for (const InstructionRecord& record : recording_.records) {
    moments_.push_back(record.start);
    moments_.push_back(record.end);
  }
  moments_.insert(moments_.end(), recording_.doorbells.begin(), recording_.doorbells.end());
  moments_.insert(moments_.end(), recording_.completions.begin(), recording_.completions.end());
  ascend(moments_);
  std::map<std::pair<std::int32_t, std::int32_t>, Cycles> begins;
  for (const InstructionRecord& record : recording_.records) {
    const auto [at, is_first] = begins.try_emplace({record.image, record.layer}, record.start);
    if (!is_first) at->second = std::min(at->second, record.start);
  }
  for (const auto& [layer, at] : begins) layer_begins_.push_back(at);
  ascend(layer_begins_);
}

std::int32_t Timeline::image(Cycles at) const {
  const auto& rung = recording_.doorbells;
  const auto next = std::upper_bound(rung.begin(), rung.end(), at);
  return std::max(0, static_cast<std::int32_t>(next - rung.begin()) - 1);
}

const IntervalEvent* Timeline::interval(UnitId unit, Cycles at) const {
  const auto& list = of(unit).intervals;
  const auto next = std::upper_bound(list.begin(), list.end(), at,
                                     [](Cycles cycle, const IntervalEvent& interval) { return cycle < interval.from; });
  return next == list.begin() ? nullptr : &*(next - 1);
}

std::span<const std::int32_t> Timeline::running(UnitId unit, Cycles at) const {
  return stretch(
      of(unit).records, [&](std::int32_t r) { return record(r).end >= at; },
      [&](std::int32_t r) { return record(r).start > at; });
}

std::span<const std::int32_t> Timeline::queued(UnitId unit, Cycles at) const {
  return stretch(
      of(unit).records, [&](std::int32_t r) { return record(r).start > at; },
      [&](std::int32_t r) { return record(r).visible - 1 > at; });
}

std::vector<const TokenEvent*> Timeline::tokens(Cycles at) const {
  std::vector<const TokenEvent*> out;
  for (const auto& link : links_) {
    const auto here = stretch(
        link, [&](const TokenEvent& token) { return token.taken > at; },
        [&](const TokenEvent& token) { return token.posted > at; });
    for (const TokenEvent& token : here) out.push_back(&token);
  }
  return out;
}

std::vector<const BurstEvent*> Timeline::bursts(Cycles at) const {
  std::vector<const BurstEvent*> out;
  for (const auto& port : ports_) {
    const auto here = stretch(
        port, [&](const BurstEvent& burst) { return burst.last_beat >= at; },
        [&](const BurstEvent& burst) { return burst.request > at; });
    for (const BurstEvent& burst : here) out.push_back(&burst);
  }
  return out;
}

const DispatchEvent* Timeline::dispatching(Cycles at) const {
  const auto& list = recording_.dispatches;
  const auto next = std::upper_bound(list.begin(), list.end(), at, [](Cycles cycle, const DispatchEvent& dispatch) {
    return cycle < dispatch.written;
  });
  return next == list.end() ? nullptr : &*next;
}

Timeline::OpenRow Timeline::row(std::size_t channel, std::size_t bank, Cycles at) const {
  if (channel >= rows_.size() || bank >= rows_[channel].size()) return {};
  const auto& list = rows_[channel][bank];
  const auto next = std::upper_bound(list.begin(), list.end(), at,
                                     [](Cycles cycle, const OpenRow& row) { return cycle < row.since; });
  return next == list.begin() ? OpenRow{} : *(next - 1);
}

std::optional<Cycles> Timeline::moment_after(Cycles at) const {
  const auto next = std::upper_bound(moments_.begin(), moments_.end(), at);
  return next == moments_.end() ? std::nullopt : std::optional(*next);
}

std::optional<Cycles> Timeline::moment_before(Cycles at) const {
  const auto next = std::lower_bound(moments_.begin(), moments_.end(), at);
  return next == moments_.begin() ? std::nullopt : std::optional(*(next - 1));
}

std::size_t Timeline::started(Cycles at) const {
  const auto next = std::upper_bound(by_start_.begin(), by_start_.end(), at,
                                     [&](Cycles cycle, std::int32_t r) { return cycle < record(r).start; });
  return static_cast<std::size_t>(next - by_start_.begin());
}

}  // namespace blendsim::debug
