// SPDX-License-Identifier: Apache-2.0
#include "explore/study_page.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "explore/explain.h"
#include "explore/findings_text.h"

namespace blendsim::explore {

namespace {

// Of each dimension the index of the base platform's value; -1 where the space has it not, or it is of the network.
std::vector<int> base_values(const Study& study) {
  std::vector<int> out;
  for (const std::vector<Setting>& values : study.settings) {
    const auto is_base = [&](const Setting& setting) {
      return study.variants->text(setting) ==
             study.variants->keys()[setting.key] + "=" + study.variants->base_value(setting.key);
    };
    const auto at = std::find_if(values.begin(), values.end(), is_base);
    out.push_back(at == values.end() ? -1 : static_cast<int>(at - values.begin()));
  }
  return out;
}

// In order of id.
std::vector<const Trial*> chosen_trials(const Findings& findings, const Point& base, std::size_t most) {
  std::set<std::int64_t> needed;
  for (const Front::Member& member : findings.front().members()) needed.insert(member.id);
  std::vector<const Trial*> out, others;
  for (const Trial& trial : findings.trials()) {
    if (!trial.outcome.complete()) continue;
    (needed.count(trial.id) != 0 || trial.point == base ? out : others).push_back(&trial);
  }
  const std::size_t room = std::min(others.size(), most - std::min(most, out.size()));
  for (std::size_t n = 0; n < room; ++n) out.push_back(others[n * others.size() / room]);
  std::sort(out.begin(), out.end(), [](const Trial* a, const Trial* b) { return a->id < b->id; });
  return out;
}

Json about(const Study& study) {
  Json limits = Json::array();
  if (study.must_fit) limits.push_back("fits the board");
  for (const FigureLimit& limit : study.limits) {
    limits.push_back(study.figure_names[limit.figure] + (limit.at_most ? " <= " : " >= ") +
                     figure_text(study, limit.figure, limit.bound));
  }
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
  return {{"name", study.name},
          {"summary", study.summary},
          {"platform", study.platform},
          {"networks", study.networks},
          {"maker", study.maker},
          {"method", study.method},
          {"seed", study.seed},
          {"batch", study.batch},
          {"budget",
           {{"evaluations", or_null(study.budget.evaluations)},
            {"oracle_calls", or_null(study.budget.oracle_calls)},
            {"seconds", or_null(study.budget.seconds)}}},
          {"limits", limits},
          {"space", study.space.size()}};
}

Json figures(const Study& study) {
  Json out = Json::array();
  for (std::size_t f = 0; f < study.figure_names.size(); ++f) {
    const bool is_objective = f < study.objectives.size();
    out.push_back({{"name", study.figure_names[f]},
                   {"unit", study.figures[f].metric->unit},
                   {"goal", !is_objective                  ? Json()
                            : study.objectives[f].maximise ? Json("max")
                                                           : Json("min")}});
  }
  return out;
}

Json keys(const Study& study, const std::vector<int>& base) {
  Json out = Json::array();
  for (std::size_t d = 0; d < base.size(); ++d) {
    const Dimension& dimension = study.space.dimensions[d];
    out.push_back(
        {{"name", dimension.name},
         {"values", dimension.values},
         {"base", base[d] < 0 ? Json() : Json(base[d])},
         {"base_text",
          study.is_of_network(d) ? Json() : Json(study.variants->base_value(study.settings[d].front().key))}});
  }
  return out;
}

// A column a key, a column a figure.
Json columns(const Study& study, const std::vector<const Trial*>& trials) {
  Json id = Json::array(), keys = Json::array(), figures = Json::array();
  for (const Trial* trial : trials) id.push_back(trial->id);
  for (std::size_t d = 0; d < study.space.dimensions.size(); ++d) {
    keys.push_back(Json::array());
    for (const Trial* trial : trials) keys.back().push_back(trial->point[d]);
  }
  for (std::size_t f = 0; f < study.figure_names.size(); ++f) {
    figures.push_back(Json::array());
    for (const Trial* trial : trials) figures.back().push_back(trial->outcome.figures[f]);
  }
  return {{"id", id}, {"keys", keys}, {"figures", figures}};
}

Json history(const Findings& findings, std::span<const BatchRecord> batches) {
  Json evaluated = Json::array(), hypervolume = Json::array();
  auto next = findings.trials().begin();
  for (const BatchRecord& batch : batches) {
    while (next != findings.trials().end() && next->id <= batch.last) ++next;
    evaluated.push_back(next - findings.trials().begin());
    hypervolume.push_back(batch.hypervolume);
  }
  return {{"evaluated", evaluated}, {"hypervolume", hypervolume}};
}

Json moved_by(const Study& study, const Findings& findings) {
  Json out = Json::array();
  for (const std::vector<Influence>& list : influences(study, findings)) {
    Json one = Json::array();
    for (const Influence& influence : list)
      one.push_back({{"key", study.space.dimensions[influence.dimension].name}, {"share", influence.share}});
    out.push_back(one);
  }
  return out;
}

}  // namespace

Json study_page(const Study& study, const Findings& findings, std::span<const BatchRecord> batches,
                const std::string& asked_for, std::size_t most) {
  const Point base = study.base_point();
  const std::vector<const Trial*> trials = chosen_trials(findings, base, most);
  const auto place = [&](auto&& is_it) {
    const auto at = std::find_if(trials.begin(), trials.end(), is_it);
    return at == trials.end() ? Json() : Json(at - trials.begin());
  };
  Json front = Json::array();
  for (const Front::Member& member : findings.front().members())
    front.push_back(place([&](const Trial* trial) { return trial->id == member.id; }));
  Json outside = Json::array();
  for (const Failure& failure : failures(findings))
    outside.push_back({{"what", failure.what}, {"count", failure.count}});
  const auto complete = std::count_if(findings.trials().begin(), findings.trials().end(),
                                      [](const Trial& trial) { return trial.outcome.complete(); });
  return {{"schema", study_page_schema},
          {"command", asked_for},
          {"study", about(study)},
          {"counts",
           {{"asked", findings.next_id()},
            {"compiled", findings.evaluated()},
            {"complete", complete},
            {"shown", trials.size()}}},
          {"seconds", std::round(1e3 * findings.seconds()) / 1e3},
          {"hypervolume", findings.hypervolume()},
          {"figures", figures(study)},
          {"keys", keys(study, base_values(study))},
          {"points", columns(study, trials)},
          {"front", front},
          {"base", place([&](const Trial* trial) { return trial->point == base; })},
          {"outside", outside},
          {"moved_by", moved_by(study, findings)},
          {"history", history(findings, batches)}};
}

}  // namespace blendsim::explore
