// SPDX-License-Identifier: Apache-2.0
#include "debug/stops.h"

#include <algorithm>

namespace blendsim::debug {
namespace {

bool earlier(const Hit& hit, const Instant& at) { return hit.at < at; }
bool later(const Instant& at, const Hit& hit) { return at < hit.at; }

}  // namespace

std::int32_t Stops::add(Stop stop) {
  stop.number = ++last_number_;
  std::stable_sort(stop.hits.begin(), stop.hits.end(), [](const Hit& a, const Hit& b) { return a.at < b.at; });
  list_.push_back(std::move(stop));
  return last_number_;
}

Stop* Stops::find(std::int32_t number) {
  const auto found = std::find_if(list_.begin(), list_.end(), [&](const Stop& stop) { return stop.number == number; });
  return found == list_.end() ? nullptr : &*found;
}

void Stops::remove(std::int32_t number) {
  std::erase_if(list_, [&](const Stop& stop) { return stop.number == number; });
}

std::optional<Instant> Stops::next(const Instant& behind) const {
  std::optional<Instant> best;
  for (const Stop& stop : list_) {
    if (!stop.enabled) continue;
    const auto hit = std::upper_bound(stop.hits.begin(), stop.hits.end(), behind, later);
    if (hit != stop.hits.end() && (!best || hit->at < *best)) best = hit->at;
  }
  return best;
}

std::optional<Instant> Stops::previous(const Instant& before) const {
  std::optional<Instant> best;
  for (const Stop& stop : list_) {
    if (!stop.enabled) continue;
    const auto hit = std::lower_bound(stop.hits.begin(), stop.hits.end(), before, earlier);
    if (hit != stop.hits.begin() && (!best || *best < (hit - 1)->at)) best = (hit - 1)->at;
  }
  return best;
}

std::vector<Stops::Here> Stops::here(const Instant& at) const {
  std::vector<Here> out;
  for (const Stop& stop : list_) {
    if (!stop.enabled) continue;
    auto hit = std::lower_bound(stop.hits.begin(), stop.hits.end(), at, earlier);
    for (; hit != stop.hits.end() && hit->at == at; ++hit) out.push_back({&stop, *hit});
  }
  return out;
}

}  // namespace blendsim::debug
