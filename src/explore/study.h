// SPDX-License-Identifier: Apache-2.0
// A study as its file says it (schema blendsim.study/1, docs/exploration.md): what is varied, what is sought.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "explore/journal.h"
#include "explore/oracle.h"
#include "explore/scalar.h"
#include "explore/space.h"
#include "explore/trial.h"
#include "network/quantise.h"
#include "platform/variants.h"
#include "session/evaluator.h"

namespace blendsim::explore {

inline constexpr std::string_view study_schema = "blendsim.study/1";

struct Budget {
  std::optional<std::int64_t> evaluations;  // of points that a compiler sees
  std::optional<double> seconds;            // of this call
  std::optional<std::int64_t>
      oracle_calls;  // networks that the oracle was asked for; at least one of the three is given
};

// A network that is quantised anew for each point (docs/quantisation.md).
struct QuantisedSource {
  std::string network;              // a file
  std::vector<std::string> images;  // whose values give the ranges; none: made-up ones do
  std::string scale;                // of the images' values, such as "1/255"; empty: 1
  int bits = 8;                     // where neither the point nor the file says
};

struct Study {
  std::string file, name, summary;
  std::vector<std::string> networks;         // files, or names of the zoo
  std::vector<std::string> network_names;    // what figures are suffixed with, where there are several
  std::vector<std::string> maker;            // program that makes a point's network, instead of those; empty: none
  std::optional<QuantisedSource> quantised;  // likewise, without a program
  std::string folder;                        // where it and the oracle run: the study's
  std::optional<OracleSpec> oracle;
  std::string platform;  // name, or path as load_platform takes it
  std::string journal;   // path
  Space space;
  std::vector<std::vector<Setting>> settings;  // of each dimension's values; of the network's dimensions none
  // The first dimensions of `space`, which the method varies, where it does not vary all: for each of its points the
  // evaluator searches the others with so many evaluations.
  Space outer;
  std::int64_t inner_evaluations = 0;
  std::vector<Objective> objectives;      // 1 to 6
  std::vector<std::string> figure_names;  // objectives first, then what else is limited
  std::vector<FigureOf> figures;          // alike
  std::vector<FigureLimit> limits;
  bool must_fit = true;
  int in_flight = 1;  // images that a program computes side by side
  std::optional<ScalarSpec> scalar;
  std::string method = "auto";
  std::uint64_t seed = 1;
  std::size_t batch = 32;
  Budget budget;
  std::unique_ptr<PlatformVariants> variants;  // of the platform
  StudyIdentity identity;                      // without version and digest

  [[nodiscard]] bool makes_networks() const { return !maker.empty() || quantised.has_value(); }
  // Of `quantised`: what the point's keys precision.LAYERS.weights and .activations say, in the order of the space.
  [[nodiscard]] PrecisionPlan precision_plan(const Point& point) const;
  [[nodiscard]] const Space& asked_space() const { return inner_evaluations > 0 ? outer : space; }
  [[nodiscard]] bool is_of_network(std::size_t dimension) const { return settings[dimension].empty(); }
  // Of the platform.
  [[nodiscard]] std::vector<Setting> settings_of(const Point& point) const;
  // The network's values as JSON, in the order of the space: {"network.width": 16, "network.kind": "residual"}.
  [[nodiscard]] std::string network_text(const Point& point) const;
  // "network.width=16" of each of them.
  [[nodiscard]] std::vector<std::string> network_values(const Point& point) const;
  // The base platform's own point; of a value that the space has not the nearest. Of the network the last values.
  [[nodiscard]] Point base_point() const;
  // The index of the figure that the oracle gives; null: none is asked for.
  [[nodiscard]] std::optional<std::size_t> oracle_figure() const;
};

// `file_or_name`: a study's file, or a name of configs/studies, whose journal lies in the folder where it is run.
// Throws DiagnosticError with every finding: those of YAML, of keys and values (at their line), and of the platform.
[[nodiscard]] Study read_study(const std::string& file_or_name, const ConfigPaths& paths);
[[nodiscard]] std::vector<std::string> study_names(const ConfigPaths& paths);  // sorted

// Completes the identity by what the networks' files hold.
void set_network_digests(Study& study, const std::vector<std::string>& digests);

}  // namespace blendsim::explore
