// SPDX-License-Identifier: Apache-2.0
#include "explore/journal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/diagnostic.h"
#include "explore/journal_file.h"

namespace blendsim::explore {
namespace {

constexpr std::int64_t application_id = 0x42536a31;  // "BSj1"; of other databases 0
constexpr std::int64_t format = 1;

// `trial` and `verified` follow, with a column a figure.
constexpr const char* tables = R"(
CREATE TABLE study(digest TEXT NOT NULL, version TEXT NOT NULL);
CREATE TABLE setting(place INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE figure(place INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE stage(stage INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE batch(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, hypervolume REAL,
                   seconds REAL);
CREATE TABLE rejected(batch INTEGER NOT NULL REFERENCES batch, stage TEXT NOT NULL, subject TEXT NOT NULL,
                      count INTEGER NOT NULL, PRIMARY KEY(batch, stage, subject)) WITHOUT ROWID;
)";
// Of journals from before there were oracles it is not there.
constexpr const char* answer_table =
    "CREATE TABLE IF NOT EXISTS answer(network TEXT PRIMARY KEY, accuracy REAL NOT NULL, cpu_s REAL) WITHOUT ROWID";
// What a trial has before its figures.
constexpr std::array trial_columns = {"id", "point", "stage", "code", "subject", "violation"};

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

// The figures' names, with underscores behind those that SQLite, which ignores case, would take for another column.
std::vector<std::string> figure_columns(const std::vector<std::string>& figures) {
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  std::vector<std::string> out, taken(trial_columns.begin(), trial_columns.end());
  for (std::string name : figures) {
    while (std::count(taken.begin(), taken.end(), lower(name)) > 0) name += '_';
    taken.push_back(lower(name));
    out.push_back(name);
  }
  return out;
}

std::string trial_table(const char* name, const std::vector<std::string>& figures) {
  std::string sql = fmt::format(
      "CREATE TABLE {}(id INTEGER PRIMARY KEY, point BLOB NOT NULL, stage INTEGER NOT NULL REFERENCES stage, code "
      "TEXT, "
      "subject TEXT, violation REAL",
      name);
  for (const std::string& column : figure_columns(figures)) sql += ", " + quoted(column) + " REAL";
  return sql + ");";
}

std::string insert_trial(const char* table, std::size_t figures) {
  std::string sql = fmt::format("INSERT INTO {} VALUES(?", table);
  for (std::size_t c = 1; c < trial_columns.size() + figures; ++c) sql += ",?";
  return sql + ')';
}

void create(const Database& database, const StudyIdentity& identity) {
  Transaction transaction(database);
  database.run(tables);
  database.run(trial_table("trial", identity.figures) + "CREATE INDEX trial_point ON trial(point);" +
               trial_table("verified", identity.figures));
  Statement(database, "INSERT INTO study VALUES(?,?)").write(identity.digest, identity.version);
  Statement setting(database, "INSERT INTO setting VALUES(?,?,?)");
  std::int64_t place = 0;
  for (const auto& [name, value] : identity.settings) setting.write(place++, name, value);
  Statement figure(database, "INSERT INTO figure VALUES(?,?)");
  place = 0;
  for (const std::string& name : identity.figures) figure.write(place++, name);
  Statement stage(database, "INSERT INTO stage VALUES(?,?)");
  place = 0;
  for (const std::string_view name : design_stage_names) stage.write(place++, name);
  database.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, format));
  transaction.commit();
}

StudyIdentity read_identity(const Database& database) {
  StudyIdentity out;
  Statement study(database, "SELECT digest, version FROM study");
  while (study.next()) {
    out.digest = study.text(0);
    out.version = study.text(1);
  }
  Statement setting(database, "SELECT name, value FROM setting ORDER BY place");
  while (setting.next()) out.settings.emplace_back(setting.text(0), setting.text(1));
  Statement figure(database, "SELECT name FROM figure ORDER BY place");
  while (figure.next()) out.figures.push_back(figure.text(0));
  return out;
}

// "search.xnor_array.rows: 16, 32 -> 16, 32, 48" of each setting that is not the same; absent ones are "none".
std::vector<std::string> differences(const StudyIdentity& then, const StudyIdentity& now) {
  const auto value = [](const StudyIdentity& identity, const std::string& name) -> std::string {
    for (const auto& [its_name, its_value] : identity.settings) {
      if (its_name == name) return its_value;
    }
    return "none";
  };
  std::vector<std::string> out;
  const auto compare = [&](const std::string& what, const std::string& before, const std::string& after) {
    std::string line = fmt::format("{}: {} -> {}", what, before, after);
    if (before != after && std::count(out.begin(), out.end(), line) == 0) out.push_back(std::move(line));
  };
  for (const StudyIdentity* identity : {&then, &now}) {
    for (const auto& [name, unused] : identity->settings) compare(name, value(then, name), value(now, name));
  }
  compare("figures", fmt::format("{}", fmt::join(then.figures, ", ")), fmt::format("{}", fmt::join(now.figures, ", ")));
  compare("version", then.version, now.version);
  if (out.empty()) compare("digest", then.digest, now.digest);
  return out;
}

// Whether there is a journal, not nothing. Throws for anything else, and for a journal of another study.
bool is_journal(const Database& database, const StudyIdentity& identity) {
  const Place place{.file = database.file()};
  const std::int64_t application = database.value("PRAGMA application_id");
  if (application == 0 && database.value("SELECT count(*) FROM sqlite_master") == 0) return false;
  if (application != application_id)
    throw DiagnosticError("file-unrecognised", place, "is an SQLite database, but no journal of a study",
                          "name another file: journal: FILE in the study");
  if (const std::int64_t version = database.value("PRAGMA user_version"); version != format)
    throw DiagnosticError("file-unrecognised", place,
                          fmt::format("is a journal of format {}, this program's are of format {}", version, format),
                          "go on with the version that began it, or name another file: journal: FILE in the study");
  const StudyIdentity then = read_identity(database);
  if (then.digest != identity.digest)
    throw DiagnosticError("study-changed", place, fmt::format("{}", fmt::join(differences(then, identity), "; ")),
                          "undo the change, or name another file: journal: FILE in the study");
  return true;
}

}  // namespace

struct Journal::Parts {
  Parts(const std::string& file, const StudyIdentity& identity, Access access)
      : figures(identity.figures.size()),
        lock(access == Access::write ? std::make_unique<WriterLock>(file) : nullptr),
        database(file, access == Access::write ? Database::Access::write : Database::Access::read) {
    const bool there = is_journal(database, identity);
    if (!lock && !there)
      throw DiagnosticError("file-unrecognised", {.file = file}, "is empty", "blendsim explore STUDY begins it");
    if (!lock) return;
    // Where shared memory does not work, SQLite stays with its rollback journal: as safe, but readers may wait.
    database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    if (!there) create(database, identity);
    database.run(answer_table);
    trial = std::make_unique<Statement>(database, insert_trial("trial", figures));
    verified = std::make_unique<Statement>(database, insert_trial("verified", figures));
    batch =
        std::make_unique<Statement>(database, "INSERT INTO batch(first, last, hypervolume, seconds) VALUES(?,?,?,?)");
    rejected = std::make_unique<Statement>(database, "INSERT INTO rejected VALUES(?,?,?,?)");
  }

  void add(const BatchRecord& record) {
    batch->write(record.first, record.last, record.hypervolume, record.seconds);
    const std::int64_t id = sqlite3_last_insert_rowid(database.handle());
    for (const auto& [what, count] : record.rejected) rejected->write(id, what.first, what.second, count);
  }
  void add(const Trial& t) {
    if (t.outcome.figures.size() != figures)
      throw InvariantError("journal", fmt::format("trial {} has not the study's figures", t.id));
    Statement& row = t.verified ? *verified : *trial;
    int place = 0;
    row.bind(++place, t.id);
    row.bind(++place, t.point);
    row.bind(++place, static_cast<std::int64_t>(t.outcome.stage));
    row.bind(++place, t.outcome.code);
    row.bind(++place, t.outcome.subject);
    row.bind(++place, t.outcome.violation);
    for (const double figure : t.outcome.figures) row.bind(++place, figure);
    row.run();
  }

  std::size_t figures;
  std::unique_ptr<WriterLock> lock;  // released after the database is closed
  Database database;
  std::unique_ptr<Statement> trial, verified, batch, rejected;
};

Journal::Journal(const std::string& file, const StudyIdentity& identity, Access access)
    : parts_(std::make_unique<Parts>(file, identity, access)) {}

Journal::~Journal() = default;

std::vector<Trial> Journal::trials() const {
  std::vector<Trial> out;
  const int column = static_cast<int>(trial_columns.size());
  const int verified = column + static_cast<int>(parts_->figures);
  Statement rows(
      parts_->database,
      fmt::format("SELECT *, 0 FROM trial UNION ALL SELECT *, 1 FROM verified ORDER BY 1, {}", verified + 1));
  while (rows.next()) {
    Trial& trial = out.emplace_back();
    trial.id = rows.integer(0);
    const std::string_view point = rows.bytes(1);
    trial.point.assign(point.begin(), point.end());
    const std::int64_t stage = rows.integer(2);
    if (stage < 0 || stage >= static_cast<std::int64_t>(design_stage_names.size()))
      throw DiagnosticError("file-damaged", {.file = parts_->database.file()},
                            fmt::format("trial {} has no stage that there is", trial.id),
                            "take a copy of it, or name another file: journal: FILE in the study");
    trial.outcome.stage = static_cast<DesignStage>(stage);
    trial.outcome.code = rows.text(3);
    trial.outcome.subject = rows.text(4);
    trial.outcome.violation = rows.real(5);
    for (int f = column; f < verified; ++f) trial.outcome.figures.push_back(rows.real(f));
    trial.verified = rows.integer(verified) != 0;
  }
  return out;
}

std::vector<BatchRecord> Journal::batches() const {
  std::vector<BatchRecord> out;
  std::map<std::int64_t, std::size_t> places;
  Statement rows(parts_->database, "SELECT id, first, last, hypervolume, seconds FROM batch ORDER BY id");
  while (rows.next()) {
    places[rows.integer(0)] = out.size();
    out.push_back({rows.integer(1), rows.integer(2), {}, rows.real(3), rows.real(4)});
  }
  Statement rejected(parts_->database, "SELECT batch, stage, subject, count FROM rejected");
  while (rejected.next()) {
    const auto place = places.find(rejected.integer(0));
    if (place != places.end()) out[place->second].rejected[{rejected.text(1), rejected.text(2)}] = rejected.integer(3);
  }
  return out;
}

void Journal::commit(const BatchRecord& batch, std::span<const Trial> trials) {
  if (!parts_->lock) throw InvariantError("journal", "a batch for a journal that was opened to read");
  Transaction transaction(parts_->database);
  parts_->add(batch);
  for (const Trial& trial : trials) parts_->add(trial);
  transaction.commit();
}

std::map<std::string, Answer> Journal::answers() const {
  std::map<std::string, Answer> out;
  if (parts_->database.value("SELECT count(*) FROM sqlite_master WHERE name = 'answer'") == 0) return out;
  Statement rows(parts_->database, "SELECT network, accuracy, cpu_s FROM answer");
  while (rows.next()) out[rows.text(0)] = {.accuracy = rows.real(1), .cpu_seconds = rows.real(2)};
  return out;
}

void Journal::commit(const std::string& network, const Answer& answer) {
  if (!parts_->lock) throw InvariantError("journal", "an answer for a journal that was opened to read");
  Transaction transaction(parts_->database);
  Statement(parts_->database, "INSERT OR IGNORE INTO answer VALUES(?,?,?)")
      .write(std::string_view(network), answer.accuracy, answer.cpu_seconds);
  transaction.commit();
}

}  // namespace blendsim::explore
