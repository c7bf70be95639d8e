// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

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
  for (const Diagnostic& diagnostic : diagnostics_) {
    if (!text_.empty()) text_ += '\n';
    text_ += diagnostic.text();
  }
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

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2);
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t replace = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace blendsim
