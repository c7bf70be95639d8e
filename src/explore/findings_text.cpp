// SPDX-License-Identifier: Apache-2.0
#include "explore/findings_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/progress_text.h"
#include "platform/yaml_tree.h"

namespace blendsim::explore {

namespace {

namespace fs = std::filesystem;

// A cell of RFC 4180.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string percent_of(std::int64_t part, std::int64_t whole) {
  return percent(static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(1, whole)));
}

// "412 x device-too-small lut" of everything that is no design within the limits, most frequent first.
std::string failures_text(const Findings& findings, const TextLayout& layout) {
  const std::vector<Failure> list = failures(findings);
  if (list.empty()) return {};
  constexpr std::size_t shown = 6;
  std::string out = "outside   ";
  for (std::size_t n = 0; n < list.size() && (n < shown || layout.all); ++n)
    out += fmt::format("{}{} {}", n == 0 ? "" : ", ", percent_of(list[n].count, findings.next_id()), list[n].what);
  if (list.size() > shown && !layout.all) out += fmt::format(", {} more: --all", list.size() - shown);
  return wrapped(out + "\n", 10, layout);
}

std::string influences_text(const Study& study, const Findings& findings, const TextLayout& layout) {
  const std::vector<std::vector<Influence>> all = influences(study, findings);
  std::string out;
  for (std::size_t o = 0; o < all.size(); ++o) {
    if (all[o].empty()) continue;
    std::string line = fmt::format("{:<10}", study.objectives[o].name);
    constexpr std::size_t shown = 3;
    for (std::size_t n = 0; n < all[o].size() && (n < shown || layout.all); ++n)
      line += fmt::format("{}{} {}", n == 0 ? "moved by " : ", ", study.space.dimensions[all[o][n].dimension].name,
                          percent(all[o][n].share));
    out += wrapped(line + "\n", 10, layout);
  }
  return out;
}

}  // namespace

std::string figure_text(const Study& study, std::size_t figure, double value) {
  if (std::isnan(value)) return "";
  const std::string unit(study.figures[figure].metric->unit);
  if (unit == "s" || unit == "J" || unit == "W" || unit == "Hz") return engineering(value, unit);
  if (unit == "share") return fmt::format("{:.2f} %", 100 * value);
  if (value == std::floor(value) && std::abs(value) < 1e15) return grouped(static_cast<std::int64_t>(value));
  return fmt::format("{:.1f}", value);
}

std::string progress_line(const Study& study, const Findings& findings, double per_second) {
  std::string out = grouped(findings.evaluated());
  if (study.budget.evaluations) out += " of " + grouped(*study.budget.evaluations);
  if (per_second > 0) out += "  " + rate_text(per_second);
  out += fmt::format("  front {}", findings.front().members().size());
  const double left =
      study.budget.evaluations ? static_cast<double>(*study.budget.evaluations - findings.evaluated()) : 0;
  if (per_second > 0 && left > 0) out += fmt::format("  {:.0f} s left", std::ceil(left / per_second));
  return out;
}

std::string findings_text(const Study& study, const Findings& findings, const TextLayout& layout) {
  const auto& members = findings.front().members();
  std::int64_t complete = 0;
  for (const Trial& trial : findings.trials()) complete += trial.outcome.complete() ? 1 : 0;
  std::string out = fmt::format("study     {} on {}, {} keys, {:.3g} points\n", study.name, study.platform,
                                study.space.dimensions.size(), study.space.size());
  out += fmt::format("points    {} asked for, {} compiled, {} within the limits, {:.1f} s\n",
                     grouped(findings.next_id()), grouped(findings.evaluated()), grouped(complete), findings.seconds());
  if (members.empty())
    return out + "front     none: no point is within the limits yet\n" + failures_text(findings, layout);
  // Keys that every point of the front changes alike are said once.
  std::vector<std::vector<std::string>> changed;
  for (const Front::Member& m : members) changed.push_back(changed_keys(study, findings.find(m.id)->point));
  std::vector<std::string> common;
  for (const std::string& key : changed.front()) {
    const bool by_all = std::all_of(changed.begin(), changed.end(), [&](const auto& list) {
      return std::find(list.begin(), list.end(), key) != list.end();
    });
    if (by_all) common.push_back(key);
  }
  if (!common.empty()) out += wrapped("all with  " + joined(common) + "\n", 10, layout);
  std::vector<Column> columns = {{"point", true}};
  for (const std::string& name : study.figure_names) columns.push_back({name});
  columns.push_back({"with", true});
  std::vector<std::size_t> order(members.size());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return members[a].costs < members[b].costs; });
  TextTable table(std::move(columns), "points");
  for (std::size_t place = 0; place < order.size(); ++place) {  // the best in the first objective stand for the others
    const std::size_t n = order[place];
    const Trial& trial = *findings.find(members[n].id);
    std::vector<std::string> cells = {std::to_string(trial.id)};
    for (std::size_t f = 0; f < study.figure_names.size(); ++f)
      cells.push_back(figure_text(study, f, trial.outcome.figures[f]));
    std::vector<std::string> own;
    for (const std::string& key : changed[n]) {
      if (std::find(common.begin(), common.end(), key) == common.end()) own.push_back(key);
    }
    cells.push_back(joined(own));
    table.row(std::move(cells), static_cast<std::int64_t>(order.size() - place));
  }
  out += "\n" + table.text(layout) + "\n";
  return out + failures_text(findings, layout) + influences_text(study, findings, layout);
}

std::string why_text(const Study& study, const Trial& trial, const std::vector<Neighbour>& neighbours,
                     const TextLayout& layout) {
  std::string out = fmt::format(
      "point     {}, {}\n", trial.id,
      trial.outcome.complete() ? "within the limits" : fmt::format("{} {}", trial.outcome.code, trial.outcome.subject));
  out += wrapped("with      " + joined(changed_keys(study, trial.point)) + "\n", 10, layout);
  std::vector<Column> columns = {{"change", true}};
  for (const std::string& name : study.figure_names) columns.push_back({name});
  columns.push_back({"", true});
  TextTable table(std::move(columns), "changes");
  std::vector<std::string> cells = {"as it is"};
  for (std::size_t f = 0; f < study.figure_names.size(); ++f)
    cells.push_back(figure_text(study, f, trial.outcome.figures[f]));
  cells.emplace_back("");
  table.row(std::move(cells), 1'000'000'000);
  for (const Neighbour& n : neighbours) {
    const Outcome& o = n.trial.outcome;
    std::vector<std::string> row = {fmt::format("{}={}", study.space.dimensions[n.dimension].name, n.to)};
    for (std::size_t f = 0; f < study.figure_names.size(); ++f) row.push_back(figure_text(study, f, o.figures[f]));
    double gain = 0;  // the largest relative gain of an objective
    std::string better;
    if (!o.complete()) {
      better = o.code + (o.subject.empty() ? "" : " " + o.subject);
    } else if (trial.outcome.complete()) {
      const std::vector<double> here = costs(trial, study.objectives), there = costs(n.trial, study.objectives);
      for (std::size_t k = 0; k < here.size(); ++k) {
        const double relative = (here[k] - there[k]) / std::max(std::abs(here[k]), 1e-30);
        if (relative > 0) better += fmt::format("{}{} better", better.empty() ? "" : ", ", study.objectives[k].name);
        gain = std::max(gain, relative);
      }
      const bool is_known = std::none_of(there.begin(), there.end(), [](double cost) { return std::isnan(cost); });
      if (is_known && dominates(there, here)) better = "better in all";
    }
    row.push_back(better);
    table.row(std::move(row), static_cast<std::int64_t>(1e6 * gain));
  }
  return out + "\n" + table.text(layout);
}

std::vector<std::string> changed_keys(const Study& study, const Point& point) {
  std::vector<std::string> out = study.network_values(point);
  const std::vector<std::string> machine = changed_machine_keys(study, point);
  out.insert(out.end(), machine.begin(), machine.end());
  return out;
}

std::vector<std::string> changed_machine_keys(const Study& study, const Point& point) {
  std::vector<std::string> out;
  for (const Setting& setting : study.settings_of(point)) {
    const std::string text = study.variants->text(setting);
    const std::string base = study.variants->keys()[setting.key] + "=" + study.variants->base_value(setting.key);
    if (text != base) out.push_back(text);
  }
  return out;
}

std::string csv_text(const Study& study, const Findings& findings) {
  std::string out = "id,stage,code,subject,verified";
  for (const std::string& name : study.figure_names) out += "," + cell(name);
  for (const Dimension& dimension : study.space.dimensions) out += "," + cell(dimension.name);
  out += "\n";
  for (const Trial& trial : findings.trials()) {
    out += fmt::format("{},{},{},{},{}", trial.id, name(trial.outcome.stage), trial.outcome.code,
                       cell(trial.outcome.subject), trial.verified ? 1 : 0);
    for (const double figure : trial.outcome.figures) out += std::isnan(figure) ? "," : fmt::format(",{}", figure);
    for (std::size_t d = 0; d < trial.point.size(); ++d)
      out += "," + cell(study.space.dimensions[d].values[trial.point[d]]);
    out += "\n";
  }
  return out;
}

std::string platform_text(const Study& study, const Trial& trial) {
  const std::string base = study.platform.find('/') == std::string::npos
                               ? study.platform
                               : fs::absolute(study.platform).lexically_normal().string();
  std::string out = fmt::format("# Point {} of the study {}.\nschema: blendsim.platform/1\nextends: {}\nname: {}\n",
                                trial.id, study.name, base, quoted(fmt::format("{}-{}", study.name, trial.id)));
  for (const std::string& value : study.network_values(trial.point)) out += "# " + value + "\n";
  // Keys of one group stand together: a map of maps, as deep as the keys are.
  std::vector<std::string> open;
  std::vector<std::string> sets = changed_machine_keys(study, trial.point);
  std::sort(sets.begin(), sets.end());
  for (const std::string& set : sets) {
    const std::size_t equals = set.find('=');
    std::vector<std::string> path;
    for (std::size_t begin = 0; begin <= equals;) {
      const std::size_t dot = std::min(set.find('.', begin), equals);
      path.push_back(set.substr(begin, dot - begin));
      begin = dot + 1;
    }
    std::size_t common = 0;
    while (common < open.size() && common + 1 < path.size() && open[common] == path[common]) ++common;
    for (std::size_t level = common; level + 1 < path.size(); ++level)
      out += fmt::format("{}{}:\n", std::string(2 * level, ' '), path[level]);
    open.assign(path.begin(), path.end() - 1);
    out += fmt::format("{}{}: {}\n", std::string(2 * open.size(), ' '), path.back(), set.substr(equals + 1));
  }
  return out;
}

}  // namespace blendsim::explore
