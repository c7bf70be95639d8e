// SPDX-License-Identifier: Apache-2.0
// What a study has done so far, in one SQLite file: a batch is there as a whole or not at all, whenever the process is
// killed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "explore/oracle.h"
#include "explore/trial.h"

namespace blendsim::explore {

// What a journal belongs to. A study that differs in anything but its budget is another one.
struct StudyIdentity {
  std::string digest;                                         // of what follows
  std::vector<std::pair<std::string, std::string>> settings;  // "search.xnor_array.rows" -> "16, 32, 48"; in order
  std::vector<std::string> figures;                           // names of Outcome::figures
  std::string version;                                        // of the program that wrote it
};

struct BatchRecord {
  // Ids that were asked for, [first, last]; last = first - 1 where none were: the batch verifies earlier ones.
  std::int64_t first = 0, last = 0;
  // Those that no compiler has seen, by what ended them: ("resources", "lut") -> 40. They are counted, not kept.
  std::map<std::pair<std::string, std::string>, std::int64_t> rejected;
  double hypervolume = 0;
  double seconds = 0;  // of wall time
};

class Journal {
 public:
  enum class Access { read, write };
  // Opens the journal or, with Access::write, makes it. A process opens it for writing once at a time. Throws
  // DiagnosticError: file-unreadable, file-unwritable, file-unrecognised (no journal, or of another format),
  // file-damaged (any call may find that out), journal-in-use (another process writes it), study-changed (naming the
  // settings that differ).
  Journal(const std::string& file, const StudyIdentity& identity, Access access);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // All trials and batches, in order of id. A trial may be there twice: as the method was told, then verified. With
  // Access::read those that were there when the journal was opened.
  [[nodiscard]] std::vector<Trial> trials() const;
  [[nodiscard]] std::vector<BatchRecord> batches() const;
  // In one transaction, on the disk when it returns. Throws file-unwritable (a full disk: what was there stays);
  // InvariantError for a trial that is there already or has not the study's figures, and when opened to read.
  void commit(const BatchRecord& batch, std::span<const Trial> trials);

  // What an oracle said of networks, by their texts; also of those whose batch was lost.
  [[nodiscard]] std::map<std::string, Answer> answers() const;
  // An answer without an error, in a transaction of its own; of a network that has one nothing changes.
  void commit(const std::string& network, const Answer& answer);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace blendsim::explore
