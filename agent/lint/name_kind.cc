#include "agent/lint/name_kind.h"

#include <algorithm>
#include <array>

#include "config/ascii.h"

namespace lokitail::agent::lint {
namespace {

char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// Names whose last words are these.
struct Ending {
  std::string_view words;
  NameKind kind;
};

// The first that fits counts, so the longer ones come first.
constexpr Ending kEndings[] = {
    // Whose, rather than which one of ever so many: few.
    {"host ip", NameKind::kFewValues},
    {"node ip", NameKind::kFewValues},
    {"server ip", NameKind::kFewValues},
    {"local ip", NameKind::kFewValues},
    {"cluster ip", NameKind::kFewValues},
    {"service ip", NameKind::kFewValues},
    {"listen ip", NameKind::kFewValues},
    {"syslog connection ip address", NameKind::kSender},

    {"kafka message key", NameKind::kId},
    {"kafka member id", NameKind::kId},  // another one with each start
    {"trace id", NameKind::kId},
    {"traceid", NameKind::kId},
    {"traceparent", NameKind::kId},
    {"span id", NameKind::kId},
    {"spanid", NameKind::kId},
    {"request id", NameKind::kId},
    {"requestid", NameKind::kId},
    {"req id", NameKind::kId},
    {"reqid", NameKind::kId},
    {"correlation id", NameKind::kId},
    {"transaction id", NameKind::kId},
    {"txn id", NameKind::kId},
    {"session id", NameKind::kId},
    {"sessionid", NameKind::kId},
    {"session", NameKind::kId},
    {"user id", NameKind::kId},
    {"userid", NameKind::kId},
    {"customer id", NameKind::kId},
    {"account id", NameKind::kId},
    {"order id", NameKind::kId},
    {"message id", NameKind::kId},
    {"msg id", NameKind::kId},
    {"task id", NameKind::kId},
    {"process id", NameKind::kId},
    {"proc id", NameKind::kId},
    {"container id", NameKind::kId},
    {"pod uid", NameKind::kId},
    {"connection id", NameKind::kId},
    {"conn id", NameKind::kId},
    {"client id", NameKind::kId},
    {"device id", NameKind::kId},
    {"visitor id", NameKind::kId},
    {"object id", NameKind::kId},
    {"invocation id", NameKind::kId},
    {"execution id", NameKind::kId},
    {"pid", NameKind::kId},
    {"uid", NameKind::kId},
    {"uuid", NameKind::kId},
    {"guid", NameKind::kId},
    {"nonce", NameKind::kId},
    {"etag", NameKind::kId},
    {"token", NameKind::kId},

    {"ip address", NameKind::kAddress},
    {"ip", NameKind::kAddress},
    {"ipaddr", NameKind::kAddress},
    {"remote addr", NameKind::kAddress},
    {"remote address", NameKind::kAddress},
    {"client addr", NameKind::kAddress},
    {"client address", NameKind::kAddress},
    {"source address", NameKind::kAddress},
    {"src addr", NameKind::kAddress},
    {"peer addr", NameKind::kAddress},
    {"forwarded for", NameKind::kAddress},

    {"request time", NameKind::kMeasure},
    {"response time", NameKind::kMeasure},
    {"request length", NameKind::kMeasure},
    {"content length", NameKind::kMeasure},
    {"bytes sent", NameKind::kMeasure},
    {"duration", NameKind::kMeasure},
    {"latency", NameKind::kMeasure},
    {"elapsed", NameKind::kMeasure},
    {"bytes", NameKind::kMeasure},

    {"request path", NameKind::kPath},
    {"request uri", NameKind::kPath},
    {"request line", NameKind::kPath},
    {"path", NameKind::kPath},
    {"uri", NameKind::kPath},
    {"url", NameKind::kPath},
    {"request", NameKind::kPath},
    {"referer", NameKind::kPath},
    {"referrer", NameKind::kPath},
    {"query string", NameKind::kPath},

    {"timestamp", NameKind::kTime},
    {"datetime", NameKind::kTime},
    {"time local", NameKind::kTime},
    {"time iso 8601", NameKind::kTime},
    {"ts", NameKind::kTime},

    {"user agent", NameKind::kText},
    {"useragent", NameKind::kText},
    {"message", NameKind::kText},
    {"msg", NameKind::kText},
    {"stack trace", NameKind::kText},
    {"stacktrace", NameKind::kText},
    {"email", NameKind::kText},
};

// Those that mean something only when they are all there is: `build_time` and `first_seen_date` may
// well have few values.
constexpr Ending kWholeNames[] = {
    {"id", NameKind::kId},
    {"time", NameKind::kTime},
    {"date", NameKind::kTime},
};

constexpr std::array<std::string_view, 9> kUnits = {"ns",      "us",     "ms",    "s",     "sec",
                                                    "seconds", "millis", "nanos", "micros"};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool ends_with_words(std::string_view text, std::string_view words) {
  return text == words || (text.ends_with(words) && text[text.size() - words.size() - 1] == ' ');
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      end_word();
      continue;
    }
    // traceId, HTTPServer, 8601time
    const bool begins = i > 0 && ((is_upper(c) && !is_upper(name[i - 1])) ||
                                  (is_upper(c) && i + 1 < name.size() && is_lower(name[i + 1])) ||
                                  (is_digit(c) && !is_digit(name[i - 1])));
    if (begins) end_word();
    word += to_lower(c);
  }
  end_word();
  return words;
}

NameKind kind_of_name(std::string_view name) {
  std::vector<std::string> words = words_of(name);
  if (words.size() > 1 && std::ranges::find(kUnits, words.back()) != kUnits.end()) words.pop_back();
  const std::string text = joined(words);
  for (const Ending& whole : kWholeNames) {
    if (text == whole.words) return whole.kind;
  }
  for (const Ending& ending : kEndings) {
    if (ends_with_words(text, ending.words)) return ending.kind;
  }
  return NameKind::kFewValues;
}

}  // namespace lokitail::agent::lint
