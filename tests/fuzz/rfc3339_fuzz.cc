// The fast path of RFC 3339 against the slow one, and both against Go's layout of that name; then
// that formatting what was read gives text that reads the same.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "pipeline/lang/rfc3339.h"
#include "pipeline/lang/time_layout.h"

namespace {

using namespace lokitail::pipeline;

void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::cerr << "rfc3339: " << what << ": " << text << std::endl;
  std::abort();
}

// One pair of readers of the same text.
void require_same(bool ok, const Timestamp& time, bool want_ok, const Timestamp& want, const char* what,
                  std::string_view text) {
  require(ok == want_ok && (!ok || time == want), what, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lang::TimeLayout seconds = lang::TimeLayout::compile("2006-01-02T15:04:05Z07:00");
  static const lang::TimeLayout nanoseconds =
      lang::TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Timestamp fast;
  Timestamp slow;
  const bool ok = lang::parse_rfc3339(text, fast);
  require_same(lang::parse_rfc3339_slowly(text, slow), slow, ok, fast, "slow path differs", text);
  for (const lang::TimeLayout* layout : {&seconds, &nanoseconds}) {
    lang::ParsedTime parsed;
    const bool layout_ok = layout->parse(text, lang::Zone::utc(), lang::Zone::utc(), parsed);
    require_same(layout_ok, parsed.time, ok, fast, "layout differs", text);
  }
  if (!ok) return 0;
  require(fast.nanoseconds >= 0 && fast.nanoseconds < kNanosecondsPerSecond, "fraction", text);
  const std::string again = nanoseconds.format(fast, lang::Zone::utc());
  // An offset may lead out of the years of four digits, and then there is no way back.
  const bool in_years = fast.seconds >= -62'167'219'200 && fast.seconds <= 253'402'300'799;
  if (in_years) {
    require(lang::parse_rfc3339(again, slow) && slow == fast, "does not come back", text);
  }
  return 0;
}
