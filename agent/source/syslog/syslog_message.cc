#include "agent/source/syslog/syslog_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kNil = "-";
constexpr int kMostPriority = 191;

class Parser {
 public:
  Parser(std::string_view text, pipeline::Arena& arena, SyslogMessage& message)
      : rest_(text), arena_(arena), message_(message) {}

  void rfc5424() {
    if (!priority()) return;
    if (!version()) return fail("a version");
    if (!skip(' ')) return fail("a space");
    if (!timestamp_5424()) return fail("a timestamp of RFC 3339 or -");
    for (std::string_view* const field :
         {&message_.host_name, &message_.app_name, &message_.proc_id, &message_.msg_id}) {
      if (!skip(' ')) return fail("a space");
      const std::string_view word = take_until(" ");
      if (word.empty()) return fail("a word or -");
      if (word != kNil) *field = word;
    }
    if (!skip(' ')) return fail("a space");
    if (!structured_data()) return;
    if (rest_.empty()) return;
    if (!skip(' ')) return fail("a space");
    message_.text = rest_;
  }

  void rfc3164(pipeline::Timestamp now) {
    if (!priority()) return;
    skip_spaces();
    const bool has_time = timestamp_3164(now);
    if (has_time && !skip(' ')) return fail("a space");
    skip_spaces();
    // Behind a message whose length was told.
    if (rest_.ends_with('\n')) rest_.remove_suffix(1);
    if (has_time) host_name_3164();
    tag();
    message_.text = rest_;
    if (!has_time) fail("a timestamp such as Jan  2 15:04:05");
  }

 private:
  void fail(const char* expected) { message_.problem = expected; }

  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view take_until(std::string_view ends) {
    const std::size_t end = rest_.find_first_of(ends);
    return take(end == rest_.npos ? rest_.size() : end);
  }
  std::optional<int> take_number(std::size_t most_digits) {
    int number = 0;
    const char* const begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + std::min(most_digits, rest_.size()), number);
    if (error != std::errc() || end == begin || number < 0) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - begin));
    return number;
  }

  bool priority() {
    if (!skip('<')) return fail("<"), false;
    const auto number = take_number(3);
    if (!number || *number > kMostPriority || !skip('>')) return fail("a priority, <0> to <191>"), false;
    message_.priority = number;
    return true;
  }

  bool version() {
    const auto number = take_number(3);
    return number && *number > 0;
  }

  bool timestamp_5424() {
    const std::string_view word = take_until(" ");
    if (word == kNil) return true;
    pipeline::Timestamp time;
    if (!pipeline::lang::parse_rfc3339(word, time)) return false;
    message_.time = time;
    return true;
  }

  // False where it cannot be understood.
  bool structured_data() {
    if (rest_.starts_with(kNil)) return take(1), true;
    if (!rest_.starts_with('[')) return fail("structured data or -"), false;
    while (skip('[')) {
      const std::string_view id = take_until(" ]=\"");
      if (id.empty()) return fail("the id of structured data"), false;
      while (skip(' ')) {
        if (rest_.starts_with(']')) break;
        if (!parameter(id)) return fail("a parameter of structured data, name=\"value\""), false;
      }
      if (!skip(']')) return fail("]"), false;
    }
    return true;
  }

  bool parameter(std::string_view id) {
    const std::string_view name = take_until("= ]\"");
    if (name.empty() || !skip('=') || !skip('"')) return false;
    std::size_t end = 0;
    bool has_escapes = false;
    while (end < rest_.size() && rest_[end] != '"') {
      if (rest_[end] == '\\' && end + 1 < rest_.size() && is_escaped(rest_[end + 1])) {
        has_escapes = true;
        ++end;
      }
      ++end;
    }
    if (end >= rest_.size()) return false;
    const std::string_view value = take(end);
    skip('"');
    message_.parameters.push_back({id, name, has_escapes ? unescaped(value) : value});
    return true;
  }

  static bool is_escaped(char c) { return c == '"' || c == '\\' || c == ']'; }

  std::string_view unescaped(std::string_view value) {
    char* const out = arena_.allocate(value.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size() && is_escaped(value[i + 1])) ++i;
      out[size++] = value[i];
    }
    return {out, size};
  }

  bool timestamp_3164(pipeline::Timestamp now) {
    const std::string_view before = rest_;
    pipeline::Timestamp time;
    if (pipeline::lang::parse_rfc3339(take_until(" "), time)) {
      message_.time = time;
      return true;
    }
    rest_ = before;
    // "Jan  2 15:04:05", also with one space or "02".
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto month = std::find(kMonths.begin(), kMonths.end(), rest_.substr(0, 3));
    std::tm parts{};
    if (month == kMonths.end()) return false;
    take(3);
    if (!skip(' ')) return rest_ = before, false;
    skip(' ');
    const auto day = take_number(2);
    const bool spaced = skip(' ');
    const auto hour = take_number(2);
    const bool colon = skip(':');
    const auto minute = take_number(2);
    const bool second_colon = skip(':');
    const auto second = take_number(2);
    if (!day || !spaced || !hour || !colon || !minute || !second_colon || !second || *day < 1 || *day > 31 ||
        *hour > 23 || *minute > 59 || *second > 60) {
      return rest_ = before, false;
    }
    parts.tm_mon = static_cast<int>(month - kMonths.begin());
    parts.tm_mday = *day;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = *second;
    message_.time = nearest_year(parts, now);
    return true;
  }

  // The latest year with which it does not lie more than a day ahead.
  static pipeline::Timestamp nearest_year(std::tm parts, pipeline::Timestamp now) {
    constexpr std::time_t kDay = 86'400;
    const std::time_t present = now.seconds;
    std::tm today{};
    ::localtime_r(&present, &today);
    for (int year = today.tm_year + 1; year >= today.tm_year - 1; --year) {
      std::tm candidate = parts;
      candidate.tm_year = year;
      candidate.tm_isdst = -1;
      const std::time_t time = std::mktime(&candidate);
      if (time <= present + kDay) return {time, 0};
    }
    return now;
  }

  static bool is_printable(std::string_view word) {
    return std::ranges::all_of(word, [](char c) { return c > ' ' && c <= '~'; });
  }

  // Some leave it out: then the word is the tag, or the text. It is the text as well where nothing else comes.
  void host_name_3164() {
    constexpr std::size_t kMostHostNameBytes = 255;
    const std::string_view before = rest_;
    const std::string_view word = take_until(" ");
    const bool is_tag = word.find_first_of(":[", 1) != word.npos && !word.starts_with('[');
    const bool is_host_name = !word.empty() && word.size() <= kMostHostNameBytes && is_printable(word) &&
                              !is_tag && word.find(':') == word.npos && rest_.starts_with(' ');
    if (is_host_name) message_.host_name = word == kNil ? std::string_view() : word;
    skip_spaces();
    if (!is_host_name || rest_.empty()) rest_ = before;
  }

  // "app[123]: ", or nothing. Without a space behind the colon, or anything behind that, it is text as well.
  void tag() {
    constexpr std::size_t kMostTagBytes = 48;  // 32 by the RFC; many are longer
    const std::string_view before = rest_;
    const std::string_view name = take_until(": [");
    const bool is_name = !name.empty() && name.size() <= kMostTagBytes && is_printable(name);
    std::string_view content;
    if (is_name && skip('[')) {
      content = take_until(" []");
      if (!is_printable(content) || !skip(']')) return static_cast<void>(rest_ = before);
    }
    if (!is_name || !skip(':')) return static_cast<void>(rest_ = before);
    message_.app_name = name == kNil ? std::string_view() : name;
    message_.proc_id = content == kNil ? std::string_view() : content;
    if (!skip(' ') || rest_.empty()) rest_ = before;
  }

  std::string_view rest_;
  pipeline::Arena& arena_;
  SyslogMessage& message_;
};

}  // namespace

void parse_syslog(std::string_view text, SyslogFormat format, pipeline::Timestamp now, pipeline::Arena& arena,
                  SyslogMessage& message) {
  auto parameters = std::move(message.parameters);
  parameters.clear();
  message = {};
  message.parameters = std::move(parameters);
  Parser parser(text, arena, message);
  format == SyslogFormat::kRfc5424 ? parser.rfc5424() : parser.rfc3164(now);
}

std::string_view severity_word(int severity) {
  constexpr std::array<std::string_view, 8> kWords = {"emergency", "alert",  "critical",      "error",
                                                      "warning",   "notice", "informational", "debug"};
  return severity >= 0 && severity < 8 ? kWords[static_cast<std::size_t>(severity)] : std::string_view();
}

std::string_view facility_word(int facility) {
  constexpr std::array<std::string_view, 24> kWords = {
      "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "cron2",
      "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};
  return facility >= 0 && facility < 24 ? kWords[static_cast<std::size_t>(facility)] : std::string_view();
}

}  // namespace lokitail::agent
