#include "lokitail/telemetry/trace_context.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include "agent/telemetry/logger/hex.h"

namespace lokitail::telemetry {
namespace {

bool any_set(std::span<const std::uint8_t> bytes) {
  return std::ranges::any_of(bytes, [](std::uint8_t byte) { return byte != 0; });
}

// So few bytes come whole, or not at all.
void fill_at_random(std::span<std::uint8_t> bytes) {
  do {
    while (getrandom(bytes.data(), bytes.size(), 0) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  } while (!any_set(bytes));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view digits, std::span<std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit(digits[2 * i]);
    const int low = hex_digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

constexpr std::uint8_t kSampled = 0x01;
// Where the parts of version 00 stand.
constexpr std::size_t kTraceId = 3;
constexpr std::size_t kSpanId = 36;
constexpr std::size_t kFlags = 53;
constexpr std::size_t kSize = 55;

}  // namespace

bool TraceContext::valid() const { return any_set(trace_id) && any_set(span_id); }

TraceContext TraceContext::child() const {
  TraceContext made = *this;
  fill_at_random(made.span_id);
  return made;
}

TraceContext new_trace(bool sampled) {
  TraceContext made;
  fill_at_random(made.trace_id);
  fill_at_random(made.span_id);
  made.sampled = sampled;
  return made;
}

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < kSize || header[kTraceId - 1] != '-' || header[kSpanId - 1] != '-' ||
      header[kFlags - 1] != '-') {
    return std::nullopt;
  }
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext context;
  if (!read_hex(header, version) || !read_hex(header.substr(kTraceId), context.trace_id) ||
      !read_hex(header.substr(kSpanId), context.span_id) || !read_hex(header.substr(kFlags), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xFF || !context.valid()) return std::nullopt;
  // Version 00 ends here; a later one may have more parts.
  if (header.size() > kSize && (version[0] == 0 || header[kSize] != '-')) return std::nullopt;
  context.sampled = (flags[0] & kSampled) != 0;
  return context;
}

std::string make_traceparent(const TraceContext& context) {
  std::string header = "00-";
  header += trace_id_text(context) + '-' + span_id_text(context);
  header += context.sampled ? "-01" : "-00";
  return header;
}

std::string trace_id_text(const TraceContext& context) {
  std::string text(2 * context.trace_id.size(), '0');
  put_hex(text.data(), context.trace_id);
  return text;
}

std::string span_id_text(const TraceContext& context) {
  std::string text(2 * context.span_id.size(), '0');
  put_hex(text.data(), context.span_id);
  return text;
}

}  // namespace lokitail::telemetry
