// SPDX-License-Identifier: Apache-2.0
#include "explore/journal_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/diagnostic.h"

namespace blendsim::explore {
namespace {

namespace fs = std::filesystem;

constexpr int patience_ms = 5000;  // for those who lock the file without being writers: backups, sqlite3
constexpr const char* writable_hint = "check that the folder exists, may be written to and has room";
constexpr const char* in_use_hint =
    "wait until it has ended; blendsim explore STUDY --show reads the journal meanwhile";

// The file itself where `file` is a link, so that all its names have one lock.
std::string resolved(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(file, error);
  return error ? file : path.string();
}

// As a URI of SQLite that promises that nobody changes the file.
std::string immutable_uri(const std::string& file) {
  std::string out = "file:";
  for (const char c : fs::absolute(file).string())
    out += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", c) : std::string(1, c);
  return out + "?immutable=1";
}

}  // namespace

WriterLock::WriterLock(const std::string& file) : path_(resolved(file) + "-lock") {
  while (!take(file)) {}
}

bool WriterLock::take(const std::string& file) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw DiagnosticError("file-unwritable", {.file = file}, std::strerror(errno), writable_hint);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  if (::fcntl(descriptor_, F_SETLK, &whole) != 0) {
    const int reason = errno;
    const bool known = ::fcntl(descriptor_, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK && whole.l_pid > 0;
    ::close(descriptor_);
    if (reason != EACCES && reason != EAGAIN)
      throw DiagnosticError("file-unwritable", {.file = file},
                            fmt::format("its lock cannot be taken: {}", std::strerror(reason)),
                            "write the journal to a local disk");
    throw DiagnosticError("journal-in-use", {.file = file},
                          known ? fmt::format("process {} writes it", whole.l_pid) : "another process writes it",
                          in_use_hint);
  }
  struct stat mine {
  }, there{};
  if (::fstat(descriptor_, &mine) == 0 && ::stat(path_.c_str(), &there) == 0 && mine.st_ino == there.st_ino)
    return true;
  ::close(descriptor_);
  return false;
}

WriterLock::~WriterLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

namespace {

// SQLite takes ":memory:" and "file:..." for something else than files of these names.
std::string plain(const std::string& file) {
  return file.starts_with(':') || file.starts_with("file:") ? "./" + file : file;
}

}  // namespace

Database::Database(const std::string& file, Access access)
    : file_(plain(file)), access_(access), handle_(nullptr, &sqlite3_close_v2) {
  std::error_code error;
  if (fs::is_directory(file_, error)) check(SQLITE_CANTOPEN_ISDIR);
  if (access == Access::read) {
    open_to_read();
    return;
  }
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(file_.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(handle);
  check(status);
  sqlite3_busy_timeout(handle, patience_ms);
  (void)value("SELECT count(*) FROM sqlite_master");
  if (sqlite3_db_readonly(handle, "main") != 0) check(SQLITE_READONLY);
}

// SQLite shares an index of the write-ahead log beside the file, even to read. Where the folder may not be written to,
// and no log is left, the file alone is all there is.
void Database::open_to_read() {
  std::error_code error;
  if (!fs::exists(file_, error))
    throw DiagnosticError("file-unreadable", {.file = file_}, "does not exist", "blendsim explore STUDY begins it");
  const std::string log = resolved(file_) + "-wal";
  const bool has_log = fs::exists(log, error) && fs::file_size(log, error) > 0;
  for (const bool alone : {false, true}) {
    sqlite3* handle = nullptr;
    const std::string name = alone ? immutable_uri(file_) : file_;
    int status = sqlite3_open_v2(name.c_str(), &handle, SQLITE_OPEN_READONLY | (alone ? SQLITE_OPEN_URI : 0), nullptr);
    handle_.reset(handle);
    sqlite3_busy_timeout(handle, patience_ms);
    if (status == SQLITE_OK)
      status = sqlite3_exec(handle, "BEGIN; SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
    const int kind = status & 0xff;
    const bool folder = !alone && (kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY);
    if (folder && has_log)
      throw DiagnosticError("file-unreadable", {.file = file_},
                            "what is in its -wal cannot be read from a folder that may not be written to",
                            "copy both elsewhere, or let blendsim explore STUDY go on");
    if (!folder) return check(status);
  }
}

void Database::check(int status) const {
  if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW) return;
  const int kind = status & 0xff;
  const Place place{.file = file_};
  std::string why = handle_ ? sqlite3_errmsg(handle()) : sqlite3_errstr(status);
  if (status == SQLITE_CANTOPEN_ISDIR) why = "is a folder";
  else if (status == SQLITE_READONLY) why = "may not be written to";
  else if (kind == SQLITE_CANTOPEN || kind == SQLITE_IOERR) {
    if (const int system = handle_ ? sqlite3_system_errno(handle()) : 0; system != 0)
      why += fmt::format(": {}", std::strerror(system));
  }
  switch (kind) {
    case SQLITE_CONSTRAINT: throw InvariantError("journal", why);
    case SQLITE_NOTADB:
      throw DiagnosticError("file-unrecognised", place, "is no journal of a study",
                            "name another file: journal: FILE in the study");
    case SQLITE_CORRUPT:
      throw DiagnosticError("file-damaged", place, why, "take a copy of it, or name another file: journal: FILE");
    case SQLITE_BUSY:
      throw DiagnosticError("journal-in-use", place, "another process keeps it locked", "end what has it open");
    default: break;
  }
  if (access_ == Access::write) throw DiagnosticError("file-unwritable", place, why, writable_hint);
  throw DiagnosticError("file-unreadable", place, why, "check its permissions and its folder's with ls -l");
}

std::int64_t Database::value(const std::string& sql) const {
  Statement statement(*this, sql);
  return statement.next() ? statement.integer(0) : 0;
}

Transaction::Transaction(const Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  // After some errors SQLite has rolled back already.
  if (sqlite3_get_autocommit(database_.handle()) == 0)
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() { database_.run("COMMIT"); }

Statement::Statement(const Database& database, const std::string& sql)
    : database_(database), statement_(nullptr, &sqlite3_finalize) {
  sqlite3_stmt* statement = nullptr;
  const int length = static_cast<int>(sql.size());
  const int status =
      sqlite3_prepare_v3(database.handle(), sql.c_str(), length, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  database.check(status);
}

bool Statement::next() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  // The error's text is gone after a reset, which repeats it.
  try {
    database_.check(status);
  } catch (...) {
    sqlite3_reset(statement_.get());
    throw;
  }
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::bind(int place, std::int64_t value) {
  database_.check(sqlite3_bind_int64(statement_.get(), place, value));
}

void Statement::bind(int place, double value) { database_.check(sqlite3_bind_double(statement_.get(), place, value)); }

void Statement::bind(int place, std::string_view text) {
  database_.check(sqlite3_bind_text64(statement_.get(), place, text.empty() ? "" : text.data(), text.size(),
                                      SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int place, std::span<const std::uint8_t> blob) {
  if (blob.empty()) return database_.check(sqlite3_bind_zeroblob(statement_.get(), place, 0));
  database_.check(sqlite3_bind_blob64(statement_.get(), place, blob.data(), blob.size(), SQLITE_STATIC));
}

double Statement::real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace blendsim::explore
