// SPDX-License-Identifier: Apache-2.0
#include "numerics/kernels/widen.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/kernels/widen.cpp"
#define HWY_WANT_AVX3_DL
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace blendsim {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr int slice_lanes = 16;

template <class Value>
void slices_as(const std::uint8_t* from, std::ptrdiff_t stride, int pixels, std::int32_t* out) {
  const hn::CappedTag<std::int32_t, slice_lanes> d;
  const hn::Rebind<Value, decltype(d)> d_value;
  for (int p = 0; p < pixels; ++p, from += stride, out += slice_lanes) {
    const auto* values = reinterpret_cast<const Value*>(from);  // loads below are unaligned
    for (int l = 0; l < slice_lanes; l += static_cast<int>(hn::Lanes(d))) {
      hn::StoreU(hn::PromoteTo(d, hn::LoadU(d_value, values + l)), d, out + l);
    }
  }
}

void slices_kernel(const std::uint8_t* from, std::ptrdiff_t stride, int pixels, int bytes, bool is_signed,
                   std::int32_t* out) {
  if (bytes == 1 && is_signed) return slices_as<std::int8_t>(from, stride, pixels, out);
  if (bytes == 1) return slices_as<std::uint8_t>(from, stride, pixels, out);
  if (bytes == 2 && is_signed) return slices_as<std::int16_t>(from, stride, pixels, out);
  if (bytes == 2) return slices_as<std::uint16_t>(from, stride, pixels, out);
  for (int p = 0; p < pixels; ++p, from += stride, out += slice_lanes) {
    std::memcpy(out, from, slice_lanes * sizeof *out);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace blendsim
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blendsim {

HWY_EXPORT(slices_kernel);

void widen_slices(const std::uint8_t* from, std::ptrdiff_t stride, int pixels, int bytes, bool is_signed,
                  std::int32_t* out) {
  HWY_DYNAMIC_DISPATCH(slices_kernel)(from, stride, pixels, bytes, is_signed, out);
}

}  // namespace blendsim
#endif
