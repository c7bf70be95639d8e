// SPDX-License-Identifier: Apache-2.0
// A part of the report as a table: one row a field, with its unit, its sentence and where its value comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/fields.h"
#include "report/figures.h"

namespace blendsim {

template <class T>
struct ReportField {
  std::string_view name;
  std::string_view unit;
  std::string_view sentence;
  Json (*value)(const T&);
};

template <class Table, class T>
Json object(const Table& table, const T& from) {
  Json out = Json::object();
  for (const auto& field : table) out[std::string(field.name)] = field.value(from);
  return out;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <class Table>
void add_rows(std::vector<FieldRow>& rows, const std::string& prefix, const Table& table) {
  for (const auto& field : table) {
    rows.push_back({prefix + std::string(field.name), std::string(field.unit), std::string(field.sentence)});
  }
}

}  // namespace blendsim
