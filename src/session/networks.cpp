// SPDX-License-Identifier: Apache-2.0
#include "session/networks.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/diagnostic.h"
#include "network/zoo.h"

namespace blendsim {

namespace {

namespace fs = std::filesystem;

// A folder of this process's own, gone with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "blendsim-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw DiagnosticError("file-unwritable", {.file = name}, "no folder can be made here",
                            "set TMPDIR to one that may be written to");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

}  // namespace

IntegerNetwork named_network(const std::string& file_or_name) {
  std::error_code error;
  const std::vector<ZooEntry> zoo = zoo_entries();
  const bool is_listed = std::any_of(zoo.begin(), zoo.end(), [&](const ZooEntry& e) { return e.name == file_or_name; });
  if (fs::exists(file_or_name, error) || !is_listed) return load_network(file_or_name);
  const ScratchFolder folder;
  const std::string file = folder.file(file_or_name + ".onnx");
  write_zoo_network(file_or_name, {}, file);
  return load_network(file);
}

}  // namespace blendsim
