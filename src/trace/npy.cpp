// SPDX-License-Identifier: Apache-2.0
// The executed instructions as one structured array of NumPy (docs/formats/npy.md), 56 bytes each, in order of their
// ends.
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "base/diagnostic.h"
#include "trace/file.h"
#include "trace/formats.h"
#include "trace/slice_sink.h"

namespace blendsim {
namespace {

static_assert(std::endian::native == std::endian::little, "fields are written as they lie in memory");

struct Row {
  std::uint8_t phase, unit, release, fence;
  std::int32_t layer, record, instruction, image, released_by;
  std::int64_t visible, start, front_free, end;
};
static_assert(sizeof(Row) == 56, "no padding: the header lists the fields one after another");

constexpr std::string_view fields =
    "[('phase', '|u1'), ('unit', '|u1'), ('release', '|u1'), ('fence', '|u1'), ('layer', '<i4'), ('record', '<i4'), "
    "('instruction', '<i4'), ('image', '<i4'), ('released_by', '<i4'), ('visible', '<i8'), ('start', '<i8'), "
    "('front_free', '<i8'), ('end', '<i8')]";

// Of one size whatever the number, so that it can be written before the rows are counted.
std::string header(std::int64_t rows) {
  constexpr std::size_t size = 448;  // a multiple of 64
  std::string text = fmt::format("{{'descr': {}, 'fortran_order': False, 'shape': ({},), }}", fields, rows);
  text.resize(size - 10 - 1, ' ');
  text += '\n';
  const auto length = static_cast<std::uint16_t>(text.size());
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(length & 0xFF);
  out += static_cast<char>(length >> 8);
  return out + text;
}

class Npy final : public SliceSink {
 public:
  Npy(const std::string& file, const TraceSubject& subject, const TraceOptions& options)
      : SliceSink(subject, options), file_(file) {
    file_.append(header(0));
  }
  [[nodiscard]] std::int64_t bytes() const override { return file_.bytes(); }

 protected:
  void instruction(std::int32_t index, const InstructionRecord& r) override {
    const TracedInstruction& traced = subject().instruction(now(), index);
    const Row row{static_cast<std::uint8_t>(now()),
                  static_cast<std::uint8_t>(r.unit),
                  static_cast<std::uint8_t>(r.release),
                  static_cast<std::uint8_t>(sync_of(traced.instruction).fence),
                  r.layer,
                  index,
                  r.instruction,
                  r.image,
                  r.released_by,
                  r.visible,
                  r.start,
                  r.front_free,
                  r.end};
    char bytes[sizeof row];
    std::memcpy(bytes, &row, sizeof row);
    file_.append({bytes, sizeof bytes});
    ++rows_;
  }
  [[nodiscard]] std::int64_t most_of_an_event() const override { return sizeof(Row); }
  void finish() override {
    file_.rewrite(header(rows_));
    file_.close();
  }

 private:
  OutputFile file_;
  std::int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Sink> open_npy(const std::string& file, const TraceSubject& subject, const TraceOptions& options) {
  return std::make_unique<Npy>(file, subject, options);
}

}  // namespace blendsim
