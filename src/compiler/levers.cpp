// SPDX-License-Identifier: Apache-2.0
#include "compiler/levers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "compiler/search.h"

namespace blendsim::compiler {
namespace {

constexpr int most_tries = 48;
constexpr int most_refusals_in_a_row = 12;
constexpr std::size_t most_operations = 2'000'000;  // scheduled in all tries: about a second

std::string key_of(const std::string& set) { return set.substr(0, set.find('=')); }

std::int64_t number_of(const std::string& set) {
  const char* begin = set.data() + set.find('=') + 1;
  std::int64_t value = 0;
  std::from_chars(begin, set.data() + set.size(), value);
  return value;
}

// The larger of two values of one key stands: every lever widens.
void add(Lever& sets, const Lever& more) {
  for (const std::string& set : more) {
    const auto known =
        std::find_if(sets.begin(), sets.end(), [&](const std::string& s) { return key_of(s) == key_of(set); });
    if (known == sets.end()) sets.push_back(set);
    else if (number_of(*known) < number_of(set)) *known = set;
  }
}

bool is_about_size(const DiagnosticError& error) {
  return std::all_of(error.diagnostics().begin(), error.diagnostics().end(), [](const Diagnostic& d) {
    return d.code == Code("does-not-fit") || d.code == Code("unit-too-narrow");
  });
}

// Alternatives that remove every diagnostic of a refusal at once: the k-th of each, or its last.
std::vector<Lever> alternatives(const DiagnosticError& error) {
  std::size_t count = 0;
  for (const Diagnostic& d : error.diagnostics()) {
    if (d.levers.empty()) return {};
    count = std::max(count, d.levers.size());
  }
  std::vector<Lever> out(count);
  for (std::size_t k = 0; k < count; ++k) {
    for (const Diagnostic& d : error.diagnostics()) add(out[k], d.levers[std::min(k, d.levers.size() - 1)]);
  }
  return out;
}

class Search {
 public:
  Search(const IntegerNetwork& network, const NetworkFacts& facts, const Platform& platform)
      : network_(network), facts_(facts), platform_(platform) {}

  // Depth first: a lever, then those of what refuses next.
  std::optional<Lever> find(const Lever& so_far, const DiagnosticError& refused, int refusals = 0) {
    if (!is_about_size(refused) || refusals >= most_refusals_in_a_row) return std::nullopt;
    for (const Lever& alternative : alternatives(refused)) {
      Lever sets = so_far;
      add(sets, alternative);
      if (sets == so_far) continue;  // it is in place and did not help
      if (!may_try()) return std::nullopt;
      ++tries_;
      const std::optional<DiagnosticError> next = refusal_with(sets);
      if (!next) return sets;
      if (std::optional<Lever> found = find(sets, *next, refusals + 1)) return found;
    }
    return std::nullopt;
  }

  // The same changes with the buffers of maps no deeper, to a sixteenth, than maps as rings of rows need: a refusal
  // proposes the depth for whole maps.
  Lever with_least_depths(Lever sets) {
    for (const BufferId buffer : {BufferId::act_fixed, BufferId::act_binary}) {
      const std::string key = fmt::format("buffers.{}.depth", blendsim::name(buffer));
      const auto set = std::find_if(sets.begin(), sets.end(), [&](const std::string& s) { return key_of(s) == key; });
      if (set == sets.end()) continue;
      std::int64_t refused = platform_.machine.buffer(buffer).depth, compiles = number_of(*set);
      while (compiles - refused > std::max<std::int64_t>(1, compiles / 16) && may_try()) {
        const std::int64_t middle = (refused + compiles) / 2;
        Lever tried = sets;
        tried[static_cast<std::size_t>(set - sets.begin())] = fmt::format("{}={}", key, middle);
        ++tries_;
        (refusal_with(tried) ? refused : compiles) = middle;
      }
      *set = fmt::format("{}={}", key, compiles);
    }
    return sets;
  }

  [[nodiscard]] int tries() const { return tries_; }
  // What refused, for no reason of size, once levers had removed the reasons of size; none: nothing did.
  [[nodiscard]] const std::optional<Diagnostic>& behind() const { return behind_; }

 private:
  [[nodiscard]] bool may_try() const { return tries_ < most_tries && operations_ < most_operations; }

  // What the compiler, or the platform's own rules, say with these changes; none: it compiles.
  std::optional<DiagnosticError> refusal_with(const Lever& sets) {
    std::optional<Platform> changed;
    try {
      changed = with_sets(platform_, sets);
    } catch (const DiagnosticError& error) {  // no such platform
      return error;
    }
    try {
      Compilation compilation = begin(network_, facts_, changed->machine, nullptr);
      run_passes(Stretch::network, compilation);
      operations_ += 8 * count_operations(compilation);  // in all orders, of whole maps and of rings
      (void)best_candidate(compilation, {}, {.first_that_fits = true, .program_alone = true});
      (void)best_candidate(std::move(compilation), {}, {.program_alone = true});  // each order that compile() will try
      return std::nullopt;
    } catch (const DiagnosticError& error) {
      if (!behind_ && !is_about_size(error)) behind_ = error.diagnostics().front();
      return error;
    } catch (
        const InvariantError& error) {  // nobody asked for this machine: it is no lever, and not the user's trouble
      return DiagnosticError("not-lowerable", {}, error.what());
    }
  }

  // Of maps as wholes; about as many rows where there are none, since patches are needed.
  static std::size_t count_operations(Compilation compilation) {
    std::size_t rows = 0;
    for (const Node& node : compilation.plan.nodes) rows += static_cast<std::size_t>(node.height);
    try {
      run_passes(Stretch::tiles, compilation);
      return compilation.plan.ops.size();
    } catch (const NoRoomForMaps&) {
      return rows;
    }
  }

  const IntegerNetwork& network_;
  const NetworkFacts& facts_;
  const Platform& platform_;
  int tries_ = 0;
  std::size_t operations_ = 0;
  std::optional<Diagnostic> behind_;
};

std::string set_text(const Lever& lever) {
  std::string out;
  for (const std::string& set : lever) {
    const bool blank = set.find(' ') != std::string::npos;
    out += fmt::format("{}--set {}{}{}", out.empty() ? "" : " ", blank ? "\"" : "", set, blank ? "\"" : "");
  }
  return out;
}

std::string_view advice(const Diagnostic& diagnostic) {
  return diagnostic.code == Code("unit-too-narrow") ? "quantise to fewer bits, or give the layer fewer inputs"
                                                    : "use a smaller input or fewer channels";
}

}  // namespace

std::string refusal_hint(const std::vector<Lever>& levers, std::string otherwise) {
  return levers.empty() ? std::move(otherwise) : set_text(levers.front());
}

DiagnosticError refusal(Code code, const std::string& node, std::string message, std::vector<Lever> levers,
                        std::string otherwise) {
  Diagnostic diagnostic{code, Place{{}, 0, node}, std::move(message), refusal_hint(levers, std::move(otherwise)), {}};
  diagnostic.levers = std::move(levers);
  return DiagnosticError({std::move(diagnostic)});
}

DiagnosticError with_tried_levers(const DiagnosticError& error, const IntegerNetwork& network,
                                  const NetworkFacts& facts, const Platform& platform) {
  if (!platform.source || !is_about_size(error)) return error;
  Search search(network, facts, platform);
  const std::optional<Lever> found = search.find({}, error);
  std::vector<Diagnostic> out = error.diagnostics();
  for (Diagnostic& d : out) d.hint.clear();
  if (found) {
    out.back().hint = fmt::format("with {} it compiles", set_text(search.with_least_depths(*found)));
  } else if (const auto& behind = search.behind()) {
    out.back().hint = fmt::format(
        "no change of the platform was found that lets it compile ({} tried): behind this is {}: {}{}", search.tries(),
        behind->code.name(), behind->place.text().empty() ? "" : behind->place.text() + ": ", behind->message);
  } else if (search.tries() > 0) {
    out.back().hint = fmt::format("no change of the platform was found that lets it compile ({} tried): {}",
                                  search.tries(), advice(out.back()));
  } else {
    out.back().hint = error.diagnostics().back().hint.empty() || !error.diagnostics().back().levers.empty()
                          ? std::string(advice(out.back()))
                          : error.diagnostics().back().hint;
  }
  return DiagnosticError(std::move(out), error.status());
}

}  // namespace blendsim::compiler
