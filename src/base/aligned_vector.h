// SPDX-License-Identifier: Apache-2.0
// A std::vector that begins on a cache line, so that no vector of a kernel straddles two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace blendsim {

inline constexpr std::size_t cache_line_bytes = 64;

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}
  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{cache_line_bytes}));
  }
  void deallocate(T* values, std::size_t) { ::operator delete (values, std::align_val_t{cache_line_bytes}); }
  template <class U>
  bool operator==(const CacheLineAllocator<U>&) const {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace blendsim
