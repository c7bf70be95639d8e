// SPDX-License-Identifier: Apache-2.0
// Reads a study's file: study_reader.cpp its keys, study_search.cpp what is varied and sought, study_oracle.cpp what
// networks in the search need.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "explore/study.h"
#include "platform/yaml_tree.h"

namespace blendsim::explore {

// Every finding goes to the diagnostics; the readers go on where that makes sense.
class StudyReader {
 public:
  StudyReader(const std::string& file, const ConfigPaths& paths) : paths_(paths) { study_.file = file; }

  Study read();

 private:
  void check_keys(const YamlTree& tree, const std::vector<std::string>& known);
  void missing(const YamlTree& tree, const std::string& key, const std::string& hint);
  std::string text_of(const YamlTree& tree, const std::string& key, const std::string& otherwise);
  std::optional<std::int64_t> count_of(const YamlTree& tree, const std::string& key, std::int64_t least,
                                       std::int64_t most);
  std::optional<double> duration_of(const YamlTree& tree, const std::string& key);
  // A path in a study is relative to the study's file.
  [[nodiscard]] std::string beside(const std::string& path) const;

  void read_networks(const YamlTree& tree);
  void read_platform(const YamlTree& tree);
  void read_method(const YamlTree& tree);
  void take_batch();  // the one given, else the method's own
  void read_budget(const YamlTree& tree);
  void read_journal(const YamlTree& tree);
  // What makes two studies the same: everything but name, budget and journal. The networks come first.
  void identify();
  void identify_networks();

  void read_search(const YamlTree& tree);
  void read_dimensions(const YamlTree& tree, const std::string& group);
  std::optional<std::vector<std::string>> values_of(const YamlTree& value);
  void read_dimension(const std::string& key, const YamlTree::Entry& entry);
  void add_dimension(const std::string& key, std::vector<std::string> values, const Place& place);
  void add_network_dimension(const std::string& key, std::vector<std::string> values, const Place& place);
  // Sizes of units and buffers, from a quarter to four times the base's.
  void search_everything(const Place& place);
  // The figure's index; -1: it is none, which was said.
  std::ptrdiff_t figure_of(const std::string& name, const Place& place);
  void read_objectives(const YamlTree& tree);
  void read_limits(const YamlTree& tree);

  std::vector<std::string> command_of(const YamlTree& value);
  void read_maker(const YamlTree& map);
  void read_quantised(const YamlTree& map);
  void require_bits(const std::string& key, const std::vector<std::string>& values, const Place& place);
  void read_oracle(const YamlTree& tree);
  void read_hardware(const YamlTree& tree);
  void read_scalar(const YamlTree& tree);
  // A number an objective, `otherwise` where there is none; positive.
  std::vector<double> numbers_of_objectives(const YamlTree* map, double otherwise, bool with_unit);

  const ConfigPaths& paths_;
  Diagnostics diagnostics_;
  Study study_;
  std::optional<std::size_t> batch_;
  FigureOf::Over over_ = FigureOf::Over::one;
  bool in_hardware_ = false;  // the keys that are read are those of the inner search
};

}  // namespace blendsim::explore
