// SPDX-License-Identifier: Apache-2.0
// Reads a value change dump for tests: every signal by its path, every change of it.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace blendsim::test {

struct VcdSignal {
  int width = 0;
  std::vector<std::pair<std::int64_t, std::string>> changes;  // time, binary digits without leading zeros (or a text)

  // The changes up to `end` that change something.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::string>> distinct(std::int64_t end) const {
    std::vector<std::pair<std::int64_t, std::string>> out;
    for (const auto& change : changes) {
      if (change.first <= end && (out.empty() || out.back().second != change.second)) out.push_back(change);
    }
    return out;
  }
};

struct Vcd {
  std::map<std::string, VcdSignal> signals;  // "machine.queue[0].unit.start"
  std::int64_t end = 0;                      // last time
};

inline std::string without_leading_zeros(const std::string& digits) {
  const std::size_t one = digits.find_first_not_of('0');
  return one == std::string::npos ? "0" : digits.substr(one);
}

// Names may carry a range: "count [5:0]" or "count[5:0]" is `count`.
inline Vcd read_vcd(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  Vcd vcd;
  std::vector<std::string> scopes;
  std::multimap<std::string, std::string> paths;  // by identifier
  std::int64_t time = 0;
  const auto change = [&](const std::string& id, const std::string& value) {
    const auto [begin, end] = paths.equal_range(id);
    for (auto path = begin; path != end; ++path) {
      auto& changes = vcd.signals[path->second].changes;
      if (!changes.empty() && changes.back().first == time) changes.back().second = value;
      else changes.emplace_back(time, value);
    }
  };
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string first;
    if (!(words >> first)) continue;
    if (first == "$scope") {
      std::string kind, name;
      words >> kind >> name;
      scopes.push_back(name);
    } else if (first == "$upscope") {
      scopes.pop_back();
    } else if (first == "$var") {
      std::string kind, id, name, path;
      int width = 0;
      words >> kind >> width >> id >> name;
      if (const std::size_t range = name.find('['); range != std::string::npos && name.find(':') != std::string::npos)
        name.resize(name.rfind('['));
      for (const std::string& scope : scopes) path += scope + ".";
      paths.emplace(id, path + name);
      vcd.signals[path + name].width = width;
    } else if (first[0] == '#') {
      vcd.end = time = std::stoll(first.substr(1));
    } else if (first[0] == 'b') {
      std::string id;
      words >> id;
      change(id, without_leading_zeros(first.substr(1)));
    } else if (first[0] == 's') {
      std::string id;
      words >> id;
      change(id, first.substr(1));
    } else if (first[0] == '0' || first[0] == '1' || first[0] == 'x') {
      change(first.substr(1), first.substr(0, 1));
    }
  }
  return vcd;
}

}  // namespace blendsim::test
