#include "pipeline/processor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <stdexcept>

namespace lokitail::pipeline {
namespace {

Processor find_best() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 =
      __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 =
      v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4) return Processor::kV4;
  if (v3) return Processor::kV3;
  if (v2) return Processor::kV2;
#endif
  return Processor::kAny;
}

Processor best() {
  static const Processor kBest = find_best();
  return kBest;
}

Processor& chosen() {
  static Processor processor = best();
  return processor;
}

// simdjson, which checks UTF-8, chooses by itself, but for what is told here.
void choose_simdjson([[maybe_unused]] Processor processor) {
#if defined(__x86_64__)
  constexpr const char* kNames[] = {"fallback", "westmere", "haswell", "icelake"};
  const auto* const code =
      simdjson::get_available_implementations()[kNames[static_cast<std::size_t>(processor)]];
  if (code != nullptr && code->supported_by_runtime_system()) simdjson::get_active_implementation() = code;
#endif
}

}  // namespace

Processor processor() { return chosen(); }

std::vector<Processor> possible_processors() {
  std::vector<Processor> possible;
  for (const Processor each : {Processor::kAny, Processor::kV2, Processor::kV3, Processor::kV4}) {
    if (each <= best()) possible.push_back(each);
  }
  return possible;
}

std::string_view processor_name(Processor processor) {
#if defined(__x86_64__)
  constexpr std::string_view kNames[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
#elif defined(__aarch64__)
  constexpr std::string_view kNames[] = {"arm64"};
#else
  constexpr std::string_view kNames[] = {"any"};
#endif
  return kNames[static_cast<std::size_t>(processor)];
}

void use_processor(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Processor each : possible_processors()) {
    names.push_back(processor_name(each));
    if (names.back() != name) continue;
    chosen() = each;
    choose_simdjson(each);
    return;
  }
  throw std::invalid_argument(
      fmt::format("this processor is not \"{}\"; it can be taken for {}", name, fmt::join(names, ", ")));
}

}  // namespace lokitail::pipeline
