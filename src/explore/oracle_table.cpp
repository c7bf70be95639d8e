// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "explore/oracle.h"
#include "explore/study_values.h"

namespace blendsim::explore {
namespace {

std::vector<std::string> cells_of(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = line.find(',', begin);
    std::string cell = line.substr(begin, end == std::string::npos ? end : end - begin);
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
    out.push_back(std::move(cell));
    if (end == std::string::npos) break;
  }
  return out;
}

class TableOracle final : public Oracle {
 public:
  TableOracle(const OracleSpec& spec, const std::vector<std::string>& keys, std::uint64_t seed) : file_(spec.table) {
    std::error_code error;
    std::ifstream stream;
    if (std::filesystem::is_regular_file(file_, error)) stream.open(file_);  // a folder opens, and cannot be read
    std::string line;
    if (!stream.is_open() || !std::getline(stream, line))
      throw DiagnosticError("file-unreadable", {.file = file_}, "cannot be read, or is empty",
                            "name a CSV file: oracle: {table: FILE}");
    const std::vector<std::string> header = cells_of(line);
    std::vector<std::size_t> columns;
    for (const std::string& key : keys) columns.push_back(column(header, key));
    const std::size_t accuracy = column(header, "accuracy");
    for (int number = 2; std::getline(stream, line); ++number) {
      const std::vector<std::string> cells = cells_of(line);
      if (cells.size() != header.size())
        throw wrong(number, fmt::format("has {} cells, not {}", cells.size(), header.size()));
      if (!is_wanted(header, cells, "fidelity", spec.fidelity) ||
          !is_wanted(header, cells, "seed", static_cast<std::int64_t>(seed)))
        continue;
      std::vector<std::string> row;
      for (const std::size_t c : columns) row.push_back(cells[c]);
      const std::optional<double> value = number_of(cells[accuracy]);
      if (!value || *value < 0 || *value > 1)
        throw wrong(number, fmt::format("its accuracy '{}' is no number from 0 to 1", cells[accuracy]));
      rows_[row] = *value;
    }
    keys_ = keys;
  }

  std::vector<Answer> ask(std::span<const std::string> networks,
                          const std::function<void(std::size_t, const Answer&)>& told) override {
    std::vector<Answer> out;
    for (const std::string& network : networks) {
      const nlohmann::json point = nlohmann::json::parse(network);
      std::vector<std::string> row;
      for (const std::string& key : keys_)
        row.push_back(point[key].is_string() ? point[key].get<std::string>() : point[key].dump());
      const auto known = rows_.find(row);
      out.push_back(known == rows_.end() ? Answer{.error = "not in the table"} : Answer{.accuracy = known->second});
      if (told) told(out.size() - 1, out.back());
    }
    return out;
  }

 private:
  [[nodiscard]] DiagnosticError wrong(int line, const std::string& what) const {
    return {"file-unrecognised", {.file = file_, .line = line}, what, "docs/exploration.md says what a table has"};
  }
  [[nodiscard]] std::size_t column(const std::vector<std::string>& header, const std::string& name) const {
    const auto at = std::find(header.begin(), header.end(), name);
    if (at == header.end()) throw wrong(1, fmt::format("has no column '{}'", name));
    return static_cast<std::size_t>(at - header.begin());
  }
  // Whether the row is of this number, where the table has a column for it.
  static bool is_wanted(const std::vector<std::string>& header, const std::vector<std::string>& cells, const char* name,
                        std::int64_t wanted) {
    const auto at = std::find(header.begin(), header.end(), name);
    return at == header.end() || cells[static_cast<std::size_t>(at - header.begin())] == std::to_string(wanted);
  }

  std::string file_;
  std::vector<std::string> keys_;
  std::map<std::vector<std::string>, double> rows_;
};

}  // namespace

std::unique_ptr<Oracle> table_oracle(const OracleSpec& spec, const std::vector<std::string>& keys, std::uint64_t seed) {
  return std::make_unique<TableOracle>(spec, keys, seed);
}

}  // namespace blendsim::explore
