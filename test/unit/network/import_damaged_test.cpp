// SPDX-License-Identifier: Apache-2.0
// Damaged files: whatever the bytes say, a file either imports or is refused with a DiagnosticError.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "base/diagnostic.h"
#include "unit/network/onnx_builder.h"

namespace blendsim::test {
namespace {

const std::string models = std::string(BLENDSIM_SHARED) + "/models/";

std::string content(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// True when the bytes were accepted. Anything but a DiagnosticError escapes and fails the test.
bool accepted(const std::string& bytes) {
  const TemporaryFile file(bytes);
  try {
    (void)normalise(import_onnx(file.path()));
    return true;
  } catch (const DiagnosticError& error) {
    EXPECT_FALSE(error.diagnostics().empty());
    return false;
  }
}

// Places near the head and tail hold most of the structure; weights fill the middle.
std::size_t place(std::mt19937& random, std::size_t size) {
  const std::size_t structure = std::min<std::size_t>(size, 6000);
  switch (random() % 3) {
    case 0: return random() % structure;
    case 1: return size - 1 - random() % structure;
    default: return random() % size;
  }
}

class Damaged : public ::testing::TestWithParam<const char*> {};

TEST_P(Damaged, FlippedAndOverwrittenBytesNeverCrash) {
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "the folder " << models << " with trained networks is absent";
  const std::string bytes = content(models + GetParam());
  constexpr unsigned seed = 20240611;
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 150; ++i) {
    std::string damaged = bytes;
    const std::size_t at = place(random, bytes.size());
    const auto pattern = static_cast<char>(i % 2 == 0 ? 1 << (random() % 8) : random() % 255 + 1);
    damaged[at] = static_cast<char>(damaged[at] ^ pattern);
    SCOPED_TRACE(at);
    (void)accepted(damaged);
  }
}

TEST_P(Damaged, TruncatedFilesAreRefused) {
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "the folder " << models << " with trained networks is absent";
  const std::string bytes = content(models + GetParam());
  std::mt19937 random(7);
  for (int i = 0; i < 150; ++i) {
    const std::size_t size = place(random, bytes.size());
    SCOPED_TRACE(size);
    // Only the operator sets may follow the graph, so that a cut behind it can leave a whole model.
    EXPECT_FALSE(accepted(bytes.substr(0, size)) && size + 200 < bytes.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Damaged,
                         ::testing::Values("tfc_w1a1_qonnx.onnx", "tfc_w1a1_finn.onnx", "residual_block_qonnx.onnx",
                                           "kws_w3a3_qonnx.onnx"));

OnnxBuilder small_model() {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4});
  model.floats("w", {1, 2, 3, 3}, std::vector<float>(18, 1));
  model.int64s("shape", {2}, {1, -1});
  model.node("Conv", {"x", "w"}, {"c"}, {attr("pads", {1, 1, 1, 1}), attr("group", 1)});
  model.node("MaxPool", {"c"}, {"m"}, {attr("kernel_shape", {2, 2}), attr("strides", {2, 2})});
  model.node("Reshape", {"m", "shape"}, {"y"});
  model.output("y");
  return model;
}

TEST(Damaged, EveryByteOfASmallModelMayBeAnything) {
  const std::string bytes = small_model().bytes();
  ASSERT_TRUE(accepted(bytes));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int pattern : {1, 0x80, 0x7f, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ pattern);
      SCOPED_TRACE(at);
      (void)accepted(damaged);
    }
  }
}

std::string code_of(const std::string& bytes) {
  const TemporaryFile file(bytes);
  try {
    (void)import_onnx(file.path());
  } catch (const DiagnosticError& error) {
    return std::string(error.diagnostics()[0].code.name());
  }
  return "";
}

TEST(Damaged, EmptyAndHalvedFilesAreDamagedAndOthersUnrecognised) {
  const std::string bytes = small_model().bytes();
  EXPECT_EQ(code_of(""), "file-damaged");
  EXPECT_EQ(code_of(bytes.substr(0, bytes.size() / 2)), "file-damaged");
  EXPECT_EQ(code_of("name: zu3eg\nclock: 250 MHz\n"), "file-unrecognised");
  EXPECT_EQ(code_of("\x89PNG\r\n"), "file-unrecognised");
}

TEST(Damaged, AMissingFileAndAFolderAreUnreadable) {
  for (const std::string path : {"/nowhere/net.onnx", "/tmp"}) {
    try {
      (void)import_onnx(path);
      FAIL() << path;
    } catch (const DiagnosticError& error) {
      EXPECT_EQ(error.diagnostics()[0].code.name(), "file-unreadable");
    }
  }
}

}  // namespace
}  // namespace blendsim::test
