// SPDX-License-Identifier: Apache-2.0
// Which of the targets that the kernels are compiled for this processor has: what Highway's dispatch asks its library.
//
// The library is not linked for these few functions because it measures the processor's timer whenever it is loaded,
// some milliseconds at the start of every process. Bits and their meaning are those of hwy/detect_targets.h.
#include <hwy/targets.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace {

std::int64_t targets_of_test = 0;

#if HWY_ARCH_X86

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf) {
  Registers r;
  return __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d) != 0 ? r : Registers{};
}

// Registers that the operating system saves: bits 1 and 2 SSE and AVX, 5 to 7 AVX-512.
unsigned saved_registers() {
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr unsigned bits(std::initializer_list<unsigned> list) {
  unsigned out = 0;
  for (const unsigned bit : list) out |= 1U << bit;
  return out;
}
constexpr bool all(unsigned value, unsigned wanted) { return (value & wanted) == wanted; }

std::int64_t find_targets() {
  constexpr unsigned pclmul = 1, ssse3 = 9, fma = 12, sse41 = 19, sse42 = 20, aes = 25, osxsave = 27, avx = 28,
                     f16c = 29;                                                                                // 1, ecx
  constexpr unsigned bmi1 = 3, avx2 = 5, bmi2 = 8, avx512f = 16, avx512dq = 17, avx512bw = 30, avx512vl = 31;  // 7, ebx
  constexpr unsigned vbmi = 1, vbmi2 = 6, gfni = 8, vaes = 9, vpclmul = 10, vnni = 11, bitalg = 12,
                     popcnt = 14;  // 7, ecx
  constexpr unsigned lzcnt = 5;    // 8000'0001, ecx
  const Registers one = cpuid(1), seven = cpuid(7), extended = cpuid(0x80000001);
  std::int64_t found = HWY_SCALAR | HWY_EMU128;
  if (!all(one.c, bits({ssse3}))) return found;
  found |= HWY_SSSE3;
  if (!all(one.c, bits({sse41, sse42, pclmul, aes}))) return found;
  found |= HWY_SSE4;
  const unsigned saved = all(one.c, bits({osxsave})) ? saved_registers() : 0;
  if (!all(saved, bits({1, 2})) || !all(one.c, bits({avx, fma, f16c})) || !all(seven.b, bits({avx2, bmi1, bmi2})) ||
      !all(extended.c, bits({lzcnt})))
    return found;
  found |= HWY_AVX2;
  if (!all(saved, bits({5, 6, 7})) || !all(seven.b, bits({avx512f, avx512dq, avx512bw, avx512vl}))) return found;
  found |= HWY_AVX3;
  if (all(seven.c, bits({vbmi, vbmi2, gfni, vaes, vpclmul, vnni, bitalg, popcnt}))) found |= HWY_AVX3_DL;
  return found;
}

#else

std::int64_t find_targets() { return HWY_STATIC_TARGET; }

#endif

}  // namespace

namespace hwy {

std::int64_t SupportedTargets() {
  static const std::int64_t found = find_targets();
  return targets_of_test != 0 ? targets_of_test : found;
}

void SetSupportedTargetsForTest(std::int64_t targets) { targets_of_test = targets; }

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

void Abort(const char* file, int line, const char* format, ...) {
  std::fprintf(stderr, "%s:%d: ", file, line);
  std::va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::abort();
}

}  // namespace hwy
