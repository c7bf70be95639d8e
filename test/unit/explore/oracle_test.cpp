// SPDX-License-Identifier: Apache-2.0
// Oracles that answer, die, hang, babble; tables.
#include "explore/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/diagnostic.h"
#include "explore/line_process.h"
#include "journal_fixture.h"

namespace blendsim::explore::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A shell for each request: $line is what was asked, $id its number, $a the value of the network's key `a`.
std::vector<std::string> shell(const std::string& body) {
  return {
      "bash", "-c",
      "while read -r line; do id=${line#*: }; id=${id%%,*}; a=${line##*\\\"a\\\": }; a=${a%%\\}*}; " + body + "; done"};
}

class CommandOracle : public testing::Test {
 protected:
  std::vector<Answer> ask(const std::vector<std::string>& command, const std::vector<std::string>& networks,
                          double timeout = 20, std::size_t jobs = 1) {
    const auto oracle = command_oracle({command, "", jobs, timeout, 3}, folder.path().string(), 7);
    return oracle->ask(networks, [this](std::size_t place, const Answer&) {
      heard.push_back(place);
      std::ofstream(folder / "heard", std::ios::app) << place << '\n';
    });
  }
  std::string log() {
    std::ostringstream out;
    out << std::ifstream(folder / "log").rdbuf();
    return out.str();
  }
  static std::vector<std::string> networks(int count) {
    std::vector<std::string> out;
    for (int n = 1; n <= count; ++n) out.push_back("{\"a\": " + std::to_string(n) + "}");
    return out;
  }
  Folder folder;
  std::vector<std::size_t> heard;
};

TEST_F(CommandOracle, IsAskedByLinesAndAnswersInTheOrderOfTheNetworks) {
  const auto answers =
      ask(shell("echo \"$line\" >> log; echo '{\"id\": '$id', \"accuracy\": 0.'$a', \"cpu_s\": 2.5}'"), networks(3));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].accuracy, 0.1);
  EXPECT_EQ(answers[2].accuracy, 0.3);
  EXPECT_EQ(answers[1].cpu_seconds, 2.5);
  EXPECT_EQ(answers[1].error, "");
  EXPECT_EQ(log(),
            "{\"id\": 0, \"point\": {\"a\": 1}, \"fidelity\": 3, \"seed\": 7}\n"
            "{\"id\": 1, \"point\": {\"a\": 2}, \"fidelity\": 3, \"seed\": 7}\n"
            "{\"id\": 2, \"point\": {\"a\": 3}, \"fidelity\": 3, \"seed\": 7}\n");
}

TEST_F(CommandOracle, SharesRequestsAmongItsProcessesAndTellsOfEachAnswerAsItComes) {
  const auto begin = std::chrono::steady_clock::now();
  // The first is as slow as it takes for the others' answers to be told of.
  const auto answers = ask(shell("echo $$ >> log; while [ $a = 1 ] && [ $(cat heard 2>&- | wc -l) -lt 5 ]; do sleep "
                                 "0.02; done; echo '{\"id\": '$id', \"accuracy\": 0.'$a'}'"),
                           networks(6), 20, 3);
  for (std::size_t n = 0; n < 6; ++n) EXPECT_DOUBLE_EQ(answers[n].accuracy, 0.1 * static_cast<double>(n + 1)) << n;
  EXPECT_EQ(heard.back(), 0u) << "the slow one is told of last";
  EXPECT_EQ(heard.size(), 6u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST_F(CommandOracle, AnErrorIsAnAnswerThatIsNotAskedForAgain) {
  const auto answers =
      ask(shell("echo $a >> log; if [ $a = 1 ]; then echo '{\"id\": '$id', \"error\": \"no memory\"}'; else echo "
                "'{\"id\": '$id', \"accuracy\": 1}'; fi"),
          networks(2));
  EXPECT_EQ(answers[0].error, "no memory");
  EXPECT_TRUE(std::isnan(answers[0].accuracy));
  EXPECT_EQ(answers[1].accuracy, 1);
  EXPECT_EQ(log(), "1\n2\n");
}

TEST_F(CommandOracle, OneThatDiesIsStartedAgainOnce) {
  const auto answers =
      ask(shell("echo $a >> log; [ $a = 2 ] && kill -9 $$; echo '{\"id\": '$id', \"accuracy\": 0.5}'"), networks(3));
  EXPECT_EQ(answers[0].accuracy, 0.5);
  EXPECT_EQ(answers[1].error, "ended");
  EXPECT_EQ(answers[2].accuracy, 0.5);
  EXPECT_EQ(log(), "1\n2\n2\n3\n");
  const auto mended = ask(shell("if [ ! -e there ]; then touch there; exit 3; fi; echo '{\"id\": '$id', \"accuracy\": "
                                "0.25}'"),
                          networks(1));
  EXPECT_EQ(mended[0].accuracy, 0.25);
}

TEST_F(CommandOracle, OneThatAnswersOnceAndEndsIsStartedForEveryRequest) {
  const auto answers = ask(shell("echo '{\"id\": '$id', \"accuracy\": 0.'$a'}'; exit 0"), networks(3));
  for (const Answer& answer : answers) EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answers[2].accuracy, 0.3);
}

TEST_F(CommandOracle, OneThatHangsIsEndedWithWhatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  const auto answers = ask(shell("sleep 300 & echo $! >> log; wait"), networks(1), 2);  // a busy host starts it in less
  EXPECT_EQ(answers[0].error, "timeout");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  std::istringstream sleepers(log());
  int count = 0;
  for (int process = 0; sleepers >> process; ++count) {
    bool is_gone = false;  // a signal takes its time
    for (int wait = 0; wait < 100 && !is_gone; ++wait) {
      std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
      std::string id, name, state;
      is_gone = !(stat >> id >> name >> state) || state == "Z";
      if (!is_gone) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_TRUE(is_gone) << process;
  }
  EXPECT_EQ(count, 2);
}

TEST_F(CommandOracle, GarbageIsNoAnswer) {
  for (const std::string line : {"epoch 1 of 3", "[1]", "{\"accuracy\": 0.5}", "{\"id\": 99, \"accuracy\": 0.5}",
                                 "{\"id\": \"0\"}", "{\"id\": 0, \"accuracy\": NaN}"}) {
    const auto answers = ask({"bash", "-c", "while read -r line; do echo '" + line + "'; done"}, networks(1));
    EXPECT_EQ(answers[0].error, "no-answer") << line;
  }
}

TEST_F(CommandOracle, AnAccuracyIsAShare) {
  const std::pair<std::string, std::string> wrong[] = {{"-0.1", "accuracy-out-of-range"},
                                                       {"86.1", "accuracy-out-of-range"},
                                                       {"\"0.5\"", "no-accuracy"},
                                                       {"null", "no-accuracy"},
                                                       {"1e999", "no-answer"}};
  for (const auto& [accuracy, error] : wrong) {
    const auto answers = ask(shell("echo '{\"id\": '$id', \"accuracy\": " + accuracy + "}'"), networks(1));
    EXPECT_EQ(answers[0].error, error) << accuracy;
    EXPECT_TRUE(std::isnan(answers[0].accuracy));
  }
  EXPECT_EQ(ask(shell("echo '{\"id\": '$id'}'"), networks(1))[0].error, "no-accuracy");
}

TEST_F(CommandOracle, AnErrorIsALineAtMost) {
  const auto answers =
      ask(shell("echo '{\"id\": '$id', \"error\": \"" + std::string(500, 'z') + "\\nmore\"}'"), networks(1));
  EXPECT_EQ(answers[0].error, std::string(57, 'z') + "...");
}

TEST_F(CommandOracle, AnAnswerThatComesTwiceCountsOnce) {
  const auto answers =
      ask(shell("echo '{\"id\": '$id', \"accuracy\": 0.'$a'}'; echo '{\"id\": '$id', \"accuracy\": 1}'"), networks(3));
  EXPECT_EQ(answers[0].accuracy, 0.1);
  EXPECT_EQ(answers[1].accuracy, 0.2);
  EXPECT_EQ(answers[2].accuracy, 0.3);
}

TEST_F(CommandOracle, AProgramThatThereIsNotIsRefused) {
  try {
    (void)ask({"./none"}, networks(1));
    FAIL();
  } catch (const DiagnosticError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("error[file-unreadable]"), HasSubstr("./none"), HasSubstr("started")));
  }
}

class TableOracle : public testing::Test {
 protected:
  std::unique_ptr<Oracle> table(const std::string& text, std::int64_t fidelity = 1) {
    std::ofstream(folder / "table.csv") << text;
    return table_oracle({{}, folder / "table.csv", 1, 1, fidelity}, {"network.width", "network.kind"}, 7);
  }
  std::string refusal(const std::string& text) {
    try {
      (void)table(text);
    } catch (const DiagnosticError& error) {
      return error.what();
    }
    return "taken";
  }
  static std::string network(int width, const std::string& kind) {
    return "{\"network.width\": " + std::to_string(width) + ", \"network.kind\": \"" + kind + "\"}";
  }
  Folder folder;
};

TEST_F(TableOracle, AnswersWhatItsRowsHave) {
  const std::string text =
      "network.kind,cpu_s,network.width,seed,fidelity,accuracy\n"
      "plain,3,8,7,1,0.5\nplain,3,8,7,5,0.75\nplain,3,8,8,1,0.9\n\"residual\",3,16,7,1,0.625\r\n";
  std::vector<std::size_t> heard;
  const auto answers = table(text)->ask(std::vector{network(16, "residual"), network(8, "plain"), network(9, "plain")},
                                        [&](std::size_t place, const Answer&) { heard.push_back(place); });
  EXPECT_EQ(answers[0].accuracy, 0.625);
  EXPECT_EQ(answers[1].accuracy, 0.5);
  EXPECT_EQ(answers[2].error, "not in the table");
  EXPECT_THAT(heard, ElementsAre(0u, 1u, 2u));
  EXPECT_EQ(table(text, 5)->ask(std::vector{network(8, "plain")}, {})[0].accuracy, 0.75);
  EXPECT_EQ(table(text, 2)->ask(std::vector{network(8, "plain")}, {})[0].error, "not in the table");
}

TEST_F(TableOracle, IsRefusedAtTheLineThatIsWrong) {
  EXPECT_THAT(refusal("network.width,accuracy\n"), HasSubstr("has no column 'network.kind'"));
  EXPECT_THAT(refusal("network.width,network.kind\n"), HasSubstr("has no column 'accuracy'"));
  const std::string header = "network.width,network.kind,accuracy\n";
  EXPECT_THAT(refusal(header + "8,plain,0.5\n8,plain\n"), AllOf(HasSubstr("table.csv:3"), HasSubstr("has 2 cells")));
  EXPECT_THAT(refusal(header + "8,plain,1.5\n"), AllOf(HasSubstr("table.csv:2"), HasSubstr("'1.5'")));
  EXPECT_THAT(refusal(header + "8,plain,nan\n"), HasSubstr("'nan'"));
  EXPECT_THAT(refusal(""), HasSubstr("error[file-unreadable]"));
  EXPECT_THROW((void)table_oracle({{}, folder / "", 1, 1, 1}, {"network.width"}, 7), DiagnosticError) << "a folder";
}

}  // namespace
}  // namespace blendsim::explore::test
