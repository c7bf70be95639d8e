// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "report/fields.h"

namespace blendsim {

namespace {

// Names come from files: what is not UTF-8 is replaced, not refused.
std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Json digested(Json body) {
  const auto platform = body.find("platform");
  if (platform != body.end() && platform->is_object() && platform->contains("overrides"))
    (*platform)["overrides"] = Json::array();
  return body;
}

std::string report_digest(const Json& body) { return Digest().add(dump(digested(body), -1)).hex(); }

Json report_object(const ReportInput& input) {
  const Figures figures(input);
  const Json body = report_body(figures);
  Json out = Json::object();
  out["schema"] = body["schema"];
  out["digest"] = report_digest(body);
  for (const auto& [key, value] : body.items()) {
    if (key != "schema") out[key] = value;
  }
  out["host"] = report_host(figures);
  return out;
}

std::string json_text(Json report) {
  if (!report.contains("timeline")) return dump(report, 1) + "\n";
  // Indented, each of a timeline's many numbers would have a line of its own.
  const std::string timeline = dump(report.at("timeline"), -1);
  report.erase("timeline");
  const std::string rest = dump(report, 1);
  return rest.substr(0, rest.size() - 2) + ",\n \"timeline\": " + timeline + "\n}\n";
}

std::string report_json(const ReportInput& input) { return json_text(report_object(input)); }

}  // namespace blendsim
