// SPDX-License-Identifier: Apache-2.0
#include "cause/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace blendsim {

namespace {

template <class Key>
StampPairs pair_by(const std::vector<Key>& a, const std::vector<Key>& b) {
  std::map<Key, std::size_t> places;
  for (std::size_t i = 0; i < b.size(); ++i) places.emplace(b[i], i);
  StampPairs pairs;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const auto at = places.find(a[i]); at != places.end()) pairs.emplace_back(i, at->second);
  }
  return pairs;
}

using LayerKey = std::tuple<std::int32_t, std::string, UnitId, std::int32_t>;

std::vector<LayerKey> layer_keys(const RecordedRun& run) {
  std::map<std::tuple<std::int32_t, std::string, UnitId>, std::int32_t> counts;
  std::vector<LayerKey> keys;
  for (std::size_t i = 0; i < run.run().records.size(); ++i) {
    const InstructionRecord& r = run.run().records[i];
    const std::string& layer = run.layer(static_cast<std::int32_t>(i));
    keys.emplace_back(r.image, layer, r.unit, counts[{r.image, layer, r.unit}]++);
  }
  return keys;
}

}  // namespace

StampPairs pair_by_index(const std::vector<Stamp>& a, const std::vector<Stamp>& b) {
  const auto keys = [](const std::vector<Stamp>& stamps) {
    std::vector<std::pair<std::int32_t, std::int32_t>> out;
    for (const Stamp& stamp : stamps) out.emplace_back(stamp.image, stamp.instruction);
    return out;
  };
  return pair_by(keys(a), keys(b));
}

StampPairs pair_by_layer(const RecordedRun& a, const RecordedRun& b) { return pair_by(layer_keys(a), layer_keys(b)); }

namespace {

// The first place of a list of `size` that no pair takes.
std::size_t first_left_out(std::size_t size, const StampPairs& pairs, std::size_t StampPairs::value_type::*side) {
  std::vector<bool> taken(size);
  for (const auto& pair : pairs) taken[pair.*side] = true;
  return static_cast<std::size_t>(std::find(taken.begin(), taken.end(), false) - taken.begin());
}

}  // namespace

StampComparison compare_stamps(const std::vector<Stamp>& a, const std::vector<Stamp>& b, const StampPairs& pairs,
                               Cycles shift) {
  StampComparison out;
  out.compared = static_cast<std::int64_t>(pairs.size());
  out.only_a = static_cast<std::int64_t>(a.size()) - out.compared;
  out.only_b = static_cast<std::int64_t>(b.size()) - out.compared;
  out.first_only_a = first_left_out(a.size(), pairs, &StampPairs::value_type::first);
  out.first_only_b = first_left_out(b.size(), pairs, &StampPairs::value_type::second);
  for (const auto& [of_a, of_b] : pairs) {
    const Stamp& x = a[of_a];
    Stamp y = b[of_b];
    y.start += shift;
    y.end += shift;
    Divergence here{Divergence::What::unit, of_a, of_b, std::min(x.start, y.start)};
    if (x.unit == y.unit) {
      if (x.start == y.start && x.end == y.end) continue;
      here.what = x.start != y.start ? Divergence::What::start : Divergence::What::end;
      if (here.what == Divergence::What::end) here.at = std::min(x.end, y.end);
    }
    ++out.differing;
    const auto order = [](const Divergence& d) { return std::pair(d.at, d.what == Divergence::What::end); };
    if (!out.first || order(here) < order(*out.first)) out.first = here;
  }
  return out;
}

std::vector<StartTerm> start_terms(const RecordedRun& run, std::int32_t index) {
  const InstructionRecord& record = run.record(index);
  std::vector<StartTerm> terms = {{"its entry is in the queue", record.visible}};
  std::int32_t previous = -1;
  for (std::int32_t at = index - 1; at >= 0 && previous < 0; --at) {
    if (run.record(at).unit == record.unit) previous = at;
  }
  if (previous >= 0)
    terms.push_back({fmt::format("{} has left the front", run.name_of(previous)), run.record(previous).front_free});
  for (const TokenEvent& token : run.run().tokens) {
    if (token.taken_by != index) continue;
    terms.push_back({fmt::format("the {} token of {}", token.kind == TokenKind::data ? "data" : "space",
                                 run.name_of(token.posted_by)),
                     token.visible});
  }
  if (previous >= 0 && sync_of(run.instruction(index)).fence != 0)
    terms.push_back({fmt::format("the fence: {} has ended", run.name_of(previous)), run.record(previous).end + 1});
  return terms;
}

}  // namespace blendsim
