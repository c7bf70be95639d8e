// SPDX-License-Identifier: Apache-2.0
// What a journal holds, and what it refuses.
#include "explore/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using enum Journal::Access;

std::string bytes_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Journal, GivesBackWhatWasCommittedInOrderOfId) {
  const Folder folder;
  const std::string file = folder / "study.db";
  std::vector<Trial> trials = {trial(6), trial(2), trial(5)};
  trials[0].outcome.figures = {std::numeric_limits<double>::infinity(), -3e-300, nan};
  trials[1].point.clear();
  trials[2].point.assign(255, 254);
  trials[2].outcome.subject = "d'Alembert \"ü\"";
  Trial verified = trial(2);
  verified.verified = true;
  verified.outcome.figures[0] = 1;
  {
    Journal journal(file, study, write);
    EXPECT_TRUE(journal.trials().empty());
    journal.commit({0, 63, {{{"resources", "lut"}, 40}, {{"platform", "rows"}, 21}}, 1.5, 0.125}, trials);
    journal.commit({64, 63, {}, nan, 2}, std::vector<Trial>{verified});
  }
  const std::vector<std::string> expected = {text(trials[1]), text(verified), text(trials[2]), text(trials[0])};
  for (const Journal::Access access : {read, write}) {
    const Journal journal(file, study, access);
    EXPECT_EQ(texts(journal.trials()), expected);
    const std::vector<BatchRecord> batches = journal.batches();
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(batches[0].first, 0);
    EXPECT_EQ(batches[0].last, 63);
    EXPECT_EQ(batches[0].rejected, (std::map<std::pair<std::string, std::string>, std::int64_t>{
                                       {{"platform", "rows"}, 21}, {{"resources", "lut"}, 40}}));
    EXPECT_EQ(batches[0].hypervolume, 1.5);
    EXPECT_EQ(batches[0].seconds, 0.125);
    EXPECT_EQ(batches[1].last, 63);
    EXPECT_TRUE(batches[1].rejected.empty());
    EXPECT_TRUE(std::isnan(batches[1].hypervolume));
  }
}

TEST(Journal, LeavesOneFileThatSqlCanAsk) {
  const Folder folder;
  const std::string file = folder / "study.db";
  write_journal(file, 3);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  Sql sql(file);
  EXPECT_THAT(sql.ask("PRAGMA application_id"), ElementsAre(std::to_string(0x42536a31)));
  EXPECT_THAT(sql.ask("SELECT digest, version FROM study"), ElementsAre("1234", "0.1.0"));
  EXPECT_THAT(sql.ask("SELECT value FROM setting WHERE name = 'platform'"), ElementsAre("k26"));
  EXPECT_THAT(sql.ask("SELECT count(*), max(last) FROM batch"), ElementsAre("3", "191"));
  EXPECT_THAT(sql.ask("SELECT name, count(*), count(latency), count(lut) FROM trial JOIN stage USING (stage) "
                      "GROUP BY 1 ORDER BY 1"),
              ElementsAre("complete", "128", "128", "128", "program", "64", "0", "64"));
  EXPECT_THAT(sql.ask("SELECT id FROM trial WHERE point = (SELECT point FROM trial WHERE id = 77)"), ElementsAre("77"));
  EXPECT_THAT(sql.ask("EXPLAIN QUERY PLAN SELECT id FROM trial WHERE point = x'00'"),
              testing::Contains(HasSubstr("INDEX trial_point")));
}

TEST(Journal, ColumnsHaveTheFiguresNamesWhateverTheyAre) {
  const Folder folder;
  const std::string file = folder / "study.db";
  StudyIdentity identity = study;
  identity.figures = {"latency.net", "ID", "lut", "LUT", "select", R"(x" REAL); DROP TABLE trial; --)"};
  Trial t = trial(1);
  t.outcome.figures = {1, 2, 3, 4, 5, 6};
  Journal(file, identity, write).commit({0, 1, {}, 0, 0}, std::vector<Trial>{t});
  EXPECT_EQ(texts(Journal(file, identity, read).trials()), texts({t}));
  EXPECT_THAT(Sql(file).ask("SELECT name FROM pragma_table_info('trial')"),
              ElementsAre("id", "point", "stage", "code", "subject", "violation", "latency.net", "ID_", "lut", "LUT_",
                          "select", R"(x" REAL); DROP TABLE trial; --)"));
  EXPECT_THAT(Sql(file).ask("SELECT \"latency.net\", \"ID_\", LUT_ FROM trial"), ElementsAre("1.0", "2.0", "4.0"));
}

TEST(Journal, TakesNoMoreThan125BytesATrial) {
  const Folder folder;
  const std::string file = folder / "study.db";
  std::vector<Trial> trials;
  for (std::int64_t id = 0; id < 25'000; ++id) trials.push_back(trial(id));
  Journal(file, study, write).commit({0, 24'999, {}, 0, 0}, trials);
  EXPECT_LE(static_cast<double>(fs::file_size(file)) / static_cast<double>(trials.size()), 125);
}

TEST(Journal, RefusesAnotherStudyAndNamesEachSettingThatDiffers) {
  const Folder folder;
  const std::string file = folder / "study.db";
  write_journal(file, 1);
  StudyIdentity other = study;
  other.settings = {{"search.xnor_array.rows", "16, 32, 48"}, {"search.post_unit.lanes", "16"}};
  EXPECT_EQ(trouble(file, write, other), "");  // the digest decides
  other.digest = "5678";
  const std::string expected =
      "error[study-changed]: " + file +
      ": platform: k26 -> none; search.xnor_array.rows: 16, 32 -> 16, 32, 48; search.post_unit.lanes: none -> 16\n";
  EXPECT_THAT(trouble(file, write, other), HasSubstr(expected));
  EXPECT_THAT(trouble(file, read, other), HasSubstr(expected));
  other = study;
  other.digest = "5678";
  EXPECT_THAT(trouble(file, write, other), HasSubstr("digest: 1234 -> 5678"));
  other.figures = {"latency", "dsp"};
  other.version = "0.2.0";
  EXPECT_THAT(trouble(file, write, other),
              HasSubstr("figures: latency, lut, energy -> latency, dsp; version: 0.1.0 -> 0.2.0"));
  EXPECT_EQ(trouble(file, write), "");
}

TEST(Journal, RefusesWhatIsNoneAndLeavesItAlone) {
  const Folder folder;
  const std::string note = folder / "note.txt", foreign = folder / "foreign.db", missing = folder / "missing.db";
  std::ofstream(note) << std::string(5000, 'x');
  Sql(foreign).ask("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  for (const std::string& file : {note, foreign}) {
    const std::string before = bytes_of(file);
    for (const Journal::Access access : {read, write})
      EXPECT_THAT(trouble(file, access), HasSubstr("error[file-unrecognised]: " + file + ": is "));
    EXPECT_EQ(bytes_of(file), before);
  }
  EXPECT_THAT(trouble(foreign, write), HasSubstr("is an SQLite database, but no journal"));
  EXPECT_THAT(trouble(folder.path().string(), read), AllOf(HasSubstr("[file-unreadable]"), HasSubstr("is a folder")));
  EXPECT_THAT(trouble(folder.path().string(), write), AllOf(HasSubstr("[file-unwritable]"), HasSubstr("is a folder")));
  EXPECT_THAT(trouble(missing, read), AllOf(HasSubstr("[file-unreadable]"), HasSubstr("does not exist")));
  EXPECT_FALSE(fs::exists(missing));
  EXPECT_THAT(trouble(folder / "no/folder.db", write),
              AllOf(HasSubstr("[file-unwritable]"), HasSubstr("No such file or directory")));
}

TEST(Journal, IsAFileWhateverItsName) {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  for (const char* name : {":memory:", "file:x.db?mode=memory"}) {
    { Journal journal(name, study, Journal::Access::write); }
    EXPECT_TRUE(fs::exists(name)) << name;
  }
  fs::current_path(before);
}

TEST(Journal, BeginsInAnEmptyFile) {
  const Folder folder;
  const std::string file = folder / "study.db";
  std::ofstream(file).close();
  EXPECT_THAT(trouble(file, read), AllOf(HasSubstr("[file-unrecognised]"), HasSubstr("is empty")));
  write_journal(file, 1);
  EXPECT_EQ(Journal(file, study, read).trials().size(), 64U);
}

TEST(Journal, RefusesAnotherFormat) {
  const Folder folder;
  const std::string file = folder / "study.db";
  write_journal(file, 1);
  Sql(file).ask("PRAGMA user_version = 2");
  EXPECT_THAT(trouble(file, read), HasSubstr("is a journal of format 2, this program's are of format 1"));
}

TEST(Journal, SaysThatItIsDamaged) {
  const Folder folder;
  const std::string file = folder / "study.db";
  write_journal(file, 20);
  const std::string whole = bytes_of(file);
  fs::resize_file(file, whole.size() / 2);
  EXPECT_THAT(trouble(file, read), HasSubstr("error[file-damaged]: " + file));
  std::string scratched = whole;
  scratched.replace(whole.size() / 3, 30'000, 30'000, 'x');
  std::ofstream(file, std::ios::binary) << scratched;
  EXPECT_THAT(trouble(file, read), HasSubstr("error[file-damaged]: " + file));
  EXPECT_THAT(trouble(file, write), HasSubstr("error[file-damaged]: " + file));
  std::ofstream(file, std::ios::binary) << whole;
  EXPECT_EQ(trouble(file, read), "");
  Sql(file).ask("UPDATE trial SET stage = 5 WHERE id = 7");
  EXPECT_THAT(trouble(file, read), AllOf(HasSubstr("error[file-damaged]"), HasSubstr("trial 7 has no stage")));
}

TEST(Journal, RefusesTrialsThatContradictWhatIsThereAndKeepsNothingOfTheirBatch) {
  const Folder folder;
  const std::string file = folder / "study.db";
  Journal journal(file, study, write);
  commit_batch(journal, 0);
  Trial short_of_figures = trial(65);
  short_of_figures.outcome.figures.pop_back();
  EXPECT_THROW(journal.commit({64, 127, {}, 0, 0}, std::vector<Trial>{trial(64), trial(3)}), InvariantError);
  EXPECT_THROW(journal.commit({64, 127, {}, 0, 0}, std::vector<Trial>{trial(64), short_of_figures}), InvariantError);
  EXPECT_EQ(journal.trials().size(), 64U);
  EXPECT_EQ(journal.batches().size(), 1U);
  commit_batch(journal, 1);
  EXPECT_EQ(journal.trials().size(), 128U);
  EXPECT_THROW(Journal(file, study, read).commit(BatchRecord{128, 191, {}, 0, 0}, {}), InvariantError);
}

}  // namespace
}  // namespace blendsim::explore::test
