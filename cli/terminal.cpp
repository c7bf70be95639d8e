// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "base/progress_text.h"

namespace blendsim::cli {

namespace {

constexpr std::size_t narrowest = 40;  // characters that a line has at least: narrower ones hold no table

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<std::size_t> columns(int descriptor) {
  const std::string_view given = environment("COLUMNS");
  std::size_t width = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), width);
  if (!given.empty() && error == std::errc{} && end == given.data() + given.size() && width > 0) return width;
  winsize size{};
  if (::isatty(descriptor) != 0 && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return std::nullopt;
}

}  // namespace

TextLayout terminal_layout(int descriptor) {
  TextLayout layout;
  layout.width = std::max(narrowest, columns(descriptor).value_or(layout.width));
  layout.colour = ::isatty(descriptor) != 0 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  return layout;
}

TextLayout line_layout(int descriptor) {
  TextLayout layout = terminal_layout(descriptor);
  layout.wide = !columns(descriptor);
  return layout;
}

void print_diagnoses(std::string_view text) {
  TextLayout layout = terminal_layout(STDERR_FILENO);
  layout.wide = ::isatty(STDERR_FILENO) == 0;  // what reads a pipe wants a diagnosis on one line
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    constexpr std::string_view hint = "  hint:";
    const std::size_t code = line.find("]: ");
    if (line.starts_with(hint)) {
      out += painted(hint, Paint::name, layout) + std::string(line.substr(hint.size()));
    } else if ((line.starts_with("error[") || line.starts_with("warning[")) && code != std::string_view::npos) {
      out += painted(line.substr(0, code + 2), line.starts_with('e') ? Paint::bad : Paint::caution, layout);
      out += line.substr(code + 2);
    } else if (line.starts_with("warning:")) {
      out += painted("warning:", Paint::caution, layout) + std::string(line.substr(8));
    } else {
      out += line;
    }
    out += '\n';
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  std::cerr << wrapped(out, 4, layout);
}

void warning(const std::string& what) { print_diagnoses("warning: " + what); }
void warning(const Diagnostic& what) { print_diagnoses(what.text("warning")); }

void progress(const std::string& what) {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("progress");
    made->set_pattern("%v");
    made->set_level(::isatty(STDERR_FILENO) != 0 ? spdlog::level::info : spdlog::level::off);
    return made;
  }();
  logger->info("{} ...", what);
}

namespace {

constexpr std::chrono::milliseconds renewal{200};
constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string what, std::string items, std::size_t total)
    : what_(std::move(what)), items_(std::move(items)), total_(total), shown_(::isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (shown_ && last_ != begin_) std::cerr << clear_line << std::flush;
}

void Progress::at(std::size_t done) {
  const Clock::time_point now = Clock::now();
  if (!shown_ || now - last_ < renewal) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::cerr << clear_line << progress_text(what_, items_, done, total_, seconds) << std::flush;
}

}  // namespace blendsim::cli
