// SPDX-License-Identifier: Apache-2.0
#include "units/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

// Words base + p * pitch + w of pixels p in [0, pixels) and words w in [0, words).
struct Strided {
  std::int64_t base, pixels, pitch, words;
  explicit Strided(const Access& a)
      : base(a.base + std::int64_t{a.row0} * a.width * a.slices + a.slice0),
        pixels(std::int64_t{a.row1 - a.row0} * a.width),
        pitch(a.slices),
        words(a.slice1 - a.slice0) {}
};

bool overlap(const Strided& a, const Strided& b) {  // of equal pitch
  const std::int64_t distance = b.base - a.base;
  std::int64_t k = distance / a.pitch;
  if (k * a.pitch > distance) --k;
  for (const std::int64_t pixel : {k, k + 1}) {  // a's pixel p meets b's pixel p - `pixel`
    const std::int64_t word = distance - pixel * a.pitch;
    if (pixel > -b.pixels && pixel < a.pixels && word > -b.words && word < a.words) return true;
  }
  return false;
}

}  // namespace

bool overlap(const Access& a, const Access& b) {
  if (a.buffer != b.buffer || a.region != b.region || a.begin >= b.end || b.begin >= a.end) return false;
  if (!a.is_map || !b.is_map || a.slices != b.slices) return true;
  if (a.buffer != BufferId::act_binary) return overlap(Strided(a), Strided(b));
  if (a.base != b.base || a.width != b.width) return true;
  return a.row0 < b.row1 && b.row0 < a.row1 && a.slice0 < b.slice1 && b.slice0 < a.slice1;
}

void Accesses::interval(BufferId buffer, bool write, std::int64_t begin, std::int64_t count) {
  if (count == 0) return;
  add({buffer, 0, write, 0, 0, false, 0, 0, 0, 0, 0, 0, 0}, begin, begin + count);
}

void Accesses::fixed(BufferId buffer, bool write, std::int64_t base, std::int64_t width, std::int64_t pitch, Rows rows,
                     std::int64_t word0, std::int64_t words) {
  if (rows.begin >= rows.end || width == 0 || words == 0) return;
  if (word0 + words > pitch) invalid(buffer, "slices beyond the map's slices a pixel");
  const std::int64_t begin = base + rows.begin * width * pitch + word0;
  const std::int64_t end = base + (rows.end * width - 1) * pitch + word0 + words;
  add({buffer, 0, write, 0, 0, true, u32(base), u32(width), u32(pitch), u32(rows.begin), u32(rows.end), u32(word0),
       u32(word0 + words)},
      begin, end);
}

void Accesses::binary(bool write, std::int64_t base, std::int64_t width, std::int64_t cells, Rows rows,
                      std::int64_t cell0, std::int64_t count) {
  if (rows.begin >= rows.end || width == 0 || count == 0) return;
  if (cell0 + count > cells) invalid(BufferId::act_binary, "cells beyond the map's cells a pixel");
  const std::int64_t pitch = ceil_divide(width, 4) * cells;
  add({BufferId::act_binary, 0, write, 0, 0, true, u32(base), u32(width), u32(cells), u32(rows.begin), u32(rows.end),
       u32(cell0), u32(cell0 + count)},
      base + rows.begin / 4 * pitch, base + ((rows.end - 1) / 4 + 1) * pitch);
}

void Accesses::invalid(BufferId buffer, const std::string& what) const {
  throw DiagnosticError("program-invalid", Place{{}, 0, std::string(unit_)},
                        fmt::format("{} in buffer {}", what, name(buffer)));
}

void Accesses::put_reads_first() {
  const auto begin = list_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto is_read = [](const Access& a) { return !a.write; };
  if (!std::is_partitioned(begin, list_.end(), is_read)) std::stable_partition(begin, list_.end(), is_read);
}

void Accesses::add(Access access, std::int64_t begin, std::int64_t end) {
  const BufferParameters& buffer = machine_.buffer(access.buffer);
  const std::int64_t region = begin / buffer.depth;
  if (region >= buffer.regions || (end - 1) / buffer.depth != region) {
    invalid(access.buffer, fmt::format("words {} to {} leave a region of {} words (there are {})", begin, end - 1,
                                       buffer.depth, buffer.regions));
  }
  access.begin = u32(begin);
  access.end = u32(end);
  access.region = u32(region);
  list_.push_back(access);
}

}  // namespace blendsim
