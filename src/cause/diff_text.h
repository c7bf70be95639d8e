// SPDX-License-Identifier: Apache-2.0
// What `blendsim diff` says, in words.
#pragma once

#include <string>
#include <vector>

#include "cause/divergence.h"
#include "cause/values.h"

namespace blendsim {

// One of the two that are compared: a run of ours, or somebody's stamps, where `run` is nullptr.
struct DiffSide {
  std::string name;  // "A", or who wrote the stamps
  const RecordedRun* run = nullptr;
  const std::vector<Stamp>* stamps = nullptr;
};

// The first instruction whose start or end differs, what its start was the latest of, and the chain that led there.
[[nodiscard]] std::string times_text(const DiffSide& a, const DiffSide& b, const StampComparison& comparison,
                                     Cycles shift = 0);

// The first bit that an instruction wrote otherwise.
[[nodiscard]] std::string word_text(const Program& program, const WrittenRecord& record, const BitDifference& bit);

struct ValueDifference {
  std::string tensor;
  TensorIndex at;
  std::int64_t a = 0, b = 0;
  std::int64_t differing = 0, compared = 0;  // values of this tensor
};
// Tensors of one name and shape, in a's order: the first value that differs.
[[nodiscard]] std::optional<ValueDifference> first_difference(const std::vector<LayerResult>& a,
                                                              const std::vector<LayerResult>& b);
// `run`: for the cycle of the writer in this image.
[[nodiscard]] std::string value_text(const ValueDifference& difference, const RecordedRun& run, std::int32_t image,
                                     std::string_view name_a, std::string_view name_b);

}  // namespace blendsim
