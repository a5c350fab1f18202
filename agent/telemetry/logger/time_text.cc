#include "agent/telemetry/logger/time_text.h"

#include <cstdint>

namespace lokitail::telemetry {
namespace {

char* put(char* at, std::uint64_t number, int digits) {
  for (char* digit = at + digits; digit != at; number /= 10) {
    *--digit = static_cast<char>('0' + number % 10);
  }
  return at + digits;
}

char* put(char* at, char c) {
  *at = c;
  return at + 1;
}

}  // namespace

void append_time(TextBuffer& out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  // In nanoseconds the first day that the clock can tell does not begin.
  const auto moment = floor<milliseconds>(time);
  const auto day = floor<days>(moment);
  const year_month_day date(day);
  const auto of_day = static_cast<std::uint64_t>((moment - day).count());
  char* at = out.room(sizeof "2025-11-07T10:30:15.123Z");
  at = put(put(at, static_cast<unsigned>(static_cast<int>(date.year())), 4), '-');
  at = put(put(at, static_cast<unsigned>(date.month()), 2), '-');
  at = put(put(at, static_cast<unsigned>(date.day()), 2), 'T');
  at = put(put(at, of_day / 3'600'000, 2), ':');
  at = put(put(at, of_day / 60'000 % 60, 2), ':');
  at = put(put(at, of_day / 1000 % 60, 2), '.');
  at = put(put(at, of_day % 1000, 3), 'Z');
  out.added(at);
}

}  // namespace lokitail::telemetry
