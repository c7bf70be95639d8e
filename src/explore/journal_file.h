// SPDX-License-Identifier: Apache-2.0
// An SQLite file as journals use it: one writer at a time, and every failure a diagnostic that names the file.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace blendsim::explore {

// Held by the one process that writes `file`, and gone with it however it ends. It is a lock on `file`-lock beside it:
// SQLite's own would shut readers out, and one of another kind on the same file meets SQLite's on network file systems.
// Of this process, not of those that it forks; a process must not take it twice.
class WriterLock {
 public:
  // Throws DiagnosticError journal-in-use, file-unwritable.
  explicit WriterLock(const std::string& file);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  [[nodiscard]] bool take(const std::string& file);  // false: its file was removed meanwhile

  std::string path_;
  int descriptor_ = -1;
};

// Throws DiagnosticError file-unreadable or file-unwritable, file-unrecognised (no SQLite), file-damaged,
// journal-in-use (locked by a stranger for long); InvariantError when a row contradicts the schema.
class Database {
 public:
  enum class Access { read, write };
  // With Access::write an absent file is made. With Access::read what is read is as it was at the first look.
  Database(const std::string& file, Access access);

  void run(const std::string& sql) const { check(sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr)); }
  // The one integer that a query yields.
  [[nodiscard]] std::int64_t value(const std::string& sql) const;
  void check(int status) const;
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  void open_to_read();

  std::string file_;
  Access access_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
};

// Runs what is between its begin and commit() wholly or, left otherwise, not at all.
class Transaction {
 public:
  explicit Transaction(const Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
};

class Statement {
 public:
  Statement(const Database& database, const std::string& sql);

  // Binds the statement's parameters in order, from 1, and runs it to its end.
  template <class... Values>
  void write(const Values&... values) {
    int place = 0;
    (bind(++place, values), ...);
    run();
  }
  void run() {
    while (next()) {}
  }
  // Whether there is another row, which the getters then read; NULL is NaN, 0 or empty.
  [[nodiscard]] bool next();
  // Texts and blobs must last until the statement has run; NaN becomes NULL.
  void bind(int place, std::int64_t value);
  void bind(int place, double value);
  void bind(int place, std::string_view text);
  void bind(int place, std::span<const std::uint8_t> blob);
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] std::string_view bytes(int column) const;  // until the next call

 private:
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

}  // namespace blendsim::explore
