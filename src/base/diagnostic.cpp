// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace blendsim {

std::string Place::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}", line);
  if (!node.empty()) out += out.empty() ? fmt::format("'{}'", node) : fmt::format(": '{}'", node);
  return out;
}

std::string Diagnostic::text(std::string_view severity) const {
  const std::string where = place.text();
  std::string out = fmt::format("{}[{}]: {}{}{}", severity, code.name(), where, where.empty() ? "" : ": ", message);
  if (!hint.empty()) out += fmt::format("\n  hint: {}", hint);
  return out;
}

DiagnosticError::DiagnosticError(std::vector<Diagnostic> diagnostics, ExitStatus status)
    : diagnostics_(std::move(diagnostics)), status_(status) {
  constexpr std::size_t most_told = 100;  // nobody reads more
  for (std::size_t d = 0; d < std::min(diagnostics_.size(), most_told); ++d) {
    if (!text_.empty()) text_ += '\n';
    text_ += diagnostics_[d].text();
  }
  if (diagnostics_.size() > most_told) text_ += fmt::format("\n... and {} more", diagnostics_.size() - most_told);
}

DiagnosticError::DiagnosticError(Code code, Place place, std::string message, std::string hint)
    : DiagnosticError({Diagnostic{code, std::move(place), std::move(message), std::move(hint), {}}}) {}

void Diagnostics::error(Code code, Place place, std::string message, std::string hint) {
  list_.push_back({code, std::move(place), std::move(message), std::move(hint), {}});
}

void Diagnostics::throw_if_any(ExitStatus status) {
  if (!list_.empty()) throw DiagnosticError(std::move(list_), status);
}

InvariantError::InvariantError(std::string where, std::string message)
    : text_(fmt::format("broken invariant: {}: {}", where, message)) {}

namespace {

// Letters inserted, left out, replaced, or exchanged with their neighbour: the mistakes of typing.
std::size_t typing_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);  // rows i - 2, i - 1 and i of the matrix
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, row);
  }
  return last.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2);
  for (const std::string& candidate : candidates) {
    const std::size_t distance = typing_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace blendsim
