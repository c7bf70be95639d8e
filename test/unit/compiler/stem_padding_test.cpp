// SPDX-License-Identifier: Apache-2.0
// A convolution on the network's input whose padding stands for a zero point that the input's bytes may not hold.
// compile() proves each program equal to execute() on every tensor; a wrong padding is an InvariantError.
#include <gtest/gtest.h>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "unit/compiler/machines.h"
#include "unit/compiler/network_builder.h"

namespace blendsim {
namespace {

IntegerNetwork padded_stem(Format format, int channels, int zero_point) {
  test::NetworkBuilder b(static_cast<std::uint64_t>(channels));
  const TensorId x = b.input(channels, 7, 9, format, zero_point);
  Window window;
  window.kernel_h = window.kernel_w = 3;
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 1;
  const TensorId acc = b.conv(x, 8, window, Format::signed_bits(8));
  b.output(acc);
  return b.net;
}

TEST(StemPadding, IsTheZeroPointWhetherAByteHoldsItOrNot) {
  const Platform platform = test::platform_of();
  for (const Format format :
       {Format::unsigned_bits(6), Format::unsigned_bits(8), Format::signed_bits(6), Format::signed_bits(8)}) {
    for (int channels = 1; channels <= 5; ++channels) {
      for (const int zero_point : {-300, -129, -128, -2, -1, 0, 1, 127, 128, 200, 255, 256, 300}) {
        EXPECT_NO_THROW((void)compile(padded_stem(format, channels, zero_point), platform))
            << format.name() << ", " << channels << " channels, zero point " << zero_point;
      }
    }
  }
}

}  // namespace
}  // namespace blendsim
