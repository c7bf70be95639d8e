// SPDX-License-Identifier: Apache-2.0
// Inputs: NumPy arrays and PNG images.
#include <cstdlib>

#include "targets.h"
#include "tensor/files.h"

namespace blendsim::fuzz {
namespace {

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void check(const InputArray& input) {
  if (element_count(input.array.shape) != static_cast<std::int64_t>(input.array.values.size())) std::abort();
}

}  // namespace

void npy(Bytes bytes) {
  if (!is_npy(text_of(bytes))) return;
  (void)accepted([&] { check(read_npy("fuzzed", text_of(bytes)).widened()); });
}

void png(Bytes bytes) {
  if (!is_png(text_of(bytes))) return;
  (void)accepted([&] { check(read_png("fuzzed", text_of(bytes))); });
}

}  // namespace blendsim::fuzz
