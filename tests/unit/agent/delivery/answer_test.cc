#include "agent/delivery/answer.h"

#include <catch2/catch.hpp>

#include <string>

namespace lokitail::agent {
namespace {

TEST_CASE("each answer of Loki has its meaning") {
  const struct {
    const char* what;
    int status;
    const char* body;
    Meaning meaning;
    const char* reason;
  } cases[] = {
      {"stored", 204, "", Meaning::kSettled, ""},
      {"stored, by a proxy", 200, "", Meaning::kSettled, ""},
      {"blocked, although 2xx", 260, "ingestion blocked for user fake until '2026-01-01T00:00:00Z'",
       Meaning::kRetrySlowly, "ingestion_blocked"},
      {"too old", 400,
       "entry for stream '{job=\"a\"}' has timestamp too old: 2020-01-01T00:00:00Z, oldest "
       "acceptable timestamp is: 2026-01-01T00:00:00Z",
       Meaning::kRefused, "greater_than_max_sample_age"},
      {"too far behind", 400,
       "entry with timestamp 2026-01-01 00:00:00 +0000 UTC ignored, reason: 'entry too far behind, "
       "entry timestamp is: …', user 'fake', total ignored: 3 out of 7 for stream: {job=\"a\"}",
       Meaning::kRefused, "too_far_behind"},
      {"long line", 400, "max entry size '262144' bytes exceeded for stream '{}'", Meaning::kRefused,
       "line_too_long"},
      {"labels", 400, "entry for stream '{}' has 20 label names; limit 15", Meaning::kRefused,
       "max_label_names_per_series"},
      {"unknown words", 400, "no idea", Meaning::kRefused, "other"},
      {"no stream", 422, "at least one valid stream is required for ingestion", Meaning::kRefused,
       "no_valid_stream"},
      {"no credentials", 401, "no org id", Meaning::kRetrySlowly, "unauthorized"},
      {"not ours", 403, "", Meaning::kRetrySlowly, "forbidden"},
      {"wrong path", 404, "404 page not found", Meaning::kRetrySlowly, "not_found"},
      {"body too large", 413, "", Meaning::kSplit, "request_too_large"},
      {"over the rate just now", 429,
       "ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to "
       "ingest '10' lines totaling '900' bytes, reduce log volume",
       Meaning::kRetry, "rate_limited"},
      {"over the burst for ever", 429,
       "ingestion rate limit exceeded for user fake (limit: 1000 bytes/sec) while attempting to "
       "ingest '10' lines totaling '900000' bytes, reduce log volume",
       Meaning::kSplit, "larger_than_burst"},
      {"one stream over its rate", 429,
       "entry with timestamp … ignored, reason: 'Per stream rate limit exceeded (limit: 3MB/sec)'",
       Meaning::kRetry, "rate_limited"},
      {"too many streams", 429, "Maximum active stream limit exceeded, reduce the number of active streams",
       Meaning::kRetry, "stream_limit"},
      {"server error", 500, "at least 2 live replicas required", Meaning::kRetry, "server_error"},
      {"gRPC limit", 500,
       "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5000000 "
       "vs. 4194304)",
       Meaning::kSplit, "message_too_large"},
      {"gateway", 503, "", Meaning::kRetry, "server_error"},
      {"no answer", 0, "", Meaning::kRetry, "transport_error"},
      {"redirect", 302, "", Meaning::kRetrySlowly, "unexpected_status"},
      {"teapot", 418, "", Meaning::kRetrySlowly, "unexpected_status"},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    const Answer answer = interpret_answer(c.status, c.body, "", 1000);
    CHECK(answer.meaning == c.meaning);
    CHECK(answer.reason == c.reason);
  }
}

TEST_CASE("the number of refused entries is what Loki says") {
  CHECK(interpret_answer(400,
                         "x too far behind\n, total ignored: 3 out of 7 for stream: {a=\"b\"}\n"
                         "y, total ignored: 2 out of 2 for stream: {c=\"d\"}",
                         "", 1)
            .refused_entries == 5);
  CHECK(interpret_answer(400, "one\ntwo\nthree\n", "", 1).refused_entries == 3);
  CHECK(interpret_answer(400, "", "", 1).refused_entries == 1);
}

TEST_CASE("limits that an answer tells") {
  CHECK(interpret_answer(400, "entry for stream '{}' has 20 label names; limit 15", "", 1).most_labels == 15);
  CHECK(interpret_answer(400, "Max entry size '256000' bytes exceeded for stream", "", 1).longest_line ==
        256000);
  CHECK_FALSE(interpret_answer(400, "entry too far behind", "", 1).most_labels);
}

TEST_CASE("Retry-After is taken in seconds and bounded") {
  using std::chrono::seconds;
  CHECK(interpret_answer(429, "", "7", 1).retry_after == seconds(7));
  CHECK(interpret_answer(503, "", "999999", 1).retry_after == seconds(3600));
  CHECK_FALSE(interpret_answer(429, "", "", 1).retry_after);
  CHECK_FALSE(interpret_answer(429, "", "-1", 1).retry_after);
  CHECK_FALSE(interpret_answer(429, "", "Fri, 31 Dec 1999 23:59:59 GMT", 1).retry_after);
}

}  // namespace
}  // namespace lokitail::agent
