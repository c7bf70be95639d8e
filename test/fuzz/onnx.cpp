// SPDX-License-Identifier: Apache-2.0
// Networks: from the file's bytes to the compiled program. The compiler proves the program and compares every tensor
// with the lowered network itself.
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "compiler/compile.h"
#include "network/graph.h"
#include "network/integer_network.h"
#include "network/normalise.h"
#include "platform/platform.h"
#include "targets.h"

namespace blendsim::fuzz {
namespace {

// A file in memory with a path.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, 0)) {
    if (descriptor_ < 0) throw std::runtime_error("no memory file");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  void set(Bytes bytes) const {
    const auto size = static_cast<ssize_t>(bytes.size());
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) != size)
      throw std::runtime_error("the memory file cannot be written");
  }

 private:
  int descriptor_;
};

// Networks of any size compile; proving one computes every value of every tensor, for which an input here has seconds.
bool is_small(const IntegerNetwork& network) {
  constexpr std::int64_t most_values = 2'000'000;
  std::int64_t values = 0;
  for (const IntTensor& t : network.tensors) values += std::int64_t{t.channels} * t.height * t.width;
  return values <= most_values;
}

}  // namespace

void onnx(Bytes bytes) {
  static const MemoryFile file("fuzzed.onnx"), lowered("lowered.onnx");
  static const Platform platform = load_platform("zu3eg", {}, {BLENDSIM_CONFIGS});
  file.set(bytes);
  IntegerNetwork network;
  if (!accepted([&] { network = lower(normalise(import_onnx(file.path()))); })) return;
  check(network);
  (void)accepted([&] { export_lowered(network, lowered.path()); });
  if (is_small(network)) (void)accepted([&] { (void)compile(network, platform); });
}

}  // namespace blendsim::fuzz
