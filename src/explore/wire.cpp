// SPDX-License-Identifier: Apache-2.0
#include "explore/wire.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/diagnostic.h"
#include "base/diagnostic_explanations.h"

namespace blendsim::explore {
namespace {

using Size = std::uint32_t;
enum class Kind : std::uint8_t { trial, diagnostics, invariant, other };

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out), begin_(out.size()) { number(Size{0}); }
  // Only now the size is known.
  ~Writer() {
    const auto size = static_cast<Size>(out_.size() - begin_ - sizeof(Size));
    std::memcpy(out_.data() + begin_, &size, sizeof size);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void number(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  // Numbers of one type, or a text's characters.
  template <class List>
  void list(const List& values) {
    number(static_cast<Size>(values.size()));
    out_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(*values.data()));
  }

 private:
  std::string& out_;
  std::size_t begin_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class T>
  [[nodiscard]] T number() {
    T out;
    std::memcpy(&out, take(sizeof out), sizeof out);
    return out;
  }
  template <class List>
  [[nodiscard]] List list() {
    const std::size_t size = number<Size>(), width = sizeof(typename List::value_type);
    const char* bytes = take(size * width);
    List out;
    out.resize(size);
    if (size > 0) std::memcpy(out.data(), bytes, size * width);
    return out;
  }
  [[nodiscard]] std::string text() { return list<std::string>(); }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  const char* take(std::size_t size) {
    if (in_.size() < size) throw InvariantError("worker", "a message is cut short");
    const char* out = in_.data();
    in_.remove_prefix(size);
    return out;
  }
  std::string_view in_;
};

// Codes are made from literals alone; this is one of those.
Code code_named(std::string_view name) {
  for (const Explanation& explanation : explanations()) {
    if (explanation.code.name() == name) return explanation.code;
  }
  throw InvariantError("worker", "a diagnostic has no code that there is");
}

void write_diagnostics(Writer& out, const DiagnosticError& error) {
  out.number(error.status());
  for (const Diagnostic& d : error.diagnostics()) {
    out.list(d.code.name());
    out.list(d.place.file);
    out.number(d.place.line);
    out.list(d.place.node);
    out.list(d.message);
    out.list(d.hint);
    out.number(static_cast<Size>(d.levers.size()));
    for (const Lever& lever : d.levers) {
      out.number(static_cast<Size>(lever.size()));
      for (const std::string& change : lever) out.list(change);
    }
  }
}

std::exception_ptr read_diagnostics(Reader& in) {
  const auto status = in.number<ExitStatus>();
  std::vector<Diagnostic> diagnostics;
  while (!in.at_end()) {
    Diagnostic d{code_named(in.text()), {}, {}, {}};
    d.place.file = in.text();
    d.place.line = in.number<int>();
    d.place.node = in.text();
    d.message = in.text();
    d.hint = in.text();
    d.levers.resize(in.number<Size>());
    for (Lever& lever : d.levers) {
      lever.resize(in.number<Size>());
      for (std::string& change : lever) change = in.text();
    }
    diagnostics.push_back(std::move(d));
  }
  return std::make_exception_ptr(DiagnosticError(std::move(diagnostics), status));
}

// Whose text is the same: it is put together from where and what, with ": " between them.
std::exception_ptr invariant_error(std::string_view text) {
  const std::string frame = InvariantError("", "").what();
  const std::string_view prefix = std::string_view(frame).substr(0, frame.size() - 2);
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  const std::size_t colon = std::min(text.find(": "), text.size());
  const std::string_view message = colon < text.size() ? text.substr(colon + 2) : std::string_view();
  return std::make_exception_ptr(InvariantError(std::string(text.substr(0, colon)), std::string(message)));
}

Trial read_trial(Reader& in) {
  Trial out;
  out.id = in.number<std::int64_t>();
  out.point = in.list<Point>();
  out.outcome.stage = in.number<DesignStage>();
  out.outcome.code = in.text();
  out.outcome.subject = in.text();
  out.outcome.violation = in.number<double>();
  out.outcome.figures = in.list<std::vector<double>>();
  out.verified = in.number<bool>();
  return out;
}

}  // namespace

void append_jobs(std::string& out, std::span<const Job> jobs) {
  Writer message(out);
  for (const Job& job : jobs) {
    message.number(job.id);
    message.list(job.point);
    message.number(job.repair);
    message.number(job.effort);
  }
}

void append_trial(std::string& out, const Trial& trial) {
  Writer message(out);
  message.number(Kind::trial);
  message.number(trial.id);
  message.list(trial.point);
  message.number(trial.outcome.stage);
  message.list(trial.outcome.code);
  message.list(trial.outcome.subject);
  message.number(trial.outcome.violation);
  message.list(trial.outcome.figures);
  message.number(trial.verified);
}

void append_failure(std::string& out, const std::exception_ptr& failure) {
  Writer message(out);
  try {
    std::rethrow_exception(failure);
  } catch (const DiagnosticError& e) {
    message.number(Kind::diagnostics);
    write_diagnostics(message, e);
  } catch (const InvariantError& e) {
    message.number(Kind::invariant);
    message.list(std::string_view(e.what()));
  } catch (const std::exception& e) {
    message.number(Kind::other);
    message.list(std::string_view(e.what()));
  } catch (...) {
    message.number(Kind::other);
    message.list(std::string_view("an exception without a text"));
  }
}

std::optional<std::string_view> take_message(std::string_view& in) {
  Size size = 0;
  if (in.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, in.data(), sizeof size);
  if (in.size() - sizeof size < size) return std::nullopt;
  const std::string_view out = in.substr(sizeof size, size);
  in.remove_prefix(sizeof size + size);
  return out;
}

std::vector<Job> read_jobs(std::string_view message) {
  std::vector<Job> out;
  for (Reader in(message); !in.at_end();) {
    Job& job = out.emplace_back();
    job.id = in.number<std::int64_t>();
    job.point = in.list<Point>();
    job.repair = in.number<bool>();
    job.effort = in.number<Effort>();
  }
  return out;
}

JobEnd read_job_end(std::string_view message) {
  Reader in(message);
  switch (in.number<Kind>()) {
    case Kind::trial: return {read_trial(in), nullptr};
    case Kind::diagnostics: return {{}, read_diagnostics(in)};
    case Kind::invariant: return {{}, invariant_error(in.text())};
    case Kind::other: return {{}, std::make_exception_ptr(std::runtime_error(in.text()))};
  }
  throw InvariantError("worker", "a message is of no kind that there is");
}

}  // namespace blendsim::explore
