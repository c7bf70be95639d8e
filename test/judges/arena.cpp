// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "cli/machine_evaluate.h"
#include "explore/random_stream.h"
#include "explore/repair.h"
#include "explore/steps.h"
#include "session/networks.h"

namespace blendsim::judges {

namespace {

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

Arena::Arena(const std::string& study, std::vector<std::int64_t> marks, std::ostream& out)
    : study_(explore::read_study(study, ConfigPaths{BLENDSIM_CONFIGS})), marks_(std::move(marks)), out_(out) {
  Evaluator::Task task{{}, study_.figures, study_.limits, study_.must_fit};
  std::vector<std::string> digests;
  for (const std::string& name : study_.networks) {
    networks_.push_back(std::make_unique<IntegerNetwork>(named_network(name)));
    digests.push_back(networks_.back()->digest());
    task.networks.push_back(networks_.back().get());
  }
  explore::set_network_digests(study_, digests);
  evaluator_ = std::make_unique<Evaluator>(*study_.variants, std::move(task), cli::machine_evaluate());
}

explore::MethodContext Arena::context(std::uint64_t seed) const {
  return {study_.space,
          study_.objectives,
          seed,
          study_.base_point(),
          [this](const explore::Point& point) { return evaluator_->screen(study_.settings_of(point)); },
          study_.limits};
}

const Outcome& Arena::evaluate(const explore::Point& point) {
  const auto known = seen_.find(point);
  if (known != seen_.end()) return known->second;
  Outcome& outcome =
      seen_.emplace(point, evaluator_->evaluate(study_.settings_of(point), Effort::first_order)).first->second;
  take(point, outcome);
  return outcome;
}

void Arena::take(const explore::Point& point, Outcome& outcome) {
  if (outcome.stage < DesignStage::program) return;
  const auto costs = [&] { return explore::costs({0, point, outcome}, study_.objectives); };
  if (outcome.complete() && front_.would_take(costs())) {
    outcome = evaluator_->evaluate(study_.settings_of(point), Effort::all_orders);
    if (outcome.complete()) front_.add(evaluations_, costs());
  }
  ++evaluations_;
  if (std::find(marks_.begin(), marks_.end(), evaluations_) != marks_.end()) write();
}

void Arena::write() {
  std::vector<std::string> rows;
  for (const auto& member : front_.members()) rows.push_back(fmt::format("[{}]", fmt::join(member.costs, ", ")));
  out_ << fmt::format("{{\"evaluations\": {}, \"cpu_s\": {:.2f}, \"front\": [{}]}}\n", evaluations_,
                      processor_seconds(), fmt::join(rows, ", "))
       << std::flush;
}

std::vector<explore::Point> Arena::starts(std::size_t count, std::uint64_t seed) const {
  const explore::MethodContext own = context(seed);
  std::vector<explore::Point> out{own.base};
  for (std::int64_t place = 0; out.size() < count; ++place) {
    explore::RandomStream random(seed, static_cast<std::uint64_t>(place));
    explore::Point point =
        explore::repaired(explore::random_point(study_.space, random), study_.space, own.screen, seed, place, 2000);
    if (own.screen(point).stage >= DesignStage::program) out.push_back(std::move(point));
  }
  return out;
}

void run_own(Arena& arena, const std::string& method, std::uint64_t seed) {
  const explore::MethodContext context = arena.context(seed);
  const auto entries = explore::methods();
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const auto& m) { return m.name == method; });
  if (entry == entries.end()) throw std::invalid_argument("no method " + method);
  const std::unique_ptr<explore::Method> own = entry->make(context);
  const explore::Work work = explore::work_of(arena.study(), arena.evaluator());
  std::set<explore::Point> known;
  for (std::int64_t id = 0; !arena.is_over();) {
    std::vector<explore::Trial> told;
    for (const explore::Candidate& candidate : own->ask(id, entry->batch)) {
      const std::int64_t own_id = id++;
      if (arena.is_over() || known.count(candidate.point) != 0) continue;
      explore::Trial trial = work({own_id, candidate.point, candidate.repair, Effort::first_order});
      if (trial.outcome.stage < DesignStage::program || !known.insert(trial.point).second) continue;
      arena.take(trial.point, trial.outcome);
      told.push_back(std::move(trial));
    }
    own->tell(told);
  }
}

void serve(Arena& arena, std::uint64_t seed) {
  std::vector<std::string> sizes;
  for (const explore::Dimension& d : arena.study().space.dimensions)
    sizes.push_back(fmt::format("{}:{}:{}", d.name, d.values.size(), d.ordered ? "ordered" : "names"));
  std::cout << fmt::format("{}\n", fmt::join(sizes, " "));
  for (const explore::Point& start : arena.starts(20, seed)) std::cout << fmt::format("{} ", fmt::join(start, ","));
  std::cout << std::endl;
  for (std::string line; !arena.is_over() && std::getline(std::cin, line);) {
    explore::Point point;
    std::istringstream words(line);
    for (int place = 0; words >> place;) point.push_back(static_cast<std::uint8_t>(place));
    const Outcome& outcome = arena.evaluate(point);
    std::cout << fmt::format("{} {} {}", arena.is_over() ? "over" : "on", name(outcome.stage), outcome.violation);
    if (outcome.complete())
      std::cout << fmt::format(" {}", fmt::join(explore::costs({0, point, outcome}, arena.study().objectives), " "));
    std::cout << std::endl;
  }
}

}  // namespace blendsim::judges
