// SPDX-License-Identifier: Apache-2.0
// Reads a value change dump for tests: every signal by its path, every change of it.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
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

// Signals whose path `wanted` says; a dump of RTL holds a thousand times what a test looks at. Names may carry a range:
// "count [5:0]" or "count[5:0]" is `count`.
class VcdReader {
 public:
  using Wanted = std::function<bool(const std::string& path)>;
  VcdReader(const std::string& file, Wanted wanted) : in_(file), wanted_(std::move(wanted)) {
    if (!in_) throw std::runtime_error("cannot read " + file);
  }
  Vcd read() {
    for (std::string line; std::getline(in_, line);) {
      line.erase(0, line.find_first_not_of(' '));  // Verilator indents declarations
      if (line.empty()) continue;
      switch (line[0]) {
        case '$': declaration(line); break;
        case '#': vcd_.end = time_ = std::stoll(line.substr(1)); break;
        case 'b': change(line, 1, true); break;
        case 's': change(line, 1, false); break;
        case '0':
        case '1':
        case 'x': change(line.substr(1), line.substr(0, 1)); break;
        default: break;
      }
    }
    return std::move(vcd_);
  }

 private:
  void declaration(const std::string& line) {
    std::istringstream words(line);
    std::string first, kind, id, name, path;
    words >> first >> kind;
    if (first == "$scope") {
      words >> name;
      scopes_.push_back(name);
    } else if (first == "$upscope") {
      scopes_.pop_back();
    } else if (first == "$var") {
      int width = 0;
      words >> width >> id >> name;
      if (const std::size_t range = name.rfind('['); range != std::string::npos && name.find(':') != std::string::npos)
        name.resize(range);
      for (const std::string& scope : scopes_) path += scope + ".";
      path += name;
      if (!wanted_(path)) return;
      paths_[id].push_back(path);
      vcd_.signals[path].width = width;
    }
  }
  // "b101 id" or "stext id", from `begin`.
  void change(const std::string& line, std::size_t begin, bool digits) {
    const std::size_t space = line.find(' ');
    const auto found = paths_.find(line.substr(space + 1));
    if (found == paths_.end()) return;
    const std::string value = line.substr(begin, space - begin);
    note(found->second, digits ? without_leading_zeros(value) : value);
  }
  void change(const std::string& id, const std::string& value) {
    if (const auto found = paths_.find(id); found != paths_.end()) note(found->second, value);
  }
  void note(const std::vector<std::string>& paths, const std::string& value) {
    for (const std::string& path : paths) {
      auto& changes = vcd_.signals[path].changes;
      if (!changes.empty() && changes.back().first == time_) changes.back().second = value;
      else changes.emplace_back(time_, value);
    }
  }

  std::ifstream in_;
  Wanted wanted_;
  Vcd vcd_;
  std::vector<std::string> scopes_;
  std::unordered_map<std::string, std::vector<std::string>> paths_;  // by identifier
  std::int64_t time_ = 0;
};

inline Vcd read_vcd(
    const std::string& file, VcdReader::Wanted wanted = [](const std::string&) { return true; }) {
  return VcdReader(file, std::move(wanted)).read();
}

}  // namespace blendsim::test
