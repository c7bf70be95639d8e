// SPDX-License-Identifier: Apache-2.0
#include "conformance_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace blendsim::conformance {

void append_row(std::string_view kind, std::string_view name, std::string_view platform, const Compared& compared) {
  const char* file = std::getenv("BLENDSIM_CONFORMANCE_TABLE");
  if (file == nullptr || *file == '\0') return;
  std::string text =
      fmt::format("{},{},{},{},{},{},{},{},{}\n", kind, name, platform, compared.instructions, compared.rtl_cycles,
                  compared.model_cycles, compared.cycle_differences, compared.words, compared.word_differences);
  const int table = open(file, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
  if (table < 0 || flock(table, LOCK_EX) != 0) throw std::runtime_error(fmt::format("cannot write the table {}", file));
  if (lseek(table, 0, SEEK_END) == 0) {
    text = "kind,case,platform,instructions,rtl_cycles,model_cycles,cycle_differences,words,word_differences\n" + text;
  }
  const bool written = write(table, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(table);
  if (!written) throw std::runtime_error(fmt::format("cannot write the table {}", file));
}

}  // namespace blendsim::conformance
