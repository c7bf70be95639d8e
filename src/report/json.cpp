// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "report/fields.h"

namespace blendsim {

std::string report_json(const ReportInput& input) {
  const Figures figures(input);
  const Json body = report_body(figures);
  Json out = Json::object();
  out["schema"] = body["schema"];
  out["digest"] = Digest().add(body.dump()).hex();
  for (const auto& [key, value] : body.items()) {
    if (key != "schema") out[key] = value;
  }
  out["host"] = report_host(figures);
  return out.dump(1) + "\n";
}

}  // namespace blendsim
