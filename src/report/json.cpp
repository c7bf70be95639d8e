// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "report/fields.h"

namespace blendsim {

namespace {

// Names come from files: what is not UTF-8 is replaced, not refused.
std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string report_digest(const Json& body) { return Digest().add(dump(body, -1)).hex(); }

std::string report_json(const ReportInput& input) {
  const Figures figures(input);
  const Json body = report_body(figures);
  Json out = Json::object();
  out["schema"] = body["schema"];
  out["digest"] = report_digest(body);
  for (const auto& [key, value] : body.items()) {
    if (key != "schema") out[key] = value;
  }
  out["host"] = report_host(figures);
  return dump(out, 1) + "\n";
}

}  // namespace blendsim
