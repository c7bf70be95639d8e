// SPDX-License-Identifier: Apache-2.0
// A run as an SQLite database (docs/formats/sqlite.md): rows as the events come, in one transaction without a journal;
// indices and views when the run is over.
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <optional>

#include "base/diagnostic.h"
#include "trace/file.h"
#include "trace/formats.h"
#include "trace/slice_sink.h"
#include "trace/sqlite_schema.h"

namespace blendsim {
namespace {

class Database {
 public:
  explicit Database(const std::string& file) : file_(file) {
    std::error_code error;
    std::filesystem::remove(file, error);  // an older database would be added to
    check(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
    // The file is new and counts only when it is complete: there is nothing to roll back to.
    run("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
        "BEGIN");
  }
  ~Database() { sqlite3_close_v2(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
  void check(int status) const {
    if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW) return;
    throw DiagnosticError("file-unwritable", {.file = file_},
                          handle_ ? why_unwritable(file_, sqlite3_errmsg(handle_)) : "out of memory",
                          "check that the folder exists, may be written to and has room");
  }
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  // A single value.
  [[nodiscard]] std::int64_t value(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr));
    const std::int64_t out = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return out;
  }

 private:
  std::string file_;
  sqlite3* handle_ = nullptr;
};

// INSERT of a row of one table, prepared once.
class Insert {
 public:
  Insert(Database& database, const char* table, int columns) : database_(database) {
    std::string sql = fmt::format("INSERT INTO {} VALUES(?", table);
    for (int c = 1; c < columns; ++c) sql += ",?";
    sql += ')';
    database.check(
        sqlite3_prepare_v3(database.handle(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
  }
  ~Insert() { sqlite3_finalize(statement_); }
  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;

  // Texts must outlive the call. An empty optional is NULL.
  template <class... Values>
  void row(const Values&... values) {
    int place = 0;
    (bind(++place, values), ...);
    database_.check(sqlite3_step(statement_));
    sqlite3_reset(statement_);
    bytes_ += 12;  // of the row's header in the file, its key and place
  }
  // No less than what the rows take.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  template <class T>
  requires std::is_integral_v<T>
  void bind(int place, T value) {
    sqlite3_bind_int64(statement_, place, static_cast<std::int64_t>(value));
    const auto size = static_cast<std::int64_t>(value);
    bytes_ += 1 + (size == 0 || size == 1 ? 0 : size > -128 && size < 128 ? 1 : size > -32768 && size < 32768 ? 2 : 4);
  }
  void bind(int place, std::string_view text) {
    sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    bytes_ += 1 + static_cast<std::int64_t>(text.size());
  }
  void bind(int place, const std::optional<std::int64_t>& value) {
    if (value) bind(place, *value);
    else sqlite3_bind_null(statement_, place);
  }

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  std::int64_t bytes_ = 0;
};

// Records are -1 where there is none.
std::optional<std::int64_t> some(std::int32_t record) {
  return record < 0 ? std::nullopt : std::optional<std::int64_t>(record);
}

struct Tables {
  explicit Tables(Database& d)
      : run(d, "run", 2),
        program(d, "program", 5),
        image(d, "image", 4),
        dispatch(d, "dispatch", 7),
        instruction(d, "instruction", 12),
        interval(d, "interval", 7),
        token(d, "token", 9),
        burst(d, "burst", 14),
        power(d, "power", 4) {}
  Insert run, program, image, dispatch, instruction, interval, token, burst, power;
};

class Sqlite final : public SliceSink {
 public:
  Sqlite(const std::string& file, const TraceSubject& subject, const TraceOptions& options)
      : SliceSink(subject, options), file_(file), database_(std::make_unique<Database>(file)) {
    database_->run(sqlite_tables);
    tables_ = std::make_unique<Tables>(*database_);
    write_frame();
    if (const std::string window = window_text(options.window); !window.empty()) tables_->run.row("window", window);
  }
  [[nodiscard]] std::int64_t bytes() const override {
    if (!tables_) return closed_bytes_;
    const Tables& t = *tables_;
    const std::int64_t rows = t.run.bytes() + t.program.bytes() + t.image.bytes() + t.dispatch.bytes() +
                              t.instruction.bytes() + t.interval.bytes() + t.token.bytes() + t.burst.bytes() +
                              t.power.bytes();
    return frame_bytes + rows + rows * index_percent / 100;
  }

 protected:
  void phase(const PhaseEvent& e) override {
    if (e.kind == PhaseEvent::Kind::begin) write_program(e.phase);
    if (e.kind == PhaseEvent::Kind::doorbell) doorbell_ = e.at;
    if (e.kind == PhaseEvent::Kind::completion) tables_->image.row(name(e.phase), e.image, doorbell_, e.at);
    if (e.kind == PhaseEvent::Kind::end) tables_->run.row(fmt::format("{}_cycles", name(e.phase)), e.at);
  }
  void dispatched(const DispatchEvent& e, const InstructionRecord&) override {
    tables_->dispatch.row(name(now()), e.record, e.available, e.read, e.written, e.held, some(e.held_by));
  }
  void interval(const IntervalEvent& e) override {
    tables_->interval.row(name(now()), name(e.unit), name(e.activity), some(e.record), some(e.waited_for), e.from,
                          e.to);
  }
  void token(const TokenEvent& e) override {
    tables_->token.row(name(now()), e.kind == TokenKind::data ? "data" : "space", name(e.producer), name(e.consumer),
                       some(e.posted_by), some(e.taken_by), e.posted, e.visible, e.taken);
  }
  void instruction(std::int32_t index, const InstructionRecord& r) override {
    tables_->instruction.row(name(now()), index, r.instruction, r.image, r.layer, name(r.unit), r.visible, r.start,
                             r.front_free, r.end, name(r.release), some(r.released_by));
  }
  void burst(const BurstEvent& e) override {
    tables_->burst.row(name(now()), some(e.record), name(e.port), e.write, e.address, e.bytes, e.request, e.grant,
                       e.first_beat, e.last_beat, e.channel, some(e.bank), e.row_hit, e.refreshes);
  }
  [[nodiscard]] std::int64_t most_of_a_window() const override { return 55 * power_parts; }
  void power_window(const PowerWindows& windows, std::size_t w) override {
    for (std::size_t part = 0; part < windows.parts.size(); ++part)
      tables_->power.row(windows.parts[part], windows.begin(w), windows.end(w), windows.fj[part][w]);
  }
  void finish() override {
    if (const auto stop = stopped()) {
      tables_->run.row("stopped_in", name(stop->phase));
      tables_->run.row("stopped_at", stop->at);
    }
    tables_.reset();
    database_->run(sqlite_indices);
    database_->run(sqlite_views);
    database_->run("COMMIT");
    database_.reset();
    std::error_code error;
    closed_bytes_ = static_cast<std::int64_t>(std::filesystem::file_size(file_, error));
  }

 private:
  // Schema and small tables; what indices add to rows, and pages that are not full.
  static constexpr std::int64_t frame_bytes = 100'000, index_percent = 25;

  void write_frame();
  void write_program(Phase phase);

  std::string file_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Tables> tables_;
  Cycles doorbell_ = 0;
  std::int64_t closed_bytes_ = 0;
};

void Sqlite::write_frame() {
  const Program& program = subject().program();
  tables_->run.row("format", 1);
  tables_->run.row("network", program.network);
  tables_->run.row("platform", subject().platform());
  tables_->run.row("program_digest", program.digest());
  tables_->run.row("platform_digest", program.platform_digest);
  tables_->run.row("clock_hz", subject().machine().clock_hz);
  Insert units(*database_, "unit", 2);
  for (const UnitId unit : all_units) units.row(name(unit), index(unit));
  Insert layers(*database_, "layer", 6);
  for (std::size_t l = 0; l < program.layers.size(); ++l) {
    const ProgramLayer& layer = program.layers[l];
    layers.row(l, layer.name, layer.op, layer.unit, layer.macs, layer.binary);
  }
  Insert buffers(*database_, "buffer", 7);
  for (std::size_t b = 0; b < buffer_count; ++b) {
    const BufferParameters& p = subject().machine().buffer(static_cast<BufferId>(b));
    const std::int64_t peak = b < program.buffers.size() ? program.buffers[b].peak_bits : 0;
    buffers.row(buffer_names[b], p.regions, p.width, p.depth, p.latency, p.capacity_bits(), peak);
  }
}

void Sqlite::write_program(Phase phase) {
  std::int32_t number = 0;
  for (const TracedInstruction& traced : subject().stream(phase)) {
    tables_->program.row(name(phase), number++, name(traced.unit), traced.layer, disassemble(traced.instruction));
  }
}

}  // namespace

std::unique_ptr<Sink> open_sqlite(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Sqlite>(file, subject, options);
}

}  // namespace blendsim
