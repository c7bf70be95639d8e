// SPDX-License-Identifier: Apache-2.0
// A batch's critical path, image by image: images share no cycle, so each one's path is walked at its completion, and
// its records need not stay.
#pragma once

#include <vector>

#include "result/run.h"

namespace blendsim {

class ImageSums {
 public:
  explicit ImageSums(std::size_t layers) : layers_(layers) {}

  // `records`: of one image, whose first has the index `first`, complete. The image's part of the path is [begins,
  // completes). They are given back with indices and times of their image alone, as an image's that is the first.
  void add(std::vector<InstructionRecord>& records, std::int32_t first, Cycles begins, Cycles completes);
  // What find_critical_path() of all records at once would have filled in.
  void put_into(Run& run) const;

 private:
  std::size_t layers_;
  Run sum_;
};

}  // namespace blendsim
