// SPDX-License-Identifier: Apache-2.0
// Journals to test: of one study, with trials that their ids determine.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "explore/journal.h"

namespace blendsim::explore::test {

namespace fs = std::filesystem;

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t batch_size = 64;

inline const StudyIdentity study = {
    "1234", {{"platform", "k26"}, {"search.xnor_array.rows", "16, 32"}}, {"latency", "lut", "energy"}, "0.1.0"};

// A folder of its own, open to everybody.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "journal_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    fs::permissions(path_, fs::perms::all);
  }
  ~Folder() {
    fs::permissions(path_, fs::perms::all);
    fs::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A trial that its id alone determines, as large as those of a platform's study.
inline Trial trial(std::int64_t id) {
  std::mt19937_64 random(static_cast<std::uint64_t>(id));
  Trial out;
  out.id = id;
  for (int d = 0; d < 33; ++d) out.point.push_back(static_cast<std::uint8_t>(random() % 8));
  const bool complete = id % 3 != 0;
  out.outcome.stage = complete ? DesignStage::complete : DesignStage::program;
  if (!complete) {
    out.outcome.code = "does-not-fit";
    out.outcome.subject = "act_fixed";
    out.outcome.violation = 1.0 / static_cast<double>(2 + id);
  }
  const double cycles = 10'000 + static_cast<double>(random() % 10'000);
  out.outcome.figures = {complete ? cycles / 300e6 : nan, static_cast<double>(40'000 + random() % 50'000),
                         complete ? cycles * 1.7e-8 : nan};
  return out;
}

// NaN equals NaN here.
inline std::string text(const Trial& t) {
  std::string out = fmt::format("{} {} {} {} {} {}:", t.id, t.verified, name(t.outcome.stage), t.outcome.code,
                                t.outcome.subject, t.outcome.violation);
  for (const std::uint8_t index : t.point) out += fmt::format(" {}", index);
  for (const double figure : t.outcome.figures) out += fmt::format(" {}", std::isnan(figure) ? nan : figure);
  return out;
}

inline std::vector<std::string> texts(const std::vector<Trial>& trials) {
  std::vector<std::string> out;
  for (const Trial& t : trials) out.push_back(text(t));
  return out;
}

inline void commit_batch(Journal& journal, std::int64_t number) {
  std::vector<Trial> trials;
  for (std::int64_t id = number * batch_size; id < (number + 1) * batch_size; ++id) trials.push_back(trial(id));
  journal.commit({number * batch_size, (number + 1) * batch_size - 1, {}, 0.5, 0.25}, trials);
}

inline void write_journal(const std::string& file, std::int64_t batches) {
  Journal journal(file, study, Journal::Access::write);
  for (std::int64_t b = 0; b < batches; ++b) commit_batch(journal, b);
}

// What opening and reading everything says; nothing when all is well.
inline std::string trouble(const std::string& file, Journal::Access access, const StudyIdentity& identity = study) {
  try {
    const Journal journal(file, identity, access);
    (void)journal.trials();
    (void)journal.batches();
  } catch (const DiagnosticError& e) {
    return e.what();
  }
  return {};
}

// By another program, as it were.
class Sql {
 public:
  explicit Sql(const std::string& file) {
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr),
              SQLITE_OK);
  }
  ~Sql() { sqlite3_close(database_); }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  // The rows' values, all in one list.
  std::vector<std::string> ask(const std::string& sql) {
    std::vector<std::string> out;
    const auto collect = [](void* list, int columns, char** values, char**) {
      for (int c = 0; c < columns; ++c)
        static_cast<std::vector<std::string>*>(list)->emplace_back(values[c] == nullptr ? "NULL" : values[c]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), collect, &out, nullptr), SQLITE_OK) << sqlite3_errmsg(database_);
    return out;
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace blendsim::explore::test
