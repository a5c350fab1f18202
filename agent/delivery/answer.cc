#include "agent/delivery/answer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lokitail::agent {
namespace {

struct Words {
  std::string_view text;
  std::string_view reason;
};

// The reasons are those of Loki's own loki_discarded_samples_total where it has one.
constexpr std::array kRefusals = {
    Words{"timestamp too old", "greater_than_max_sample_age"},
    Words{"timestamp too new", "too_far_in_future"},
    Words{"entry too far behind", "too_far_behind"},
    Words{"entry out of order", "out_of_order"},
    Words{"max entry size", "line_too_long"},
    Words{"label names; limit", "max_label_names_per_series"},
    Words{"label name too long", "label_name_too_long"},
    Words{"label value too long", "label_value_too_long"},
    Words{"duplicate label name", "duplicate_label_names"},
    Words{"error parsing labels", "invalid_labels"},
    Words{"at least one label pair is required", "missing_labels"},
    Words{"structured metadata too large", "structured_metadata_too_large"},
    Words{"too many structured metadata", "structured_metadata_too_many"},
    Words{"structured metadata", "disallowed_structured_metadata"},
    Words{"missing required labels", "missing_enforced_labels"},
    Words{"at least one valid stream is required", "no_valid_stream"},
};

std::optional<std::size_t> number_after(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  std::size_t number = 0;
  const char* const begin = text.data() + at + words.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc() || end == begin) return std::nullopt;
  return number;
}

// Loki lists a line per refused entry and, per stream, "total ignored: 3 out of 7 for stream: …".
std::size_t count_refused(std::string_view body) {
  constexpr std::string_view kTotal = "total ignored: ";
  std::size_t refused = 0;
  for (std::size_t at = body.find(kTotal); at != std::string_view::npos;
       at = body.find(kTotal, at + kTotal.size())) {
    refused += number_after(body.substr(at), kTotal).value_or(0);
  }
  if (refused != 0) return refused;
  // No totals: one line for each.
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  return 1 + static_cast<std::size_t>(std::ranges::count(body, '\n'));
}

Answer refused(std::string_view body) {
  Answer answer;
  answer.meaning = Meaning::kRefused;
  answer.reason = "other";
  answer.refused_entries = count_refused(body);
  const auto words = std::ranges::find_if(
      kRefusals, [body](const Words& known) { return body.find(known.text) != body.npos; });
  if (words != kRefusals.end()) answer.reason = words->reason;
  answer.longest_line = number_after(body, "ax entry size '");
  answer.most_labels = number_after(body, "label names; limit ");
  return answer;
}

bool is_too_large_for_grpc(std::string_view body) {
  return body.find("message larger than max") != body.npos || body.find("ResourceExhausted") != body.npos;
}

// 429 comes for a rate that is exceeded just now, which passes, or for a push that is larger than the
// burst, which never passes. Loki does not say its burst, but the rate it says bounds it from below
// in any sane configuration: what is larger than one second's worth is halved.
bool exceeds_burst(std::string_view body, std::size_t raw_bytes) {
  constexpr std::string_view kWords = "ingestion rate limit exceeded";
  if (body.find(kWords) == body.npos) return false;
  const auto limit = number_after(body, "(limit: ");
  const auto total = number_after(body, "totaling '");
  return limit && *limit != 0 && total.value_or(raw_bytes) > *limit;
}

// The label texts between the words that Loki puts around them.
std::vector<std::string> throttled_streams(std::string_view body) {
  constexpr std::string_view kBefore = "while attempting to ingest for stream '";
  constexpr std::string_view kBehind = "' totaling ";
  std::vector<std::string> streams;
  for (std::size_t at = body.find(kBefore); at != body.npos; at = body.find(kBefore, at)) {
    at += kBefore.size();
    const std::size_t end = body.find(kBehind, at);
    if (end == body.npos) break;
    const std::string_view labels = body.substr(at, end - at);
    if (std::ranges::find(streams, labels) == streams.end()) streams.emplace_back(labels);
  }
  return streams;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  // RFC 9110, 10.2.3: seconds, or a date, which Loki and the usual proxies do not send.
  long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  constexpr long kMost = 3600;
  return std::chrono::seconds(std::min(seconds, kMost));
}

}  // namespace

Answer interpret_answer(int status, std::string_view body, std::string_view retry_after,
                        std::size_t raw_bytes) {
  Answer answer;
  answer.retry_after = parse_retry_after(retry_after);
  const auto is = [&answer](Meaning meaning, std::string_view reason) {
    answer.meaning = meaning;
    answer.reason = reason;
    return answer;
  };
  // 260 is Loki's own "ingestion blocked": nothing was stored, although it looks like a success.
  if (status == 260) return is(Meaning::kRetrySlowly, "ingestion_blocked");
  if (status >= 200 && status < 300) return is(Meaning::kSettled, "");
  if (status == 413) return is(Meaning::kSplit, "request_too_large");
  if (status == 429) {
    if (exceeds_burst(body, raw_bytes)) return is(Meaning::kSplit, "larger_than_burst");
    if (body.find("Maximum active stream limit") != body.npos ||
        body.find("maximum active stream limit") != body.npos) {
      return is(Meaning::kRetry, "stream_limit");
    }
    answer.streams = throttled_streams(body);
    if (!answer.streams.empty()) return is(Meaning::kThrottled, "per_stream_rate_limit");
    return is(Meaning::kRetry, "rate_limited");
  }
  if (status >= 500) {
    if (is_too_large_for_grpc(body)) return is(Meaning::kSplit, "message_too_large");
    return is(Meaning::kRetry, "server_error");
  }
  if (status == 400 || status == 422) {
    if (body.find("ingestion blocked") != body.npos) {
      return is(Meaning::kRetrySlowly, "ingestion_blocked");
    }
    return refused(body);
  }
  if (status == 0) return is(Meaning::kRetry, "transport_error");
  if (status == 408 || status == 425) return is(Meaning::kRetry, "timeout");
  if (status == 401) return is(Meaning::kRetrySlowly, "unauthorized");
  if (status == 403) return is(Meaning::kRetrySlowly, "forbidden");
  if (status == 404) return is(Meaning::kRetrySlowly, "not_found");
  // Whatever else it is (a redirect that was not followed, a proxy's own page), it says nothing
  // about the entries.
  return is(Meaning::kRetrySlowly, "unexpected_status");
}

}  // namespace lokitail::agent
