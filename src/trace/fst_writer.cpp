// SPDX-License-Identifier: Apache-2.0
// GTKWave's compressed waves, through its own writer (fstapi, as Verilator ships it).
#include <fmt/format.h>
#include <fstapi.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/diagnostic.h"
#include "trace/file.h"
#include "trace/wave_writer.h"

namespace blendsim {
namespace {

// fstapi does not look whether what it writes arrives. A file is a sequence of blocks, a byte for the kind and eight
// for the length (high byte first, itself included) before each; a block that is being written has a kind of its own.
bool is_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::int64_t size = file.tellg();
  std::uint32_t seen = 0;
  for (std::int64_t at = 0; at != size;) {
    std::array<unsigned char, 9> head{};
    file.seekg(at);
    if (!file.read(reinterpret_cast<char*>(head.data()), head.size()) || head[0] == FST_BL_SKIP) return false;
    std::uint64_t length = 0;
    for (std::size_t k = 1; k < head.size(); ++k) length = length << 8 | head[k];
    if (length < 8 || length > static_cast<std::uint64_t>(size - at - 1)) return false;
    if (head[0] < 8) seen |= 1U << head[0];
    at += 1 + static_cast<std::int64_t>(length);
  }
  const auto has = [seen](unsigned kind) { return (seen >> kind & 1U) != 0; };
  return has(FST_BL_HDR) && has(FST_BL_GEOM) && (has(FST_BL_HIER) || has(FST_BL_HIER_LZ4) || has(FST_BL_HIER_LZ4DUO));
}

class Fst final : public WaveWriter {
 public:
  Fst(const std::string& path, std::int64_t limit) : path_(path), block_bytes_(std::min(most_block_bytes, limit / 16)) {
    OutputFile(path).close();  // says why it cannot be written; fstapi does not
    context_ = fstWriterCreate(path.c_str(), 1);
    if (context_ == nullptr) fail();
    fstWriterSetVersion(context_, "BlendSim");
    fstWriterSetDate(context_, "");  // equal runs make equal files
    fstWriterSetComment(context_, "one time unit is one cycle");
    fstWriterSetTimescaleFromString(context_, "1ps");
  }
  ~Fst() override {
    if (context_ != nullptr) fstWriterClose(context_);
  }
  Fst(const Fst&) = delete;
  Fst& operator=(const Fst&) = delete;

  void open_scope(std::string_view name) override {
    fstWriterSetScope(context_, FST_ST_VCD_MODULE, std::string(name).c_str(), nullptr);
  }
  void close_scope() override { fstWriterSetUpscope(context_); }
  Signal declare_bits(std::string_view name, int width) override {
    const std::string full = width > 1 ? fmt::format("{} [{}:0]", name, width - 1) : std::string(name);
    return add(fstWriterCreateVar(context_, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, static_cast<std::uint32_t>(width),
                                  full.c_str(), 0),
               width);
  }
  Signal declare_text(std::string_view name) override {
    return add(fstWriterCreateVar(context_, FST_VT_GEN_STRING, FST_VD_IMPLICIT, 0, std::string(name).c_str(), 0), 0);
  }
  void end_declarations() override {}

  void time(Cycles at) override {
    // Between two times a block may end: its changes go to the file, compressed, with the time that follows.
    const bool ends = pending_ >= block_bytes_;
    if (ends) fstWriterFlushContext(context_);
    fstWriterEmitTimeChange(context_, static_cast<std::uint64_t>(at));
    if (ends) {
      pending_ = 0;
      std::error_code error;
      const auto size = std::filesystem::file_size(path_, error);
      if (!error) on_disk_ = static_cast<std::int64_t>(size);
    }
    pending_ += 4;
  }
  void set(Signal signal, std::uint64_t value) override {
    const Declared& s = signals_[signal];
    fstWriterEmitValueChange64(context_, s.handle, static_cast<std::uint32_t>(s.width), value);
    pending_ += 8 + s.width;
  }
  void set_text(Signal signal, std::string_view text) override {
    fstWriterEmitVariableLengthValueChange(context_, signals_[signal].handle, text.data(),
                                           static_cast<std::uint32_t>(text.size()));
    pending_ += 12 + static_cast<std::int64_t>(text.size());
  }
  void pause() override { fstWriterEmitDumpActive(context_, 0); }
  void resume() override { fstWriterEmitDumpActive(context_, 1); }

  [[nodiscard]] std::int64_t bytes() const override { return on_disk_ + pending_ + frame_bytes; }
  void close() override {
    const bool failed = fstWriterGetFseekFailed(context_) != 0;
    fstWriterClose(context_);
    context_ = nullptr;
    std::error_code error;
    on_disk_ = static_cast<std::int64_t>(std::filesystem::file_size(path_, error)) - frame_bytes;
    pending_ = 0;
    if (failed || error || !is_whole(path_)) fail();
  }

 private:
  // How full the file is is known block by block: of a small file they are small.
  static constexpr std::int64_t most_block_bytes = std::int64_t{1} << 22, frame_bytes = 16'384;
  struct Declared {
    fstHandle handle = 0;
    int width = 0;
  };
  Signal add(fstHandle handle, int width) {
    signals_.push_back({handle, width});
    return static_cast<Signal>(signals_.size() - 1);
  }
  [[noreturn]] void fail() const {
    throw DiagnosticError("file-unwritable", {.file = path_}, why_unwritable(path_, "GTKWave's writer failed"),
                          "check that the folder exists, may be written to and has room");
  }

  std::string path_;
  std::int64_t block_bytes_;
  void* context_ = nullptr;
  std::vector<Declared> signals_;
  std::int64_t pending_ = 0, on_disk_ = 0;
};

}  // namespace

std::unique_ptr<WaveWriter> open_fst_writer(const std::string& file, std::int64_t limit) {
  return std::make_unique<Fst>(file, limit);
}

}  // namespace blendsim
