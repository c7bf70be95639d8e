// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/diagnostic.h"
#include "report/format_text.h"
#include "report/saved_report.h"
#include "report/went_in.h"

namespace blendsim {

namespace {

std::string signed_grouped(std::int64_t value) { return value > 0 ? "+" + grouped(value) : grouped(value); }

std::string signed_engineering(double value, const std::string& unit) {
  return (value > 0 ? "+" : "") + engineering(value, unit);
}

std::string relative(std::int64_t a, std::int64_t b) {
  return a == 0 ? "-" : fmt::format("{:+.1f} %", 100.0 * static_cast<double>(b - a) / static_cast<double>(a));
}

std::string totals(const Json& a, const Json& b, const TextLayout& layout) {
  TextTable table({{"", true}, {"A"}, {"B"}, {"B - A"}, {""}});
  for (const std::string key : {"cycles", "init_cycles", "compute_cycles"}) {
    const auto x = a.at(key).get<std::int64_t>(), y = b.at(key).get<std::int64_t>();
    table.row({key, grouped(x), grouped(y), signed_grouped(y - x), relative(x, y)});
  }
  for (const std::string key : {"dsp", "lut", "ff"}) {
    const auto x = a.at("resources").at(key).get<std::int64_t>(), y = b.at("resources").at(key).get<std::int64_t>();
    table.row({key, grouped(x), grouped(y), signed_grouped(y - x), relative(x, y)});
  }
  const auto real = [&](const std::string& label, double x, double y, const std::string& unit) {
    table.row({label, engineering(x, unit), engineering(y, unit), signed_engineering(y - x, unit),
               x == 0 ? "-" : fmt::format("{:+.1f} %", 100 * (y - x) / x)});
  };
  real("latency", a.at("latency_s").get<double>(), b.at("latency_s").get<double>(), "s");
  real("power", a.at("power").at("total_w").get<double>(), b.at("power").at("total_w").get<double>(), "W");
  real("energy", a.at("power").at("energy_per_inference_j").get<double>(),
       b.at("power").at("energy_per_inference_j").get<double>(), "J");
  return table.text(layout);
}

std::string causes_text(const Json& a, const Json& b) {
  std::string out;
  for (const std::string& line : what_went_in(a, b)) out += fmt::format("  {}\n", line);
  return out.empty() ? "same network, input, options, platform, program and version\n"
                     : "what went in differs:\n" + out;
}

struct Change {
  std::string name;
  std::int64_t a = 0, b = 0;
  [[nodiscard]] std::int64_t delta() const { return b - a; }
};

// Largest change first; equal sizes keep their order.
void sort_by_size(std::vector<Change>& changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& x, const Change& y) { return std::abs(x.delta()) > std::abs(y.delta()); });
}

std::string layers(const Json& a, const Json& b, std::vector<Change>& critical, const TextLayout& layout) {
  std::map<std::string, const Json*> rows_b;
  for (const Json& row : b.at("layers")) rows_b[row.at("name").get<std::string>()] = &row;
  TextTable table({{"layer", true},
                   {"cycles A", false, 3},
                   {"cycles B", false, 3},
                   {"B - A"},
                   {"critical A", false, 1},
                   {"critical B", false, 1},
                   {"B - A"},
                   {"bound by", true, 2}},
                  "layers that changed");
  bool any = false;
  const Json none = {{"cycles", 0}, {"critical_cycles", 0}, {"bound_by", "absent"}};
  const auto add = [&](const std::string& name, const Json& x, const Json& y) {
    const Change cycles{name, x.at("cycles").get<std::int64_t>(), y.at("cycles").get<std::int64_t>()};
    const Change crit{name, x.at("critical_cycles").get<std::int64_t>(), y.at("critical_cycles").get<std::int64_t>()};
    critical.push_back(crit);
    if (cycles.delta() == 0 && crit.delta() == 0 && x.at("bound_by") == y.at("bound_by")) return;
    any = true;
    const std::string bound = x.at("bound_by") == y.at("bound_by")
                                  ? text_of(x.at("bound_by"))
                                  : text_of(x.at("bound_by")) + " -> " + text_of(y.at("bound_by"));
    table.row({name, grouped(cycles.a), grouped(cycles.b), signed_grouped(cycles.delta()), grouped(crit.a),
               grouped(crit.b), signed_grouped(crit.delta()), bound},
              std::abs(crit.delta()));
  };
  for (const Json& row : a.at("layers")) {
    const auto name = row.at("name").get<std::string>();
    const auto found = rows_b.find(name);
    add(name, row, found == rows_b.end() ? none : *found->second);
    if (found != rows_b.end()) rows_b.erase(found);
  }
  for (const Json& row : b.at("layers")) {
    if (rows_b.contains(row.at("name").get<std::string>())) add(row.at("name").get<std::string>(), none, row);
  }
  return any ? table.text(layout) : "every layer takes the same cycles\n";
}

std::string compare_units(const Json& a, const Json& b, std::vector<Change>& stalls, const TextLayout& layout) {
  TextTable table({{"unit", true}, {"account", true}, {"A"}, {"B"}, {"B - A"}}, "accounts that changed");
  bool any = false;
  for (const auto& [unit, row] : a.at("units").items()) {
    if (!b.at("units").contains(unit)) continue;
    for (const std::string_view account : activity_names) {
      const std::string key(account);
      const Change change{unit + " " + key, row.at(key).get<std::int64_t>(),
                          b.at("units").at(unit).at(key).get<std::int64_t>()};
      if (change.delta() == 0) continue;
      any = true;
      table.row({unit, key, grouped(change.a), grouped(change.b), signed_grouped(change.delta())},
                std::abs(change.delta()));
      if (key != "idle") stalls.push_back(change);
    }
  }
  return any ? table.text(layout) : "every unit's account is the same\n";
}

// The largest changes under a title that says how many there are.
std::string largest(const std::string& what, std::vector<Change> changes) {
  constexpr std::size_t shown = 5;
  std::erase_if(changes, [](const Change& change) { return change.delta() == 0; });
  if (changes.empty()) return {};
  sort_by_size(changes);
  std::string out = changes.size() > shown
                        ? fmt::format("{}, largest {} of {} that changed\n", what, shown, changes.size())
                        : fmt::format("{}, all {} that changed\n", what, changes.size());
  for (std::size_t i = 0; i < std::min(shown, changes.size()); ++i) {
    out += fmt::format("  {}: {}\n", changes[i].name, signed_grouped(changes[i].delta()));
  }
  return out;
}

std::string explanation(const Json& a, const Json& b, std::vector<Change> critical,
                        std::vector<Change> accounts_changed) {
  const std::int64_t delta = b.at("cycles").get<std::int64_t>() - a.at("cycles").get<std::int64_t>();
  std::string out = fmt::format("the runs differ by {} cycles\n", signed_grouped(delta));
  if (delta == 0) out = "the runs take the same number of cycles\n";
  return out + largest("layers by their cycles on the critical path", std::move(critical)) +
         largest("units' accounts other than idle", std::move(accounts_changed));
}

std::string outputs(const Json& a, const Json& b) {
  if (a.at("outputs").empty() && b.at("outputs").empty()) return "outputs: both runs were timing only\n";
  if (a.at("outputs") == b.at("outputs")) return "outputs are equal\n";
  return a.at("outputs").empty() || b.at("outputs").empty() ? "outputs: one run was timing only\n" : "OUTPUTS DIFFER\n";
}

// What differs that no table shows and that does not follow from what one shows.
std::string differing_texts(const Json& a, const Json& b) {
  std::string out;
  for (const std::string key : {"agreement", "notes", "cpu_operators", "assumptions"}) {
    if (a.at(key) != b.at(key)) out += (out.empty() ? "" : ", ") + key;
  }
  return out.empty() ? out : fmt::format("also different: {}; `blendsim report` prints them\n", out);
}

}  // namespace

Comparison compare_reports(const std::string& a, const std::string& b, const TextLayout& layout) {
  const SavedReport first = read_report(a), second = read_report(b);
  require_schemas_equal(b, second, first);
  const Json &x = first.body, &y = second.body;
  Comparison out;
  try {
    out.equal = digested(x) == digested(y);
    out.text = fmt::format("A {}  digest {}\nB {}  digest {}\n\n", a, text_of(first.digest), b, text_of(second.digest));
    if (out.equal) {
      out.text += "the reports are equal\n";
      return out;
    }
    std::vector<Change> critical, changed;
    const std::string layer_table = layers(x, y, critical, layout), unit_table = compare_units(x, y, changed, layout);
    out.text += wrapped(causes_text(x, y), 4, layout) + '\n' + totals(x, y, layout) + '\n' + layer_table + '\n' +
                unit_table + '\n';
    out.text += explanation(x, y, critical, changed) + outputs(x, y) + differing_texts(x, y);
  } catch (const nlohmann::json::exception& problem) {
    throw DiagnosticError("report-schema", {.file = a + " or " + b},
                          fmt::format("a field of the schema is missing or of another type: {}", problem.what()),
                          "write both reports with this version of blendsim");
  }
  return out;
}

}  // namespace blendsim
