// A layout of any bytes (up to the first newline) and a text of any bytes (the rest): nothing may
// crash, and what was read survives being written and read again.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "pipeline/lang/time_layout.h"
#include "pipeline/lang/time_parser.h"

namespace {

using namespace lokitail::pipeline;

void require(bool holds, const char* what, std::string_view layout, std::string_view text) {
  if (holds) return;
  std::cerr << "time_layout: " << what << ": " << layout << " <- " << text << std::endl;
  std::abort();
}

// Offsets that Go writes in a way that it does not read: half a minute west, a day and more.
bool is_written_unreadably(std::int32_t offset) {
  constexpr std::int32_t kDay = 86'400;
  return (offset > -60 && offset < 0) || offset >= kDay || offset <= -kDay;
}

// A time written by a layout that names all its parts reads as the same time.
void require_round_trip(const Timestamp& time, const lang::Zone& zone, std::string_view text) {
  static const auto complete = lang::TimeLayout::compile("2006-01-02 15:04:05.000000000 -07:00:00");
  const lang::CivilTime civil = lang::to_civil(time, zone);
  if (civil.year < 0 || civil.year > 9999 || is_written_unreadably(civil.zone.offset)) return;
  const std::string written = complete.format(time, zone);
  lang::ParsedTime parsed;
  require(complete.parse(written, zone, zone, parsed), "refuses its own text", written, text);
  require(parsed.time == time, "reads another time", written, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lang::Zone prague = lang::Zone::load("Europe/Prague");
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = input.find('\n');
  const std::string_view layout_text = input.substr(0, newline);
  const std::string_view text =
      newline == std::string_view::npos ? std::string_view() : input.substr(newline + 1);

  const lang::TimeLayout layout = lang::TimeLayout::compile(layout_text);
  for (const lang::Zone* zone : {&lang::Zone::utc(), &prague}) {
    lang::ParsedTime parsed;
    if (!layout.parse(text, *zone, *zone, parsed)) continue;
    const Timestamp& time = parsed.time;
    require(time.nanoseconds >= 0 && time.nanoseconds < kNanosecondsPerSecond, "fraction", layout_text, text);
    const lang::Zone own = parsed.zone();
    static_cast<void>(layout.format(time, own));
    require_round_trip(time, own, text);
  }

  const auto parser = lang::TimeParser::compile(layout_text, {std::string(text), "Unix", "UnixMs"});
  Timestamp out;
  if (parser.parse(text, {1'762'511'415, 0}, out)) {
    require(out.nanoseconds >= 0 && out.nanoseconds < kNanosecondsPerSecond, "parser's fraction", layout_text,
            text);
  }
  return 0;
}
