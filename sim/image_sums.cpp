// SPDX-License-Identifier: Apache-2.0
#include "sim/image_sums.h"

namespace blendsim {

void ImageSums::add(std::vector<InstructionRecord>& records, std::int32_t first, Cycles begins, Cycles completes) {
  for (InstructionRecord& record : records) {
    record.image = 0;
    for (std::int32_t* index : {&record.released_by, &record.held_by}) {
      if (*index >= 0) *index -= first;
    }
    for (Cycles* stamp : {&record.visible, &record.start, &record.front_free, &record.end}) *stamp -= begins;
  }
  Run image;
  image.cycles = completes - begins;
  image.completions = {image.cycles};
  image.records.swap(records);
  find_critical_path(image, layers_);
  image.records.swap(records);
  sum_.layer_critical_cycles.resize(layers_);
  sum_.layer_critical_by.resize(layers_);
  for (std::size_t l = 0; l < layers_; ++l) {
    sum_.layer_critical_cycles[l] += image.layer_critical_cycles[l];
    for (std::size_t u = 0; u < image.layer_critical_by[l].size(); ++u)
      sum_.layer_critical_by[l][u] += image.layer_critical_by[l][u];
  }
}

void ImageSums::put_into(Run& run) const {
  run.layer_critical_cycles = sum_.layer_critical_cycles;
  run.layer_critical_by = sum_.layer_critical_by;
}

}  // namespace blendsim
