// SPDX-License-Identifier: Apache-2.0
#include "report/saved_run.h"

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "report/saved_report.h"

namespace blendsim {

namespace {

UnitCycles account_of(const Json& row) {
  UnitCycles account;
  for (std::size_t a = 0; a < activity_names.size(); ++a)
    account[static_cast<Activity>(a)] = row.at(std::string(activity_names[a])).get<Cycles>();
  return account;
}

}  // namespace

SavedRun read_saved_run(const std::string& path) {
  const Json body = read_report(path).body;
  SavedRun run;
  try {
    run.network = body.at("network").at("name").get<std::string>();
    run.platform = body.at("platform").at("name").get<std::string>();
    run.program_digest = body.at("program").at("digest").get<std::string>();
    run.cycles = body.at("cycles").get<Cycles>();
    for (const Json& row : body.at("layers")) {
      run.layers.push_back({row.at("name").get<std::string>(), row.at("bound_by").get<std::string>(),
                            row.at("start").get<Cycles>(), row.at("end").get<Cycles>(),
                            row.at("critical_cycles").get<Cycles>()});
    }
    for (const auto& [unit, row] : body.at("units").items()) run.units.push_back({unit, account_of(row)});
  } catch (const nlohmann::json::exception& problem) {
    throw DiagnosticError("report-schema", {.file = path},
                          fmt::format("a field of the schema is missing or of another type: {}", problem.what()),
                          "write the report with this version of blendsim");
  }
  return run;
}

}  // namespace blendsim
