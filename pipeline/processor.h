// Which processor the hot code is for.
//
// The few functions that go through text by whole blocks exist several times: for every processor of the architecture,
// and for the later levels of x86-64 that have wider registers. What is installed runs on all of them; which of the
// functions are used is decided once, when the program starts.
//
// Code for a level stands between LOKITAIL_CODE_FOR_V2 (_V3, _V4) and LOKITAIL_CODE_END, in a namespace of its own, and
// includes nothing from elsewhere that defines functions: else the linker might take an inline function made for a new
// processor for all.
//
// Threads: use_processor() before any other is started; the others at any time.
// Source:  the levels are those of the x86-64 psABI, 1.0, section 3.1.1.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#define LOKITAIL_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define LOKITAIL_CODE_FOR(features) \
  LOKITAIL_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define LOKITAIL_CODE_END LOKITAIL_PRAGMA(clang attribute pop)
#else
#define LOKITAIL_CODE_FOR(features) LOKITAIL_PRAGMA(GCC push_options) LOKITAIL_PRAGMA(GCC target(features))
#define LOKITAIL_CODE_END LOKITAIL_PRAGMA(GCC pop_options)
#endif
#define LOKITAIL_CODE_FOR_V2 LOKITAIL_CODE_FOR("ssse3,sse4.2,popcnt")
#define LOKITAIL_CODE_FOR_V3 LOKITAIL_CODE_FOR("avx2,bmi,bmi2,popcnt")
#define LOKITAIL_CODE_FOR_V4 LOKITAIL_CODE_FOR("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512vl")
#endif

namespace lokitail::pipeline {

// Each can do all that those before it can.
enum class Processor : std::uint8_t {
  kAny,  // of the architecture
  kV2,   // x86-64-v2: SSSE3, SSE 4.2
  kV3,   // x86-64-v3: AVX2, BMI
  kV4,   // x86-64-v4: AVX-512
};

// The one that code is chosen for: the best that the processor at hand is, unless use_processor() has said another.
Processor processor();

// Those that the processor at hand is, the least first; never empty.
std::vector<Processor> possible_processors();

// As a compiler names it: `x86-64`, `x86-64-v3`, `arm64`.
std::string_view processor_name(Processor processor);

// From now on code is chosen for the processor of that name. What has chosen already keeps its code.
// Throws std::invalid_argument, which names those that can be, where there is none of that name or the one at hand is
// not that good.
void use_processor(std::string_view name);

}  // namespace lokitail::pipeline
