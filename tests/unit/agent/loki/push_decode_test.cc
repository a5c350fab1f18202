#include "agent/loki/push_decode.h"

#include <catch2/catch.hpp>

#include <snappy.h>

#include "agent/loki/push.pb.h"

namespace lokitail::agent {
namespace {

std::string compress(const std::string& message) {
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  return body;
}

logproto::PushRequest sample() {
  logproto::PushRequest request;
  auto* stream = request.add_streams();
  stream->set_labels("{job=\"docker\", level=\"info\"}");
  auto* entry = stream->add_entries();
  entry->mutable_timestamp()->set_seconds(1'762'511'415);
  entry->mutable_timestamp()->set_nanos(123'000'000);
  entry->set_line("one");
  auto* pair = entry->add_structuredmetadata();
  pair->set_name("trace_id");
  pair->set_value("4bf9");
  entry = stream->add_entries();
  entry->mutable_timestamp()->set_seconds(-1);
  entry->mutable_timestamp()->set_nanos(999'999'999);
  entry->set_line("\xff not UTF-8");
  stream = request.add_streams();
  stream->set_labels("{}");
  stream->set_hash(7);
  return request;
}

TEST_CASE("a push is read back as it was written") {
  DecodedPush push;
  const PushResult result = decode_push(compress(sample().SerializeAsString()), {}, push);
  CHECK(result);
  CHECK(result.message.empty());
  REQUIRE(push.streams.size() == 2);
  CHECK(push.entry_count() == 2);
  CHECK(push.streams[0].labels == "{job=\"docker\", level=\"info\"}");
  REQUIRE(push.streams[0].entries.size() == 2);
  const PushEntry& first = push.streams[0].entries[0];
  CHECK(first.timestamp == pipeline::Timestamp(1'762'511'415, 123'000'000));
  CHECK(first.line == "one");
  CHECK(first.structured_metadata == std::vector<LabelPair>{{"trace_id", "4bf9"}});
  const PushEntry& second = push.streams[0].entries[1];
  CHECK(second.timestamp == pipeline::Timestamp(-1, 999'999'999));
  CHECK(second.line == "\xff not UTF-8");
  CHECK(second.structured_metadata.empty());
  CHECK(push.streams[1].labels == "{}");
  CHECK(push.streams[1].entries.empty());
}

TEST_CASE("a push is measured without being decoded") {
  const std::string message = sample().SerializeAsString();
  PushSize size;
  REQUIRE(measure_push(message, {}, size));
  CHECK(size.bytes == message.size());
  CHECK(size.streams == 2);
  CHECK(size.entries == 2);
  CHECK(size.pairs == 1);
  CHECK(size.line_bytes == 3 + 11);
}

TEST_CASE("an empty message is an empty push") {
  DecodedPush push;
  CHECK(decode_push(compress(""), {}, push));
  CHECK(push.streams.empty());
}

// A message of one stream with one entry, whose content is `entry`.
std::string with_entry(const std::string& entry) {
  logproto::PushRequest request;
  std::string stream = "\x12" + std::string(1, static_cast<char>(entry.size())) + entry;
  return "\x0a" + std::string(1, static_cast<char>(stream.size())) + stream;
}

TEST_CASE("bodies that cannot be taken") {
  std::string bomb;  // a snappy block that promises 60 MiB and holds one byte
  bomb.assign("\x80\x80\x80\x1e", 4);
  bomb.append("\0a", 2);

  std::string deep;  // groups within groups
  for (int i = 0; i < 10'000; ++i) deep += '\x23';

  const struct {
    const char* what;
    std::string body;
    PushError want;
  } rows[] = {
      {"nothing at all", "", PushError::kMalformed},
      {"no snappy", "{\"streams\": []}", PushError::kMalformed},
      {"snappy cut off", compress(sample().SerializeAsString()).substr(0, 40), PushError::kMalformed},
      {"a promise that cannot be kept", bomb, PushError::kMalformed},
      {"a promise beyond the limit", compress(std::string(2000, 'a')), PushError::kTooLarge},
      {"not protobuf", compress("hello"), PushError::kMalformed},
      {"length beyond the end", compress("\x0a\x7f"), PushError::kMalformed},
      {"an end of group alone", compress("\x0c"), PushError::kMalformed},
      {"deep groups", compress(deep.substr(0, 900)), PushError::kMalformed},
      {"a zero tag", compress(std::string(2, '\0')), PushError::kMalformed},
      {"nanoseconds of 10^9", compress(with_entry(std::string("\x0a\x06\x10\x80\x94\xeb\xdc\x03", 8))),
       PushError::kMalformed},
      {"negative nanoseconds", compress(with_entry("\x0a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
       PushError::kMalformed},
      {"too many parts", compress(std::string("\x0a\0\x0a\0\x0a\0\x0a\0\x0a\0\x0a\0", 12)),
       PushError::kTooLarge},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    DecodedPush push;
    push.streams.resize(1);
    const PushResult result = decode_push(row.body, {.bytes = 1000, .parts = 5}, push);
    const bool promise = std::string_view(row.what).starts_with("a promise that");
    CHECK(result.error == (promise ? PushError::kTooLarge : row.want));
    CHECK_FALSE(result.message.empty());
    CHECK(push.streams.empty());
    if (promise) CHECK(decode_push(row.body, {}, push).error == row.want);
  }
}

}  // namespace
}  // namespace lokitail::agent
