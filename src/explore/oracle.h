// SPDX-License-Identifier: Apache-2.0
// Who knows how accurate a network is: a program that trains it, or a table of what one has answered before.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace blendsim::explore {

struct OracleSpec {
  std::vector<std::string> command;  // program and arguments; empty: `table`
  std::string table;                 // path
  std::size_t jobs = 1;              // processes of the command
  double timeout = 1200;             // seconds that an answer may take
  std::int64_t fidelity = 1;         // what the oracle makes of it, such as epochs of fine-tuning; at least 0
};

struct Answer {
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // 0 to 1
  double cpu_seconds = std::numeric_limits<double>::quiet_NaN();
  std::string error = {};  // why there is no accuracy: "timeout", "not in the table"; empty: there is
};

class Oracle {
 public:
  virtual ~Oracle() = default;
  // The answers in the networks' order. A network is the text that Study::network_text() has for it. `told` hears of
  // each answer as it comes, with its place in `networks`.
  [[nodiscard]] virtual std::vector<Answer> ask(std::span<const std::string> networks,
                                                const std::function<void(std::size_t, const Answer&)>& told) = 0;
};

// A request is a line {"id": 17, "point": {"network.width": 16}, "fidelity": 3, "seed": 1}, its answer a line {"id":
// 17, "accuracy": 0.861} or {"id": 17, "error": "..."}. A process has one request at a time and stays. One that ends,
// is late, or writes what is no answer is started anew and asked once more; where that comes to the same, the network
// has an error: "ended", "timeout", "no-answer". Throws DiagnosticError where there is no such program.
[[nodiscard]] std::unique_ptr<Oracle> command_oracle(const OracleSpec& spec, const std::string& folder,
                                                     std::uint64_t seed);

// A CSV file with a column a key, named as the study names it, and a column `accuracy`; where it has columns `fidelity`
// or `seed`, the rows of the study's. Other columns are not read. A network that no row has: error "not in the table".
// Throws DiagnosticError: file-unreadable; file-unrecognised, at the line that cannot be read, or for a column that is
// not there.
[[nodiscard]] std::unique_ptr<Oracle> table_oracle(const OracleSpec& spec, const std::vector<std::string>& keys,
                                                   std::uint64_t seed);

}  // namespace blendsim::explore
