// SPDX-License-Identifier: Apache-2.0
// Journals among processes that are killed, read, write at once, or find no room.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "child_process.h"
#include "explore/journal_file.h"
#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using enum Journal::Access;

// Root may do everything, so it becomes another user first; for processes that end soon.
void be_nobody() {
  if (::geteuid() != 0) return;
  if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
}

// Any instant, the making of the file included.
TEST(Journal, HoldsWholeBatchesAndAllThatWereCommittedWheneverItsWriterIsKilled) {
  std::mt19937 random(5);
  std::int64_t most = 0;
  for (int round = 0; round < 25; ++round) {
    const Folder folder;
    const std::string file = folder / "study.db";
    std::int64_t committed = 0;
    for (int kill = 0; kill < 2; ++kill) {  // the second goes on where the first was killed
      ChildProcess writer([&](const ChildProcess::Tell& tell) {
        Journal journal(file, study, write);
        for (auto b = static_cast<std::int64_t>(journal.batches().size());; ++b) {
          commit_batch(journal, b);
          tell(".");
        }
      });
      // Early ones by the clock, late ones after so many batches and a moment.
      for (int batches = round % 2 == 0 ? 0 : round; batches > 0;) {
        const auto told = static_cast<int>(writer.hear().size());
        ASSERT_GT(told, 0);
        committed += told;
        batches -= told;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 15'000));
      writer.kill();
      committed += static_cast<std::int64_t>(writer.hear_all().size());
    }
    Journal journal(file, study, write);
    const std::vector<Trial> trials = journal.trials();
    const auto batches = static_cast<std::int64_t>(journal.batches().size());
    EXPECT_GE(batches, committed);
    EXPECT_LE(batches, committed + 2);  // committed, but not told
    ASSERT_EQ(trials.size(), static_cast<std::size_t>(batches * batch_size));
    for (std::size_t t = 0; t < trials.size(); ++t)
      ASSERT_EQ(text(trials[t]), text(trial(static_cast<std::int64_t>(t))));
    EXPECT_THAT(Sql(file).ask("PRAGMA integrity_check"), ElementsAre("ok"));
    most = std::max(most, batches);
  }
  EXPECT_GT(most, 20);
}

TEST(Journal, HasOneWriterWhoseLockEndsWithIt) {
  const Folder folder;
  const std::string file = folder / "study.db", link = folder / "link.db";
  fs::create_symlink("study.db", link);
  ChildProcess writer([&](const ChildProcess::Tell& tell) {
    Journal journal(file, study, write);
    commit_batch(journal, 0);
    // A worker, which outlives it.
    const ChildProcess worker([](const ChildProcess::Tell&) { ::sleep(20); });
    tell(std::to_string(worker.id()));
    ::sleep(20);
  });
  const pid_t worker = std::stoi(writer.hear());
  const std::string expected = fmt::format("process {} writes it", writer.id());
  EXPECT_THAT(trouble(file, write), AllOf(HasSubstr("error[journal-in-use]: " + file), HasSubstr(expected)));
  EXPECT_THAT(trouble(link, write), HasSubstr(expected));
  EXPECT_EQ(trouble(file, read), "");
  writer.kill();
  EXPECT_EQ(::kill(worker, 0), 0);
  EXPECT_EQ(trouble(file, write), "");
  ::kill(worker, SIGKILL);
  EXPECT_EQ(Journal(file, study, read).trials().size(), 64U);
}

// Also where one process removes the lock's file while another is about to take it.
TEST(Journal, NeverHasTwoWriters) {
  const Folder folder;
  const std::string file = folder / "study.db", sign = folder / "sign";
  const auto contend = [&](const ChildProcess::Tell& tell) {
    for (int held = 0; held < 300;) {
      try {
        const WriterLock lock(file);
        const int alone = ::open(sign.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
        if (alone < 0) return tell("two");
        ::close(alone);
        ::unlink(sign.c_str());
        ++held;
      } catch (const DiagnosticError&) {}
    }
    tell("one");
  };
  const ChildProcess a(contend), b(contend), c(contend), d(contend);
  for (const ChildProcess* writer : {&a, &b, &c, &d}) EXPECT_EQ(writer->hear_all(), "one");
}

TEST(Journal, IsReadWhileItIsWritten) {
  const Folder folder;
  const std::string file = folder / "study.db";
  Journal journal(file, study, write);
  commit_batch(journal, 0);
  const Journal early(file, study, read);
  const ChildProcess reader([&](const ChildProcess::Tell& tell) {
    std::size_t before = 0, growths = 0;
    for (int look = 0; look < 40 || growths < 3; ++look) {
      const Journal seen(file, study, read);
      const std::size_t batches = seen.batches().size();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (seen.trials().size() != batches * batch_size) return tell("a part of a batch");
      if (batches < before) return tell("a batch is lost");
      growths += batches > before ? 1 : 0;
      before = batches;
    }
    tell("whole");
  });
  std::string heard;
  std::thread listener([&] { heard = reader.hear_all(); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::int64_t batches = 1;
  for (siginfo_t ended{}; ended.si_pid == 0 && std::chrono::steady_clock::now() < until; ++batches) {
    commit_batch(journal, batches);
    ::waitid(P_PID, static_cast<id_t>(reader.id()), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
  listener.join();
  EXPECT_EQ(heard, "whole");
  EXPECT_EQ(early.trials().size(), 64U);
  EXPECT_EQ(Journal(file, study, read).trials().size(), static_cast<std::size_t>(batches * batch_size));
}

TEST(Journal, IsReadWhereNothingMayBeWritten) {
  const Folder folder;
  const std::string file = folder / "100%?#.db";
  write_journal(file, 2);
  fs::permissions(file, fs::perms{0444});
  const auto as_nobody = [&](Journal::Access access) {  // one that is not root even where the test is
    return ChildProcess([&](const ChildProcess::Tell& tell) {
             be_nobody();
             const std::string found = trouble(file, access);
             tell(found.empty() ? std::to_string(Journal(file, study, access).trials().size()) : found);
           })
        .hear_all();
  };
  EXPECT_EQ(as_nobody(read), "128");
  EXPECT_THAT(as_nobody(write), AllOf(HasSubstr("[file-unwritable]"), HasSubstr("may not be written to")));
  fs::permissions(folder.path(), fs::perms{0555});
  EXPECT_EQ(as_nobody(read), "128");
  EXPECT_THAT(as_nobody(write), AllOf(HasSubstr("[file-unwritable]"), HasSubstr("Permission denied")));
  fs::permissions(file, fs::perms{0});
  EXPECT_THAT(as_nobody(read), AllOf(HasSubstr("[file-unreadable]"), HasSubstr("Permission denied")));
  // What a killed writer leaves: SQLite reads it where its shared memory is there, too.
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(file, fs::perms{0644});
  ChildProcess writer([&](const ChildProcess::Tell& tell) {
    Journal journal(file, study, write);
    commit_batch(journal, 2);
    tell(".");
    ::sleep(60);
  });
  EXPECT_EQ(writer.hear(), ".");
  writer.kill();
  fs::permissions(folder.path(), fs::perms{0555});
  EXPECT_EQ(as_nobody(read), "192");
  fs::permissions(folder.path(), fs::perms::all);
  fs::remove(file + "-shm");
  fs::permissions(folder.path(), fs::perms{0555});
  EXPECT_THAT(as_nobody(read), AllOf(HasSubstr("[file-unreadable]"), HasSubstr("-wal cannot be read from a folder")));
}

// Commits until it fails, makes room, and commits once more.
void fill(const std::string& file, const std::function<void()>& make_room, const ChildProcess::Tell& tell) {
  Journal journal(file, study, write);
  std::int64_t batches = 0;
  std::string failure;
  while (failure.empty()) {
    try {
      commit_batch(journal, batches);
      ++batches;
    } catch (const DiagnosticError& e) {
      failure = e.what();
    }
  }
  const bool whole = journal.trials().size() == static_cast<std::size_t>(batches * batch_size);
  make_room();
  commit_batch(journal, batches);
  const bool after = Journal(file, study, read).trials().size() == static_cast<std::size_t>((batches + 1) * batch_size);
  tell(fmt::format("{}{}{} {}", batches > 0 ? "some, " : "none, ", whole ? "whole, " : "parts, ",
                   after ? "goes on" : "stuck", failure));
}

TEST(Journal, KeepsWhatIsThereWhenItMayNotGrow) {
  const Folder folder;
  const std::string file = folder / "study.db";
  const std::string heard = ChildProcess([&](const ChildProcess::Tell& tell) {
                              const rlimit narrow = {300'000, RLIM_INFINITY}, wide = {RLIM_INFINITY, RLIM_INFINITY};
                              ::signal(SIGXFSZ, SIG_IGN);
                              ::setrlimit(RLIMIT_FSIZE, &narrow);
                              fill(
                                  file, [&] { ::setrlimit(RLIMIT_FSIZE, &wide); }, tell);
                            }).hear_all();
  EXPECT_THAT(heard, AllOf(HasSubstr("some, whole, goes on"), HasSubstr("error[file-unwritable]: " + file)));
}

TEST(Journal, KeepsWhatIsThereWhenTheDiskIsFull) {
  const Folder folder;
  const std::string heard =
      ChildProcess([&](const ChildProcess::Tell& tell) {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", folder.path().c_str(), "tmpfs", 0, "size=512k") != 0)
          return;
        const std::string ballast = folder / "ballast";
        std::ofstream(ballast) << std::string(200'000, 'x');
        fill(
            folder / "study.db", [&] { fs::remove(ballast); }, tell);
      }).hear_all();
  if (heard.empty()) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_THAT(heard, AllOf(HasSubstr("some, whole, goes on"), HasSubstr("error[file-unwritable]"),
                           HasSubstr("database or disk is full")));
}

}  // namespace
}  // namespace blendsim::explore::test
