// SPDX-License-Identifier: Apache-2.0
#include "units/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/diagnostic.h"
#include "units/buffer/layout.h"

namespace blendsim {
namespace {

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

void be_map(Access& access, std::int64_t base, std::int64_t width, std::int64_t slices, Rows rows, std::int64_t slice0,
            std::int64_t count) {
  access.is_map = true;
  access.base = u32(base);
  access.width = u32(width);
  access.slices = u32(slices);
  access.row0 = u32(rows.begin);
  access.row1 = u32(rows.end);
  access.slice0 = u32(slice0);
  access.slice1 = u32(slice0 + count);
}

// Words base + p * pitch + w of pixels p in [0, pixels) and words w in [0, words).
struct Strided {
  std::int64_t base, pixels, pitch, words;
  explicit Strided(const Access& a)
      : base(a.begin),
        pixels(std::int64_t{a.row1 - a.row0} * a.width - a.left_out),
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

bool maps_overlap(const Access& a, const Access& b) {
  if (!a.is_map || !b.is_map || a.slices != b.slices) return true;
  if (a.buffer != BufferId::act_binary) return overlap(Strided(a), Strided(b));
  if (a.width != b.width) return true;
  // Rows of the one map are some of the other's where whole rows of blocks lie between their bases.
  const std::int64_t row_of_blocks = ceil_divide(a.width, 4) * a.slices;
  const std::int64_t between = (std::int64_t{b.base} + binary_map_addresses - a.base) % binary_map_addresses;
  if (between % row_of_blocks != 0 && (binary_map_addresses - between) % row_of_blocks != 0) return true;
  if (a.slice0 >= b.slice1 || b.slice0 >= a.slice1) return false;
  const auto apart = [&](std::int64_t rows) { return a.row0 >= b.row1 + rows || b.row0 + rows >= a.row1; };
  const bool ahead = between % row_of_blocks == 0 && !apart(between / row_of_blocks * 4);
  const bool behind = (binary_map_addresses - between) % row_of_blocks == 0 &&
                      !apart(-((binary_map_addresses - between) / row_of_blocks * 4));
  return ahead || behind;
}

void Accesses::interval(BufferId buffer, bool write, std::int64_t begin, std::int64_t count) {
  if (count == 0) return;
  add(buffer, write, begin, begin + count);
}

void Accesses::fixed(BufferId buffer, bool write, std::int64_t base, std::int64_t width, std::int64_t pitch, Rows rows,
                     std::int64_t word0, std::int64_t words, std::int64_t left_out) {
  if (rows.begin >= rows.end || width == left_out || words == 0) return;
  if (word0 + words > pitch) invalid(buffer, "slices beyond the map's slices a pixel");
  std::int64_t begin = base + rows.begin * width * pitch + word0;
  if (buffer == BufferId::act_fixed) begin %= fixed_map_addresses;
  const std::int64_t end = begin + ((rows.end - rows.begin) * width - left_out - 1) * pitch + words;
  Access& access = add(buffer, write, begin, end);
  be_map(access, base, width, pitch, rows, word0, words);
  access.left_out = u32(left_out);
}

void Accesses::binary(bool write, std::int64_t base, std::int64_t width, std::int64_t cells, Rows rows,
                      std::int64_t cell0, std::int64_t count) {
  if (rows.begin >= rows.end || width == 0 || count == 0) return;
  if (cell0 + count > cells) invalid(BufferId::act_binary, "cells beyond the map's cells a pixel");
  const std::int64_t pitch = ceil_divide(width, 4) * cells;
  const std::int64_t begin = (base + rows.begin / 4 * pitch) % binary_map_addresses;
  const std::int64_t end = begin + ((rows.end - 1) / 4 + 1 - rows.begin / 4) * pitch;
  be_map(add(BufferId::act_binary, write, begin, end), base, width, cells, rows, cell0, count);
}

void Accesses::invalid(BufferId buffer, const std::string& what) const {
  throw DiagnosticError("program-invalid", Place{{}, 0, std::string(unit_)},
                        fmt::format("{} in buffer {}", what, name(buffer)));
}

void Accesses::put_reads_first() {
  if (reads_are_first_) return;
  std::stable_partition(list_.begin() + static_cast<std::ptrdiff_t>(first_), list_.end(),
                        [](const Access& a) { return !a.write; });
}

// Built where it stays: a list of all instructions' accesses is most of what synchronise reads.
Access& Accesses::add(BufferId buffer, bool write, std::int64_t begin, std::int64_t end) {
  const BufferParameters& b = machine_.buffer(buffer);
  const std::int64_t region = begin / b.depth;
  if (region >= b.regions || end > (region + 1) * b.depth) leaves_region(buffer, begin, end);
  reads_are_first_ = reads_are_first_ && (write || !wrote_);
  wrote_ = wrote_ || write;
  Access& access = list_.emplace_back();
  access.buffer = buffer;
  access.region = u32(region);
  access.write = write;
  access.begin = u32(begin);
  access.end = u32(end);
  return access;
}

void Accesses::leaves_region(BufferId buffer, std::int64_t begin, std::int64_t end) const {
  const BufferParameters& b = machine_.buffer(buffer);
  invalid(buffer,
          fmt::format("words {} to {} leave a region of {} words (there are {})", begin, end - 1, b.depth, b.regions));
}

}  // namespace blendsim
