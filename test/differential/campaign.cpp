// SPDX-License-Identifier: Apache-2.0
#include "campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "shrink.h"

namespace blendsim::differential {

namespace {

std::string folder_name(const std::string& kind) {
  std::string out;
  for (const char c : kind.substr(0, 80)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

void add(Tally& all, const Tally& one) {
  all.layers += one.layers;
  all.exact_layers += one.exact_layers;
  all.values += one.values;
  all.uncertain += one.uncertain;
  all.admitted += one.admitted;
  all.tensors += one.tensors;
  all.hidden += one.hidden;
  all.moved += one.moved;
}

std::string draws_text(const std::vector<int>& draws) {
  std::string out;
  for (const int v : draws) out += (out.empty() ? "" : ",") + std::to_string(v);
  return out;
}

// Shrinks the seed's network and writes it; returns the folder.
std::string write_shrunk(Trials& trials, const CampaignOptions& options, std::uint64_t seed,
                         const std::vector<int>& draws, const std::string& kind, bool odd_constants) {
  const Fails fails = [&](Choices& choices) {
    const Case c = generate(choices);
    if (c.traits.odd_constants && !odd_constants) return false;  // another fault's ground
    const Outcome outcome = trials.run(c);
    return outcome.kind == Outcome::Kind::fault && outcome.reason == kind;
  };
  const bool slow = kind == "hang";
  const std::vector<int> least =
      shrunk(draws, fails, slow ? std::min(options.shrink_trials, 40) : options.shrink_trials);
  Choices choices(least);
  const Case c = generate(choices);
  const std::string folder = fmt::format("{}/{}-{}", options.folder, folder_name(kind), seed);
  trials.write(folder, c, trials.run(c), fmt::format("seed {}, draws {}", seed, draws_text(least)));
  return folder;
}

std::string table(const std::string& title, const std::map<std::string, int>& counts) {
  if (counts.empty()) return "";
  std::vector<std::pair<std::string, int>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out = title + "\n";
  for (const auto& [reason, count] : rows) out += fmt::format("{:8}  {}\n", count, reason);
  return out;
}

// The totals so far, in the campaign's folder.
class Progress {
 public:
  explicit Progress(const CampaignOptions& options) : options_(options), file_(options.folder + "/progress.json") {}

  [[nodiscard]] Totals load() const {
    Totals t;
    std::ifstream file(file_);
    if (options_.folder.empty() || !file) return t;
    const auto j = nlohmann::json::parse(file);
    if (j.at("first_seed") != options_.first_seed) throw std::runtime_error(file_ + " is of another campaign");
    const auto counts = j.at("counts").get<std::vector<int>>();
    int* const places[] = {&t.networks, &t.lowered, &t.compiled, &t.equal, &t.refused, &t.unjudged};
    for (std::size_t i = 0; i < std::size(places); ++i) *places[i] = counts.at(i);
    const auto tally = j.at("tally").get<std::vector<std::int64_t>>();
    t.tally = {static_cast<int>(tally.at(0)),
               static_cast<int>(tally.at(1)),
               tally.at(2),
               tally.at(3),
               tally.at(4),
               static_cast<int>(tally.at(5)),
               static_cast<int>(tally.at(6)),
               static_cast<int>(tally.at(7))};
    t.refusals = j.at("refusals"), t.not_compiled = j.at("not_compiled"), t.judge_refusals = j.at("judge_refusals");
    for (const auto& [kind, seen] : j.at("faults").items()) {
      t.faults[kind] = {seen.at("count"), seen.at("first_seed"), seen.at("detail"), seen.at("folder")};
    }
    return t;
  }

  void save(const Totals& t) const {
    if (options_.folder.empty()) return;
    nlohmann::json faults = nlohmann::json::object();
    for (const auto& [kind, seen] : t.faults) {
      faults[kind] = {
          {"count", seen.count}, {"first_seed", seen.first_seed}, {"detail", seen.detail}, {"folder", seen.folder}};
    }
    const nlohmann::json j{{"first_seed", options_.first_seed},
                           {"counts", {t.networks, t.lowered, t.compiled, t.equal, t.refused, t.unjudged}},
                           {"tally",
                            {t.tally.layers, t.tally.exact_layers, t.tally.values, t.tally.uncertain, t.tally.admitted,
                             t.tally.tensors, t.tally.hidden, t.tally.moved}},
                           {"refusals", t.refusals},
                           {"not_compiled", t.not_compiled},
                           {"judge_refusals", t.judge_refusals},
                           {"faults", faults}};
    std::filesystem::create_directories(options_.folder);
    std::ofstream(file_ + ".new") << j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::filesystem::rename(file_ + ".new", file_);
    if (options_.progress) std::fprintf(stderr, "%d of %d\n", t.networks, options_.count);
  }

 private:
  const CampaignOptions& options_;
  std::string file_;
};

}  // namespace

std::string Totals::text() const {
  std::string out = fmt::format(
      "{} networks: {} lowered ({:.0f} %), {} of them compiled; {} equal, {} refused, {} with a fault\n"
      "{} layers, {} called exact; {} tensors with {} values compared, {} uncertain (float sums round), {} admitted "
      "differences, "
      "{} layers with a rounding sum inside, {} behind a code that another order decides otherwise; {} networks the "
      "judge refuses\n",
      networks, lowered, 100.0 * lowered / std::max(networks, 1), compiled, equal, refused, networks - equal - refused,
      tally.layers, tally.exact_layers, tally.tensors, tally.values, tally.uncertain, tally.admitted, tally.hidden,
      tally.moved, unjudged);
  out += table("refused when lowered:", refusals) + table("refused by the platform:", not_compiled) +
         table("refused by the judge:", judge_refusals);
  for (const auto& [kind, seen] : faults) {
    out += fmt::format("FAULT {} x {}, first with seed {}\n  {}\n", seen.count, kind, seen.first_seed, seen.detail);
    if (!seen.folder.empty()) out += "  shrunk: " + seen.folder + "\n";
  }
  return out;
}

namespace {

void count(Totals& totals, const Outcome& o) {
  ++totals.networks;
  add(totals.tally, o.tally);
  if (!o.unjudged.empty()) ++totals.unjudged, ++totals.judge_refusals[o.unjudged];
  if (o.kind == Outcome::Kind::refused) {
    ++totals.refused;
    ++totals.refusals[o.reason];
    return;
  }
  ++totals.lowered;
  ++(o.not_compiled.empty() ? totals.compiled : totals.not_compiled[o.not_compiled]);
  totals.equal += o.kind == Outcome::Kind::equal ? 1 : 0;
}

}  // namespace

Totals run_campaign(const CampaignOptions& options) {
  const Progress progress(options);
  Totals totals = progress.load();
  Trials trials;
  while (totals.networks < options.count) {
    const std::uint64_t seed = options.first_seed + static_cast<std::uint64_t>(totals.networks);
    Choices choices(seed);
    const Case c = generate(choices);
    const Outcome o = trials.run(c);
    count(totals, o);
    if (o.kind == Outcome::Kind::fault) {
      const std::string kind = o.reason + (o.where.empty() ? "" : " | " + o.where);
      if (options.progress)
        std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), kind.c_str());
      FaultSeen& seen = totals.faults[kind];
      if (seen.count++ == 0) {
        seen.first_seed = seed;
        seen.detail = o.detail;
        if (!options.folder.empty() && static_cast<int>(totals.faults.size()) <= options.cases_written) {
          seen.folder = write_shrunk(trials, options, seed, choices.drawn(), o.reason, c.traits.odd_constants);
        }
      }
    }
    if (totals.networks % 100 == 0 || totals.networks == options.count) progress.save(totals);
  }
  return totals;
}

}  // namespace blendsim::differential
