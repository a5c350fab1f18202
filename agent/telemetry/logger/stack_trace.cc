#include "agent/telemetry/logger/stack_trace.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace lokitail::telemetry {
namespace {

void append_offset(TextBuffer& out, const void* address, const void* base) {
  const auto offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(base);
  constexpr std::size_t kMostDigits = 16;
  out.append("+0x");
  char* const at = out.room(kMostDigits);
  out.added(std::to_chars(at, at + kMostDigits, offset, 16).ptr);
}

void append_function(TextBuffer& out, const Dl_info& info, const void* address) {
  if (info.dli_sname == nullptr) return out.append("?");
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, nullptr), &std::free);
  out.append(name != nullptr ? name.get() : info.dli_sname);
  append_offset(out, address, info.dli_saddr);
}

}  // namespace

void append_stack_trace(TextBuffer& out, const void* first) {
  std::array<void*, 64> addresses;
  const int count = backtrace(addresses.data(), static_cast<int>(addresses.size()));
  std::span<void* const> calls(addresses.data(), static_cast<std::size_t>(count));
  const auto begin = std::ranges::find(calls, first);
  if (begin != calls.end()) calls = calls.subspan(static_cast<std::size_t>(begin - calls.begin()));
  bool follows = false;
  for (const void* const address : calls) {
    if (std::exchange(follows, true)) out.append('\n');
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
      append_offset(out, address, nullptr);
      continue;
    }
    append_function(out, info, address);
    std::string_view file = info.dli_fname;
    file.remove_prefix(file.rfind('/') + 1);
    out.append(" (");
    out.append(file);
    append_offset(out, address, info.dli_fbase);
    out.append(')');
  }
}

}  // namespace lokitail::telemetry
