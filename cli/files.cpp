// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/diagnostic.h"
#include "isa/program.h"
#include "platform/yaml_tree.h"

namespace blendsim::cli {

namespace fs = std::filesystem;

std::string_view describe(FileKind kind) {
  switch (kind) {
    case FileKind::onnx: return "an ONNX network";
    case FileKind::program: return "a program";
    case FileKind::yaml: return "a YAML text";
    case FileKind::report: return "a report of `blendsim run --json`";
    case FileKind::json: return "a JSON text";
    case FileKind::array: return "a NumPy array";
    case FileKind::image: return "a PNG image";
    case FileKind::text: return "a text of another kind";
    case FileKind::unknown: break;
  }
  return "of no kind that BlendSim knows";
}

namespace {

// First byte of an ONNX ModelProto: the tag of one of its fields (1 to 25, a number or a byte string).
bool starts_as_model(unsigned char byte) {
  const int field = byte >> 3, wire = byte & 7;
  return field >= 1 && (wire == 0 || wire == 2) && byte < 0x80;
}

bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
}

}  // namespace

FileKind file_kind(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw DiagnosticError("file-unreadable", {.file = path}, "is a folder, a file is expected", "name a file in it");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw DiagnosticError("file-unreadable", {.file = path}, fmt::format("cannot be read: {}", std::strerror(errno)),
                          "check the path and its permissions");
  }
  std::array<char, 4096> buffer{};
  file.read(buffer.data(), buffer.size());
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(file.gcount()));
  if (bytes.empty()) {
    throw DiagnosticError("file-damaged", {.file = path}, "the file is empty", "write or download it again");
  }
  if (bytes.starts_with("\x93NUMPY")) return FileKind::array;
  if (bytes.starts_with("\x89PNG")) return FileKind::image;
  if (is_program(path)) return FileKind::program;
  if (is_text(bytes)) {
    if (bytes[bytes.find_first_not_of(" \r\n\t") % bytes.size()] == '{')
      return bytes.find("\"blendsim.report/") != std::string_view::npos ? FileKind::report : FileKind::json;
    return looks_like_yaml(bytes) ? FileKind::yaml : FileKind::text;
  }
  return starts_as_model(static_cast<unsigned char>(bytes[0])) ? FileKind::onnx : FileKind::unknown;
}

namespace {

std::string_view use_of(FileKind kind) {
  switch (kind) {
    case FileKind::onnx: return "a network is given to run, compile and inspect";
    case FileKind::program: return "a program is compiled already: run it, or compile the network that it was made of";
    case FileKind::yaml: return "a platform is given with --platform";
    case FileKind::report: return "a report is read by compare; give the network or program that it is about";
    case FileKind::array:
    case FileKind::image: return "arrays and pictures are given with --input";
    default: return "`blendsim zoo` and `blendsim compile` write networks and programs, `blendsim run --json` reports";
  }
}

}  // namespace

void unexpected_kind(const std::string& path, FileKind kind, std::string_view expected) {
  throw DiagnosticError("file-unrecognised", {.file = path},
                        fmt::format("expected {}, this is {}", expected, describe(kind)), std::string(use_of(kind)));
}

namespace {

[[noreturn]] void unwritable(const std::string& path, const std::string& why) {
  throw DiagnosticError("file-unwritable", {.file = path}, fmt::format("cannot be written: {}", why),
                        "check that the folder exists and may be written to");
}

}  // namespace

void write_whole(const std::string& path, const std::function<void(const std::string&)>& write) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) unwritable(path, "it is a folder");
  if (fs::exists(status) && !fs::is_regular_file(status)) return write(path);
  const fs::path target = fs::exists(status) ? fs::canonical(path) : fs::path(path);
  const std::string temporary = fmt::format("{}.part{}", target.string(), ::getpid());
  if (!std::ofstream(temporary, std::ios::binary)) unwritable(path, std::strerror(errno));
  try {
    write(temporary);
    fs::rename(temporary, target);
  } catch (const DiagnosticError& problem) {
    fs::remove(temporary, error);
    std::vector<Diagnostic> list = problem.diagnostics();
    for (Diagnostic& diagnostic : list) {
      if (diagnostic.place.file == temporary) diagnostic.place.file = path;
    }
    throw DiagnosticError(std::move(list), problem.status());
  } catch (const fs::filesystem_error& problem) {
    fs::remove(temporary, error);
    unwritable(path, problem.code().message());
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
}

void write_text(const std::string& path, std::string_view text) {
  write_whole(path, [&](const std::string& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.close();
    if (!file) unwritable(path, std::strerror(errno));
  });
}

namespace {

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  const bool a_there = fs::exists(a, error), b_there = fs::exists(b, error);
  if (a_there != b_there) return false;
  if (a_there) return fs::is_regular_file(a, error) && fs::equivalent(a, b, error);
  return fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

}  // namespace

void keep_apart(const std::vector<std::string>& read, const std::vector<std::string>& written) {
  for (auto output = written.begin(); output != written.end(); ++output) {
    if (output->empty()) continue;
    const auto is_it = [&](const std::string& other) { return !other.empty() && same_file(other, *output); };
    // What is not there is not read: the name of a platform that is shipped is no path.
    if (fs::exists(*output) && std::any_of(read.begin(), read.end(), is_it)) {
      usage_error(fmt::format("{} is to be read and written", *output), "write to another file");
    }
    if (std::any_of(written.begin(), output, is_it)) {
      usage_error(fmt::format("{} is to be written twice", *output), "write to different files");
    }
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) unwritable(path, error.message());
  if (!fs::is_directory(path)) unwritable(path, "it is not a folder");
}

ConfigPaths config_paths() {
  if (const char* given = std::getenv("BLENDSIM_CONFIGS"); given != nullptr && *given != '\0') return {given};
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = binary.parent_path().parent_path() / "share" / "blendsim" / "configs";
  for (const fs::path& root : {beside, fs::path(BLENDSIM_CONFIGS), fs::path(BLENDSIM_INSTALLED_CONFIGS)}) {
    if (fs::is_directory(root / "platforms", error)) return {root.string()};
  }
  throw DiagnosticError("file-unreadable", {.file = BLENDSIM_INSTALLED_CONFIGS}, "the platforms' folder is not there",
                        "set BLENDSIM_CONFIGS to the folder that holds platforms/, devices/ and technologies/");
}

Platform named_platform(const std::string& name, const std::vector<std::string>& sets) {
  const ConfigPaths paths = config_paths();
  if (name.empty()) {
    usage_error("a network needs --platform P",
                fmt::format("P is a YAML file or one of: {}", fmt::join(platform_names(paths), ", ")));
  }
  if (fs::is_regular_file(name)) {
    const FileKind kind = file_kind(name);
    if (kind == FileKind::report || kind == FileKind::onnx || kind == FileKind::program || kind == FileKind::array ||
        kind == FileKind::image)
      unexpected_kind(name, kind, "a platform");
  }
  return load_platform(name, sets, paths);
}

void usage_error(const std::string& message, const std::string& hint) {
  throw DiagnosticError({Diagnostic{"usage", {}, message, hint}}, ExitStatus::bad_usage);
}

void warning(const std::string& what) { std::cerr << "warning: " << what << '\n'; }
void warning(const Diagnostic& what) { std::cerr << what.text("warning") << '\n'; }

void progress(const std::string& what) {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("progress");
    made->set_pattern("%v");
    made->set_level(::isatty(STDERR_FILENO) != 0 ? spdlog::level::info : spdlog::level::off);
    return made;
  }();
  logger->info("{} ...", what);
}

}  // namespace blendsim::cli
