// SPDX-License-Identifier: Apache-2.0
// Descriptions: the schema that a text names tells what reads it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "estimate/estimate.h"
#include "platform/catalogue.h"
#include "power/activity.h"
#include "power/technology.h"
#include "targets.h"

namespace blendsim::fuzz {
namespace {

namespace fs = std::filesystem;

const ConfigPaths shipped{BLENDSIM_CONFIGS};

// Where a fuzzed catalogue lies, as the only file of its kind.
class Folder {
 public:
  Folder() : root_(fs::temp_directory_path() / ("blendsim_fuzz_" + std::to_string(::getpid()))) {
    for (const char* part : {"devices", "technologies", "platforms"}) fs::create_directories(root_ / part);
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ConfigPaths with(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name, std::ios::binary | std::ios::trunc) << text;
    return {root_.string()};
  }

 private:
  fs::path root_;
};

// What is accepted says the same of itself when it is read again.
void platform(const std::string& text) {
  Platform p;
  if (!accepted([&] { p = parse_platform(text, "fuzzed", shipped); })) return;
  if (parse_platform(p.yaml(), "its own text", shipped).digest() != p.digest()) std::abort();
  (void)commented_yaml(p);
  (void)estimate_resources(p);
}

}  // namespace

void yaml(Bytes bytes) {
  static const Folder folder;
  const std::string text(bytes.begin(), bytes.end());
  if (text.find("blendsim.devices/1") != std::string::npos) {
    const ConfigPaths paths = folder.with("devices/devices.yaml", text);
    (void)accepted([&] {
      Diagnostics diagnostics;
      for (const std::string& name : device_names(paths)) (void)find_device(name, {}, paths, diagnostics);
    });
  } else if (text.find("blendsim.dram/1") != std::string::npos) {
    const ConfigPaths paths = folder.with("devices/dram.yaml", text);
    (void)accepted([&] {
      Diagnostics diagnostics;
      for (const std::string& name : dram_names(paths)) (void)find_dram(name, {}, paths, diagnostics);
    });
  } else if (text.find("blendsim.technology/2") != std::string::npos) {
    const ConfigPaths paths = folder.with("technologies/fuzzed.yaml", text);
    (void)accepted([&] { (void)load_technology("fuzzed", paths); });
  } else if (text.find("blendsim.activity/1") != std::string::npos) {
    const ConfigPaths paths =
        folder.with("activity/load.yaml", text);  // the first that is read; the others are missing
    (void)accepted([&] { (void)load_activity(paths); });
  } else {
    platform(text);
  }
}

}  // namespace blendsim::fuzz
