// SPDX-License-Identifier: Apache-2.0
// libFuzzer's way in; BLENDSIM_FUZZ_TARGET names the target.
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  blendsim::fuzz::BLENDSIM_FUZZ_TARGET({data, size});
  return 0;
}
