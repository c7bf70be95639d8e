// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "explore/line_process.h"
#include "explore/oracle.h"

namespace blendsim::explore {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

double seconds_until(Clock::time_point end) { return std::chrono::duration<double>(end - Clock::now()).count(); }

constexpr int attempts = 2;

// Of an error's text what a table's cell has room for.
std::string first_line(const std::string& text) {
  constexpr std::size_t most = 60;
  const std::string line = text.substr(0, text.find_first_of("\r\n"));
  return line.size() <= most ? line : line.substr(0, most - 3) + "...";
}

// What a line says. Null: nothing about `id`, and that is no fault: an answer to an earlier request.
std::optional<Answer> answer_of(const std::string& line, std::int64_t id) {
  const Json json = Json::parse(line, nullptr, false);
  const auto told = json.is_object() ? json.find("id") : json.end();
  if (!json.is_object() || told == json.end() || !told->is_number_integer() || told->get<std::int64_t>() > id)
    return Answer{.error = "no-answer"};
  if (told->get<std::int64_t>() < id) return std::nullopt;
  if (const auto error = json.find("error"); error != json.end())
    return Answer{.error = first_line(error->is_string() ? error->get<std::string>() : error->dump())};
  const auto accuracy = json.find("accuracy"), cpu = json.find("cpu_s");
  if (accuracy == json.end() || !accuracy->is_number() || std::isnan(accuracy->get<double>()))
    return Answer{.error = "no-accuracy"};
  if (accuracy->get<double>() < 0 || accuracy->get<double>() > 1) return Answer{.error = "accuracy-out-of-range"};
  Answer out{.accuracy = accuracy->get<double>()};
  if (cpu != json.end() && cpu->is_number()) out.cpu_seconds = cpu->get<double>();
  return out;
}

class CommandOracle final : public Oracle {
 public:
  CommandOracle(const OracleSpec& spec, const std::string& folder, std::uint64_t seed) : spec_(spec), seed_(seed) {
    for (std::size_t w = 0; w < spec.jobs; ++w) workers_.push_back(std::make_unique<Worker>(spec.command, folder));
  }
  std::vector<Answer> ask(std::span<const std::string> networks,
                          const std::function<void(std::size_t, const Answer&)>& told) override;

 private:
  struct Worker {
    Worker(const std::vector<std::string>& command, const std::string& folder) : process(command, folder) {}
    LineProcess process;
    std::optional<std::size_t> place;  // of the network that it is asked for
    std::int64_t id = 0;               // of the request
    int attempt = 0;
    Clock::time_point end;
  };
  struct Round {
    std::span<const std::string> networks;
    const std::function<void(std::size_t, const Answer&)>& told;
    std::vector<Answer> answers;
    std::size_t next = 0, count = 0;
  };
  void request(Worker& worker, const Round& round);
  void wait();
  void hear(Worker& worker, Round& round);
  void finish(Worker& worker, Round& round, Answer answer);
  void fail(Worker& worker, Round& round, const std::string& why);

  OracleSpec spec_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::int64_t next_id_ = 0;  // an id is used once, so that a late answer is known for what it is
};

void CommandOracle::request(Worker& worker, const Round& round) {
  if (!worker.process.runs()) worker.process.start();
  worker.id = next_id_++;
  worker.end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(spec_.timeout));
  // One that does not take the line has ended, which hear() finds.
  (void)worker.process.send(fmt::format(R"({{"id": {}, "point": {}, "fidelity": {}, "seed": {}}})", worker.id,
                                        round.networks[*worker.place], spec_.fidelity, seed_));
}

void CommandOracle::finish(Worker& worker, Round& round, Answer answer) {
  const std::size_t place = *worker.place;
  worker.place.reset();
  ++round.count;
  if (round.told) round.told(place, answer);
  round.answers[place] = std::move(answer);
}

void CommandOracle::fail(Worker& worker, Round& round, const std::string& why) {
  worker.process.stop();
  if (++worker.attempt == attempts) return finish(worker, round, {.error = why});
  request(worker, round);
}

void CommandOracle::hear(Worker& worker, Round& round) {
  const bool open = worker.process.receive(0);
  while (const auto line = worker.process.take_line()) {
    const std::optional<Answer> answer = answer_of(*line, worker.id);
    if (!answer) continue;
    if (answer->error == "no-answer") return fail(worker, round, answer->error);
    return finish(worker, round, *answer);
  }
  if (!open) return fail(worker, round, "ended");
  if (seconds_until(worker.end) <= 0) fail(worker, round, "timeout");
}

// Until one of them has something to say, or is late.
void CommandOracle::wait() {
  std::vector<pollfd> polled;
  double least = 3600;
  for (const auto& worker : workers_) {
    if (!worker->place) continue;
    polled.push_back({worker->process.descriptor(), POLLIN, 0});
    least = std::min(least, seconds_until(worker->end));
  }
  (void)::poll(polled.data(), polled.size(), static_cast<int>(1 + 1e3 * std::max(least, 0.0)));
}

std::vector<Answer> CommandOracle::ask(std::span<const std::string> networks,
                                       const std::function<void(std::size_t, const Answer&)>& told) {
  Round round{networks, told, std::vector<Answer>(networks.size())};
  while (round.count < networks.size()) {
    for (const auto& worker : workers_) {
      if (worker->place || round.next == networks.size()) continue;
      worker->place = round.next++;
      worker->attempt = 0;
      request(*worker, round);
    }
    wait();
    for (const auto& worker : workers_)
      if (worker->place) hear(*worker, round);
  }
  return std::move(round.answers);
}

}  // namespace

std::unique_ptr<Oracle> command_oracle(const OracleSpec& spec, const std::string& folder, std::uint64_t seed) {
  return std::make_unique<CommandOracle>(spec, folder, seed);
}

}  // namespace blendsim::explore
