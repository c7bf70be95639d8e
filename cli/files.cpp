// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "base/diagnostic.h"
#include "base/written_file.h"
#include "cli/interrupt.h"
#include "isa/program.h"
#include "network/onnx_writer.h"
#include "platform/yaml_tree.h"
#include "replay/file.h"

namespace blendsim::cli {

namespace fs = std::filesystem;

std::string_view describe(FileKind kind) {
  switch (kind) {
    case FileKind::onnx: return "an ONNX network";
    case FileKind::lowered: return "a lowered network, which `blendsim compile --lowered` wrote for another runtime";
    case FileKind::program: return "a program";
    case FileKind::yaml: return "a YAML text";
    case FileKind::report: return "a report of `blendsim run --json`";
    case FileKind::json: return "a JSON text";
    case FileKind::traffic: return "recorded memory traffic";
    case FileKind::database: return "an SQLite file";
    case FileKind::perfetto: return "a trace for Perfetto";
    case FileKind::waves: return "a trace of waves, VCD or FST";
    case FileKind::records: return "a table of records";
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

// The writer puts the mark into the model's metadata, which lie at the end of the file.
bool is_marked_as_lowered(std::ifstream& file) {
  std::array<char, 4096> tail{};
  file.clear();
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - static_cast<std::streamoff>(tail.size())));
  file.read(tail.data(), tail.size());
  const std::string_view bytes(tail.data(), static_cast<std::size_t>(file.gcount()));
  const std::string key = fmt::format("\x0a{:c}{}", static_cast<char>(lowered_mark.size()), lowered_mark);
  return bytes.find(key) != std::string_view::npos;
}

// An FST file begins with its header: block 0, whose length of 329 bytes follows, the highest byte first.
bool is_fst(std::string_view bytes) {
  constexpr std::string_view header("\0\0\0\0\0\0\0\x01\x49", 9);
  return bytes.starts_with(header);
}

// A VCD text begins with one of the declarations that may come first.
bool is_vcd(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \r\n\t"), text.size()));
  constexpr std::array<std::string_view, 4> first = {"$date", "$version", "$comment", "$timescale"};
  return std::any_of(first.begin(), first.end(), [&](std::string_view word) { return text.starts_with(word); });
}

// Packets are field 1 of a Perfetto trace, each with its length; of an ONNX model field 1 is a number.
bool is_perfetto(std::string_view bytes) { return bytes.starts_with('\x0a'); }

// A structured array: its type is a list of fields.
bool is_structured(std::string_view npy) {
  return npy.substr(0, npy.find('\n')).find("'descr': [") != std::string_view::npos;
}

bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
}

}  // namespace

FileKind file_kind(const std::string& path) {
  if (is_standard_output(path))
    usage_error("standard input is not read here", "give a file's name; diff --events and debug -x take -");
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
  if (bytes.starts_with("\x93NUMPY")) return is_structured(bytes) ? FileKind::records : FileKind::array;
  if (bytes.starts_with("\x89PNG")) return FileKind::image;
  if (bytes.starts_with("SQLite format 3")) return FileKind::database;
  if (bytes.starts_with(traffic_signature)) return FileKind::traffic;
  if (is_program(path)) return FileKind::program;
  if (is_text(bytes)) {
    if (bytes[bytes.find_first_not_of(" \r\n\t") % bytes.size()] == '{')
      return bytes.find("\"blendsim.report/") != std::string_view::npos ? FileKind::report : FileKind::json;
    if (is_vcd(bytes)) return FileKind::waves;
    return looks_like_yaml(bytes) ? FileKind::yaml : FileKind::text;
  }
  if (is_fst(bytes)) return FileKind::waves;
  if (is_perfetto(bytes)) return FileKind::perfetto;
  if (!starts_as_model(static_cast<unsigned char>(bytes[0]))) return FileKind::unknown;
  return is_marked_as_lowered(file) ? FileKind::lowered : FileKind::onnx;
}

namespace {

// The command that takes such a file.
std::string use_of(FileKind kind, const std::string& file) {
  switch (kind) {
    case FileKind::onnx:
      return fmt::format("`blendsim run {} --platform PLATFORM` simulates it, compile and inspect take it too", file);
    case FileKind::lowered:
      return "give `blendsim run` or `blendsim compile` the original network, or run the program that the same command "
             "wrote";
    case FileKind::program:
      return fmt::format(
          "`blendsim run {0}` simulates it, and writes a report with --json; to compile, take its network", file);
    case FileKind::traffic: return fmt::format("`blendsim replay {}` replays it", file);
    case FileKind::database:
      return "sqlite3 reads it; of a run's traces `blendsim diff` compares the table of `run --trace F.npy`";
    case FileKind::perfetto:
      return "ui.perfetto.dev shows it; of a run's traces `blendsim diff` compares the table of `run --trace F.npy`";
    case FileKind::waves:
      return "GTKWave shows it; of a run's traces `blendsim diff` compares the table of `run --trace F.npy`";
    case FileKind::records: return fmt::format("`blendsim diff PROGRAM {}` compares it with the model", file);
    case FileKind::yaml: return fmt::format("a platform is given to a command: --platform {}", file);
    case FileKind::report:
      return fmt::format(
          "`blendsim report {0}` shows it again, `blendsim compare {0} OTHER` compares it with another report; here "
          "give "
          "its network or program",
          file);
    case FileKind::array:
    case FileKind::image: return fmt::format("`blendsim run NETWORK --platform PLATFORM --input {}` reads it", file);
    default: return "`blendsim zoo` and `blendsim compile` write networks and programs, `blendsim run --json` reports";
  }
}

}  // namespace

void unexpected_kind(const std::string& path, FileKind kind, std::string_view expected) {
  throw DiagnosticError("file-unrecognised", {.file = path},
                        fmt::format("expected {}, this is {}", expected, describe(kind)), use_of(kind, path));
}

bool is_standard_output(const std::string& path) { return path == "-"; }

namespace {

// A file of its own that goes with the object.
class Temporary {
 public:
  Temporary() : path_((fs::temp_directory_path() / "blendsim-XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) unwritable_file(path_, std::strerror(errno));
    ::close(descriptor);
    half_written_.emplace(path_);
  }
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::optional<HalfWritten> half_written_;
};

}  // namespace

void write_whole(const std::string& path, const std::function<void(const std::string&)>& write) {
  if (is_standard_output(path)) {
    const Temporary temporary;
    write(temporary.path());
    std::cout << std::ifstream(temporary.path(), std::ios::binary).rdbuf() << std::flush;
    return;  // main() looks whether it could be written
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) unwritable_file(path, "it is a folder");
  if (fs::exists(status) && !fs::is_regular_file(status)) return write(path);
  const fs::path target = fs::exists(status) ? fs::canonical(path) : fs::path(path);
  const std::string temporary = fmt::format("{}.part{}", target.string(), ::getpid());
  const HalfWritten half_written(temporary);
  if (!std::ofstream(temporary, std::ios::binary)) unwritable_file(path, std::strerror(errno));
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
    unwritable_file(path, problem.code().message());
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
}

void write_text(const std::string& path, std::string_view text) {
  write_whole(path, [&](const std::string& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    close_written(file, temporary);
  });
}

void Outputs::write(const std::function<void()>& write) {
  try {
    write();
  } catch (const DiagnosticError& problem) {
    const auto unwritable = [](const Diagnostic& d) { return d.code == "file-unwritable"; };
    if (!std::all_of(problem.diagnostics().begin(), problem.diagnostics().end(), unwritable)) throw;
    for (const Diagnostic& diagnostic : problem.diagnostics()) unwritten_.add(diagnostic);
  }
}

void Outputs::throw_if_any() { unwritten_.throw_if_any(); }

namespace {

bool same_file(const std::string& a, const std::string& b) {
  if (is_standard_output(a) || is_standard_output(b)) return a == b;
  std::error_code error;
  const bool a_there = fs::exists(a, error), b_there = fs::exists(b, error);
  if (a_there != b_there) return false;
  if (a_there) return fs::is_regular_file(a, error) && fs::equivalent(a, b, error);
  return fs::weakly_canonical(fs::absolute(a), error) == fs::weakly_canonical(fs::absolute(b), error);
}

}  // namespace

void keep_apart(const std::vector<std::string>& read, const std::vector<std::string>& written) {
  for (auto output = written.begin(); output != written.end(); ++output) {
    if (output->empty()) continue;
    const auto is_it = [&](const std::string& other) { return !other.empty() && same_file(other, *output); };
    // What is not there is not read: the name of a platform that is shipped is no path.
    if (!is_standard_output(*output) && fs::exists(*output) && std::any_of(read.begin(), read.end(), is_it)) {
      usage_error(fmt::format("{} is to be read and written", *output), "write to another file");
    }
    if (std::any_of(written.begin(), output, is_it)) {
      usage_error(fmt::format("{} is to be written twice", *output), "write to different files");
    }
  }
}

void make_folder(const std::string& path) {
  if (is_standard_output(path)) usage_error("a folder cannot be written to standard output", "name a folder");
  std::error_code error;
  fs::create_directories(path, error);
  if (error) unwritable_file(path, error.message());
  if (!fs::is_directory(path)) unwritable_file(path, "it is not a folder");
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

Platform named_platform(const std::string& name, const std::vector<std::string>& sets, std::string_view what) {
  const ConfigPaths paths = config_paths();
  if (name.empty()) {
    usage_error(fmt::format("{} needs --platform P", what),
                fmt::format("P is a YAML file or one of: {}", fmt::join(platform_names(paths), ", ")));
  }
  if (name == "-" || fs::is_regular_file(name)) {
    const FileKind kind = file_kind(name);
    constexpr std::array left_to_reader = {FileKind::yaml, FileKind::json, FileKind::text, FileKind::unknown};
    if (std::find(left_to_reader.begin(), left_to_reader.end(), kind) == left_to_reader.end())
      unexpected_kind(name, kind, "a platform");
  }
  return load_platform(name, sets, paths);
}

void usage_error(const std::string& message, const std::string& hint) {
  throw DiagnosticError({Diagnostic{"usage", {}, message, hint}}, ExitStatus::bad_usage);
}

}  // namespace blendsim::cli
